"""TwiML text -> a tree of verbs with typed attributes, and the warnings Twilio's debugger would show.

A parser of its own over expat: no document type, no entities of its own, no more than 40 levels. Parsing
never logs; it returns what is wrong as values, because the same text is parsed once and spoken many times.
"""

import codecs
import re
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

from ivr.network.wire.debugger import Problem
from ivr.network.wire.twiml_schema import ELEMENTS, SSML, UNREAD, Attribute

_MAX_DEPTH = 40
_MAX_ELEMENTS = 20_000
_DEFAULTS = {
    element: {name: attribute.default for name, attribute in schema.attributes.items()}
    for element, schema in ELEMENTS.items()
}
_PYTHONS_OWN = re.compile(r"(?i)((raw[-_])?unicode|string)[-_]escape|idna|mbcs|oem|punycode|undefined|utf[-_]?7")
"""Codecs that Python has and no XML parser takes; some of them give what is no text."""


@dataclass(slots=True)
class Element:
    """One element as written; `values` holds every known attribute, read or defaulted."""

    name: str
    attributes: dict[str, str]
    line: int
    values: dict[str, object] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    pieces: list["str | Element"] = field(default_factory=list)
    words: str = ""  # the text inside, in plain words, speech markup read as it is spoken

    def given(self, name: str) -> bool:
        return name in self.attributes

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return None if value is None else str(value)

    def whole(self, name: str) -> int | None:
        value = self.values.get(name)
        return value if isinstance(value, int) else None

    def flag(self, name: str) -> bool:
        return self.values.get(name) is True

    def several(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name)
        return value if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Document:
    """What came back from an app, ready to execute."""

    verbs: tuple[Element, ...]
    warnings: tuple[Problem, ...] = ()


class Unreadable(Exception):
    """The text is no TwiML; carries Twilio's code and the place."""

    def __init__(self, code: int, message: str, line: int = 0) -> None:
        super().__init__(f"{code}: {message}" + (f" (line {line})" if line else ""))
        self.problem = Problem(code, message, line)


@lru_cache(maxsize=512)
def parse(body: bytes, charset: str = "", bom_is_an_error: bool = True) -> Document:
    """Read a reply's body; raises Unreadable (11770, 12100, 12101, 12102). The result must not be changed."""
    if not body.strip():
        raise Unreadable(11770, "the reply is empty; answer <Response/> to say nothing")
    if bom_is_an_error and body.startswith(codecs.BOM_UTF8):
        raise Unreadable(12100, "a byte order mark stands before the document; save it without", 1)
    if body[:1].isspace() and body.lstrip().startswith(b"<?xml"):
        raise Unreadable(12100, "blank space stands before <?xml; it must be the first thing in the reply", 1)
    root = _tree(body, charset)
    if root.name != "Response":
        raise Unreadable(12102, f"the root is <{root.name}>, expected <Response>", root.line)
    warnings: list[Problem] = []
    _check(root, warnings)
    return Document(tuple(root.children), tuple(warnings))


def decoded(body: bytes, charset: str, errors: str = "strict") -> str:
    """Give a reply's text in the charset of its Content-Type; raises Unreadable (12100) where that is none."""
    try:
        if _PYTHONS_OWN.fullmatch(charset):
            raise LookupError(f"unknown encoding: {charset}")
        return body.decode(charset, errors)
    except (LookupError, ValueError) as why:
        raise Unreadable(12100, f"the reply is not in its charset {charset!r}: {why}") from None


def _declaration(version: str, encoding: str | None, _standalone: int) -> None:
    if encoding and _PYTHONS_OWN.fullmatch(encoding):
        raise Unreadable(12100, f"the encoding {encoding!r} cannot be read", 1)
    if version != "1.0":
        raise Unreadable(12101, f"XML version {version}, expected 1.0", 1)


def _tree(body: bytes, charset: str) -> Element:
    encoding = None
    if charset and charset.lower() not in ("utf-8", "utf8"):
        body = decoded(body, charset).encode()
        encoding = "utf-8"
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    top: list[Element] = []
    stack: list[Element] = []
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        line = parser.CurrentLineNumber
        if len(stack) >= _MAX_DEPTH or count > _MAX_ELEMENTS:
            raise Unreadable(12100, "the document is nested or grown beyond reason", line)
        element = Element(name, attributes, line)
        if stack:
            stack[-1].children.append(element)
            stack[-1].pieces.append(element)
        else:
            top.append(element)
        stack.append(element)

    def end(_name: str) -> None:
        stack.pop()

    def data(text: str) -> None:
        if stack:
            stack[-1].pieces.append(text)

    def doctype(name: str, *_: object) -> None:
        what = "the reply is an HTML page, not TwiML" if name.lower() == "html" else "a document type is not accepted"
        raise Unreadable(12100, what, parser.CurrentLineNumber)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = doctype
    parser.XmlDeclHandler = _declaration
    try:
        parser.Parse(body, True)
    except expat.ExpatError as why:
        raise Unreadable(12100, f"not well-formed: {_repair(body, why)}", why.lineno) from None
    except (LookupError, ValueError) as why:
        raise Unreadable(12100, f"the encoding cannot be read: {why}") from None
    return top[0]


