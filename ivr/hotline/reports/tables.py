"""A tally as tables: named columns and rows of bare numbers, not yet formatted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ivr.hotline.reports.path import HUNG_UP, STILL_THERE
from ivr.hotline.reports.percentiles import Spread
from ivr.hotline.reports.tally import (
    AT_ONCE_SECONDS,
    OUTCOMES,
    AgentSums,
    QueueSums,
    StepSums,
    Sums,
    Tally,
    TopicSums,
    Waits,
)  # fmt: skip

By = Literal["day", "step", "queue", "topic", "agent"]
BYS: tuple[By, ...] = get_args(By)
TOTAL = "total"
Cell = str | int | float | Mapping[str, int] | None
"""None: nothing was measured, or nobody can tell any more. A mapping counts by name, most first."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; the first cell of a row is its name. The last row of days is their total."""

    by: By
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    """What a reader must know, a sentence each."""


def table(tally: Tally, by: By, languages: Sequence[str] = (), queues: Iterable[str] | None = None) -> Table:
    """The report by `by`. `languages` have a column each; only these `queues` are told, or all if none are named."""
    match by:
        case "day":
            return _days(tally, languages)
        case "step":
            return _steps(tally)
        case "queue":
            return _queues(tally, queues)
        case "topic":
            return _topics(tally)
        case "agent":
            return _agents(tally)


