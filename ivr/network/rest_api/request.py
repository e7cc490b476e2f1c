"""What a REST request asks, the refusals it may meet, and lists by the page, all in Twilio's form. [L]

Which code a refusal has is [U], but for 20404, 21218 and 21220: Twilio's dictionary says what a code means, not when
it is given. docs/twilio-facts.md#a11-rest
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from ivr.network.line.documents import Webhook
from ivr.network.network import Network
from ivr.network.wire.debugger import Level, LogEntry
from ivr.network.wire.twiml_schema import Attribute, attribute

_INVALID = 20001
_TEXT = attribute({"is": "text", "default": ""})
_TABLE = tomllib.loads(Path(__file__).with_name("parameters.toml").read_text("utf-8"))
FORMS: dict[str, Attribute] = {
    name: attribute({"code": _INVALID, **form}) for name, form in _TABLE.pop("forms").items()
}
"""How values are read, by the name of the parameter, with its operation before it where that matters."""
PARAMETERS: dict[str, dict[str, str]] = _TABLE
"""What is done with each parameter of each operation, as the official client names them."""
_SUFFIX = re.compile(r"\w+?(Method|Url|Callback)$")
PAGING = ("Page", "PageSize", "PageToken")
Json = dict[str, Any]
Answer = tuple[int, Any]
"""An HTTP status, and what becomes the body: JSON, sound, or nothing."""


class _Named(Protocol):
    @property
    def sid(self) -> str: ...


S = TypeVar("S", bound=_Named)


def note(net: Network, level: Level, told: str) -> None:
    net.debugger.add(LogEntry(net.clock.now(), 0, level, told))


class Refused(Exception):
    """A request that gets an error body; carries the HTTP status, Twilio's code and the message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class RestRequest:
    """One REST request: its method, path parts after the account, its fields, and what the client calls it."""

    net: Network
    method: str
    names: tuple[str, ...]
    fields: dict[str, list[str]]
    uri: str
    operation: str

    def text(self, name: str, default: str = "") -> str:
        return self.fields.get(name, [default])[-1]

    def value(self, name: str) -> Any:
        """Give a field as its form reads it: its default where it is blank or not there. Raises Refused."""
        names = (f"{self.operation}.{name}", name, _SUFFIX.sub(r"\1", name))
        form = next((FORMS[known] for known in names if known in FORMS), _TEXT)
        text = " ".join(self.fields.get(name, ()))
        try:
            return form.read(text) if text else form.default
        except ValueError as expected:
            raise Refused(400, form.code, f"{name} is {expected}, not {text[:100]!r}") from None

    def webhook(self, name: str, method: str) -> Webhook:
        """Give the request that two fields ask for: an address, blank where there is none, and GET or POST."""
        return Webhook(self.value(name), self.value(method))

    def by_sid(self, things: Iterable[S]) -> S:
        """Give the thing whose SID stands first in the path."""
        for thing in things:
            if thing.sid == self.names[0]:
                return thing
        raise missing(self.uri)

    def leave_aside(self, stronger: str, names: Iterable[str]) -> None:
        """Forget fields that do nothing beside a stronger one, and say so in the debugger."""
        for name in names:
            if self.fields.pop(name, None) is not None:
                note(self.net, "notice", f"{name} of {self.operation} changes nothing beside {stronger}")

    def needs(self, name: str, code: int = _INVALID) -> str:
        """Give a field that must be there; `code` is the error where it is not."""
        if not self.text(name):
            raise Refused(400, code, f"No {name!r} was given")
        return self.text(name)


_NUMBER = re.compile(r"\+[0-9]{3,15}")
_PHONE = re.compile(rf"{_NUMBER.pattern}|client:.+|sips?:.+|app:AP.+")


def phone(request: RestRequest, name: str, code: int) -> str:
    """Give a field that is a number in E.164, a client or a SIP address; a `+` lost in an unescaped form is told.

    `code` is the error where it is not there.
    """
    text = request.needs(name, code)
    if not _PHONE.fullmatch(text):
        hint = "; escape its + as %2B" if text.startswith(" ") else ""
        code = 21211 if name == "To" else 21212
        raise Refused(400, code, f"The {name!r} number {text!r} is not a valid phone number{hint}")
    return text


def caller_id(request: RestRequest) -> str:
    """Give the number a call comes from, which must be the account's, or that of a call whose CallToken is there."""
    text = phone(request, "From", 21213)
    if not request.net.may_call_from(text) and not _was_called_from(request, text):
        raise Refused(400, 21210, f"The number {text} is not verified for this account; see the switch caller_id")
    return text


def _was_called_from(request: RestRequest, number: str) -> bool:
    """Whether the request has the token of a call from that number, which may then be shown. [D]"""
    token = request.text("CallToken")
    return any(leg.from_ == number and leg.sid[2:] in token for leg in request.net.legs.values())


def number(request: RestRequest, name: str) -> str:
    if not _NUMBER.fullmatch(request.needs(name)):
        raise Refused(400, 21421, f"{name} is a number in E.164, not {request.text(name)!r}")
    return request.text(name)


def missing(path: str) -> Refused:
    return Refused(404, 20404, f"The requested resource {path} was not found")


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as an operation: what is in it, and under which key.

    Its filters are what `parameters.toml` says is done, where rows have such a field; `rows` sees to the others. One
    that also comes with `<` or `>` is a moment, then the last or the first one wanted. A date without a time means all
    of that day. [L]
    """

    key: str
    rows: Callable[[RestRequest], Iterable[Json]]

    def __call__(self, request: RestRequest) -> Answer:
        rows = list(self.rows(request))
        names = PARAMETERS.get(request.operation, {}).get("done", "").split()
        for name in names:
            field, wanted = snake(name.rstrip("<>")), request.text(name)
            if not wanted or (rows and field not in rows[0]):
                continue
            if f"{name}<" in names or name.endswith(("<", ">")):
                first, last = _moments(name, wanted)
                found = [(row, parsedate_to_datetime(row[field])) for row in rows if row[field]]
                after, before = not name.endswith("<"), not name.endswith(">")
                rows = [row for row, at in found if (not after or at >= first) and (not before or at <= last)]
            else:
                words = (wanted, wanted.lower())  # older clients write True
                rows = [row for row in rows if _as_text(row[field]) in words]
        return _paged(request, self.key, rows)


def snake(name: str) -> str:
    """Give a REST parameter's name as answers and clients write it: `voice_url` for `VoiceUrl`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moments(name: str, text: str) -> tuple[datetime, datetime]:
    """Give the first and the last moment a filter means."""
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return at, at + timedelta(days=1, seconds=-1) if len(text) <= len("2026-12-31") else at
    except (ValueError, OverflowError):
        raise Refused(400, _INVALID, f"{name} is a date or a moment such as 2026-12-31, not {text!r}") from None


def _paged(request: RestRequest, key: str, rows: list[Json]) -> Answer:
    """Give one page of a list, in Twilio's form."""
    size = min(1000, max(1, request.value("PageSize")))
    page = request.value("Page")
    kept = {k: v[-1] for k, v in request.fields.items() if k not in PAGING}

    def uri(number: int) -> str:
        return f"{request.uri}?{urlencode({**kept, 'PageSize': size, 'Page': number})}"

    part = rows[page * size : (page + 1) * size]
    return 200, {
        key: part,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(0, len(part) - 1),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if len(rows) > (page + 1) * size else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }
