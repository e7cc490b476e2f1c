"""Changes single values of a YAML file in place. Comments, order, quotes, blank lines and line ends stay as they are.

A value is known by its place, as every sentence carries it. Its new text is written in the style of the old one
(plain, in quotes, as a block) where YAML can hold it so, else in double quotes. The result is read again before it is
given, and nothing but the changed values may differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from ivr.flow.issues import Place
from ivr.flow.reading.source import ListNode, MapNode, Node, Scalar, parse

Source = TypeVar("Source", str, bytes)

_LINE_END = re.compile(r"\r\n|\r|\n")


class CannotRewrite(Exception):
    """A file that is not YAML, a place where no value stands, or a text that no file may hold."""


def rewrite(source: Source, changes: Mapping[Place, str]) -> Source:
    """The file with other texts in these places (line and column; the name of the file does not matter).

    All other bytes are the same. Raises CannotRewrite, and then nothing was changed.
    """
    text: str = source.decode("utf-8") if isinstance(source, bytes) else source
    root, issues = parse(text, "")
    if root is None or any(issue.is_error for issue in issues):
        raise CannotRewrite("this file cannot be read; mend it first")
    values = {(node.place.line, node.place.column): (node, inside) for node, inside in _scalars(root, text)}
    wanted = {(place.line, place.column): new for place, new in changes.items()}
    if missing := [place for place in wanted if place not in values]:
        raise CannotRewrite(f"no value stands in line {missing[0][0]}, column {missing[0][1]}")
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    end = next((match[0] for match in _LINE_END.finditer(text)), "\n")
    shift = 1 if text.startswith("\ufeff") else 0
    pieces: list[str] = []
    at = 0
    for (line, column), new in sorted(wanted.items()):
        node, in_brackets = values[line, column]
        begins = starts[line - 1] + column - 1 + (shift if line == 1 else 0)
        old = node.raw.rstrip() if node.raw[:1] in ("|", ">") else node.raw
        glue = " " if not old and text[begins - 1 : begins] == ":" else ""
        pieces += [text[at:begins], glue, _written(node, new, in_brackets).replace("\n", end)]
        at = begins + len(old) + old.count("\n") * (len(end) - 1)
    changed = "".join([*pieces, text[at:]])
    _must_differ_only_there(root, changed, wanted)
    return changed.encode("utf-8") if isinstance(source, bytes) else changed


def _scalars(node: Node, text: str, in_brackets: bool = False) -> Iterator[tuple[Scalar, bool]]:
    """Every value (keys are none), and whether it stands inside of `{…}` or `[…]`."""
    if isinstance(node, Scalar):
        yield node, in_brackets
        return
    inside = in_brackets or node.place.length > 1 or _begins_bracket(node.place, text)
    inner = [entry.value for entry in node.entries] if isinstance(node, MapNode) else node.items
    for each in inner:
        yield from _scalars(each, text, inside)


def _begins_bracket(place: Place, text: str) -> bool:
    line = _LINE_END.split(text.removeprefix("\ufeff"), place.line)[place.line - 1]
    return line[place.column - 1 : place.column] in ("{", "[")


def _written(node: Scalar, new: str, in_brackets: bool) -> str:
    """The text as it is typed: in the old style if that reads back as the same, else in double quotes."""
    style = node.raw[:1]
    if style in ("|", ">"):
        head, *lines = node.raw.rstrip().split("\n")
        indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=2)
        between = "\n\n" if style == ">" else "\n"
        body = between.join(" " * indent + line if line else "" for line in new.strip().split("\n"))
        return f"{head}\n{body}" if new.strip() else '""'
    quoted = json.dumps(new, ensure_ascii=False)
    typed = new if node.plain else "'" + new.replace("'", "''") + "'" if style == "'" else quoted
    return typed if _reads_back(typed, new, node.plain, in_brackets) else quoted


def _reads_back(typed: str, new: str, plain: bool, in_brackets: bool) -> bool:
    around = f"{{a: {typed}, b: c}}" if in_brackets else f"a: {typed}\nb: c\n"
    root, _ = parse(around, "")
    entry = root.get("a") if isinstance(root, MapNode) and root.get("b") else None
    value = entry.value if entry else None
    return isinstance(value, Scalar) and value.text == new and value.plain is plain and value.comment is None


def _must_differ_only_there(root: Node, changed: str, wanted: Mapping[tuple[int, int], str]) -> None:
    again, issues = parse(changed, "")
    if again is None or any(issue.is_error for issue in issues):
        raise CannotRewrite(issues[0].message if issues else "the file could not be read again")
    expected = [
        (path, wanted.get(place, text).strip() if place in wanted else text) for path, place, text in _leaves(root)
    ]
    found = [
        (path, text.strip() if place in wanted else text)
        for (path, _, text), (_, place, _) in zip(_leaves(again), _leaves(root), strict=False)
    ]
    if expected != found or sum(1 for _ in _leaves(again)) != len(expected):
        raise CannotRewrite("this text cannot be written there")


_Path = tuple[str | int, ...]


def _leaves(node: Node, path: _Path = ()) -> Iterator[tuple[_Path, tuple[int, int], str]]:
    """Every value with its path, its line and column, and its text."""
    match node:
        case Scalar(text=text, place=place):
            yield path, (place.line, place.column), text
        case MapNode(entries=entries):
            for entry in entries:
                yield from _leaves(entry.value, (*path, entry.key.text))
        case ListNode(items=items):
            for index, item in enumerate(items):
                yield from _leaves(item, (*path, index))
