"""A tally as tables: named columns and rows of bare numbers, not yet formatted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Literal, get_args

from ivr.hotline.reports.tally import OUTCOMES, StepSums, Sums, Tally
from ivr.hotline.reports.waits import WAIT_ENDS, Durations, Target, WaitEnd

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


# --- columns ------------------------------------------------------------------------------------------------------

Column = tuple[str, Callable[[Sums], Cell]]


def _count(name: str, of: Literal["counts", "outcomes", "languages"] = "counts", column: str = "") -> Column:
    """How often something was counted, in one of the counters of sums."""
    return column or name, lambda sums: getattr(sums, of)[name]


WAITS: tuple[Column, ...] = (
    ("waits", lambda sums: sums.waits.over.count),
    ("wait_median", lambda sums: sums.waits.over.at(50)),
    ("wait_90", lambda sums: sums.waits.over.at(90)),
    ("wait_longest", lambda sums: sums.waits.over.longest),
    ("answer_mean", lambda sums: sums.waits.answered.mean),
    ("service_level", lambda sums: share(sums.waits.in_time, sums.waits.counted)),
    ("abandoned_percent", lambda sums: share(sums.waits.ends["abandoned"], sums.waits.counted)),
)
HANDLING: tuple[Column, ...] = (
    ("handled", lambda sums: sums.handling.talked.count),
    ("handling_mean", lambda sums: sums.handling.mean),
    ("talk_seconds", lambda sums: sums.handling.talked.total),
    ("talk_median", lambda sums: sums.handling.talked.at(50)),
    ("hold_seconds", lambda sums: round(sums.handling.held)),
    ("wrap_up_seconds", lambda sums: sums.handling.wrapped_up.total),
    ("wrap_up_median", lambda sums: sums.handling.wrapped_up.at(50)),
)
CALLBACKS: tuple[Column, ...] = (
    _count("callbacks"),
    _count("callbacks_done", column="callbacks_kept"),
    _count("callbacks_failed"),
    _count("callbacks_open"),
)


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
    *CALLBACKS,
    ("callbacks_late_median", lambda sums: _minutes(sums.late, 50)),
    ("callbacks_late_90", lambda sums: _minutes(sums.late, 90)),
)


def _if_known(column: Column) -> Column:
    """A column that the journal tells: nothing for a day whose transcripts are all deleted."""
    name, tell = column
    return name, lambda sums: tell(sums) if sums.known else None


# --- tables -------------------------------------------------------------------------------------------------------


def _table(by: By, columns: Sequence[Column], found: Iterable[tuple[str, Sums]], said: Iterable[str] = ()) -> Table:
    rows = tuple((name, *(tell(sums) for _, tell in columns)) for name, sums in found)
    return Table(by, (by, *(name for name, _ in columns)), rows, tuple(said))


def _days(tally: Tally, languages: Sequence[str]) -> Table:
    columns: tuple[Column, ...] = (
        ("calls", lambda sums: sums.calls),
        _count("live", "outcomes"),
        _count("unknown", "outcomes"),
        *map(_if_known, (*_OF_JOURNAL, *WAITS, _count("transfers"))),
        *_OF_RECORDS,
        *HANDLING,
        *(_count(code, "languages", f"language_{code}") for code in languages),
    )
    days = ((day.isoformat(), sums) for day, sums in tally.days.items())
    return _table("day", columns, (*days, (TOTAL, tally.total)), notes(tally))


def _half_hours(tally: Tally) -> Table:
    """Only those in which anything happened. Calls count where they began, waits where the wait began, talks where
    they were offered."""
    found = (
        (f"{number // 2:02}:{number % 2 * 30:02}", sums)
        for number, sums in enumerate(tally.half_hours)
        if sums.calls or sums.waits.ends or sums.handling.talked.count
    )
    return _table("half_hour", (("calls", lambda sums: sums.calls), *WAITS, *HANDLING), found, notes(tally))


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


def _minutes(spread: Durations, percent: int) -> float | None:
    seconds = spread.at(percent)
    return None if seconds is None else round(seconds / 60, 1)


def _steps(tally: Tally) -> Table:
    """Worst first: where callers gave up, then where their tries were spent, then where they were not understood."""
    steps = sorted(tally.steps.items(), key=lambda item: _trouble(*item))
    rows = tuple(
        (
            state, step.kind or None, step.entered, step.gave_up, share(step.gave_up, step.entered),
            step.tries["noinput"], step.tries["nomatch"], _spent(step),
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


def _spent(step: StepSums) -> int:
    return step.ways["exhausted"] + step.ways["nomatch"]


def _trouble(state: str, step: StepSums) -> tuple[object, ...]:
    return -step.gave_up, -_spent(step), -step.tries.total(), -step.entered, state


def _queues(tally: Tally, queues: Iterable[str] | None) -> Table:
    chosen = tally.queues if queues is None else frozenset(queues)
    columns: tuple[Column, ...] = (
        ("joined", lambda sums: sums.waits.ends.total()),
        *((end, partial(_ended, end=end)) for end in WAIT_ENDS),
        _count("nobody"),
        _count("full"),
        *WAITS,
        _count("transfers"),
        *HANDLING,
        *CALLBACKS,
    )
    found = _table("queue", columns, _by_name(item for item in tally.queues.items() if item[0] in chosen), notes(tally))
    rows = tuple((name, target_text(tally.known.target(str(name))), *cells) for name, *cells in found.rows)
    return replace(found, columns=("queue", "target", *found.columns[1:]), rows=rows)


def _by_name(found: Iterable[tuple[str, Sums]]) -> list[tuple[str, Sums]]:
    return sorted(found, key=itemgetter(0))


def _ended(sums: Sums, end: WaitEnd) -> int:
    return sums.waits.ends[end]


def target_text(target: Target) -> str:
    """A target as it is written in config.yaml, also where nobody has set one: then it says how soon only."""
    return f"{target.percent} % in {target.seconds} s" if target.percent is not None else f"{target.seconds} s"


def _topics(tally: Tally) -> Table:
    columns: tuple[Column, ...] = (
        ("calls", lambda sums: sums.calls),
        _count("came_up"),
        *(_count(name, "outcomes") for name in OUTCOMES),
        _count("tickets"),
    )
    topics = sorted(tally.topics.items(), key=lambda item: (-item[1].calls, item[0]))
    return _table("topic", columns, ((topic or "–", sums) for topic, sums in topics), notes(tally))


def _agents(tally: Tally) -> Table:
    columns: tuple[Column, ...] = (
        *map(_count, ("offered", "talks", "missed", "refused", "lost", "gone", "ringing", "callbacks", "consulted")),
        *HANDLING,
        ("there_seconds", lambda sums: round(sums.there) or None),
        ("occupancy", lambda sums: share(sums.busy, sums.there)),
    )
    return _table("agent", columns, _by_name(tally.agents.items()))


def _codes(tally: Tally) -> Table:
    codes = sorted(tally.codes.items(), key=lambda item: (-item[1].handling.talked.count, item[0]))
    return _table("code", HANDLING, ((code or "–", sums) for code, sums in codes))
