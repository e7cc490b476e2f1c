"""The REST side: a WSGI app with the resources that voice apps use, in Twilio's paths, fields and errors. [L]

Mount it anywhere (`net.serve("https://api.twilio.com", rest(net))`, or behind a server): the unmodified
client libraries work against it. It finds the operation and writes the answer; it knows no verbs.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from ivr.network.network import Network
from ivr.network.rest_api import conferences
from ivr.network.rest_api import operations as ops
from ivr.network.rest_api.request import PAGING, PARAMETERS, Refused, RestRequest, missing, note, snake
from ivr.network.wire.transport import WSGIApp

_PREFIX = "/2010-04-01/"
_API_KEY = re.compile(r"SK[0-9a-f]{32}")
_BODY_LIMIT = 1_000_000


def rest(net: Network) -> WSGIApp:
    """Give the REST API of a network as a WSGI app; basic authentication with its account SID and token.

    An API key, `SK` with 32 hex digits, is good too; the account's token is its secret.
    """

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kind = "application/json"
        try:
            if not _knows(net, environ.get("HTTP_AUTHORIZATION", "")) and not _is_sound(environ):
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
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        if status == 401:
            headers.append(("WWW-Authenticate", 'Basic realm="Twilio API"'))
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    return app


def _knows(net: Network, header: str) -> bool:
    kind, _, coded = header.partition(" ")
    try:
        user, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except ValueError:
        return False
    known = user == net.account_sid or _API_KEY.fullmatch(user) is not None
    return kind.lower() == "basic" and known and secret == net.auth_token


def _is_sound(environ: dict[str, Any]) -> bool:
    """Whether a recording's sound is asked for, which needs no password unless an account says so. [D]"""
    path: str = environ["PATH_INFO"]
    return environ["REQUEST_METHOD"] == "GET" and "/Recordings/RE" in path and not path.endswith(".json")


def _answer(net: Network, environ: dict[str, Any]) -> tuple[int, Any]:
    path = environ["PATH_INFO"]
    method = environ["REQUEST_METHOD"]
    length = environ.get("CONTENT_LENGTH") or "0"
    size = min(int(length) if length.isdecimal() else 0, _BODY_LIMIT)
    fields = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if method == "POST":
        fields |= parse_qs(environ["wsgi.input"].read(size).decode("utf-8", "replace"), keep_blank_values=True)
    below = path.removeprefix(_PREFIX).removeprefix(f"Accounts/{net.account_sid}/")
    for pattern, handlers in _ROUTES.items() if path.startswith(_PREFIX) else ():
        found = re.fullmatch(pattern, below)
        if found is not None:
            handler = next((answer for methods, answer in handlers.items() if method in methods.split()), None)
            if handler is None:
                raise _not_here(net, method, path, Refused(405, 20004, "Method not allowed"))
            request = RestRequest(net, method, found.groups(), fields, path, _operation(method, below))
            _check(request)
            return handler(request)
    raise _not_here(net, method, path, missing(path))


def _not_here(net: Network, method: str, path: str, refusal: Refused) -> Refused:
    """Say in the debugger that something is refused because this network has it not: Twilio may have it."""
    told = f"{method} {path} is not emulated: this network has nothing there, whatever Twilio has"
    note(net, "error", told)
    return refusal


def _check(request: RestRequest) -> None:
    """Refuse values that cannot be read, and say in the debugger which parameters are ignored or not known."""
    table = PARAMETERS.get(request.operation, {})
    done, ignored = (table.get(kind, "").split() for kind in ("done", "ignored"))
    for name in request.fields:
        if name in done or name in PAGING:
            request.value(name)
        elif name in ignored:
            note(request.net, "notice", f"{name} of {request.operation} is not emulated and changes nothing")
        else:
            note(request.net, "notice", f"{request.operation} has no parameter {name}")


def _operation(method: str, path: str) -> str:
    """What the official client calls it: a POST of `Conferences/CF1/Participants.json` is `participants.create`."""
    *above, last = re.sub(r"^(\w+Numbers)(/[A-Z]{2})?/(Local|Mobile|TollFree)|\.\w+$", r"\1", path).split("/")
    noun, verbs = (above[-1], _ON_ONE) if len(above) % 2 else (last, _ON_ALL)
    return f"{snake(noun)}.{verbs.get(method, method)}"


_ON_ONE = {"GET": "fetch", "POST": "update", "DELETE": "delete"}
_ON_ALL = {"GET": "list", "POST": "create"}


Handler = Callable[[RestRequest], tuple[int, Any]]
_ROUTES: dict[str, dict[str, Handler]] = {
    r"Accounts\.json": {"GET": ops.list_accounts},
    r"Accounts/(\w+)\.json": {"GET": ops.fetch_account},
    r"Calls\.json": {"GET": ops.list_calls, "POST": ops.create_call},
    r"Calls/(\w+)\.json": {"GET": ops.fetch_call, "POST": ops.update_call, "DELETE": ops.delete_call},
    r"Calls/(\w+)/Recordings\.json": {"GET": ops.list_recordings, "POST": ops.create_recording},
    r"(?:Calls|Conferences)/(\w+)/Recordings/([\w.]+\.json)": {"GET POST DELETE": ops.change_recording},
    r"Calls/(\w+)/Notifications\.json": {"GET": ops.list_notifications},
    r"Notifications\.json": {"GET": ops.list_notifications},
    r"Messages\.json": {"GET": ops.list_messages, "POST": ops.create_message},
    r"Messages/(\w+)\.json": {"GET POST DELETE": ops.message},
    r"Messages/\w+/Media\.json": {"GET": ops.list_media},
    r"Queues\.json": {"GET": conferences.list_queues, "POST": conferences.create_queue},
    r"Queues/(\w+)\.json": {"GET POST DELETE": conferences.change_queue},
    r"Queues/(\w+)/Members\.json": {"GET": conferences.list_members},
    r"Queues/(\w+)/Members/(\w+)\.json": {"GET POST": conferences.member},
    r"Conferences\.json": {"GET": conferences.list_conferences},
    r"Conferences/([^/]+)\.json": {"GET POST": conferences.conference},
    r"Conferences/([^/]+)/Participants\.json": {
        "GET": conferences.list_participants,
        "POST": conferences.create_participant,
    },
    r"Conferences/([^/]+)/Participants/([^/]+)\.json": {"GET POST DELETE": conferences.participant},
    r"Conferences/([^/]+)/Recordings\.json": {"GET": ops.list_recordings},
    r"Recordings\.json": {"GET": ops.list_recordings},
    r"(?:Recordings/\w+/)?Transcriptions\.json": {"GET": ops.list_transcriptions},
    r"Recordings/(\w+(?:\.json|\.wav|\.mp3)?)": {"GET DELETE": ops.recording},
    r"Applications\.json": {"GET": ops.list_applications, "POST": ops.create_application},
    r"Applications/(\w+)\.json": {"GET POST DELETE": ops.change_application},
    r"AvailablePhoneNumbers/([A-Z]{2})/(?:Local|Mobile|TollFree)\.json": {"GET": ops.list_available},
    r"IncomingPhoneNumbers(?:/(?:Local|Mobile|TollFree))?\.json": {"GET": ops.list_numbers, "POST": ops.create_number},
    r"IncomingPhoneNumbers/(\w+)\.json": {"GET POST DELETE": ops.change_number},
}
"""Addresses below the account, and who answers which methods."""
