"""Reads texts: the same sentence in every language, with `{value}` where something is filled in.

`{{` and `}}` stand for the braces themselves. Which values there are is checked later.
"""

import re
from bisect import bisect_right
from typing import Any

from ivr.flow.issues import Place
from ivr.flow.model import VALUE_KINDS, Sentence, Slot, Text, value_kind
from ivr.flow.reading.scalars import (
    NAME,
    WRONG,
    Reading,
    cut_at_comma,
    cut_at_hash,
    described,
    glued_colon,
    is_language,
)
from ivr.flow.reading.source import ListNode, MapNode, Node, Scalar
from ivr.flow.reading.yaml_errors import halfwidth

_PIECE = re.compile(r"\{\{|\}\}|\{[^{}]*\}|\{|\}|[^{}]+")
_DOUBLED = re.compile(r"\{\{\s*[A-Za-z_]\w*\s*\}\}")
_WIDE_SLOT = re.compile(r"[{｛][ \t]*([A-Za-z_]\w*)[ \t]*[}｝]")
_QUOTES_NEEDED = "a sentence that begins with { or [ needs quotes"


def read_text(node: Node, reading: Reading) -> Any:
    """A `Text` from `{zh: …, en: …}`; where one language is spoken the sentence alone will do. WRONG otherwise."""
    languages = reading.written_in
    if isinstance(node, MapNode):
        return _text_of(node, languages, reading)
    if isinstance(node, ListNode):
        return reading.error("wrong-type", f"expected one text, not a list; {_QUOTES_NEEDED}", node.place)
    if cut_at_hash(node, reading):
        return WRONG
    if len(languages) == 1:
        sentence = read_sentence(node, reading)
        return WRONG if sentence is WRONG else Text({languages[0]: sentence}, node.place)
    return reading.error("missing-text", f"write it in every language, as {by_language(reading)}", node.place)


def by_language(reading: Reading) -> str:
    """How a text is written, for a message: `{zh: …, en: …}`."""
    return "{" + ", ".join(f"{language}: …" for language in reading.written_in or ("zh", "en")) + "}"


def _text_of(node: MapNode, languages: tuple[str, ...], reading: Reading) -> Any:
    sentences: dict[str, Sentence] = {}
    before = len(reading.issues)
    for last, entry in zip((None, *node.entries), node.entries, strict=False):
        language, place = entry.key.text, entry.key.place
        if glued_colon(entry, reading):
            continue
        if language not in reading.languages and cut_at_comma(entry, last, reading):
            continue
        if language in languages and isinstance(entry.value, Scalar) and not (entry.value.text or entry.value.comment):
            reading.error("missing-text", f'the text in "{language}" is empty; write the words', place)
        elif is_language(language, place, reading):
            sentence = read_sentence(entry.value, reading)
            if sentence is not WRONG:
                sentences[language] = sentence
    if len(reading.issues) > before and any(issue.is_error for issue in reading.issues[before:]):
        return WRONG
    missing = [language for language in languages if language not in sentences]
    if missing or not sentences:
        names = " and ".join(f'"{language}"' for language in missing) or "any language"
        return reading.error("missing-text", f"the text is not written in {names}", node.place)
    return Text(sentences, node.place)


def read_sentence(node: Node, reading: Reading) -> Any:
    """A `Sentence`: text and slots. White space at the ends is dropped; lines within are kept."""
    if not isinstance(node, Scalar):
        return reading.error("wrong-type", f"expected a sentence, not {described(node)}; {_QUOTES_NEEDED}", node.place)
    if cut_at_hash(node, reading):
        return WRONG
    text = node.text.strip()
    if not text:
        return reading.error("missing-text", "the text is empty; write the words or leave the field out", node.place)
    if ("｛" in text or "｝" in text) and wide_slots(node, reading):
        return WRONG
    if "{" not in text and "}" not in text:
        return Sentence((text,), node.place)
    return _with_slots(node, text, reading)


