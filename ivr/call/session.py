"""A call between two turns: frozen, small, and unchanged by writing it to JSON and reading it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, NamedTuple

from ivr.call.events import END_REASONS, EndReason, Event
from ivr.call.identity import FACTORS, Factor
from ivr.call.values import Value, value_of
from ivr.flow.model import Flow


class JumpTarget(NamedTuple):
    """A place a caller can go back to: a state, and the `run` steps that were open there.

    A tuple, because up to ten of them go to JSON and back in every turn.
    """

    state: str
    stack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Session:
    """One call: its step, values and language. Holds no secret: no PIN, no one-time code, no card number.

    `state` is `flow.step`; `stack` holds the states of the `run` steps that wait for their flow to end.
    `scratch` is the progress of the current step alone (tries used, phase) and is cleared when it is left.
    """

    call: str
    digest: str
    language: str
    started_at: datetime
    caller: str = ""
    called: str = ""
    state: str = ""
    stack: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    phrases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Values that are words of ours or of a calendar, by name and language: the language may change."""
    scratch: Mapping[str, str] = field(default_factory=dict)
    history: tuple[JumpTarget, ...] = ()
    topic: str = ""
    account: str = ""
    factor: Factor | Literal[""] = ""
    turns: int = 0
    limit_reached: bool = False
    heard_at: datetime | None = None
    """When the caller last did anything; None before that."""
    silences: int = 0
    """How often in a row the caller was asked and stayed silent."""
    tickets: Mapping[str, str] = field(default_factory=dict)
    """The latest ticket of each topic that this call opened: topic to reference."""
    answer: tuple[tuple[str, str], ...] = ()
    """What was said last before the question of now, sentence by sentence with its language: it can be heard again."""
    answer_elsewhere: tuple[tuple[str, str], ...] = ()
    """The same in the languages that the caller may change to."""
    needs: tuple[tuple[str, str], ...] = ()
    """Further wishes that the caller named in one sentence, each with its words, until it is their turn."""
    repeats: int = 0
    """How often the caller has asked to hear something again."""
    ended: EndReason | Literal[""] = ""
    """Why the call is over, or "" while it goes on."""

    def replace(self, **changes: Any) -> Session:
        """A copy with some fields changed, as `dataclasses.replace` makes it, which looks at all fields: seven times a
        turn, and that was a tenth of a webhook. Raises TypeError for a field that there is not."""
        if not changes.keys() <= vars(self).keys():
            raise TypeError(f"a session has no {', '.join(sorted(changes.keys() - vars(self).keys()))}")
        changed = object.__new__(Session)
        vars(changed).update(vars(self), **changes)
        return changed

    def topics(self, flows: Mapping[str, Flow]) -> tuple[str, ...]:
        """What the call is about: its topic of now, and those of the needs that still wait."""
        waiting = (flows[flow].topic for need, _ in self.needs if (flow := need.partition(".")[0]) in flows)
        return tuple(dict.fromkeys(filter(None, (self.topic, *waiting))))

    def to_json(self) -> str:
        """One line of JSON with stable key order; empty fields are left out to keep it short."""
        return _JSON.encode({_STORED_AS.get(name, name): value for name, value in vars(self).items() if value})

    @classmethod
    def from_json(cls, text: str) -> Session:
        """The session that `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        data = _EMPTY | json.loads(text)
        old = data.pop("second_need", "")  # as it was stored before the words of a need were kept
        data["needs"] = [(need, "") for need in old.split()] or data["needs"]
        data["started_at"] = datetime.fromisoformat(data["started_at"])
        if data["heard_at"] is not None:
            data["heard_at"] = datetime.fromisoformat(data["heard_at"])
        data["stack"] = tuple(data["stack"])
        data["values"] = {name: value_of(kind, told) for name, (kind, told) in data["values"].items()}
        data["history"] = tuple([JumpTarget(state, tuple(stack)) for state, stack in data["history"]])
        for name in ("answer", "answer_elsewhere", "needs"):
            data[name] = tuple([(first, second) for first, second in data[name]])
        if data["ended"] not in ("", *END_REASONS) or data["factor"] not in ("", *FACTORS):
            raise ValueError(f'a session can not have ended "{data["ended"]}" or be known by "{data["factor"]}"')
        data["limit_reached"] = data.pop("guarded", False)
        if data.keys() != _EMPTY.keys() or None in (data["call"], data["digest"], data["language"]):
            raise TypeError("the fields are not those of a session")
        session = object.__new__(cls)
        vars(session).update(data)  # as `replace` does
        return session


_EMPTY: Mapping[str, Any] = {
    each.name: {} if each.default_factory is not MISSING else None if each.default is MISSING else each.default
    for each in fields(Session)
}
"""What stands in a session where nothing is said; None in those fields that every session has."""
_STORED_AS = {"limit_reached": "guarded"}
"""Fields that are called otherwise in JSON, as stored sessions have them."""


def _stored(thing: Value | datetime) -> Any:
    return [thing.kind, thing.text] if isinstance(thing, Value) else thing.isoformat()


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, default=_stored)


@dataclass(frozen=True, slots=True)
class Turn:
    """What followed from one input: the session afterwards, and the events in order.

    The last event is the `Wait` for which the call stops now.
    """

    session: Session
    events: tuple[Event, ...]
