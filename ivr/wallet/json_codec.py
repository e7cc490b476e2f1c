"""The wallet's values as JSON and back. Knows their types from the annotations, and nothing of HTTP.

Money is "128.50 CNY", a date "2026-11-25", a moment "2026-11-25T18:00:00+08:00", a number with decimals a string, a
name `{"zh": ..., "en": ...}` or one string for every language. What is unknown to us is passed over; what is missing
must have a default.
"""

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ivr.call.values import Money

Json = Any

T = TypeVar("T")

_EXAMPLES: Mapping[type[Any], str] = {
    Money: "128.50 CNY", datetime: "2026-11-25T14:30", date: "2026-11-25", int: "3", bool: "true", Decimal: "0.1",
}  # fmt: skip
TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
_MONEY = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,4})?) ([A-Z]{3})\Z")


def to_json(thing: object) -> Json:
    """A frozen value, or a sequence of them, as what `json.dumps` takes."""
    match thing:
        case Money() | Decimal():
            return str(thing)
        case date():  # a datetime too
            return thing.isoformat()
        case tuple() | list():
            return [to_json(one) for one in thing]
        case Mapping():
            return {str(key): to_json(one) for key, one in thing.items()}
        case _ if is_dataclass(thing):
            return {each.name: to_json(getattr(thing, each.name)) for each in fields(thing)}
    return thing


def from_json(kind: type[T], data: Json, zone: tzinfo | None = None) -> T:
    """A frozen value of this type. Raises ValueError, which names the field and holds none of the data.

    With a zone it is read as people write it: moments without an offset are of that zone, and numbers and truths may
    be texts ("3", "yes"). Without one that is an error.
    """
    values = fields_from_json(kind, data, zone)
    for name, _, needed in _fields(kind):
        if needed and name not in values:
            raise ValueError(f"{kind.__name__}: {name} is missing")
    return kind(**values)


def fields_from_json(kind: type[Any], data: Json, zone: tzinfo | None = None) -> dict[str, Any]:
    """Those fields of a type that are written. Raises ValueError as `from_json` does."""
    if not isinstance(data, Mapping):
        raise ValueError(f"{kind.__name__}: expected an object")
    values = {}
    for name, hint, _ in _fields(kind):
        if name in data:
            try:
                values[name] = part_from_json(hint, data[name], zone)
            except (ValueError, TypeError, InvalidOperation):
                raise ValueError(f"{kind.__name__}: {name} is not as expected{_such_as(hint)}") from None
    return values


def _such_as(hint: Any) -> str:
    """How a field of this type is written, ready to append to a message."""
    kinds = get_args(hint) or (hint,)
    return next((f", such as {example}" for kind, example in _EXAMPLES.items() if kind in kinds), "")


def answer_from_json(question: Callable[..., Any], data: Json) -> Any:
    """What `{"answer": ...}` says, in the type that this method gives. Raises ValueError."""
    if not isinstance(data, Mapping) or "answer" not in data:
        raise ValueError("expected an object with an answer")
    return part_from_json(get_type_hints(question)["return"], data["answer"])


def part_from_json(hint: Any, data: Json, zone: tzinfo | None = None) -> Any:
    if is_dataclass(hint) and hint is not Money:
        return from_json(cast(type[Any], hint), data, zone)
    if hint is type(None):
        if data is not None:
            raise ValueError("expected null")
        return None
    origin = get_origin(hint)
    if origin in (types.UnionType, Union):
        if data is None:
            return None
        return part_from_json(next(one for one in get_args(hint) if one is not type(None)), data, zone)
    if origin is tuple:
        if not isinstance(data, list | tuple):
            raise ValueError("expected a list")
        return tuple(part_from_json(get_args(hint)[0], one, zone) for one in data)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _names(data)
    if hint is bool or hint is int:
        data = _unquoted(data) if zone is not None and isinstance(data, str) else data
        if type(data) is not hint:
            raise ValueError("expected a number or a truth")
        return data
    if not isinstance(data, str):
        raise ValueError("expected a string")
    return _from_text(hint, data, zone)


def _unquoted(text: str) -> bool | int | str:
    return TRUTHS.get(text.lower(), int(text) if text.isdecimal() else text)


def _from_text(hint: Any, text: str, zone: tzinfo | None) -> Any:
    if hint is str:
        return text
    if hint is Decimal:
        number = Decimal(text)
        if not number.is_finite():
            raise ValueError("expected a number")
        return number
    if hint is Money:
        if not (match := _MONEY.match(text)):
            raise ValueError("expected an amount such as 128.50 CNY")
        return Money(Decimal(match[1]), match[2])
    if hint is datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            if zone is None:
                raise ValueError("expected an offset")
            moment = moment.replace(tzinfo=zone)
        return moment
    if hint is date:
        return date.fromisoformat(text)
    raise TypeError(f"no field can be a {hint}")


def _names(data: Json) -> Mapping[str, str]:
    if isinstance(data, str):
        return {"": data}
    if not isinstance(data, Mapping) or not all(isinstance(one, str) for one in data.values()):
        raise ValueError("expected a name per language")
    return {str(language): name for language, name in data.items()}


def _read_fields(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    hints = get_type_hints(kind)
    return tuple(
        (each.name, hints[each.name], each.default is MISSING and each.default_factory is MISSING)
        for each in fields(kind)
    )


_fields: Callable[[Any], tuple[tuple[str, Any, bool], ...]] = cache(_read_fields)