def share(part: float, whole: float) -> float | None:
    """Percent with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


# --- days ---------------------------------------------------------------------------------------------------------

Column = tuple[str, Callable[[Any], Cell]]


def _count(name: str) -> Column:
    return name, lambda sums: sums.counts[name]


def _of_waits(waits: Callable[[Any], Waits]) -> tuple[Column, ...]:
    return (
        ("waits", lambda sums: waits(sums).all.count),
        ("wait_median", lambda sums: waits(sums).all.at(50)),
        ("wait_90", lambda sums: waits(sums).all.at(90)),
        ("wait_longest", lambda sums: waits(sums).all.longest),
        (
            "service_level",
            lambda sums: share(waits(sums).answered.within(AT_ONCE_SECONDS), waits(sums).all.count),
        ),
    )


def _outcome(name: str) -> Column:
    return name, lambda sums: sums.outcomes[name]


def _average(sums: Sums) -> float | None:
    """The average answer to surveys; where their scales differ, each counts as a share of the longest."""
    answers = sums.counts["scores"]
    return round(sums.score * sums.scale / answers, 2) if answers else None


_OF_JOURNAL: tuple[Column, ...] = (
    *(_outcome(name) for name in OUTCOMES if name not in ("live", "unknown")),
    ("contained_percent", lambda sums: share(sums.outcomes["contained"], sums.calls - sums.outcomes["live"])),
    _count("hung_up"),
    _count("troubled"),
    _count("texts"),
    _count("voicemails"),
    _count("surveys"),
    _count("scores"),
    ("score_average", _average),
    ("score_scale", lambda sums: sums.scale or None),
    ("score_percent", lambda sums: share(sums.counts["scores"], sums.counts["surveys"])),
)
_OF_RECORDS: tuple[Column, ...] = (
    ("median_seconds", lambda sums: sums.seconds.at(50)),
    ("p90_seconds", lambda sums: sums.seconds.at(90)),
    _count("identified"),
    ("identified_percent", lambda sums: share(sums.counts["identified"], sums.calls)),
    _count("tickets"),
    _count("callbacks"),
    ("callbacks_kept", lambda sums: sums.counts["callbacks_done"]),
    _count("callbacks_failed"),
    _count("callbacks_open"),
    ("callbacks_late_median", lambda sums: _minutes(sums.late, 50)),
    ("callbacks_late_90", lambda sums: _minutes(sums.late, 90)),
)


def _days(tally: Tally, languages: Sequence[str]) -> Table:
    spoken = tuple(_language(code) for code in languages)
    journal = (*_OF_JOURNAL, *_of_waits(lambda sums: sums.waits))
    columns: tuple[Column, ...] = (
        ("calls", lambda sums: sums.calls),
        _outcome("live"),
        _outcome("unknown"),
        *journal,
        *_OF_RECORDS,
        *spoken,
    )
    told_by_journal = {name for name, _ in journal}

    def row(name: str, sums: Sums) -> tuple[Cell, ...]:
        cells = (None if not sums.known and column in told_by_journal else tell(sums) for column, tell in columns)
        return name, *cells

    rows = [row(day.isoformat(), sums) for day, sums in tally.days.items()]
    names = ("day", *(name for name, _ in columns))
    return Table("day", names, (*rows, row(TOTAL, tally.total)), tuple(notes(tally)))


def notes(tally: Tally) -> list[str]:
    """Notes about days of the period whose calls are no longer kept."""
    gone = tally.total.outcomes["unknown"]
    if not gone:
        return []
    days = [day for day, sums in tally.days.items() if sums.outcomes["unknown"]]
    when = f"of {days[0]}" if len(days) == 1 else f"from {days[0]} to {days[-1]}"
    return [
        f"the transcripts of {gone} of {tally.total.calls} calls ({when}) are no longer kept: their outcomes, steps, "
        "waits, texts and surveys are unknown"
    ]


def _language(code: str) -> Column:
    return f"language_{code}", lambda sums: sums.languages[code]


def _minutes(spread: Spread, percent: int) -> float | None:
    seconds = spread.at(percent)
    return None if seconds is None else round(seconds / 60, 1)


# --- steps --------------------------------------------------------------------------------------------------------


def _steps(tally: Tally) -> Table:
    """Worst first: where callers gave up, then where their tries were spent, then where they were not understood."""
    steps = sorted(tally.steps.items(), key=lambda item: _trouble(*item))
    rows = tuple(
        (
            state, step.kind or None, step.entered, step.gave_up, share(step.gave_up, step.entered),
            step.tries["noinput"], step.tries["nomatch"], step.ways["exhausted"],
            step.seconds.at(50) if step.seconds.longest else None, _ways(step),
            "" if _is_known(tally, state) else "gone",
        )
        for state, step in steps
    )  # fmt: skip
    return Table(
        "step",
        (
            "step", "kind", "entered", "gave_up", "gave_up_percent", "noinput", "nomatch", "exhausted",
            "stay_median", "ways", "now",
        ),
        rows,
        tuple(notes(tally)),
    )  # fmt: skip


def _trouble(state: str, step: StepSums) -> tuple[object, ...]:
    return -step.gave_up, -step.ways["exhausted"], -step.tries.total(), -step.entered, state


def _ways(step: StepSums) -> Mapping[str, int]:
    """The ways out with their counts, the most travelled first: they add up to how often the step was entered."""
    return dict(sorted(step.ways.items(), key=lambda way: (-way[1], way[0])))


def _is_known(tally: Tally, state: str) -> bool:
    return not tally.known.kinds or state in tally.known.kinds


# --- queues, topics, agents -----------------------------------------------------------------------------------------


def _queues(tally: Tally, queues: Iterable[str] | None) -> Table:
    chosen = None if queues is None else frozenset(queues)
    columns: tuple[Column, ...] = (
        ("joined", lambda sums: sums.ways.total() - sums.ways["nobody"] - sums.ways["full"]),
        ("answered", _way("answered")),
        ("abandoned", _way(HUNG_UP)),
        *((name, _way(name)) for name in ("left", "timeout", "failed", "nobody", "full")),
        ("waiting", _way(STILL_THERE)),
        *_of_waits(lambda sums: sums.waits),
        ("callbacks", lambda sums: sums.callbacks.total()),
        ("callbacks_kept", lambda sums: sums.callbacks["done"]),
        ("callbacks_failed", lambda sums: sums.callbacks["failed"]),
        ("callbacks_open", lambda sums: sums.callbacks["open"]),
    )
    rows = tuple(
        (name, *(tell(sums) for _, tell in columns))
        for name, sums in sorted(tally.queues.items())
        if chosen is None or name in chosen
    )
    return Table("queue", ("queue", *(name for name, _ in columns)), rows, tuple(notes(tally)))


def _way(name: str) -> Callable[[QueueSums], Cell]:
    return lambda sums: sums.ways[name]


def _topics(tally: Tally) -> Table:
    topics: list[tuple[str, TopicSums]] = sorted(
        tally.topics.items(), key=lambda item: (-item[1].outcomes.total(), item[0])
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (topic or "–", sums.outcomes.total(), sums.came_up, *(sums.outcomes[name] for name in OUTCOMES), sums.tickets)
        for topic, sums in topics
    )
    return Table("topic", ("topic", "calls", "came_up", *OUTCOMES, "tickets"), rows, tuple(notes(tally)))


def _agents(tally: Tally) -> Table:
    columns: tuple[tuple[str, Callable[[AgentSums], Cell]], ...] = (
        ("offered", lambda sums: sums.states.total()),
        ("talks", lambda sums: sums.talks),
        ("callbacks", lambda sums: sums.callbacks),
        ("missed", lambda sums: sums.states["missed"]),
        ("refused", lambda sums: sums.states["refused"]),
        ("lost", lambda sums: sums.states["lost"]),
        ("consulted", lambda sums: sums.consulted),
        ("talk_seconds", lambda sums: sums.talked.total),
        ("talk_median", lambda sums: sums.talked.at(50)),
        ("wrap_up_seconds", lambda sums: sums.wrapped_up.total),
        ("wrap_up_median", lambda sums: sums.wrapped_up.at(50)),
    )
    rows = tuple((name, *(tell(sums) for _, tell in columns)) for name, sums in sorted(tally.agents.items()))
    return Table("agent", ("agent", *(name for name, _ in columns)), rows)
