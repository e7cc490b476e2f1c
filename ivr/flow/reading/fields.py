"""Reading a document into frozen dataclasses, driven by their annotations and their `yaml_field(…)` notes.

What a field accepts follows from its type alone, so a new step kind, a new setting or a new line of a call script
needs a dataclass and no reader:

- the types of `scalars.SCALARS`, `Text`, `Sentence`, `Literal[…]`, string enums, and any class with a classmethod
  `from_text(text)` that raises `ValueError("expected …")`;
- `tuple[T, …]` and `frozenset[T]`: a list, or one item alone;
- `Mapping[str, T]`; `yaml_field(each="language")` or `each="key"` says what its keys are, `each="key language"` what
  those of two levels are; where only one language is spoken, its value alone will do;
- `X | None`: a field left empty is None;
- another dataclass; one with a class attribute `short` may be written as that field alone, and its place is that one's.

A field called `as_` or `with_` is written without the underscore. `place` is filled with the place of the node and
`places` with those of the fields, and of their names (`on.closed:`). A dataclass with a field `language: Language`
has its other texts in that language.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from ivr.flow.issues import Place, nearest
from ivr.flow.model import Language, Sentence, Text
from ivr.flow.reading.scalars import (
    NAME,
    SCALARS,
    WRONG,
    Reader,
    Reading,
    Words,
    cut_at_comma,
    described,
    glued_colon,
    is_language,
    one_of,
    read_key,
    read_name,
    typed,
    wrong_type,
)  # fmt: skip
from ivr.flow.reading.sentences import by_language, read_sentence, read_text
from ivr.flow.reading.source import Entry, ListNode, MapNode, Node, Scalar

T = TypeVar("T")

__all__ = ["WRONG", "FieldShape", "Reading", "WrittenFields", "fields_of", "read", "read_fields", "spelled"]


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field as it is written. `read` gives its value or WRONG."""

    name: str
    spelled: str
    annotation: Any
    each: str
    doc: str
    span: tuple[float, float] | None
    required: bool
    read: Reader


@dataclass(frozen=True, slots=True)
class WrittenFields:
    """What was written of one dataclass: values by field name, and the place of each value by dotted path.

    `complete` is false when a field was wrong or missing; `others` are the entries asked for by name; `meant` the
    names that were probably meant by misspelt ones.
    """

    values: dict[str, Any]
    places: dict[str, Place]
    others: dict[str, Entry]
    complete: bool
    meant: frozenset[str]


def read(node: Node | None, cls: type[T], reading: Reading, called: str = "") -> T | None:
    """One value of a frozen dataclass, or None when anything in it is wrong; then `reading.issues` says what.

    `called` is what messages call it; the name of the class if empty. None as a node gives None.
    """
    if node is None:
        return None
    value = _read_class(cls, called)(node, reading)
    return None if value is WRONG else typing.cast(T, value)


def read_fields(
    node: MapNode, cls: type[Any], reading: Reading, *, called: str = "", others: Iterable[str] = (), at: Place
) -> WrittenFields:
    """The fields that are written, without defaults. `others` names entries that the caller reads by itself.

    `at` is the place for a field that is missing.
    """
    called = called or name_of(cls)
    shapes = fields_of(cls)
    named = tuple(others)
    values: dict[str, Any] = {}
    places: dict[str, Place] = {}
    extra: dict[str, Entry] = {}
    complete = True
    wrong: set[str] = set()
    meant: set[str] = set()
    inner = _within_language(node, shapes, reading)
    for before, entry in zip((None, *node.entries), node.entries, strict=False):
        word = entry.key.text
        shape = shapes.get(word)
        if shape is None:
            if word in named:
                extra[word] = entry
                _note_places(word, entry, places)
                continue
            complete = False
            said = before is not None and before.key.text in shapes and shapes[before.key.text].annotation in _SAID
            meant_word = NAME.fullmatch(word) and nearest(word, (*named, *shapes))
            if said and not meant_word and cut_at_comma(entry, before, reading):
                continue
            meant.add(_refused(entry, (*named, *shapes), called, reading))
            continue
        _note_places(word, entry, places)
        value = shape.read(placed(entry), inner)
        if value is WRONG:
            wrong.add(shape.name)
        else:
            values[shape.name] = value
    for shape in shapes.values():
        if shape.required and shape.spelled not in places and shape.spelled not in meant:
            reading.error("missing-field", f'missing field "{shape.spelled}" in {called}: {shape.doc}', at)
            complete = False
    either: tuple[str, ...] = getattr(cls, "either", ())
    if either and all(values.get(name) is None and name not in wrong | meant for name in either):
        choice = " or ".join(f'"{spelled(name)}"' for name in either)
        reading.error("missing-field", f"missing field {choice} in {called}", at)
        complete = False
    return WrittenFields(values, places, extra, complete and not wrong, frozenset(meant))


