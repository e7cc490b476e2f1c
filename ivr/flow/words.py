"""How texts are written: the same sentence in every language, with `{value}` where something is filled in.

`{{` and `}}` stand for the braces themselves. Knows nothing of what values there are; the checker does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from ivr.flow.issues import Place
from ivr.flow.model import VALUE_KINDS, Sentence, Slot, Text
from ivr.flow.scalars import NAME, WRONG, Reading, cut_at_hash, described, glued_colon, is_language
from ivr.flow.source import ListNode, MapNode, Node, Scalar

_PIECE = re.compile(r"\{\{|\}\}|\{[^{}]*\}|\{|\}|[^{}]+")
_DOUBLED = re.compile(r"\{\{\s*[A-Za-z_]\w*\s*\}\}")
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
    example = "{" + ", ".join(f"{language}: …" for language in languages or ("zh", "en")) + "}"
    return reading.error("missing-text", f"write it in every language, as {example}", node.place)


def _text_of(node: MapNode, languages: tuple[str, ...], reading: Reading) -> Any:
    sentences: dict[str, Sentence] = {}
    before = len(reading.issues)
    for entry in node.entries:
        language, place = entry.key.text, entry.key.place
        if glued_colon(entry, reading):
            continue
        if language not in reading.languages and _is_cut(entry.value, language):
            message = "a comma ended the sentence before this; put the sentence in quotes"
            reading.error("cut-at-comma", message, place)
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


def _is_cut(value: Node, key: str) -> bool:
    """Whether a "language" without a value is the rest of a sentence: `{en: Hello, and welcome, zh: …}`."""
    return isinstance(value, Scalar) and value.is_empty and not value.comment and (len(key) > 3 or not key.isascii())


def read_sentence(node: Node, reading: Reading) -> Any:
    """A `Sentence`: text and slots. White space at the ends is dropped; lines within are kept."""
    if not isinstance(node, Scalar):
        return reading.error("wrong-type", f"expected a sentence, not {described(node)}; {_QUOTES_NEEDED}", node.place)
    if cut_at_hash(node, reading):
        return WRONG
    text = node.text.strip()
    if not text:
        return reading.error("missing-text", "the text is empty; write the words or leave the field out", node.place)
    if "{" not in text and "}" not in text:
        return Sentence((text,), node.place)
    return _with_slots(node, text, reading)


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
        tidy = name.strip()
        hint = f'; did you mean "{{{tidy}}}"?' if NAME.fullmatch(tidy) else "; expected {value} or {value:kind}"
        reading.error("bad-slot", f'"{piece}" does not name a value{hint}', place)
        return None
    if colon and kind not in VALUE_KINDS:
        hint = reading.hint(kind, VALUE_KINDS) or f"; expected one of {', '.join(VALUE_KINDS)}"
        reading.error("bad-slot", f'"{kind}" is not a kind of value{hint}', place)
        return None
    return Slot(name, kind, place)


class _BracePlaces:
    """Where the braces of a sentence stand in the file: the n-th brace read is the n-th brace typed."""

    def __init__(self, node: Scalar) -> None:
        self._start = node.place
        raw = node.raw
        text_begins = raw.find("\n") + 1 if raw[:1] in ("|", ">") else 0
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", raw))]
        found = re.compile("[{}]").finditer(raw, text_begins)
        self._braces = iter([match.start() for match in found])

    def next(self, piece: str) -> Place:
        """The place of the next piece that begins with a brace; of the whole sentence if it was typed as an escape."""
        index = next(self._braces, None)
        for _ in range(piece.count("{") + piece.count("}") - 1):
            next(self._braces, None)
        if index is None:
            return self._start
        line = bisect_right(self._line_starts, index) - 1
        column = index - self._line_starts[line] + (1 if line else self._start.column)
        return Place(self._start.file, self._start.line + line, column)
