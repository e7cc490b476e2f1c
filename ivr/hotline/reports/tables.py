"""A tally as tables: named columns and rows of bare numbers, not yet formatted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ivr.hotline.reports.handling import Handling
from ivr.hotline.reports.tally import OUTCOMES, StepSums, Sums, Tally
from ivr.hotline.reports.waits import WAIT_ENDS, Spread, Target, WaitSums

By = Literal["day", "half_hour", "step", "queue", "topic", "agent", "code"]
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
        case "half_hour":
            return _half_hours(tally)
        case "step":
            return _steps(tally)
        case "queue":
            return _queues(tally, queues)
        case "topic":
            return _topics(tally)
        case "agent":
            return _agents(tally)
        case "code":
            return _codes(tally)


def share(part: float, whole: float) -> float | None:
    """Percent with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


# --- days ---------------------------------------------------------------------------------------------------------

Column = tuple[str, Callable[[Any], Cell]]


def _count(name: str, of: str = "counts", column: str = "") -> Column:
    """How often something was counted, in one of the counters of sums."""
    return column or name, lambda sums: getattr(sums, of)[name]


_OF_WAITS: tuple[tuple[str, Callable[[WaitSums], Cell]], ...] = (
    ("waits", lambda waits: waits.over.count),
    ("wait_median", lambda waits: waits.over.at(50)),
    ("wait_90", lambda waits: waits.over.at(90)),
    ("wait_longest", lambda waits: waits.over.longest),
    ("answer_mean", lambda waits: waits.answered.mean),
    ("service_level", lambda waits: share(waits.in_time, waits.counted)),
    ("abandoned_percent", lambda waits: share(waits.ends["abandoned"], waits.counted)),
)
_OF_HANDLING: tuple[tuple[str, Callable[[Handling], Cell]], ...] = (
    ("handled", lambda handling: handling.talked.count),
    ("handling_mean", lambda handling: handling.mean),
    ("talk_seconds", lambda handling: handling.talked.total),
    ("talk_median", lambda handling: handling.talked.at(50)),
    ("hold_seconds", lambda handling: round(handling.held)),
    ("wrap_up_seconds", lambda handling: handling.wrapped_up.total),
    ("wrap_up_median", lambda handling: handling.wrapped_up.at(50)),
)


def _of(part: str, columns: Iterable[tuple[str, Callable[[Any], Cell]]]) -> tuple[Column, ...]:
    """Columns of a part of sums."""

    def of(tell: Callable[[Any], Cell]) -> Callable[[Any], Cell]:
        return lambda sums: tell(getattr(sums, part))

    return tuple((name, of(tell)) for name, tell in columns)


WAITS, HANDLING = _of("waits", _OF_WAITS), _of("handling", _OF_HANDLING)


def _average(sums: Sums) -> float | None:
    """The average answer to surveys; where their scales differ, each counts as a share of the longest."""
    answers = sums.counts["scores"]
    return round(sums.score * sums.scale / answers, 2) if answers else None


_OF_JOURNAL: tuple[Column, ...] = (
    *(_count(name, "outcomes") for name in OUTCOMES if name not in ("live", "unknown")),
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
    _count("repeated"),
    ("repeated_percent", lambda sums: share(sums.counts["repeated"], sums.calls)),
    _count("tickets"),
    _count("callbacks"),
    _count("callbacks_done", column="callbacks_kept"),
    _count("callbacks_failed"),
    _count("callbacks_open"),
    ("callbacks_late_median", lambda sums: _minutes(sums.late, 50)),
    ("callbacks_late_90", lambda sums: _minutes(sums.late, 90)),
)


def _days(tally: Tally, languages: Sequence[str]) -> Table:
    spoken = tuple(_count(code, "languages", f"language_{code}") for code in languages)
    journal = (*_OF_JOURNAL, *WAITS, _count("transfers"))
    columns: tuple[Column, ...] = (
        ("calls", lambda sums: sums.calls),
        _count("live", "outcomes"),
        _count("unknown", "outcomes"),
        *journal,
        *_OF_RECORDS,
        *HANDLING,
        *spoken,
    )
    told_by_journal = {name for name, _ in journal}

    def row(name: str, sums: Sums) -> tuple[Cell, ...]:
        cells = (None if not sums.known and column in told_by_journal else tell(sums) for column, tell in columns)
        return name, *cells

    rows = [row(day.isoformat(), sums) for day, sums in tally.days.items()]
    names = ("day", *(name for name, _ in columns))
    return Table("day", names, (*rows, row(TOTAL, tally.total)), tuple(notes(tally)))


