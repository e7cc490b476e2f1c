"""What must be true of people when a play is over: whose phone rang for whom, what was promised, how waiting ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ivr.flow.issues import Place
from ivr.testing.script import Expect
from ivr.testing.target import Scene

Found = Iterator[tuple[Place, str, str]]

_TALK = {"agent": "agent", "with_": "with", "kind": "kind", "queue": "queue", "ended": "ended", "code": "code"}
_PROMISE = {"status": "status", "of": "of", "queue": "queue", "tries": "tries"}
"""The fields that are compared, and how they are written."""


def met(expect: Expect, scene: Scene, names: Mapping[str, str]) -> Found:
    """Place, rule and sentence of everything that is not as expected. `names` says whose call is whose."""
    if expect.talks is not None:
        yield from _compared("talk", expect.places["talks"], expect.talks, scene.talks(names), _TALK)
    if expect.callbacks is not None:
        yield from _compared("callback", expect.places["callbacks"], expect.callbacks, scene.promises(names), _PROMISE)
    ended = scene.waits(names) if expect.queue else {}
    for name, status in expect.queue.items():
        if ended.get(name) != status:
            told = f'it is "{ended[name]}"' if name in ended else f"{name} was in no queue"
            place = expect.places.get(f"queue.{name}", expect.places["queue"])
            yield place, "queue", f'expected the wait of {name} to end as "{status}", but {told}'


def _compared(
    what: str, place: Place, wanted: Sequence[Any], seen: Sequence[Any], fields: Mapping[str, str]
) -> Found:  # fmt: skip
    told = "; ".join(_shown(one, fields) for one in seen) or "none"
    if len(wanted) != len(seen):
        yield place, what, f"expected {len(wanted)} of these, but there were {len(seen)}: {told}"
        return
    for one, actual in zip(wanted, seen, strict=True):
        for field, written in fields.items():
            value = getattr(one, field)
            if value not in ("", None) and value != getattr(actual, field):
                where = one.places.get(written, one.place)
                yield where, what, f'expected {written} "{value}", but it is "{getattr(actual, field)}"; all: {told}'


def _shown(one: Any, fields: Mapping[str, str]) -> str:
    return ", ".join(f"{written} {getattr(one, field)}" for field, written in fields.items() if getattr(one, field))
