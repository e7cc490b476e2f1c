"""The JSON that pages send. Whatever else arrives ends the request with status 400."""

import json
from collections.abc import Mapping
from typing import Any

from flask import abort, jsonify, make_response, request

NUL = rb"\u0000"


def sent() -> Mapping[str, Any]:
    """The object of the request. No text in it has a NUL or half a surrogate pair, which no file and no store keep."""
    try:
        body = request.get_json()
        written = json.dumps(body, ensure_ascii=False).encode()
    except RecursionError:
        abort(400)
    except UnicodeEncodeError:
        written = NUL
    if NUL in written.replace(rb"\\", b""):
        abort(make_response(jsonify(why="there is a character in the text that no text can have"), 400))
    return body if isinstance(body, dict) else abort(400)


def field(name: str) -> str:
    """A text of the request, "" if it has none."""
    value = sent().get(name, "")
    return value if isinstance(value, str) else abort(400)
