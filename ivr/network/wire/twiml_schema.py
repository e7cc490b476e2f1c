"""TwiML's words, out of `twiml.toml`: which element may stand where, and how its attributes are read.

What REST is given is read in the same way.

The union of what Twilio documents [D] and what its library writes [L] counts as known. A reader turns an attribute's
text into a value or raises ValueError with what was expected. docs/twilio-facts.md#a10-elements-and-attributes
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr.network.wire.transport import is_web_address

Reader = Callable[[str], object]
_UNEXPECTED = 12200


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: how its text is read, what it is when absent or bad, and the code logged when bad."""

    read: Reader
    default: object = None
    code: int = _UNEXPECTED


@dataclass(frozen=True, slots=True)
class ElementSchema:
    """One element: its attributes, the elements it may hold, whether it holds text, the code for strangers."""

    attributes: dict[str, Attribute]
    children: frozenset[str] = frozenset()
    text: bool = False
    nested_code: int = _UNEXPECTED


def _text(value: str) -> object:
    return value


def _flag(value: str) -> object:
    if value.lower() not in ("true", "false"):
        raise ValueError("true or false")
    return value.lower() == "true"


def _method(value: str) -> object:
    if value.upper() not in ("GET", "POST"):
        raise ValueError("GET or POST")
    return value.upper()


_DIGITS = 9  # of a number without a limit of its own; a clock cannot count further


def whole(low: int, high: int | None = None) -> Reader:
    def read(value: str) -> object:
        digits = value.strip()
        valid = digits.isdecimal() and len(digits) <= _DIGITS
        if not valid or int(digits) < low or (high is not None and int(digits) > high):
            upto = f" to {high}" if high is not None else ""
            size = f" of at most {_DIGITS} digits" if len(digits) > _DIGITS else ""
            raise ValueError(f"a whole number from {low}{upto}{size}")
        return int(digits)

    return read


def one_of(*words: str) -> Reader:
    known = {word.lower(): word for word in words}

    def read(value: str) -> object:
        if value.lower() not in known:
            raise ValueError("one of " + ", ".join(words))
        return known[value.lower()]

    return read


def some_of(*words: str) -> Reader:
    """Read one or several of these words, with blanks or commas between them."""

    def read(value: str) -> object:
        found = value.replace(",", " ").split()
        if not found or not set(found) <= set(words):
            raise ValueError("some of " + ", ".join(words))
        return tuple(found)

    return read


def _keys(several: bool) -> Reader:
    def read(value: str) -> object:
        if set(value) - set("0123456789#*") or (not several and len(value) > 1):
            raise ValueError("keys of 0-9 # *" if several else "one key of 0-9 # *, or nothing")
        return value

    return read


def _seconds_or_auto(value: str) -> object:
    return "auto" if value == "auto" else whole(1)(value)


def _hints(value: str) -> object:
    entries = value.split(",")
    if len(entries) > 500 or any(len(entry.strip()) > 100 for entry in entries):
        raise ValueError("at most 500 entries of at most 100 characters")
    return value


def _tones(value: str) -> object:
    if set(value) - set("0123456789ABCDabcdwW#*"):
        raise ValueError("0-9 A-D w W # *")
    return value


_VOICE = re.compile(r"(?:Polly|Google|Azure|ElevenLabs|Amazon)\.[\w.-]+")


def _voice(value: str) -> object:
    if value not in ("man", "woman", "alice", "") and not _VOICE.fullmatch(value):
        raise ValueError("man, woman, or a voice such as Polly.Joanna")
    return value


def _address(value: str) -> object:
    if not is_web_address(value):
        raise ValueError("an address such as http://app.test/voice")
    return value


_READERS: dict[str, Reader] = {
    "text": _text,
    "flag": _flag,
    "method": _method,
    "key": _keys(several=False),
    "keys": _keys(several=True),
    "seconds or auto": _seconds_or_auto,
    "address": _address,
    "hints": _hints,
    "tones": _tones,
    "voice": _voice,
}


def attribute(written: Mapping[str, Any]) -> Attribute:
    """Give an attribute as a file has it: `is` names a reader, `one_of` and `some_of` list words."""
    if "one_of" in written:
        read = one_of(*written["one_of"].split())
    elif "some_of" in written:
        read = some_of(*written["some_of"].split())
    elif written["is"] == "whole":
        read = whole(written["least"], written.get("most"))
    else:
        read = _READERS[written["is"]]
    default = written.get("default")
    return Attribute(read, tuple(default) if isinstance(default, list) else default, written.get("code", _UNEXPECTED))


def _element(written: Mapping[str, Any]) -> ElementSchema:
    return ElementSchema(
        {name: Attribute(_text) for name in written.get("plain", "").split()}
        | {name: attribute(each) for name, each in written.get("attributes", {}).items()},
        frozenset(written.get("holds", "").split()),
        written.get("text", False),
        written.get("misplaced", _UNEXPECTED),
    )


ELEMENTS: dict[str, ElementSchema] = {
    name: _element(written)
    for name, written in tomllib.loads(Path(__file__).with_name("twiml.toml").read_text("utf-8")).items()
}
SSML = ELEMENTS["Say"].children
UNREAD = frozenset().union(*(element.children for element in ELEMENTS.values())) - ELEMENTS.keys()
"""Elements whose inside is not looked at: nouns of what is not emulated, and speech markup."""