def _half_hours(tally: Tally) -> Table:
    """Only those in which anything happened. Calls count where they began, waits where the wait began, talks where
    they were offered."""
    columns: tuple[Column, ...] = (("calls", lambda sums: sums.calls), *WAITS, *HANDLING)
    rows = tuple(
        (f"{number // 2:02}:{number % 2 * 30:02}", *(tell(sums) for _, tell in columns))
        for number, sums in enumerate(tally.half_hours)
        if sums.calls or sums.waits.ends or sums.handling.talked.count
    )
    return Table("half_hour", ("half_hour", *(name for name, _ in columns)), rows, tuple(notes(tally)))


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
            step.seconds.at(50) if step.seconds.longest else None,
            dict(sorted(step.ways.items(), key=lambda way: (-way[1], way[0]))),  # the most travelled first
            "" if not tally.known.kinds or state in tally.known.kinds else "removed",
            _title(tally.known.titles.get(state, {})),
        )
        for state, step in steps
    )  # fmt: skip
    return Table(
        "step",
        (
            "step", "kind", "entered", "gave_up", "gave_up_percent", "noinput", "nomatch", "exhausted",
            "stay_median", "ways", "now", "title",
        ),
        rows,
        tuple(notes(tally)),
    )  # fmt: skip


def _title(titles: Mapping[str, str]) -> str:
    """In English, or else in the first language of the hotline."""
    return titles.get("en") or next(iter(titles.values()), "")


def _trouble(state: str, step: StepSums) -> tuple[object, ...]:
    return -step.gave_up, -step.ways["exhausted"], -step.tries.total(), -step.entered, state


# --- queues, topics, agents -----------------------------------------------------------------------------------------


def _queues(tally: Tally, queues: Iterable[str] | None) -> Table:
    chosen = None if queues is None else frozenset(queues)
    columns: tuple[Column, ...] = (
        ("joined", lambda sums: sums.waits.ends.total()),
        *_of("waits", (_count(name, "ends") for name in WAIT_ENDS)),
        _count("nobody", "turned_away"),
        _count("full", "turned_away"),
        *WAITS,
        ("transfers", lambda sums: sums.transfers),
        *HANDLING,
        ("callbacks", lambda sums: sums.callbacks.total()),
        _count("done", "callbacks", "callbacks_kept"),
        _count("failed", "callbacks", "callbacks_failed"),
        _count("open", "callbacks", "callbacks_open"),
    )
    rows = tuple(
        (name, target_text(tally.known.target(name)), *(tell(sums) for _, tell in columns))
        for name, sums in sorted(tally.queues.items())
        if chosen is None or name in chosen
    )
    return Table("queue", ("queue", "target", *(name for name, _ in columns)), rows, tuple(notes(tally)))


def target_text(target: Target) -> str:
    """A target as it is written in config.yaml, also where nobody has set one: then it says how soon only."""
    return f"{target.percent} % in {target.seconds} s" if target.percent is not None else f"{target.seconds} s"


def _topics(tally: Tally) -> Table:
    topics = sorted(tally.topics.items(), key=lambda item: (-item[1].outcomes.total(), item[0]))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (topic or "–", sums.outcomes.total(), sums.came_up, *(sums.outcomes[name] for name in OUTCOMES), sums.tickets)
        for topic, sums in topics
    )
    return Table("topic", ("topic", "calls", "came_up", *OUTCOMES, "tickets"), rows, tuple(notes(tally)))


def _agents(tally: Tally) -> Table:
    columns: tuple[Column, ...] = (
        ("offered", lambda sums: sums.states.total()),
        *(_count(name, "states") for name in ("talks", "missed", "refused", "lost", "gone", "ringing")),
        ("callbacks", lambda sums: sums.callbacks),
        ("consulted", lambda sums: sums.consulted),
        *HANDLING,
    )
    rows = []
    for name, sums in sorted(tally.agents.items()):
        busy, there = tally.occupancy.seconds(name)
        rows.append((name, *(tell(sums) for _, tell in columns), round(there) or None, share(busy, there)))
    return Table("agent", ("agent", *(name for name, _ in columns), "there_seconds", "occupancy"), tuple(rows))


def _codes(tally: Tally) -> Table:
    found = sorted(tally.codes.items(), key=lambda item: (-item[1].talked.count, item[0]))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (code or "–", *(tell(handling) for _, tell in _OF_HANDLING)) for code, handling in found
    )
    return Table("code", ("code", *(name for name, _ in _OF_HANDLING)), rows)
