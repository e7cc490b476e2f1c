"""What happened on the telephones, line by line, for readers who come and go."""

import json
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from ivr.app.simulation import Simulation
from ivr.call.session import Session
from ivr.network import Entry
from ivr.network.line.leg import Leg
from ivr.store import StoreError

HIDDEN = "•"
AFTERWARDS_SECONDS = 2.0
MOST_LINES = 20_000

Row = Mapping[str, Any]
"""Ready for JSON."""

log = logging.getLogger(__name__)


class Lines:
    """What happened, numbered from 1 in order; a reader waits for more. Safe to share between threads."""

    def __init__(self) -> None:
        self._grown = threading.Condition()
        self._lines: deque[dict[str, Any]] = deque(maxlen=MOST_LINES)
        self._closed = False
        self.last = 0

    def add(self, line: Row) -> None:
        with self._grown:
            self.last += 1
            self._lines.append({**line, "n": self.last, "_since": time.monotonic()})
            self._grown.notify_all()

    def after(self, number: int, patience: float) -> list[Row]:
        """The lines after this number, with their age in real seconds; waits so many seconds for the first."""
        with self._grown:
            self._grown.wait_for(lambda: self.last > number or self._closed, patience)
            now = time.monotonic()
            found = [line for line in self._lines if line["n"] > number]
        return [{**line, "age": round(now - line.pop("_since"), 3)} for line in map(dict, found)]

    def __getitem__(self, number: int) -> Row:
        """The line of this number. Raises KeyError where it is not remembered."""
        with self._grown:
            found = next((line for line in self._lines if line["n"] == number), None)
        if found is None:
            raise KeyError(number)
        return found

    def close(self) -> None:
        with self._grown:
            self._closed = True
            self._grown.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed


class EntryWriter:
    """Makes lines of what happens in a simulation. Runs inside its network, so it must be quick."""

    def __init__(self, simulation: Simulation, lines: Lines) -> None:
        self._simulation = simulation
        self._lines = lines
        self._texts: set[str] = set()
        self._told: dict[str, int] = {}  # by call, the turn that comes after those that were told

    def add(self, entry: Entry) -> None:
        """One entry of the network becomes a line, or several."""
        if entry.kind == "text message":
            self._add_text()
            return
        leg = self._simulation.network.legs.get(entry.call_sid)
        if leg is None:
            return
        caller = leg.direction == "inbound"
        text = entry.text
        if caller and (entry.kind == "pressed" or entry.own) and self._waits_for_secret(leg):
            text = re.sub(r"\w", HIDDEN, text)
        self._lines.add(
            {
                **call_fields(leg), "who": entry.who, "kind": entry.kind, "text": text, "language": entry.language,
                "seconds": entry.seconds, "duration": entry.duration, "own": entry.own,
                "heard": entry.kind in ("said", "spoke") and not entry.own and bool(entry.text),
                "recorded": f"media/{entry.sound.rpartition('/media/')[2]}" if entry.sound else "",
            }
        )  # fmt: skip
        self._add_steps(leg)
        if entry.kind == "hung up":
            self._simulation.network.clock.after(AFTERWARDS_SECONDS, lambda: self._add_end(leg))

    def _add_text(self) -> None:
        """A text message, once, however many phones of that number are in a call."""
        message = self._simulation.latest_message()
        if message is not None and message.sid not in self._texts:
            self._texts.add(message.sid)
            self._lines.add({"kind": "text", "phone": message.to, "text": message.body, "call": ""})

    def _add_steps(self, leg: Leg) -> None:
        if leg.direction != "inbound":
            return
        store, told = self._simulation.store, self._told.get(leg.sid, 0)
        try:
            row = store.call(leg.sid)
            if row is None or not row.session or row.turn == told:
                return
            turns = [turn for turn in store.turns(leg.sid) if turn.turn >= told]
        except StoreError:
            return  # it is told with the next entry
        self._told[leg.sid] = row.turn
        session = Session.from_json(row.session)
        flows = self._simulation.app.hotline.editions.pinned(session.digest).flows.flows
        events = [event for turn in turns for event in json.loads(turn.events or "[]")]
        steps = []
        for state in (event["state"] for event in events if event["type"] == "Entered"):
            flow, _, name = state.partition(".")
            step = flows[flow].steps.get(name) if flow in flows else None
            steps.append({"state": state, "place": f"{step.place.file}:{step.place.line}" if step else ""})
        self._lines.add({**call_fields(leg), "kind": "steps", "steps": steps, "topic": session.topic})

    def _add_end(self, leg: Leg) -> None:
        tickets: list[Row] = []
        try:
            tickets = [
                {"reference": row.reference, "topic": row.topic, "priority": row.priority, "complete": row.complete}
                for row in self._simulation.store.tickets(call_id=leg.sid)
            ]
        except StoreError:
            log.exception("the tickets of a call could not be read")
        self._add_steps(leg)
        self._lines.add({**call_fields(leg), "kind": "over", "tickets": tickets})

    def _waits_for_secret(self, leg: Leg) -> bool:
        try:
            return self._simulation.asks_secret(leg.sid)
        except StoreError:
            return True  # nobody can tell


def call_fields(leg: Leg) -> dict[str, Any]:
    """Which call: the phone it is on, and whether that phone was rung."""
    return {
        "call": leg.sid, "phone": leg.phone, "rung": leg.direction != "inbound", "status": leg.status,
        "by": leg.ended_by, "lasted": leg.duration,
    }  # fmt: skip
