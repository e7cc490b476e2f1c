"""The topics of the wallet hotline, one module each; importing a module registers its handlers.

To add a topic, add a module with a decorated function (see `ivr.hotline.handlers`). Words mean the same everywhere
(`told`, `done`, `pending`, `overdue`, `failed`, `locked`, `not_found`); a value of one name is of one kind everywhere.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ivr.hotline.handlers import Case, Found, found
from ivr.texts.load import load_texts

VALUE_NAMES = load_texts(Path(__file__).with_name("value_names.yaml"))
"""What agents read beside the values of these handlers and of the flows that use them."""


class Numbered(Protocol):
    @property
    def reference(self) -> str: ...


Thing = TypeVar("Thing", bound=Numbered)


def by_number(things: Sequence[Thing], reference: str) -> Thing | None:
    """The one with this number, however it was grouped or written; None if there is none."""
    wanted = bare(reference)
    return next((thing for thing in things if bare(thing.reference) == wanted), None)


def details(case: Case[Any], thing: object, kinds: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a thing that a handler promises, as outcomes have them: names in the caller's language."""
    told = {name: getattr(thing, name) for name in kinds}
    return {name: case.name(one) if kinds[name] == "name" else one for name, one in told.items()}


def pending(case: Case[Any], told: Mapping[str, Any], by: datetime | None) -> Found:
    """What is done by a moment that is to come; overdue where that is past, or was never said."""
    return found("pending", **told, by=by) if by and by > case.now else found("overdue", **told)


def bare(reference: str) -> str:
    return "".join(mark for mark in reference.upper() if mark.isalnum())