def wide_slots(node: Scalar, reading: Reading) -> bool:
    """Whether a value stands in full-width braces, which would be spoken as its name; notes the issue."""
    wide = [found for found in _WIDE_SLOT.finditer(node.raw) if not found[0].isascii()]
    for found in wide:
        message = f"full-width braces hold no value; write {{{found[1]}}} with the braces of an English keyboard"
        place = _place_within(node.place, _line_starts(node), found.start())
        reading.error("bad-slot", message, place._replace(length=len(found[0])))
    return bool(wide)


def _with_slots(node: Scalar, text: str, reading: Reading) -> Any:
    parts: list[str | Slot] = []
    literal: list[str] = []
    wrong = False
    places = _BracePlaces(node)
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece[0] not in "{}":
            literal.append(piece)
            continue
        place = places.next(piece)
        if piece in ("{{", "}}"):
            literal.append(piece[0])
            if doubled := _DOUBLED.match(text, match.start()):
                name = doubled[0].strip("{} \t\n")
                message = f"double braces are spoken as braces; write {{{name}}} for the value"
                reading.warn("bad-slot", message, place._replace(length=len(doubled[0])))
            continue
        slot = _slot(piece, place._replace(length=len(piece)), reading)
        if slot is None:
            wrong = True
            continue
        if literal:
            parts.append("".join(literal))
            literal.clear()
        parts.append(slot)
    if literal:
        parts.append("".join(literal))
    return WRONG if wrong else Sentence(tuple(parts), node.place)


def _slot(piece: str, place: Place, reading: Reading) -> Slot | None:
    if len(piece) == 1:
        other = "}" if piece == "{" else "{"
        reading.error("bad-slot", f'"{piece}" has no matching "{other}"; write "{piece * 2}" for a brace', place)
        return None
    name, colon, kind = piece[1:-1].partition(":")
    if not NAME.fullmatch(name):
        tidy = re.sub(r"[\s_]+", "_", halfwidth(piece)).replace("{_", "{").replace("_}", "}")
        meant = NAME.fullmatch(tidy[1:-1].partition(":")[0])
        hint = f'; did you mean "{tidy}"?' if meant else "; expected {value} or {value:kind}"
        reading.error("bad-slot", f'"{piece}" does not name a value{hint}', place)
        return None
    if name == "hours" and kind not in VALUE_KINDS and NAME.fullmatch(kind):
        return Slot(f"hours:{kind}", place=place)
    if colon and kind not in VALUE_KINDS:
        hint = reading.hint(kind, VALUE_KINDS) or f"; expected one of {', '.join(VALUE_KINDS)}"
        reading.error("bad-slot", f'"{kind}" is not a kind of value{hint}', place)
        return None
    return Slot(name, value_kind(kind) if kind else "", place)


class _BracePlaces:
    """Where the braces of a sentence stand in the file: the n-th brace read is the n-th brace typed."""

    def __init__(self, node: Scalar) -> None:
        self._start = node.place
        text_begins = node.raw.find("\n") + 1 if node.raw[:1] in ("|", ">") else 0
        found = re.compile("[{}]").finditer(node.raw, text_begins)
        self._braces = iter([match.start() for match in found])
        self._line_starts = _line_starts(node)

    def next(self, piece: str) -> Place:
        """The place of the next piece that begins with a brace; of the whole sentence if it was typed as an escape."""
        index = next(self._braces, None)
        for _ in range(piece.count("{") + piece.count("}") - 1):
            next(self._braces, None)
        return self._start if index is None else _place_within(self._start, self._line_starts, index)


def _line_starts(node: Scalar) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", node.raw))]


def _place_within(start: Place, line_starts: list[int], index: int) -> Place:
    """Where the character `index` of a value's `raw` stands in the file."""
    line = bisect_right(line_starts, index) - 1
    column = index - line_starts[line] + (1 if line else start.column)
    return Place(start.file, start.line + line, column)