def _refused(entry: Entry, known: tuple[str, ...], called: str, reading: Reading) -> str:
    """Notes a field that is not known; gives the one that was probably meant, which is then not missing as well."""
    word = entry.key.text
    if glued_colon(entry, reading):
        return word.partition(":")[0].strip()
    near = "" if reading.is_full else nearest(word, known)
    hint = f'did you mean "{near}"?' if near else f"it has {', '.join(known)}"
    if not near and isinstance(entry.value, MapNode) and "steps" in known:
        hint = 'a step is indented deeper, under "steps"'
    reading.error("unknown-field", f'unknown field "{word}" in {called}; {hint}', entry.key.place)
    return near


def fields_of(cls: type[Any]) -> Mapping[str, FieldShape]:
    """The fields of a dataclass that are written, by their spelling, in the order of the class."""
    return _fields_of(typing.cast(Any, cls))


def spelled(name: str) -> str:
    return name.removesuffix("_")


@cache
def _fields_of(cls: type[Any]) -> Mapping[str, FieldShape]:
    hints = typing.get_type_hints(cls)
    shapes: dict[str, FieldShape] = {}
    for each in dataclasses.fields(cls):
        if "doc" not in each.metadata:
            continue
        required = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        annotation, names = hints[each.name], each.metadata.get("each", "")
        shapes[spelled(each.name)] = FieldShape(
            each.name, spelled(each.name), annotation, names, each.metadata["doc"], each.metadata.get("span"),
            required,
            reader_of(annotation, names),
        )  # fmt: skip
    return shapes


@cache
def reader_of(annotation: Any, each: str = "") -> Reader:
    """The reader for a type. Raises TypeError for a type that has no spelling: a mistake in our code."""
    if annotation is str and each == "name":
        return read_name
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    reader = _generic(annotation, each) if typing.get_origin(annotation) else _of_class(annotation)
    if reader is None:
        raise TypeError(f"no way to write a {annotation!r} in a document")
    return reader


_SAID = (Text, Text | None, tuple[Text, ...], Words)
"""Types of fields that are sentences; where one language is spoken they stand there without its code."""
_PLAIN: Mapping[Any, Reader] = {**SCALARS, Text: read_text, Sentence: read_sentence}


