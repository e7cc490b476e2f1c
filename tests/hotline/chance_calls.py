"""Calls of every fate by chance, written as rows: what a hotline leaves in its store, and how each call came out.

Nothing here is taken from the reports: a call is told forward, second by second, and each row is written as the thing
happens. The calls lie on the two days on which the clocks of Berlin change.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ivr.store import Store
from ivr.store.tables import callbacks, calls, presence_changes, queue_entries, talks, tickets, turns

QUEUES = ("support", "senior", "security")
AGENTS = ("chen", "li", "lin", "wang", "zhou")
MOST_ON_THE_PHONE = 2
IN_EUROPE = (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC))
IN_AMERICA = (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
"""The days on which clocks change."""

Row = dict[str, Any]


@dataclass
class Office:
    """Everything that is written. `fates` says how each call came out, by id."""

    chance: random.Random
    rows: dict[str, list[Row]] = field(default_factory=dict)
    fates: dict[str, str] = field(default_factory=dict)
    busy_until: dict[str, datetime] = field(default_factory=dict)
    reached: dict[str, float] = field(default_factory=dict)
    """After how many seconds who was promised a call back was rung, by the key of the promise."""
    on_the_phone: set[str] = field(default_factory=set)
    """Agents in a talk that does not end."""

    def put(self, table: str, **row: Any) -> Row:
        self.rows.setdefault(table, []).append(row)
        return row

    def write(self, store: Store) -> None:
        known = {one.name: one for one in (calls, callbacks, turns, talks, tickets, queue_entries, presence_changes)}
        with store._db.write() as connection:
            for name, rows in self.rows.items():
                columns = set().union(*rows)
                connection.execute(known[name].insert(), [{**dict.fromkeys(columns), **row} for row in rows])

    def free(self, at: datetime) -> str:
        """An agent who is in no talk: nobody is in two at once."""
        free = set(AGENTS) - self.on_the_phone
        idle = [agent for agent in sorted(free) if self.busy_until.get(agent, at) <= at]
        return self.chance.choice(idle) if idle else ""


class ChanceCall:
    """One call, told forward."""

    def __init__(self, office: Office, number: int, at: datetime) -> None:
        self.office, self.chance, self.id = office, office.chance, f"CA{number:06}"
        self.now = self.began = at
        self.turns = 0
        self.talked = self.left_something = False
        self.place: Row | None = None
        self.fate = "unanswered"
        self.over = ""
        self.state = ""
        self.write({"type": "Entered", "state": "hotline.main", "kind": "menu"})

    def on(self, least: float, most: float) -> None:
        """Some whole seconds pass."""
        self.now += timedelta(seconds=self.chance.randint(int(least), int(most)))

    def write(self, *events: Mapping[str, object], heard: str = "digits") -> None:
        self.office.put(
            "turns", call_id=self.id, turn=self.turns, at=self.now, input_kind=heard, events=json.dumps(events)
        )  # fmt: skip
        self.turns += 1

    def ended(self, why: str, *before: Mapping[str, object]) -> None:
        self.write(*before, {"type": "Ended", "why": why}, heard="hung-up" if why == "caller" else "digits")
        self.over = why

    # --- what can happen ---

    def live_through(self) -> None:
        self.on(1, 30)
        match self.chance.choices(("hang up", "topic", "ticket", "turned away", "queue"), (8, 8, 6, 6, 72))[0]:
            case "hang up":
                self.ended("caller")
            case "topic":
                self.fate = "contained"
                self.write(
                    {"type": "Moved", "state": "hotline.main", "outcome": "key_1", "to": "hotline.refund"},
                    {"type": "Entered", "state": "hotline.refund", "kind": "run"},
                    {"type": "Moved", "state": "hotline.refund", "outcome": "run", "to": "refund.told"},
                    {"type": "Entered", "state": "refund.told", "kind": "say"},
                    {"type": "Ended", "why": "hangup"},
                )
                self.over = "hangup"
            case "ticket":
                self.fate = "promised"
                self.ticket()
                self.ended("hangup")
            case "turned away":
                self.fate = "turned_away"
                way = self.chance.choice(("nobody", "full"))
                self.write(
                    {"type": "Moved", "state": "hotline.main", "outcome": "key_2", "to": "hotline.night"},
                    {"type": "Entered", "state": "hotline.night", "kind": "queue"},
                    {"type": "Moved", "state": "hotline.night", "outcome": way, "to": "hotline.main"},
                    {"type": "Entered", "state": "hotline.main", "kind": "menu"},
                )
                self.on(1, 9)
                self.ended("caller")
            case "queue":
                self.visit(self.chance.choice(QUEUES))
                if not self.over:
                    self.on(1, 20)
                    again = self.chance.random() < 0.2
                    if again:
                        self.visit(self.chance.choice(QUEUES))
                if not self.over:
                    self.on(1, 20)
                    self.ended("hangup" if self.talked else "caller")

    def ticket(self) -> None:
        self.office.put(
            "tickets", reference=f"T{self.id}", call_id=self.id, topic="refund", complete=True, opened_at=self.now,
        )  # fmt: skip

    def visit(self, queue: str) -> None:
        """A queue step, from joining to leaving it."""
        state = f"hotline.{queue}"
        self.write(
            {"type": "Moved", "state": "hotline.main", "outcome": "key_0", "to": state},
            {"type": "Entered", "state": state, "kind": "queue"},
            {"type": "Queueing", "queue": queue},
        )
        self.state, self.queue = state, queue
        self.place = {"call_id": self.id, "queue": queue, "joined_at": self.now, "status": "waiting", "rank": 1}
        while self.wait():
            pass

    def wait(self) -> bool:
        """One wait, and the talk after it. True if the caller waits again."""
        assert self.place is not None
        for _ in range(self.chance.choice((0, 0, 0, 1, 2))):
            self.on(1, 25)
            self.offer(self.chance.choice(("missed", "refused", "gone", "lost", "cut off")))
        self.on(1, 40)
        weights = (60, 16, 6, 5, 4, 4, 5)
        match self.chance.choices(("talk", "hang up", "left", "timeout", "nobody", "limit", "stay"), weights)[0]:
            case "talk":
                return self.talk()
            case "hang up":
                self.fate = "abandoned"
                self.leave("hangup")
                self.ended("caller")
            case "stay":
                self.fate, self.over = "live", "no"
            case "limit":
                self.fate = "fault" if self.fate == "unanswered" else self.fate
                self.leave("failed")
                self.ended("limit")
            case "left" | "timeout" | "nobody" as way:
                self.fate = "promised" if self.left_something else "turned_away"
                self.leave(way)
                self.chance.choice((self.go_on, self.book, self.record))(way)
        return False

    def book(self, way: str) -> None:
        """A call back instead of the wait, and what becomes of it: kept, kept late, given up, or still open."""
        due = self.now + timedelta(minutes=self.chance.choice((0, 0, 30)))
        booked = {"type": "CallbackBooked", "queue": self.queue, "number": "", "at": due.isoformat()}
        key = f"{self.id}/{self.turns}/1"
        self.write({"type": "Moved", "state": self.state, "outcome": way, "to": "hotline.book"}, booked,
                   {"type": "Entered", "state": "hotline.book", "kind": "callback"},
                   {"type": "Moved", "state": "hotline.book", "outcome": "booked", "to": "hotline.main"},
                   {"type": "Entered", "state": "hotline.main", "kind": "menu"})  # fmt: skip
        self.fate, self.left_something = "promised", True
        row = self.office.put(
            "callbacks", key=key, call_id=self.id, queue=self.queue, number=key, topic="", language="zh",
            booked_at=self.now, due_at=due, status="open", tries=0,
        )  # fmt: skip
        after = self.chance.choice((None, "done", "failed"))
        agent = self.office.free(self.now)
        if after is None or not agent:
            return
        began, self.now = self.now, due
        self.on(5, 900)
        talk = self.row(agent, "over", "callback") | {"subject": key}
        self.office.rows["talks"][-1] = talk
        self.on(3, 20)
        talk["accepted_at"] = self.now
        self.on(3, 20)
        if after == "done":
            talk["joined_at"] = self.now
            self.on(10, 200)
            self.close(talk, "over")
        else:
            self.close(talk, "lost")
            row["due_at"] = self.now  # a try that failed moves the row's own time
        row |= {"status": after, "tries": 1, "settled_at": self.now}
        self.office.reached[key] = (talk.get("joined_at", self.now) - due).total_seconds()
        self.now = began

    def record(self, way: str) -> None:
        """A message instead of the wait."""
        self.write({"type": "Moved", "state": self.state, "outcome": way, "to": "hotline.message"},
                   {"type": "Entered", "state": "hotline.message", "kind": "voicemail"})  # fmt: skip
        self.on(4, 40)
        self.fate, self.left_something = "promised", True
        self.write({"type": "Moved", "state": "hotline.message", "outcome": "recorded", "to": "hotline.main"},
                   {"type": "Entered", "state": "hotline.main", "kind": "menu"}, heard="recorded")  # fmt: skip

    def leave(self, status: str) -> None:
        assert self.place is not None
        self.place |= {"status": status, "settled_at": self.now}

    def go_on(self, way: str) -> None:
        self.write(
            {"type": "Moved", "state": self.state, "outcome": way, "to": "hotline.main"},
            {"type": "Entered", "state": "hotline.main", "kind": "menu"},
        )

    def offer(self, became: str) -> None:
        """An offer that comes to nothing: the caller hears music all the while."""
        agent = self.office.free(self.now)
        if not agent:
            return
        row = self.row(agent, "lost" if became == "cut off" else became)
        if became in ("gone", "lost", "cut off"):
            self.on(1, 6)
            row["accepted_at"] = self.now
        if became == "cut off":
            self.on(2, 7)
            row["joined_at"] = self.now
            self.on(1, 4)
        else:
            self.on(1, 9)
        row["ended_at"] = self.now
        self.office.busy_until[agent] = self.now

    def row(self, agent: str, state: str, kind: str = "queue") -> Row:
        number = len(self.office.rows.get("talks", ()))
        return self.office.put(
            "talks", id=f"TK{number:06}", kind=kind, subject=self.id, call_id=self.id, queue=self.queue, agent=agent,
            state=state, by_browser=False, offered_at=self.now, held_seconds=0.0,
        )  # fmt: skip

    def talk(self) -> bool:
        """True if the caller waits again after it."""
        assert self.place is not None
        agent = self.office.free(self.now)
        if not agent:
            self.on(1, 9)
            return True
        row = self.row(agent, "over")
        self.on(1, 9)
        row["accepted_at"] = self.now
        self.on(2, 9)
        row["joined_at"] = self.now
        self.place |= {"status": "taken"}
        self.talked = True
        self.on(6, 240)
        if self.chance.random() < 0.3:
            held = self.chance.randint(1, 60)
            self.now += timedelta(seconds=held)
            row["held_seconds"] = float(held)
        weights = (40, 25, 14, 9, 6, 3 if len(self.office.on_the_phone) < MOST_ON_THE_PHONE else 0)
        what = self.chance.choices(("end", "hang up", "hand over", "colleague", "lost", "stay"), weights)[0]
        if what == "stay":
            row["state"], self.fate, self.over = "talking", "live", "no"
            self.office.on_the_phone.add(agent)
            return False
        if what == "colleague":
            self.colleague(row)
            what = "end"
        else:
            self.close(row, "lost" if what == "lost" else "over")
        if what in ("hand over", "lost"):
            if what == "hand over":
                self.queue = self.chance.choice(QUEUES)
            self.place |= {"status": "waiting", "queue": self.queue, "talked_until": self.now}
            return True
        self.leave("answered")
        if what == "hang up":
            self.ended(
                "caller", {"type": "Moved", "state": self.state, "outcome": "answered", "to": "hotline.stars"},
                {"type": "Entered", "state": "hotline.stars", "kind": "survey"},
            )  # fmt: skip
        else:
            self.on(0, 2)
            self.go_on("answered")
        return False

    def close(self, row: Row, state: str) -> None:
        row |= {"state": state, "ended_at": self.now}
        wrapped = self.now
        if state == "over":
            wrapped += timedelta(seconds=self.chance.randint(0, 45))
            row["wrapped_at"] = wrapped
        self.office.busy_until[row["agent"]] = wrapped

    def colleague(self, first: Row) -> None:
        """A colleague is asked, comes into the talk and keeps the caller, or goes again."""
        self.office.busy_until[first["agent"]] = self.now + timedelta(hours=1)
        agent = self.office.free(self.now)
        if not agent:
            self.close(first, "over")
            return
        keeps = self.chance.random() < 0.6
        second = self.row(agent, "over", "queue" if keeps else "consult")
        self.on(2, 12)
        second |= {"accepted_at": self.now, "joined_at": self.now}
        self.on(5, 40)
        if keeps:
            self.close(first, "over")
            self.on(10, 90)
            self.close(second, "over")
        else:
            second |= {"state": "over", "ended_at": self.now, "wrapped_at": self.now}
            self.office.busy_until[agent] = self.now
            self.on(1, 30)
            self.close(first, "over")

    def keep(self) -> None:
        """Writes what stands at the end of the call."""
        if self.place is not None:
            self.office.put("queue_entries", **self.place)
        number = f"+86138{self.chance.randint(0, 400):08}" if self.chance.random() < 0.9 else ""
        live = self.fate == "live"
        fate = "person" if self.talked and not live else self.fate
        self.office.put(
            "calls", id=self.id, from_number=number, to_number="", digest="", language="zh", session="{}", account="",
            status="active" if live else "completed", turn=self.turns, started_at=self.began, last_turn_at=self.now,
            ended_at=None if live else self.now,
        )  # fmt: skip
        self.office.fates[self.id] = fate


def office(count: int, seed: int, changes: Sequence[datetime] = IN_EUROPE) -> Office:
    """So many calls, over the two days of the clocks and a day on each side."""
    made = Office(random.Random(seed))
    starts = sorted(
        day + timedelta(seconds=made.chance.randint(-86_400, 2 * 86_400 - 1))
        for day in made.chance.choices(changes, k=count)
    )
    for agent in AGENTS:
        at = changes[0] - timedelta(days=3)
        while at < changes[0] + timedelta(days=3):
            presence = made.chance.choice(("ready", "ready", "away", "off"))
            made.put("presence_changes", at=at, agent=agent, presence=presence, reason="")
            at += timedelta(seconds=made.chance.randint(60, 30_000))
    for number, at in enumerate(starts):
        call = ChanceCall(made, number, at)
        call.live_through()
        call.keep()
    return made
