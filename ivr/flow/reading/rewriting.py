"""Changes single values and keys of a YAML file in place. Comments, order, quotes, blank lines and line ends stay.

A value is known by its place, as every sentence carries it. Its new text is written in the style of the old one
(plain, in quotes, as a block) where YAML can hold it so, else in double quotes. The result is read again before it is
given, and nothing but the changed values may differ. A step is renamed so wherever flows speak of it.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ivr.flow.issues import Place
from ivr.flow.model import ACTIONS, Ask, Flow, FlowSet, Keyed, Menu
from ivr.flow.reading.scalars import NAME
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
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    values = {(value.node.place.line, value.node.place.column): value for value in _values(root, lines)}
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
            pieces += [f"{between}{key}: {yaml_quoted(said)}" for key, said in entries.items()]
    changed = "".join([*pieces, text[at:]])
    _must_differ_only_there(root, changed, wanted, behind)
    return changed.encode("utf-8") if isinstance(source, bytes) else changed


@dataclass(frozen=True, slots=True)
class _Value:
    """A value or a key, whether it stands inside of `{…}` or `[…]`, and how deep the key is indented."""

    node: Scalar
    in_brackets: bool
    indent: int


def _values(node: Node, lines: Sequence[str], in_brackets: bool = False, indent: int = 0) -> Iterator[_Value]:
    if isinstance(node, Scalar):
        yield _Value(node, in_brackets, indent)
        return
    inside = in_brackets or lines[node.place.line - 1][node.place.column - 1 :][:1] in ("{", "[")
    if isinstance(node, MapNode):
        for entry in node.entries:
            for each in (entry.key, entry.value):
                yield from _values(each, lines, inside, entry.key.place.column - 1)
    else:
        for item in node.items:
            yield from _values(item, lines, inside, indent)


def _written(value: _Value, new: str) -> str:
    """The text as it is typed: in the old style if that reads back as the same, else in double quotes."""
    node, style = value.node, value.node.raw[:1]
    if style in ("|", ">"):
        head, *lines = node.raw.rstrip().split("\n")
        indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=2)
        between = "\n\n" if style == ">" else "\n"
        body = between.join(" " * indent + line if line else "" for line in new.strip().split("\n"))
        return f"{head}\n{body}" if new.strip() else '""'
    typed = new if node.plain else "'" + new.replace("'", "''") + "'" if style == "'" else yaml_quoted(new)
    return typed if _reads_back(typed, new, node.plain, value.in_brackets) else yaml_quoted(new)


def yaml_quoted(text: str) -> str:
    """A YAML scalar between quotes; JSON's are YAML's."""
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


class CannotRename(ValueError):
    """A name that the step cannot have; the message is one sentence."""


def renamed(sources: Mapping[str, bytes], flows: FlowSet, state: str, name: str) -> tuple[str, bytes]:
    """The file of the step `state` (`flow.step`) and its text when the step is called `name`.

    `flows` are those of the sources, with places in them. Raises CannotRename, and KeyError for a step that is not
    there.
    """
    step = flows.step(state)
    flow = flows.flows[state.partition(".")[0]]
    if not NAME.fullmatch(name) or name in ACTIONS:
        raise CannotRename(f'"{name}" is no name for a step; it has letters, digits, _ and -, and begins with a letter')
    if name in flow.steps or name in flow.outcomes:
        raise CannotRename(f'"{name}" is a step or an outcome of flow "{flow.name}" already')
    for heir in flows.flows.values() if flow.name == flows.start else (flow,):
        if _inherits(heir, step.name):
            why = f'"{heir.name}" inherits a way out to "{step.name}" from "{flows.start}"'
            raise CannotRename(f'{why}; write it in "{heir.name}" first')
    file = flow.place.file
    places = {place for target, place in _references(flow) if target == step.name and place.file == file}
    added: dict[Place, Mapping[str, str]] = {}
    if isinstance(step, Ask) and step.as_ != "yes-no" and not step.into:
        word = re.compile(rf"(?<![\w-]){re.escape(step.name)}(?![\w-])")
        if sum(len(word.findall(source.decode())) for source in sources.values()) > len(places):  # it may be said
            added = {step.places["as"]: {"into": step.name}}
    return file, rewrite(sources[file], dict.fromkeys(places, name), added)


def _inherits(flow: Flow, name: str) -> bool:
    """Whether a way out that leads there is written in the file of another flow."""
    ways = (way for step in flow.steps.values() for way in step.ways.values())
    return any(way.next == name and way.place.file != flow.place.file for way in ways)


def _references(flow: Flow) -> Iterator[tuple[str, Place]]:
    """Every name of a step in a flow, as it is understood, with its place; some more than once."""
    yield flow.start, flow.places["start"]
    for name in flow.examples:
        yield name, flow.places[f"examples.{name}:"]
    inherited = (flow.defaults.exhausted, *flow.defaults.on.values())
    yield from ((way.next, way.place) for way in inherited if way)
    for owner in (flow, *(step for step in flow.steps.values() if isinstance(step, Keyed))):
        yield from ((target, owner.places[f"keys.{key}"]) for key, target in owner.keys.items())
    for step in flow.steps.values():
        yield step.name, step.place
        choices = step.choices if isinstance(step, Menu) else ()
        yield from ((way.next, way.place) for way in (*step.ways.values(), *(choice.way for choice in choices)))


def write_whole(file: Path, data: bytes) -> None:
    """Writes a file whole or not at all, with the rights that it has."""
    handle, beside = tempfile.mkstemp(dir=file.parent, prefix=".ivr-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        rights = file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask()
        os.chmod(beside, rights)
        os.replace(beside, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
