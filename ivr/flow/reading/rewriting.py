"""Changes single values and keys of a YAML file in place. Comments, order, quotes, blank lines and line ends stay.

A value is known by its place, as every sentence carries it. Its new text is written in the style of the old one
(plain, in quotes, as a block) where YAML can hold it so, else in double quotes. The result is read again before it is
given, and nothing but the changed values may differ.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ivr.flow.issues import Place
from ivr.flow.reading.source import ListNode, MapNode, Node, Scalar, parse

Source = TypeVar("Source", str, bytes)

_Path = tuple[str | int, ...]
_LineAndColumn = tuple[int, int]
_LINE_END = re.compile(r"\r\n|\r|\n")


class CannotRewrite(Exception):
    """A file that is not YAML, a place where no value stands, or a text that no file may hold."""


def rewrite(
    source: Source, changes: Mapping[Place, str], added: Mapping[Place, Mapping[str, str]] | None = None
) -> Source:
    """The file with other texts in these places (line and column; the name of the file does not matter).

    `added` are new entries by key, each behind the value in whose mapping it belongs. All other bytes are the same.
    Raises CannotRewrite, and then nothing was changed.
    """
    text: str = source.decode("utf-8") if isinstance(source, bytes) else source
    root, issues = parse(text, "")
    if root is None or any(issue.is_error for issue in issues):
        raise CannotRewrite("this file cannot be read; mend it first")
    values = {(value.node.place.line, value.node.place.column): value for value in _values(root, text)}
    wanted: dict[_LineAndColumn, str] = {(place.line, place.column): new for place, new in changes.items()}
    behind: dict[_LineAndColumn, Mapping[str, str]] = {
        (place.line, place.column): entries for place, entries in (added or {}).items()
    }
    if missing := [place for place in (*wanted, *behind) if place not in values]:
        raise CannotRewrite(f"no value stands in line {missing[0][0]}, column {missing[0][1]}")
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    end = next((match[0] for match in _LINE_END.finditer(text)), "\n")
    shift = 1 if text.startswith("\ufeff") else 0
    pieces: list[str] = []
    at = 0
    for line, column in sorted({*wanted, *behind}):
        value = values[line, column]
        begins = starts[line - 1] + column - 1 + (shift if line == 1 else 0)
        old = value.node.raw.rstrip() if value.node.raw[:1] in ("|", ">") else value.node.raw
        ends = begins + len(old) + old.count("\n") * (len(end) - 1)
        new = text[begins:ends]
        if (line, column) in wanted:
            glue = " " if not old and text[begins - 1 : begins] == ":" else ""
            new = glue + _written(value, wanted[line, column]).replace("\n", end)
        pieces += [text[at:begins], new]
        at = ends
        if entries := behind.get((line, column)):
            between = ", " if value.in_brackets else end + " " * value.indent
            if not value.in_brackets and (line_end := _LINE_END.search(text, ends)):  # a comment stays on its line
                pieces.append(text[ends : line_end.start()])
                at = line_end.start()
            pieces += [f"{between}{key}: {_quoted(said)}" for key, said in entries.items()]
    changed = "".join([*pieces, text[at:]])
    _must_differ_only_there(root, changed, wanted, behind)
    return changed.encode("utf-8") if isinstance(source, bytes) else changed


@dataclass(frozen=True, slots=True)
class _Value:
    """A value or a key, whether it stands inside of `{…}` or `[…]`, and how deep the key is indented."""

    node: Scalar
    in_brackets: bool
    indent: int


def _values(node: Node, text: str, in_brackets: bool = False, indent: int = 0) -> Iterator[_Value]:
    if isinstance(node, Scalar):
        yield _Value(node, in_brackets, indent)
        return
    inside = in_brackets or _begins_bracket(node.place, text)
    if isinstance(node, MapNode):
        for entry in node.entries:
            for each in (entry.key, entry.value):
                yield from _values(each, text, inside, entry.key.place.column - 1)
    else:
        for item in node.items:
            yield from _values(item, text, inside, indent)


def _begins_bracket(place: Place, text: str) -> bool:
    line = _LINE_END.split(text.removeprefix("\ufeff"), place.line)[place.line - 1]
    return line[place.column - 1 : place.column] in ("{", "[")


def _written(value: _Value, new: str) -> str:
    """The text as it is typed: in the old style if that reads back as the same, else in double quotes."""
    node, style = value.node, value.node.raw[:1]
    if style in ("|", ">"):
        head, *lines = node.raw.rstrip().split("\n")
        indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=2)
        between = "\n\n" if style == ">" else "\n"
        body = between.join(" " * indent + line if line else "" for line in new.strip().split("\n"))
        return f"{head}\n{body}" if new.strip() else '""'
    typed = new if node.plain else "'" + new.replace("'", "''") + "'" if style == "'" else _quoted(new)
    return typed if _reads_back(typed, new, node.plain, value.in_brackets) else _quoted(new)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _reads_back(typed: str, new: str, plain: bool, in_brackets: bool) -> bool:
    around = f"{{a: {typed}, b: c}}" if in_brackets else f"a: {typed}\nb: c\n"
    root, _ = parse(around, "")
    entry = root.get("a") if isinstance(root, MapNode) and root.get("b") else None
    value = entry.value if entry else None
    return isinstance(value, Scalar) and value.text == new and value.plain is plain and value.comment is None


def _must_differ_only_there(
    root: Node, changed: str, wanted: Mapping[_LineAndColumn, str], behind: Mapping[_LineAndColumn, Mapping[str, str]]
) -> None:
    again, issues = parse(changed, "")
    if again is None or any(issue.is_error for issue in issues):
        raise CannotRewrite(issues[0].message if issues else "the file could not be read again")
    expected: list[tuple[_Path, str]] = []
    for path, place, text in _leaves(root, wanted):
        expected.append((path, wanted.get(place, text).strip()))
        expected += [((*path[:-1], key), said.strip()) for key, said in behind.get(place, {}).items()]
    if expected != [(path, text.strip()) for path, _, text in _leaves(again, {})]:
        raise CannotRewrite("this text cannot be written there")


def _leaves(
    node: Node, wanted: Mapping[_LineAndColumn, str], path: _Path = ()
) -> Iterator[tuple[_Path, _LineAndColumn, str]]:
    """Every value with its path, its line and column, and its text; keys as they are `wanted`."""
    match node:
        case Scalar(text=text, place=place):
            yield path, (place.line, place.column), text
        case MapNode(entries=entries):
            for entry in entries:
                key = wanted.get((entry.key.place.line, entry.key.place.column), entry.key.text)
                yield from _leaves(entry.value, wanted, (*path, key))
        case ListNode(items=items):
            for index, item in enumerate(items):
                yield from _leaves(item, wanted, (*path, index))
