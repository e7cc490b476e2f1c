"""The REST side: a WSGI app with the resources that voice apps use, in Twilio's paths, fields and errors. [L]

Mount it anywhere (`net.serve("https://api.twilio.com", rest(net))`, or behind a server): the unmodified
client libraries work against it. It finds the operation and writes the answer; it knows no verbs.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ivr.network import operations as ops
from ivr.network import resources
from ivr.network.operations import Asked, Refused
from ivr.network.transport import WSGIApp

if TYPE_CHECKING:
    from ivr.network.exchange import Network

_PREFIX = "/2010-04-01/Accounts/"
_BODY_LIMIT = 1_000_000


def rest(net: Network) -> WSGIApp:
    """Give the REST API of a network as a WSGI app; basic authentication with its account SID and token."""
    expected = "Basic " + base64.b64encode(f"{net.account_sid}:{net.auth_token}".encode()).decode()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kind = "application/json"
        try:
            if environ.get("HTTP_AUTHORIZATION") != expected:
                raise Refused(401, 20003, "Authenticate")
            status, answer = net.clock.apply(lambda: _answer(net, environ))
        except Refused as why:
            status = why.status
            answer = {
                "code": why.code,
                "message": why.message,
                "more_info": f"https://www.twilio.com/docs/errors/{why.code}",
                "status": status,
            }
        if isinstance(answer, bytes):
            kind, body = "audio/x-wav", answer
        else:
            body = b"" if status == 204 else json.dumps(answer).encode()
        start_response(f"{status} {'OK' if status < 400 else 'Error'}", [("Content-Type", kind)])
        return [body]

    return app


def _answer(net: Network, environ: dict[str, Any]) -> tuple[int, Any]:
    path = environ["PATH_INFO"]
    method = environ["REQUEST_METHOD"]
    size = min(int(environ.get("CONTENT_LENGTH") or 0), _BODY_LIMIT)
    fields = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if method == "POST":
        fields |= parse_qs(environ["wsgi.input"].read(size).decode("utf-8", "replace"), keep_blank_values=True)
    if not path.startswith(_PREFIX):
        raise ops.missing(path)
    account, _, rest_of_path = path.removeprefix(_PREFIX).partition("/")
    if account.removesuffix(".json") != net.account_sid:
        raise ops.missing(path)
    if not rest_of_path:
        return 200, resources.account(net)
    for pattern, methods in _ROUTES:
        found = pattern.fullmatch(rest_of_path)
        if found is not None:
            handler = methods.get(method)
            if handler is None:
                raise Refused(405, 20004, "Method not allowed")
            return handler(Asked(net, method, found.groups(), fields, path))
    raise ops.missing(path)


Handler = Callable[[Asked], tuple[int, Any]]
_TABLE: tuple[tuple[str, dict[str, Handler]], ...] = (
    (r"Calls\.json", {"GET": ops.list_calls, "POST": ops.create_call}),
    (r"Calls/(\w+)\.json", {"GET": ops.fetch_call, "POST": ops.update_call}),
    (r"Calls/(\w+)/Recordings\.json", {"GET": ops.list_recordings}),
    (r"Messages\.json", {"GET": ops.list_messages, "POST": ops.create_message}),
    (r"Messages/(\w+)\.json", {"GET": ops.fetch_message}),
    (r"Queues\.json", {"GET": ops.list_queues, "POST": ops.create_queue}),
    (r"Queues/(\w+)\.json", {"GET": ops.fetch_queue, "POST": ops.update_queue, "DELETE": ops.delete_queue}),
    (r"Queues/(\w+)/Members\.json", {"GET": ops.list_members}),
    (r"Queues/(\w+)/Members/(\w+)\.json", {"GET": ops.member, "POST": ops.member}),
    (r"Conferences\.json", {"GET": ops.list_conferences}),
    (r"Conferences/(\w+)\.json", {"GET": ops.conference, "POST": ops.conference}),
    (r"Conferences/(\w+)/Participants()\.json", {"GET": ops.conference}),
    (
        r"Conferences/(\w+)/Participants/(\w+)\.json",
        {"GET": ops.conference, "POST": ops.conference, "DELETE": ops.conference},
    ),
    (r"Recordings\.json", {"GET": ops.list_recordings}),
    (r"Recordings/(\w+(?:\.json|\.wav|\.mp3)?)", {"GET": ops.recording, "DELETE": ops.recording}),
    (r"IncomingPhoneNumbers\.json", {"GET": ops.list_numbers, "POST": ops.create_number}),
    (
        r"IncomingPhoneNumbers/(\w+)\.json",
        {"GET": ops.change_number, "POST": ops.change_number, "DELETE": ops.change_number},
    ),
)
_ROUTES = [(re.compile(path), methods) for path, methods in _TABLE]
