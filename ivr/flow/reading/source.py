"""YAML text with a place on every value: every word is kept as it was typed, and nothing is guessed.

The only module that knows PyYAML. It must not know what the words mean: no flows, steps or settings here.

The tree is built from parsing events instead of constructed values. Construction would turn `09:00` into a number,
`no` into false and drop the first of two equal keys; building from events also means that nothing is expanded or
recursed into before it is counted, so a bomb costs what its bytes cost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ivr.flow.issues import Issue, Place
from ivr.flow.reading.yaml_errors import explain_sign, yaml_issue

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_ISSUES = 50
"""How many problems of one file are reported; more would say nothing new."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Characters that XML 1.0 forbids or editors do not show; some of them end a line in YAML only."""

_SPECIAL_SPACE = re.compile("^ *([\u00a0\u3000])", re.MULTILINE)
_LOST_HASH_KEY = re.compile(r"^[ \t]*(#)[ \t]*:(?=[ \t]|$)", re.MULTILINE)


class Scalar(NamedTuple):
    """A word, number or sentence as typed. `plain` means without quotes; `place` includes the quotes.

    A tuple like `Place`, because every word of every file is one.
    """

    text: str
    place: Place
    plain: bool = False
    comment: Place | None = None
    """Where ` #` follows an unquoted text on its line: perhaps a comment, perhaps a sentence cut in two."""
    raw: str = ""
    """The characters of the file from the first to the last of this value, quotes and escapes included."""

    @property
    def is_empty(self) -> bool:
        """Nothing was written: `key:` and no more. An empty text in quotes counts as written."""
        return self.plain and not self.text


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class MapNode:
    """`key: value` pairs in the order written; no two keys are equal."""

    entries: tuple[Entry, ...]
    place: Place

    def get(self, key: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.key.text == key), None)


@dataclass(frozen=True, slots=True)
class ListNode:
    items: tuple[Node, ...]
    place: Place


Node = Scalar | MapNode | ListNode


def parse(text: str | bytes, file: str) -> tuple[Node | None, list[Issue]]:
    """The tree of one YAML file, and what is wrong with it as YAML; `file` is the name for places.

    An empty file is an empty Scalar. The tree is None when it must not be read on; a file whose only fault is
    a repeated key is still given, with the first of the equal keys. Raises nothing, whatever the text.
    """
    source, issue = _decoded(text, file)
    if issue:
        return None, [issue]
    builder = _Builder(source, file)
    try:
        builder.run()
        builder.look_for_lost_keys()
    except _EnoughError:
        pass
    except yaml.MarkedYAMLError as error:
        if "flow level" in (error.context or ""):  # from 0.2.6 on libyaml has a limit too, and looks ahead of us
            builder.too_deep(builder.place(error.problem_mark, error.problem_mark))
            return None, builder.issues
        builder.broken = True
        found = yaml_issue(error, source, file, builder.bracket)
        if all(issue.place.line != found.place.line for issue in builder.issues):
            builder.issues.append(found)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The pure loader lets int() and chr() speak for themselves on absurd versions and escapes.
        builder.fail("yaml-syntax", f"this is not YAML: {str(error).splitlines()[0]}", Place(file))
    return (None if builder.broken else builder.root), builder.issues


