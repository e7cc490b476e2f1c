"""JSON Schema for editors, made from the same dataclasses that the reader reads.

Written for editors of YAML 1.2, which take a plain `1` for a number and `true` for a truth value before they look at
the schema; so a field that is text for the reader allows those too. What the schema accepts the reader may still
refuse (a comment behind a sentence, an alias), never the other way round.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from ivr.flow.model import STEP_KINDS, Exit, Flow, Key, Language, Name, Phrase, Seconds, Sentence, Step, StepName, Text
from ivr.flow.reading.drafts import WAYS
from ivr.flow.reading.fields import FieldShape, fields_of, name_of, spelled
from ivr.flow.reading.scalars import NAME, SPAN, Words

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TYPED: Schema = {"type": ["string", "number", "boolean"]}
_NAME: Schema = {"type": "string", "pattern": f"^{NAME.pattern}$"}
_SPAN: Schema = {"type": ["integer", "string"], "minimum": 0, "pattern": f"^{SPAN.pattern}$"}
_NUMBER: Schema = {"type": ["number", "string"], "pattern": r"^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$"}
_SCALARS: Mapping[Any, Schema] = {
    str: _TYPED,
    Words: _TYPED,
    Phrase: _TYPED,
    Sentence: _TYPED,
    Name: _NAME,
    StepName: _NAME,
    Key: {"type": ["string", "integer"], "pattern": "^[0-9*#]$", "minimum": 0, "maximum": 9},
    int: {"type": ["integer", "string"], "pattern": "^[+-]?[0-9]{1,15}$"},
    float: _NUMBER,
    Decimal: _NUMBER,
    bool: {"enum": [True, False, "true", "false", "yes", "no", "on", "off"]},
    Seconds: _SPAN,
    timedelta: _SPAN,
    date: {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    time: {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"},
}


def flow_schema(languages: tuple[str, ...] = (), names: Mapping[str, Sequence[str]] | None = None) -> Schema:
    """The schema of one file of `flows/`; with `languages`, every text must be written in each of them.

    `names` are those that a hotline has, by kind (`queue`, `calendar`, `step` …), for editors to complete. Other names
    are accepted all the same: `ivr check` says whether they exist.
    """
    builder = _SchemaBuilder(languages, names or {})
    flow = builder.object_of(Flow)
    kinds = [builder.step(kind) for kind in STEP_KINDS]
    builder.defs["step"] = {"description": "One step: of exactly one kind.", "anyOf": kinds}
    steps = {"type": "object", "propertyNames": _NAME, "minProperties": 1, "additionalProperties": _ref("step")}
    name = _NAME | {"description": "the name of this flow"}
    flow["properties"] = {"flow": name, **flow["properties"], "steps": steps | {"description": "the steps by name"}}
    flow["required"] = ["flow", *flow["required"], "steps"]
    return builder.document("Flow", flow)


def schema_of(cls: type[Any], title: str, languages: tuple[str, ...] = ()) -> Schema:
    """The schema of a document that is read into one dataclass, such as a configuration."""
    builder = _SchemaBuilder(languages, {})
    return builder.document(title, builder.object_of(cls))


class _SchemaBuilder:
    """A schema under construction; every dataclass becomes one definition."""

    def __init__(self, languages: tuple[str, ...], names: Mapping[str, Sequence[str]]) -> None:
        self.languages = languages
        self.names = names
        self.defs: dict[str, Schema] = {}

    def document(self, title: str, root: Schema) -> Schema:
        return {"$schema": DIALECT, "title": title, **root, "$defs": dict(sorted(self.defs.items()))}

    def step(self, kind: type[Step]) -> Schema:
        schema = self.object_of(kind)
        ways = {outcome: self.of(Exit) for outcome in WAYS if outcome in kind.outcomes}
        ways["on"] = self.of(Mapping[str, Exit]) | {"description": "ways out by outcome"}
        schema["properties"] |= ways
        schema["required"] = sorted({kind.kind, *schema["required"]})
        self.defs[f"{kind.kind}-step"] = schema
        return _ref(f"{kind.kind}-step")

    def object_of(self, cls: type[Any]) -> Schema:
        shapes = fields_of(cls)
        alone = "language" in shapes and shapes["language"].annotation in (Language, Language | None)
        either: tuple[str, ...] = getattr(cls, "either", ())
        some = {"anyOf": [{"required": [spelled(name)]} for name in either]} if either else {}
        return some | {
            "type": "object",
            "description": inspect.getdoc(cls) or "",
            "properties": {word: self.field(shape, alone) for word, shape in shapes.items()},
            "required": [word for word, shape in shapes.items() if shape.required],
            "additionalProperties": False,
        }

    def field(self, shape: FieldShape, alone: bool) -> Schema:
        schema = self.of(shape.annotation, shape.each)
        if alone and shape.annotation in (Text, Text | None):
            some = {"type": "object", "propertyNames": self.of(Language), "additionalProperties": _TYPED}
            schema = {"anyOf": [_TYPED, some] + ([{"type": "null"}] if shape.annotation != Text else [])}
        if known := self.names.get("step" if shape.annotation is StepName else shape.each):
            schema = {"anyOf": [{"enum": list(known)}, schema]}
        return schema | {"description": shape.doc}

    def of(self, annotation: Any, each: str = "") -> Schema:
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if annotation is str and each == "name":
            return dict(_NAME)
        if annotation is Language:
            return {"enum": list(self.languages)} if self.languages else {"type": "string"}
        if annotation in _SCALARS:
            return dict(_SCALARS[annotation])
        if annotation is Text:
            return self.text()
        if origin is typing.Literal:
            return {"enum": list(arguments)}
        if origin in (typing.Union, types.UnionType):
            inner = next(argument for argument in arguments if argument is not types.NoneType)
            return {"anyOf": [self.of(inner, each), {"type": "null"}]}
        if origin in (tuple, frozenset):
            item = self.of(arguments[0], each)
            return {"anyOf": [item, {"type": "array", "items": item}, {"type": "null"}]}
        if origin is not None and issubclass(origin, Mapping):
            outer, _, inner = each.partition(" ")
            names = {"key": self.of(Key), "language": self.of(Language)}.get(outer)
            values = {"type": ["object", "null"], "additionalProperties": self.of(arguments[1], inner)}
            values |= {"propertyNames": names} if names else {}
            alone = outer == "language" and len(self.languages) == 1
            return {"anyOf": [self.of(arguments[1]), values]} if alone else values
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return {"enum": [str(member.value) for member in annotation]}
        if dataclasses.is_dataclass(annotation) and not hasattr(annotation, "from_text"):
            return self.dataclass(typing.cast(type[Any], annotation))
        return {**_TYPED}

    def text(self) -> Schema:
        if "text" not in self.defs:
            each = {"type": ["string", "number", "boolean"], "minLength": 1}
            by_language: Schema = {"type": "object", "minProperties": 1, "additionalProperties": each}
            if self.languages:
                by_language = {
                    "type": "object",
                    "properties": dict.fromkeys(self.languages, each),
                    "required": list(self.languages),
                    "additionalProperties": False,
                }
            doc = inspect.getdoc(Text) or ""
            alone = len(self.languages) == 1
            self.defs["text"] = {"description": doc} | ({"anyOf": [each, by_language]} if alone else by_language)
        return _ref("text")

    def dataclass(self, cls: type[Any]) -> Schema:
        name = name_of(cls).replace(" ", "")
        if name not in self.defs:
            self.defs[name] = {}  # reserved first, in case the class contains itself
            schema = self.object_of(cls)
            if short := getattr(cls, "short", None):
                schema = {"anyOf": [self.field(fields_of(cls)[short], False), schema]}
            self.defs[name] = schema
        return _ref(name)


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
