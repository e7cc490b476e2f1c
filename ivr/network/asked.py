"""What a REST request asks, the refusals it may meet, and lists by the page, all in Twilio's form. [L]"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from ivr.network.exchange import Network

Answer = tuple[int, Any]
"""An HTTP status, and what becomes the body: JSON, sound, or nothing."""


class Refused(Exception):
    """A request that gets an error body; carries the HTTP status, Twilio's code and the message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Asked:
    """One REST request: its method, path parts after the account, and its fields."""

    net: Network
    method: str
    names: tuple[str, ...]
    fields: dict[str, list[str]]
    uri: str

    def text(self, name: str, default: str = "") -> str:
        """Give a field, or the default."""
        return self.fields.get(name, [default])[-1]

    def words(self, name: str, default: str) -> frozenset[str]:
        """Give the words of a field that may be repeated."""
        return frozenset(word for field in self.fields.get(name, [default]) for word in field.split())

    def whole(self, name: str, default: int) -> int:
        """Give a field that is a whole number, or the default."""
        text = self.text(name) or str(default)
        if not text.isascii() or not text.isdigit():
            raise Refused(400, 20001, f"{name} is a whole number, not {text!r}")
        return int(text)

    def number(self, name: str, default: float) -> float:
        """Give a field that is a number of seconds, or the default."""
        try:
            return max(0.0, float(self.text(name) or default))
        except ValueError:
            raise Refused(400, 20001, f"{name} is a number, not {self.text(name)!r}") from None

    def needs(self, name: str) -> str:
        """Give a field that must be there."""
        if not self.text(name):
            raise Refused(400, 21201 if name == "To" else 20001, f"No {name!r} was given")
        return self.text(name)


_ADDRESS = re.compile(r"\+\d{3,15}|client:.+|sips?:.+")


def address(asked: Asked, name: str) -> str:
    """Give a field that is a number in E.164, a client or a SIP address; a `+` lost in an unescaped form is told."""
    text = asked.needs(name)
    if not _ADDRESS.fullmatch(text):
        hint = "; escape its + as %2B" if text.startswith(" ") else ""
        code = 21211 if name == "To" else 21212
        raise Refused(400, code, f"The {name!r} number {text!r} is not a valid phone number{hint}")
    return text


def missing(path: str) -> Refused:
    """Give the error for what is not there."""
    return Refused(404, 20404, f"The requested resource {path} was not found")


def paged(asked: Asked, key: str, rows: list[dict[str, Any]]) -> Answer:
    """Give one page of a list, in Twilio's form."""
    size = min(1000, max(1, asked.whole("PageSize", 50)))
    page = asked.whole("Page", 0)
    kept = {k: v[-1] for k, v in asked.fields.items() if k not in ("Page", "PageSize", "PageToken")}

    def uri(number: int) -> str:
        return f"{asked.uri}?{urlencode({**kept, 'PageSize': size, 'Page': number})}"

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
