"""What of a call's words was heard: a caller who goes on cuts off the rest.

Voices differ a little, so how long words take is an estimate. What a caller did cannot have begun later than it was
told, so nothing is marked that was surely heard.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, Protocol

SYLLABLES_A_SECOND, WORDS_A_SECOND = 4.5, 2.6
"""Of Chinese, and of languages that are written in words; a digit is one of either."""
CUT = " —"
"""Behind words that were cut off."""
CUTTING = ("digits", "spoken", "hung-up")
"""What callers do in the middle of words, as the journal calls it."""
LEAST_SECONDS = 0.5
"""Two turns that are closer than a person is quick tell nothing."""
_UNIT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\d|[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


class JournalTurn(Protocol):
    """One turn as it is stored; `events` is JSON."""

    @property
    def at(self) -> datetime: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def input_kind(self) -> str: ...
    @property
    def events(self) -> str: ...


def as_heard(turns: Sequence[JournalTurn]) -> list[list[dict[str, Any]]]:
    """The events of each turn, in which what was said is what was heard: marked where it was cut, gone behind that."""
    return [list(_heard(turn, after)) for turn, after in zip_longest(turns, turns[1:])]


def _heard(turn: JournalTurn, after: JournalTurn | None) -> Sequence[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(turn.events)
    if after is None or after.input_kind not in CUTTING:
        return events
    left = (after.at - (turn.answered_at or turn.at)).total_seconds()
    if left < LEAST_SECONDS:
        return events
    kept = []
    for event in events:
        if event["type"] not in ("Said", "Played") or not event.get("text"):
            kept.append(event)
            continue
        text, left = heard_in(event["text"], event.get("language", ""), left)
        if text:
            kept.append({**event, "text": text})
    return kept


def seconds_of(text: str, language: str) -> float:
    return sum(_lasts(unit[0], language) for unit in _UNIT.finditer(text))


def heard_in(text: str, language: str, seconds: float) -> tuple[str, float]:
    """What is heard of a text in so many seconds, marked where it is cut off, and the seconds that are left."""
    for unit in _UNIT.finditer(text):
        lasts = _lasts(unit[0], language)
        if lasts > seconds + 0.01:
            before = text[: unit.start()].rstrip(" ，。,.；;")
            return (before + CUT if before else ""), 0.0
        seconds -= lasts
    return text, seconds


def _lasts(unit: str, language: str) -> float:
    in_syllables = unit >= "\u3040" or (unit.isdigit() and language in ("zh", "ja"))
    return 1 / (SYLLABLES_A_SECOND if in_syllables else WORDS_A_SECOND)