def _repair(body: bytes, why: expat.ExpatError) -> str:
    """What is wrong at the place where the parser stopped, and the likely repair."""
    lines = body.split(b"\n")
    line = lines[why.lineno - 1] if why.lineno <= len(lines) else b""
    reason = expat.ErrorString(why.code)
    if body.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return "the reply is an HTML page, not TwiML"
    if re.search(rb"&\w*\s?$", line[: why.offset]) or line[why.offset :].startswith(b"&"):
        return "a bare & in the text; write &amp;"
    if line[: why.offset].rstrip().endswith(b"<"):
        return "a bare < in the text; write &lt;"
    if not body.lstrip().startswith((b"<?", b"<!", b"<Response")):
        return f"the reply begins with {_shown(body)!r}, expected <Response>"
    if reason == "junk after document element":
        return f"{_shown(line[why.offset :] or body[why.offset :])!r} stands behind </Response>"
    return reason.removeprefix("not well-formed ").strip("()")


def _shown(text: bytes) -> str:
    """The beginning of a text; PHP's warnings without their markup, which is not written as TwiML's elements are."""
    return " ".join(re.sub(rb"</?[a-z]+\b[^<>]*>", b" ", text).decode("utf-8", "replace").split())[:60]


def _check(element: Element, warnings: list[Problem]) -> None:
    """Fill in `values` and `words`, collecting what Twilio would warn of; bad values become defaults. [U]"""
    word = ELEMENTS[element.name]
    element.values.update(_DEFAULTS[element.name])
    for name, text in element.attributes.items():
        known = word.attributes.get(name)
        if known is None:
            if ":" not in name and name != "xmlns":
                near = next((n for n in word.attributes if n.lower() == name.lower()), None)
                hint = f"; it is written {near}" if near else ""
                warnings.append(Problem(12200, f"<{element.name}> has no attribute {name!r}{hint}", element.line))
        else:
            element.values[name] = _value(element, name, text, known, warnings)
    kept: list[Element] = []
    for child in element.children:
        if child.name in word.children:
            if child.name in ELEMENTS:
                _check(child, warnings)
            kept.append(child)
        else:
            warnings.append(_misplaced(element, child))
            if element.name == "Response":
                kept.append(child)  # the interpreter decides: skip, or end the call when strict
    element.children = kept
    if word.text:
        element.words = " ".join(_spoken(element).split())
    elif any(isinstance(piece, str) and piece.strip() for piece in element.pieces):
        warnings.append(Problem(12200, f"<{element.name}> holds no text", element.line))


def _value(element: Element, name: str, text: str, attr: Attribute, warnings: list[Problem]) -> object:
    try:
        return attr.read(text)
    except ValueError as expected:
        code = attr.code
        if element.name == "Gather" and name == "finishOnKey" and len(text) > 1:
            code = 13311
        warnings.append(
            Problem(
                code,
                f"<{element.name} {name}={text!r}>: expected {expected}; {attr.default!r} is used instead",
                element.line,
            )
        )
        return attr.default


def _misplaced(parent: Element, child: Element) -> Problem:
    code = ELEMENTS[parent.name].nested_code
    near = next((n for n in ELEMENTS[parent.name].children if n.lower() == child.name.lower()), None)
    hint = f"; it is written <{near}>" if near else ""
    if parent.name == "Response":
        elsewhere = "is a word of messaging, not of voice" if child.name == "Message" else "is no verb"
        return Problem(12200 if near is None else code, f"<{child.name}> {elsewhere}{hint}", child.line)
    return Problem(code, f"<{child.name}> may not stand in <{parent.name}>{hint}", child.line)


def _spoken(element: Element) -> str:
    """The text as a listener gets it: markup is its content, `sub` its alias."""
    parts: list[str] = []
    for piece in element.pieces:
        if isinstance(piece, str):
            parts.append(piece)
        elif piece.name == "sub":
            parts.append(piece.attributes.get("alias", ""))
        elif piece.name in SSML:
            parts.append(_spoken(piece))
    return "".join(parts)


assert UNREAD.isdisjoint(ELEMENTS)  # noqa: S101 - the two tables above must not overlap