def _generic(annotation: Any, each: str) -> Reader | None:
    """The reader for a type that is made of others, such as `tuple[Text, ...]`."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return one_of(map(str, arguments))
    if origin in (typing.Union, types.UnionType):
        return _optional(annotation, arguments, each)
    if origin is frozenset or (origin is tuple and arguments[1:] == (Ellipsis,)):
        return _sequence(origin, reader_of(arguments[0], each), arguments[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        outer, _, inner = each.partition(" ")
        return _mapping(outer, reader_of(arguments[1], inner))
    return None


def _of_class(annotation: Any) -> Reader | None:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _converted(annotation, one_of(str(member.value) for member in annotation))
    if hasattr(annotation, "from_text"):
        return _from_text(annotation.from_text)
    if dataclasses.is_dataclass(annotation):
        return _read_class(typing.cast(type[Any], annotation), "")
    return None


def _optional(annotation: Any, arguments: tuple[Any, ...], each: str) -> Reader:
    inner = [argument for argument in arguments if argument is not types.NoneType]
    if len(inner) != 1 or len(arguments) != 2:
        raise TypeError(f"no way to write a {annotation!r} in a document")
    read_inner = reader_of(inner[0], each)

    def read_optional(node: Node, reading: Reading) -> Any:
        if isinstance(node, Scalar) and node.is_empty:
            return None
        return read_inner(node, reading)

    return read_optional


def _sequence(build: Callable[[list[Any]], Any], read_item: Reader, item: Any) -> Reader:
    def read_sequence(node: Node, reading: Reading) -> Any:
        if isinstance(node, MapNode) and item is not Text and dataclasses.is_dataclass(item):
            own = fields_of(typing.cast(type[Any], item))
            if not any(entry.key.text in own for entry in node.entries):
                begins = next(iter(own))
                return wrong_type(node, reading, f'a list, each item of which begins with "- {begins}: "')
        if isinstance(node, Scalar) and node.is_empty and not node.comment:
            return build([])
        items = node.items if isinstance(node, ListNode) else (node,)
        values = [read_item(item, reading) for item in items]
        return WRONG if any(value is WRONG for value in values) else build(values)

    return read_sequence


def _mapping(each: str, read_value: Reader) -> Reader:
    def read_mapping(node: Node, reading: Reading) -> Any:
        if isinstance(node, Scalar) and node.is_empty:
            return {}
        if not isinstance(node, MapNode):
            if each != "language":
                return wrong_type(node, reading, "name: value pairs")
            if len(reading.written_in) != 1:
                return wrong_type(node, reading, by_language(reading))
            value = read_value(node, reading)
            return WRONG if value is WRONG else {reading.written_in[0]: value}
        values: dict[str, Any] = {}
        wrong = False
        for before, entry in zip((None, *node.entries), node.entries, strict=False):
            foreign = each == "language" and entry.key.text not in reading.languages
            if glued_colon(entry, reading) or (foreign and cut_at_comma(entry, before, reading)):
                wrong = True
                continue
            known = _is_known(entry, each, reading)
            value = read_value(placed(entry), reading)
            wrong = wrong or not known or value is WRONG
            values[entry.key.text] = value
        return WRONG if wrong else values

    return read_mapping


def _is_known(entry: Entry, each: str, reading: Reading) -> bool:
    if each == "language":
        return is_language(entry.key.text, entry.key.place, reading)
    return each != "key" or read_key(entry.key, reading) is not WRONG


def _converted(build: Callable[[str], Any], read_word: Reader) -> Reader:
    def read_converted(node: Node, reading: Reading) -> Any:
        word = read_word(node, reading)
        return WRONG if word is WRONG else build(word)

    return read_converted


def _from_text(build: Callable[[str], Any]) -> Reader:
    def read_from_text(node: Node, reading: Reading) -> Any:
        text = typed(node, reading, "a text")
        if text is None:
            return WRONG
        try:
            return build(text)
        except ValueError as error:
            return reading.error("wrong-type", f"{error}, not {described(node)}", node.place)

    return read_from_text


def _read_class(cls: type[Any], called: str) -> Reader:
    names = {each.name for each in dataclasses.fields(cls)}
    short = getattr(cls, "short", None)
    called = called or name_of(cls)

    def read_class(node: Node, reading: Reading) -> Any:
        if short is not None and not isinstance(node, MapNode):
            value = fields_of(cls)[short].read(node, reading)
            return WRONG if value is WRONG else build({short: value}, node.place, {})
        if not isinstance(node, MapNode):
            return not_a_mapping(node, cls, reading, called)
        written = read_fields(node, cls, reading, called=called, at=node.place)
        place = node.place if short is None else written.places.get(short, node.place)
        return build(written.values, place, written.places) if written.complete else WRONG

    def build(values: dict[str, Any], place: Place, places: dict[str, Place]) -> Any:
        if "place" in names:
            values["place"] = place
        if "places" in names:
            values["places"] = places
        return cls(**values)

    return read_class


def not_a_mapping(node: Node, cls: type[Any], reading: Reading, called: str, names: Iterable[str] = ()) -> Any:
    """Notes that something else stands where the fields of `cls` are expected."""
    required = [shape.spelled for shape in fields_of(cls).values() if shape.required]
    shown = [*names] or required or [*fields_of(cls)][:3]
    written = ", ".join(f"{name}:" for name in shown)
    found = "nothing" if isinstance(node, Scalar) and not node.text else described(node)
    return reading.error("wrong-type", f"expected {called} with {written} but found {found}", node.place)


def _within_language(node: MapNode, shapes: Mapping[str, FieldShape], reading: Reading) -> Reading:
    shape = shapes.get("language")
    entry = node.get("language") if shape else None
    if shape is None or entry is None or shape.annotation not in (Language, Language | None):
        return reading
    language = entry.value.text if isinstance(entry.value, Scalar) else ""
    return reading.only_in(language) if language in reading.languages else reading


def placed(entry: Entry) -> Node:
    """The value; a value that was left empty stands where its key stands, which is something to point at."""
    value = entry.value
    if isinstance(value, Scalar) and value.is_empty:
        return value._replace(place=entry.key.place)
    return value


def _note_places(word: str, entry: Entry, places: dict[str, Place]) -> None:
    places[word] = placed(entry).place
    places[f"{word}:"] = entry.key.place
    match entry.value:
        case MapNode(entries=entries):
            for inner in entries:
                places[f"{word}.{inner.key.text}"] = placed(inner).place
                places[f"{word}.{inner.key.text}:"] = inner.key.place
        case ListNode(items=items):
            for index, item in enumerate(items):
                places[f"{word}.{index}"] = item.place
        case _:
            pass


def name_of(cls: type[Any]) -> str:
    """What messages and schemas call a class: "single day" for `SingleDay`, "queue" for `QueueSettings`."""
    name = cls.__name__.removesuffix("Settings")
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
