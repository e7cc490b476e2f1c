"""Reports against a second count: other code, another way, from the bare rows of the store.

A wait is counted here by taking talks out of the time that callers spent in a queue; occupancy second by second; a
percentile from a sorted list. How each call came out is known to whoever made it up.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from ivr.hotline.reports import Known, Period, Tally, gather
from ivr.hotline.reports.tables import Table, table
from ivr.hotline.reports.waits import Target
from ivr.store import Store
from tests.hotline.chance_calls import IN_AMERICA, IN_EUROPE, Office, office

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
SPRING = Period(date(2026, 3, 28), date(2026, 3, 30), BERLIN)
AUTUMN = Period(date(2026, 10, 24), date(2026, 10, 26), BERLIN)
AMERICA = (
    Period(date(2026, 3, 7), date(2026, 3, 9), NEW_YORK),
    Period(date(2026, 10, 31), date(2026, 11, 2), NEW_YORK),
)
KNOWN = Known(
    topics={"refund": "refund"}, queues={"hotline.night": "night"},
    targets={"support": Target(80, 20), "senior": Target(90, 45)},
)  # fmt: skip
IN_TIME = {"support": 20, "senior": 45, "security": 20}


class Gap(NamedTuple):
    """Time in a queue in which nobody could be heard."""

    call: str
    queue: str
    since: float
    until: float
    end: str


class Recount:
    """The second count, of the calls that began within a period."""

    def __init__(self, store: Store, period: Period) -> None:
        with store._db.read() as connection:

            def read(text: str) -> list[Any]:
                return list(connection.execute(sa.text(text), {"a": start, "b": end}).mappings())

            start, end = period.start.timestamp(), period.end.timestamp()
            within = "(SELECT id FROM calls WHERE started_at >= :a AND started_at < :b)"
            self.calls = read("SELECT * FROM calls WHERE started_at >= :a AND started_at < :b")
            self.everybody = read("SELECT id, from_number, started_at FROM calls WHERE :a < :b")
            self.turns = read(f"SELECT * FROM turns WHERE call_id IN {within} ORDER BY call_id, turn")
            self.talks = read(f"SELECT * FROM talks WHERE call_id IN {within} ORDER BY offered_at")
            self.offered = read("SELECT * FROM talks WHERE offered_at >= :a AND offered_at < :b")
            self.callbacks = read(f"SELECT * FROM callbacks WHERE call_id IN {within}")
            places = read(f"SELECT * FROM queue_entries WHERE call_id IN {within}")
            self.places = {row["call_id"]: row for row in places}
            self.presences = read("SELECT * FROM presence_changes WHERE at < :b AND :a < :b ORDER BY at, id")
        self.start, self.end = start, end
        self.gaps = list(self._gaps())

    def heard(self, talk: Any) -> bool:
        """A talk in which the two could hear each other, and that was not cut off."""
        if talk["kind"] == "consult" or talk["joined_at"] is None:
            return False
        return not (talk["state"] == "lost" and talk["ended_at"] - talk["joined_at"] < 5)

    def _gaps(self) -> Iterator[Gap]:
        by_call: dict[str, list[Any]] = defaultdict(list)
        for talk in self.talks:
            by_call[talk["call_id"]].append(talk)
        for call, queue, joined, left, way in self._in_queue():
            inside = [talk for talk in by_call[call] if joined <= talk["offered_at"] < left and talk["kind"] == "queue"]
            talks = [(one["joined_at"], one["ended_at"] or math.inf, one) for one in inside if self.heard(one)]
            clock, latest = joined, queue
            for began, over, talk in sorted(talks, key=lambda one: one[0]):
                if began > clock:
                    offers = [one["queue"] for one in inside if clock <= one["offered_at"] <= began]
                    yield Gap(call, offers[-1] if offers else latest, clock, began, "answered")
                clock, latest = max(clock, over), talk["queue"]
            if clock >= left or (talks and way == "answered"):
                continue
            place = self.places[call]
            if way == "waiting" and talks and place["status"] not in ("waiting", "taken"):
                continue
            offers = [one["queue"] for one in inside if one["offered_at"] >= clock]
            last = place["joined_at"] == joined  # the row is that of the latest stay
            end = "short_abandoned" if way == "abandoned" and left - clock <= 5 else way
            where = place["queue"] if last and talks else offers[-1] if offers else latest
            yield Gap(call, where, clock, left, end)

    def _in_queue(self) -> Iterator[tuple[str, str, float, float, str]]:
        """Each stay in a queue step: the call, the queue, from when until when, and how it was left."""
        open_stays: dict[str, tuple[str, str, float]] = {}
        ways = {"left": "left", "timeout": "timeout", "nobody": "unstaffed", "answered": "answered"}
        for row in self.turns:
            call = row["call_id"]
            for event in json.loads(row["events"]):
                if event["type"] == "Queueing":
                    open_stays[call] = (f"hotline.{event['queue']}", event["queue"], row["at"])
                elif call in open_stays and event["type"] == "Moved" and event["state"] == open_stays[call][0]:
                    _, queue, joined = open_stays.pop(call)
                    yield call, queue, joined, row["at"], ways[event["outcome"]]
                elif call in open_stays and event["type"] == "Ended":
                    _, queue, joined = open_stays.pop(call)
                    yield call, queue, joined, row["at"], "abandoned" if event["why"] == "caller" else "failed"
        for call, (_, queue, joined) in open_stays.items():
            yield call, queue, joined, math.inf, "waiting"

    # --- figures ---

    def waits(self, gaps: Sequence[Gap]) -> dict[str, object]:
        over = sorted(round(gap.until - gap.since) for gap in gaps if gap.end != "waiting")
        answered = [gap for gap in gaps if gap.end == "answered"]
        ends = Counter(gap.end for gap in gaps)
        judged = len(over) - ends["short_abandoned"]
        in_time = sum(gap.until - gap.since <= IN_TIME[gap.queue] for gap in answered)
        seconds = sum(round(gap.until - gap.since) for gap in answered)
        return {
            "waits": len(over),
            "wait_median": ranked(over, 50),
            "wait_90": ranked(over, 90),
            "wait_longest": over[-1] if over else None,
            "answer_mean": round(seconds / len(answered)) if answered else None,
            "service_level": percent(in_time, judged),
            "abandoned_percent": percent(ends["abandoned"], judged),
        }

    def handling(self, talks: Sequence[Any]) -> dict[str, object]:
        over = [talk for talk in talks if self.heard(talk) and talk["ended_at"] is not None]
        talked = [round(talk["ended_at"] - talk["joined_at"] - talk["held_seconds"]) for talk in over]
        wrapped = [round(talk["wrapped_at"] - talk["ended_at"]) for talk in over if talk["wrapped_at"] is not None]
        held = round(sum(talk["held_seconds"] for talk in over))
        return {
            "handled": len(over),
            "handling_mean": round((sum(talked) + held + sum(wrapped)) / len(over)) if over else None,
            "talk_seconds": sum(talked),
            "talk_median": ranked(sorted(talked), 50),
            "hold_seconds": held,
            "wrap_up_seconds": sum(wrapped),
            "wrap_up_median": ranked(sorted(wrapped), 50),
        }

    def transfers(self) -> list[Any]:
        """Talks from which the caller was handed on: where another wait, or another talk, grew out of it."""
        gaps = {(gap.call, gap.since) for gap in self.gaps}
        heard = [talk for talk in self.talks if self.heard(talk) and talk["ended_at"] is not None]
        talks = [talk for talk in heard if talk["kind"] == "queue"]
        return [
            talk
            for talk in talks
            if talk["state"] != "lost"
            and ((talk["call_id"], talk["ended_at"]) in gaps or any(self.grew_out_of(talk, one) for one in self.talks))
        ]

    def grew_out_of(self, talk: Any, other: Any) -> bool:
        """Whether another talk of the call began within this one."""
        of_it = other["call_id"] == talk["call_id"] and other["kind"] == "queue" and self.heard(other)
        return of_it and talk["joined_at"] < other["offered_at"] < talk["ended_at"]

    def promises(self, made: Office) -> dict[str, object]:
        """Calls back, and messages that were recorded."""
        became = Counter(row["status"] for row in self.callbacks)
        late = sorted(round(max(0.0, made.reached[row["key"]])) for row in self.callbacks if row["status"] == "done")
        recorded = [row for row in self.turns if '"outcome": "recorded"' in row["events"]]
        return {
            "callbacks": len(self.callbacks),
            "callbacks_kept": became["done"],
            "callbacks_failed": became["failed"],
            "callbacks_open": became["open"],
            "callbacks_late_median": minutes(ranked(late, 50)),
            "callbacks_late_90": minutes(ranked(late, 90)),
            "voicemails": len(recorded),
        }

    def repeated(self) -> int:
        times: dict[str, list[float]] = defaultdict(list)
        for row in self.everybody:
            times[row["from_number"]].append(row["started_at"])
        return sum(
            any(row["started_at"] - 72 * 3600 <= at < row["started_at"] for at in times[row["from_number"]])
            for row in self.calls
            if row["from_number"]
        )

    def busy_and_there(self, agent: str) -> tuple[int, int]:
        """Seconds, one by one."""
        ready, busy = set[int](), set[int]()
        mine = [row for row in self.presences if row["agent"] == agent]
        ends = [*(row["at"] for row in mine[1:]), self.end]
        for row, until in zip(mine, ends, strict=True):
            if row["presence"] == "ready":
                ready.update(range(int(max(row["at"], self.start)), int(min(until, self.end))))
        for talk in self.offered:
            if talk["agent"] == agent and talk["joined_at"] is not None:
                until = talk["wrapped_at"] or talk["ended_at"] or self.end
                busy.update(range(int(talk["joined_at"]), int(min(until, self.end))))
        return len(busy), len(ready | busy)


def ranked(values: Sequence[int], percentile: int) -> int | None:
    """The value at the nearest rank of a sorted list."""
    return values[math.ceil(len(values) * percentile / 100) - 1] if values else None


def minutes(seconds: int | None) -> float | None:
    return round(seconds / 60, 1) if seconds is not None else None


def percent(part: int, whole: int) -> float | None:
    return round(part / whole * 100, 1) if whole else None


def rows(found: Table) -> Mapping[str, dict[str, object]]:
    return {str(row[0]): dict(zip(found.columns, row, strict=True)) for row in found.rows}


def check(store: Store, made: Office, period: Period) -> Tally:
    """Every figure of waits, talks, agents and outcomes, computed both ways."""
    tally, second = gather(store, period, KNOWN, agents=True), Recount(store, period)
    days, queues, agents, halves = (rows(table(tally, by)) for by in ("day", "queue", "agent", "half_hour"))
    total = days["total"]

    fates = Counter(made.fates[row["id"]] for row in second.calls)
    short = {gap.call for gap in second.gaps if gap.end == "short_abandoned"}
    fates["short_abandoned"] = sum(made.fates[call] == "abandoned" for call in short)
    fates["abandoned"] -= fates["short_abandoned"]
    assert tally.total.outcomes == Counter({fate: count for fate, count in fates.items() if count})
    assert sum(int(row["calls"]) for name, row in days.items() if name != "total") == len(second.calls)  # type: ignore[call-overload]
    assert total["repeated"] == second.repeated()
    assert total["transfers"] == len(second.transfers())

    promises = second.promises(made)
    assert {name: total[name] for name in promises} == promises
    assert {name: total[name] for name in second.waits([])} == second.waits(second.gaps)
    assert {name: total[name] for name in second.handling([])} == second.handling(second.talks)
    for name in {gap.queue for gap in second.gaps}:
        gaps = [gap for gap in second.gaps if gap.queue == name]
        ends = Counter(gap.end for gap in gaps)
        ours = {
            "joined": len(gaps),
            **{end: ends[end] for end in ("answered", "abandoned", "short_abandoned", "left", "timeout", "waiting")},
            **{end: ends[end] for end in ("unstaffed", "failed")},
            "transfers": sum(talk["queue"] == name for talk in second.transfers()),
            "callbacks": sum(row["queue"] == name for row in second.callbacks),
            **second.waits(gaps),
            **second.handling([talk for talk in second.talks if talk["queue"] == name]),
        }
        assert {column: queues[name][column] for column in ours} == ours, name
    for day in period.days():
        began = {row["id"] for row in second.calls if _day(row["started_at"], period.zone) == day}
        its = [gap for gap in second.gaps if gap.call in began]
        assert {column: days[str(day)][column] for column in second.waits([])} == second.waits(its), day
    for label, row in halves.items():
        its = [gap for gap in second.gaps if _half_hour(gap.since, period.zone) == label]
        assert {column: row[column] for column in second.waits([])} == second.waits(its), label
        assert row["calls"] == sum(_half_hour(call["started_at"], period.zone) == label for call in second.calls)
    for agent, row in agents.items():
        offers = [talk for talk in second.offered if talk["agent"] == agent and talk["kind"] != "consult"]
        assert row["offered"] == len(offers)
        assert row["offered"] == sum(row[name] for name in ("talks", "missed", "refused", "lost", "gone", "ringing"))  # type: ignore[misc]
        assert row["talks"] == sum(map(second.heard, offers))
        busy, there = second.busy_and_there(agent)
        if row["there_seconds"]:
            assert (row["there_seconds"], row["occupancy"]) == (there, percent(busy, there))
    return tally


def _day(at: float, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).date()


def _half_hour(at: float, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(at, UTC).astimezone(zone)
    return f"{local:%H}:{'30' if local.minute >= 30 else '00'}"


@pytest.mark.parametrize("period", [SPRING, AUTUMN], ids=["clocks go forward", "clocks go back"])
@pytest.mark.parametrize("seed", range(2))
def test_a_second_count_finds_the_same(period: Period, seed: int) -> None:
    with Store.open("sqlite://") as store:
        made = office(300, seed)
        made.write(store)
        check(store, made, period)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "periods"), [(IN_EUROPE, (SPRING, AUTUMN)), (IN_AMERICA, AMERICA)], ids=["Berlin", "New York"]
)
@pytest.mark.parametrize("seed", [10, 11])
def test_a_second_count_of_thousands_of_calls_finds_the_same(
    seed: int, changes: Sequence[datetime], periods: Sequence[Period]
) -> None:
    with Store.open("sqlite://") as store:
        made = office(1500, seed, changes)
        made.write(store)
        seen = [check(store, made, period) for period in periods]
    fates = sum((tally.total.outcomes for tally in seen), Counter())
    assert set(fates) >= {
        "contained", "person", "promised", "abandoned", "short_abandoned", "turned_away", "unanswered", "live", "fault",
    }  # fmt: skip