def _decoded(text: str | bytes, file: str) -> tuple[str, Issue | None]:
    """The text with plain line ends and no byte order mark, or the reason why it cannot be read."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        message = f"the file has {size:,} bytes and {MAX_BYTES:,} is the limit; split it into several files"
        return "", Issue("too-large", message, Place(file))
    if isinstance(text, bytes):
        data = text
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            before = _with_line_feeds(data[: error.start].decode("utf-8"))
            if data.startswith((b"\xff\xfe", b"\xfe\xff")):
                return "", Issue("not-utf8", "the file is UTF-16; save it as UTF-8", Place(file))
            message = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
            if error.reason == "unexpected end of data":
                message = "the file ends in the middle of a character, as one that was saved half-way"
            return "", Issue("not-utf8", message, _place_of(before, len(before), file))
    text = _with_line_feeds(text)
    if bad := _FORBIDDEN.search(text):
        message = f"the invisible character U+{ord(bad[0]):04X} cannot stand in a file; delete it"
        return "", Issue("bad-character", message, _place_of(text, bad.start(), file))
    return text, None


def _with_line_feeds(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _place_of(text: str, index: int, file: str) -> Place:
    return Place(file, text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1)


@dataclass(slots=True)
class _Open:
    start: Any  # a yaml mark
    is_map: bool
    key: Scalar | None = None
    entries: list[Entry] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)  # of the keys seen


class _EnoughError(Exception):
    """Stops reading: the rest of the file would say nothing new."""


class _Builder:
    def __init__(self, source: str, file: str) -> None:
        self.source = source
        self.file = file
        self.issues: list[Issue] = []
        self.broken = False
        self.root: Node = Scalar("", Place(file), plain=True)
        self.stack: list[_Open] = []
        self.documents = 0
        self.spans: list[tuple[int, int]] = []  # first and last line of texts of several lines

    def fail(self, rule: str, message: str, place: Place) -> None:
        self.broken = True
        self.note(rule, message, place)

    def note(self, rule: str, message: str, place: Place) -> None:
        self.issues.append(Issue(rule, message, place))
        if len(self.issues) == MAX_ISSUES:
            self.broken = True
            message = f"no more is told after {MAX_ISSUES} problems; mend some of them first"
            self.issues.append(Issue("too-many-problems", message, place))
            raise _EnoughError

    @property
    def bracket(self) -> int | None:
        """Where the innermost `{` or `[` stands that is still open."""
        if not self.stack or self.source[self.stack[-1].start.index :][:1] not in ("{", "["):
            return None
        return int(self.stack[-1].start.index)

    def run(self) -> None:
        loader = _LOADER(self.source)
        while (event := loader.get_event()) is not None:
            kind = type(event)  # not `match`: this runs once per word of every file
            if kind is ScalarEvent:
                self.put(self.scalar(event))
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self.open(event, kind is MappingStartEvent)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self.put(self.closed(self.stack.pop(), event.end_mark))
            elif kind is AliasEvent:
                place = self.place(event.start_mark, event.end_mark)
                name = f"*{event.anchor}"
                self.fail("alias", f'"{name}" is an alias in YAML; write it out, or in quotes if it is text', place)
                self.put(Scalar(name, place))
            elif kind is DocumentStartEvent:
                self.documents += 1
                if self.documents > 1:
                    place = self.place(event.start_mark, event.end_mark)
                    self.fail("two-documents", "a second document begins here; write one per file", place)
                    raise _EnoughError

    def open(self, event: Any, is_map: bool) -> None:
        if event.anchor is not None or event.tag is not None:
            self.check_marks(event)
        if len(self.stack) >= MAX_DEPTH:
            self.too_deep(self.place(event.start_mark, event.end_mark))
            raise _EnoughError
        self.stack.append(_Open(event.start_mark, is_map))

    def too_deep(self, place: Place) -> None:
        self.fail("too-deep", f"nested more than {MAX_DEPTH} deep; give it a step of its own", place)

    def check_marks(self, event: Any) -> None:
        start = event.start_mark
        place = Place(self.file, start.line + 1, start.column + 1)
        if event.anchor is not None:
            message = f'"&{event.anchor}" is an anchor in YAML; remove it, or put the text in quotes'
            self.fail("alias", message, place)
        if event.tag is not None:
            typed = self.source[start.index :].split(None, 1)[0]
            self.fail("tag", f'"{typed}" is a tag in YAML; remove it, or put the text in quotes', place)

    def scalar(self, event: Any) -> Scalar:
        if event.anchor is not None or event.tag is not None:
            self.check_marks(event)
        start, end = event.start_mark, event.end_mark
        raw = self.source[start.index : end.index]
        place = self.place(start, end)
        if end.line != start.line:
            self.spans.append((start.line, end.line))
        if event.style in (None, ""):
            return Scalar(event.value, place, True, self.comment_after(end), raw)
        if event.style == '"' and "\\" in raw and (bad := _FORBIDDEN.search(event.value)):
            message = f"the character U+{ord(bad[0]):04X} cannot be spoken, shown or stored; remove its escape"
            self.fail("bad-character", message, place)
        return Scalar(event.value, place, False, None, raw)

    def comment_after(self, mark: Any) -> Place | None:
        if self.source[mark.index : mark.index + 1] not in (" ", "\t"):
            return None
        end = self.source.find("\n", mark.index)
        rest = self.source[mark.index : end if end >= 0 else len(self.source)]
        comment = rest.lstrip(" \t")
        if not comment.startswith("#"):
            return None
        column = mark.column + len(rest) - len(comment) + 1
        return Place(self.file, mark.line + 1, column, len(comment.rstrip()))

    def closed(self, done: _Open, end: Any) -> Node:
        flow_style = self.source[done.start.index : done.start.index + 1] in ("{", "[")
        place = self.place(done.start, end if flow_style else done.start)
        return MapNode(tuple(done.entries), place) if done.is_map else ListNode(tuple(done.items), place)

    def put(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if not top.is_map:
            top.items.append(node)
        elif top.key is not None:
            self.add_entry(top, Entry(top.key, node))
            top.key = None
        elif isinstance(node, Scalar):
            top.key = node
        else:
            self.fail("yaml-syntax", "a text that begins with { or [ needs quotes", node.place)
            top.key = Scalar("", node.place)

    def add_entry(self, top: _Open, entry: Entry) -> None:
        key, place = entry.key.text, entry.key.place
        if key == "<<" and entry.key.plain:
            self.fail("merge-key", '"<<" merges another mapping in YAML; write the fields out', place)
        elif key in top.lines:
            first = top.lines[key]
            where = (
                f"on line {first} and again on line {place.line}" if first != place.line else f"twice on line {first}"
            )
            self.note("written-twice", f'"{key}" is written {where}; keep one of them', place)
        else:
            top.lines[key] = place.line
            top.entries.append(entry)

    def place(self, start: Any, end: Any) -> Place:
        first = start.index
        length = (end.index if end.line == start.line else self.source.find("\n", first)) - first
        return Place(self.file, start.line + 1, start.column + 1, length if length > 0 else 1)

    def look_for_lost_keys(self) -> None:
        """Finds keys that YAML loses without a message: `#: repeat` is a comment, and `　next` is not the key next."""
        for match in _LOST_HASH_KEY.finditer(self.source):
            self.fail_at("unquoted-key", '# begins a comment in YAML; write the key as "#" in quotes', match.start(1))
        for match in _SPECIAL_SPACE.finditer(self.source):
            self.fail_at("yaml-syntax", explain_sign(match[1]), match.start(1))

    def fail_at(self, rule: str, message: str, index: int) -> None:
        """Notes an issue for a character of the file, unless it stands inside a text of several lines."""
        place = _place_of(self.source, index, self.file)
        if not any(first < place.line - 1 <= last for first, last in self.spans):
            self.fail(rule, message, place)
