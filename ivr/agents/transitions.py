"""Carries out the table of `ivr.agents.states`: the state of a talk, and what follows from it, in one transaction."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, Unpack, assert_never

from ivr.agents import callbacks
from ivr.agents.model import Agent
from ivr.agents.notes import note_to_ticket
from ivr.agents.routing import LONG_AGO
from ivr.agents.rules import Rules
from ivr.agents.states import TABLE, Effect, TalkEvent, legal
from ivr.store.rows import OutboxItem, PresenceRow, TalkRow, WaitingRow
from ivr.store.talk_transaction import TalkChanges, TalkTransaction
from ivr.store.vocabulary import RANKS, Presence, TalkState

PLACED_WITHIN = timedelta(seconds=60)
"""A call to an agent that has not left the outbox by then is dropped."""
COMES_OUT = timedelta(seconds=5)
"""A caller who has not come out of an ended conference by then is moved by an update."""
HEAD_START = timedelta(minutes=1)
"""Per rank. Calls leave the outbox in the order in which they are due, so urgent ones are made due earlier."""


def path_of(talk_id: str) -> str:
    """Where the telephone of the talk's agent asks what to do."""
    return f"/floor/talks/{talk_id}"


def talk_id(subject: str, agent: str, now: datetime) -> str:
    """The id of a new talk: the same for two processes that assign the same at one moment, so only one wins."""
    digest = hashlib.sha256(f"{subject} {agent} {now.timestamp()}".encode()).hexdigest()
    return f"TK{digest[:22]}"


class Transitions:
    """Carries out events on talks. Keeps nothing."""

    def __init__(
        self,
        rules: Rules,
        make_reference: Callable[[int], str] = str,
        failed_note: Callable[[int], str] = lambda tries: "",
    ) -> None:
        """`make_reference` writes a ticket's reference from a number; `failed_note` is the note of a ticket for a
        customer who was never reached after so many tries."""
        self._rules = rules
        self._make_reference = make_reference
        self._failed_note = failed_note

    # --- from nothing to a talk -----------------------------------------------------------------------------

    def offer(self, tx: TalkTransaction, who: WaitingRow, agent: Agent, now: datetime, **more: Any) -> TalkRow | None:
        """Lets the agent's phone ring for one who still waits. None if they do not, or the agent has a talk.

        `more`: other values of the row, such as `by_browser`.
        """
        if who.kind == "queue":
            place = tx.place(who.call_id)
            if place is None or place.status != "waiting":
                return None
        else:
            promise = tx.callback(who.id)
            if promise is None or promise.status != "open" or tx.is_called(promise.number):
                return None
        talk = TalkRow(
            id=talk_id(who.id, agent.name, now), kind=who.kind, subject=who.id, call_id=who.call_id, queue=who.queue,
            agent=agent.name, state="ringing", offered_at=now, turn=who.turn,
            waiting_since=who.due_at if who.kind == "queue" else who.since, **more,
        )  # fmt: skip
        return self._rung(tx, talk, agent, now)

    def ask_colleague(self, tx: TalkTransaction, talk: TalkRow, colleague: Agent, now: datetime) -> TalkRow | None:
        """Lets a colleague's phone ring in the middle of a talk. None if they have a talk of their own."""
        number = tx.consulted(talk.id) + 1
        asked = replace(
            talk, id=talk_id(f"{talk.id}/{number}", colleague.name, now), kind="consult", agent=colleague.name,
            state="ringing", offered_at=now, leg="", customer_leg="", consult_of=talk.id, by_browser=False,
            waiting_since=None, accepted_at=None, joined_at=None, note="", code="", held_since=None, held_seconds=0.0,
        )  # fmt: skip
        return self._rung(tx, replace(asked, room=asked.id), colleague, now)

    def _rung(self, tx: TalkTransaction, talk: TalkRow, agent: Agent, now: datetime) -> TalkRow | None:
        if not tx.add(talk):
            return None
        rule = self._rules.queue(talk.queue)
        path = path_of(talk.id)
        tx.put(
            OutboxItem(
                key=talk.id,
                kind="call",
                payload={
                    "to": agent.phone, "path": path, "status_path": f"{path}/over",
                    "ring_seconds": int(rule.ring_for.total_seconds()),
                },
                not_before=now - HEAD_START * RANKS[rule.priority],
                not_after=now + PLACED_WITHIN,
            )
        )  # fmt: skip
        return talk

    def without_key(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """No 1 is asked for when the agent's phone is picked up; one that is picked up already asks again at once."""
        tx.change(talk, by_browser=True)
        self._agent_asks_again(tx, talk, now)

    # --- from state to state ---------------------------------------------------------------------------------

    def accept(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The agent takes the caller, who may have stopped waiting meanwhile."""
        if talk.kind == "queue":
            still_there = tx.take(talk.call_id, talk.agent)
        elif talk.kind == "callback":
            promise = tx.callback(talk.subject)
            still_there = promise is not None and promise.status == "open"
        else:
            still_there = True
        return self.apply(tx, talk, "accepted" if still_there else "withdrawn", now)

    def apply_if_legal(
        self, tx: TalkTransaction, talk: TalkRow, event: TalkEvent, now: datetime, **changes: Unpack[TalkChanges]
    ) -> TalkRow:
        """What telephones tell may come twice or late: then the talk stays as it is."""
        return self.apply(tx, talk, event, now, **changes) if legal(talk.state, event) else talk

    def apply(
        self, tx: TalkTransaction, talk: TalkRow, event: TalkEvent, now: datetime, **changes: Unpack[TalkChanges]
    ) -> TalkRow:
        """Writes the state after the event, with other `changes` of the row, and carries out what follows from it.

        `talk` was read in this transaction. Gives it as it is now. Raises KeyError for an event that is not legal.
        """
        row = TABLE[talk.state, event]
        if row.state != talk.state:
            changes = {**_held(talk, row.state, now), **_stamps(talk, row.state, now), **changes, "state": row.state}
        if changes:
            tx.change(talk, **changes)
        for effect in row.effects:
            EFFECTS[effect](self, tx, talk, now)
        return tx.talk(talk.id) or talk

    # --- effects: what each does with the talk as it was before the event --------------------------------------

    def _clear_missed(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        row = tx.presence(talk.agent)
        if row is not None and row.missed:
            tx.be(replace(row, missed=0))

    def _rest(self, tx: TalkTransaction, talk: TalkRow, now: datetime, why: Literal["missed", "busy", "lost"]) -> None:
        """A named agent who did not answer is set away; a phone rests for a while."""
        row = tx.presence(talk.agent) or PresenceRow(
            agent=talk.agent, presence="ready", since=now, idle_since=LONG_AGO
        )  # fmt: skip
        known = self._rules.agents.get(talk.agent)
        leaves = why == "missed" and known is not None and known.has_login and row.presence == "ready"
        presence: Presence = "away" if leaves else row.presence
        tx.be(replace(row, presence=presence, since=now, reason=why, missed=row.missed + 1))

    def _wait_for_next(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        row = tx.presence(talk.agent)
        if row is None:
            row = PresenceRow(agent=talk.agent, presence="ready", since=now, idle_since=now)
        tx.be(replace(row, idle_since=now, missed=0))

    def _hang_up_agent(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        tx.steer(talk.id, talk.leg or tx.call_off(talk.id, now), "", now)

    def _stop_ringing_agent(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        if not talk.leg:
            self._hang_up_agent(tx, talk, now)

    def _agent_asks_again(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        tx.steer(talk.id, talk.leg, path_of(talk.id), now)

    def _agent_to_room(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        tx.steer(talk.id, talk.leg, f"{path_of(talk.id)}/room", now)

    def _bring_customer(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """Moves the caller into the conference; rings the customer of a callback."""
        if talk.kind == "callback":
            callbacks.ring(tx, talk, self._rules.callbacks, now)
        else:
            self._customer_asks_again(tx, talk, now)

    def _hang_up_customer(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        if talk.kind == "callback":
            callbacks.hang_up(tx, talk, now)

    def _customer_on_hold(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        call, path = far_end(talk)
        tx.steer(talk.id, call, f"{path}/hold", now)

    def _customer_asks_again(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """Moves the caller to where the talk is now: the conference, hold, the queue, or on in the flow."""
        tx.steer(talk.id, *far_end(talk), now)

    def _customer_leaves_room_later(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """The room ends with the agent, or colleague, who leaves it; the other side asks where to go by itself.

        Not if they who left had never come in, or the other side comes in after them: it would be alone in there. So it
        is fetched a moment later, unless it has asked (`came_out`).
        """
        call, path = far_end(talk)
        if call and talk.room:
            payload = {"call": call, "path": path}
            tx.put(OutboxItem(key=f"{talk.room}/fetch", kind="steer", payload=payload, not_before=now + COMES_OUT))

    def _customer_to_head(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """Back to the head of the queue, with the time of joining; a call back is due again.

        `room` stays until a caller who may be on the way into it has been brought back.
        """
        if talk.kind == "callback":
            callbacks.again_at_once(tx, talk, now)
            tx.change(talk, room="")
        elif not tx.release(talk.call_id, now, **({"talked_until": now} if talk.heard_until(now) else {})):
            tx.change(talk, room="")

    def _forget_room(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        tx.change(talk, room="")

    def _try_customer_again(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        rule = self._rules.callbacks
        callbacks.not_reached(
            tx, talk, rule, now, make=self._make_reference, note=self._failed_note(rule.tries)
        )  # fmt: skip

    def _settle_callbacks(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """Closes the callback: this one, or the queue's to the number of a caller who has been talked to."""
        if talk.kind == "callback":
            tx.change_callback(talk.subject, status="done", settled_at=now)
        elif talk.kind == "queue":
            tx.kept(tx.caller(talk.call_id)[0], talk.queue, now)

    def _fresh_room(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """Gives the talk a new conference, with nobody in it yet."""
        tx.change(talk, room=f"{talk.id}-{tx.consulted(talk.id)}")

    def _tell_colleague(self, tx: TalkTransaction, talk: TalkRow, now: datetime, event: TalkEvent) -> None:
        colleague = tx.consultation(talk.id)
        if colleague is not None:
            self.apply_if_legal(tx, colleague, event, now)

    def _colleague_keeps_customer(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        colleague = tx.consultation(talk.id)
        if colleague is not None:
            tx.change(colleague, kind=talk.kind, consult_of="", customer_leg=talk.customer_leg)

    def _colleague_brings_customer(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        kept = tx.claim(talk.subject)
        if kept is not None:
            self._customer_asks_again(tx, kept, now)

    def _first_agent_goes_on(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """A consultation is over or did not come about: the first agent gets a room of their own, where the caller
        can come back to. A colleague who was in the room has ended it, and all who were in it ask where to go by
        themselves. One who never came has left the agent waiting there."""
        first = tx.talk(talk.consult_of) if talk.consult_of else None
        if first is not None:
            was_there = talk.state == "talking"
            self.apply_if_legal(tx, first, "colleague left" if was_there else "colleague not there", now)

    def _skip_note(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """No time is given for a note, or it is a consultation, which has none: the agent is free at once."""
        if talk.consult_of or not self._rules.wrap_up(talk.queue, talk.agent):
            self.apply(tx, replace(talk, state="wrap_up"), "note written", now)

    def _note_to_ticket(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """The note, finished or not, stands in the newest ticket of its call too."""
        written = tx.talk(talk.id)
        if written is not None and written.note:
            note_to_ticket(tx, talk.call_id, written.note)

    def came_out(self, tx: TalkTransaction, room: str, now: datetime) -> None:
        """The other side has left this room."""
        tx.call_off(f"{room}/fetch", now)


EFFECTS: Mapping[Effect, Callable[[Transitions, TalkTransaction, TalkRow, datetime], None]] = {
    "clear missed calls": Transitions._clear_missed,
    "agent rests after a missed call": partial(Transitions._rest, why="missed"),
    "agent rests after a busy call": partial(Transitions._rest, why="busy"),
    "agent rests after a lost call": partial(Transitions._rest, why="lost"),
    "agent waits for the next": Transitions._wait_for_next,
    "hang up agent": Transitions._hang_up_agent,
    "stop ringing agent": Transitions._stop_ringing_agent,
    "agent asks again": Transitions._agent_asks_again,
    "agent to room": Transitions._agent_to_room,
    "bring customer": Transitions._bring_customer,
    "hang up customer": Transitions._hang_up_customer,
    "customer on hold": Transitions._customer_on_hold,
    "customer asks again": Transitions._customer_asks_again,
    "customer leaves room later": Transitions._customer_leaves_room_later,
    "customer to head of queue": Transitions._customer_to_head,
    "forget room": Transitions._forget_room,
    "try customer again": Transitions._try_customer_again,
    "settle callbacks": Transitions._settle_callbacks,
    "fresh room": Transitions._fresh_room,
    "withdraw colleague": partial(Transitions._tell_colleague, event="withdrawn"),
    "dismiss colleague": partial(Transitions._tell_colleague, event="dismissed"),
    "tell colleague": partial(Transitions._tell_colleague, event="caller gone"),
    "finish colleague": partial(Transitions._tell_colleague, event="room ended"),
    "colleague keeps customer": Transitions._colleague_keeps_customer,
    "colleague brings customer": Transitions._colleague_brings_customer,
    "first agent goes on": Transitions._first_agent_goes_on,
    "skip note if there is none": Transitions._skip_note,
    "note to ticket": Transitions._note_to_ticket,
}


def _stamps(talk: TalkRow, state: TalkState, now: datetime) -> TalkChanges:
    """What else is written as a talk comes into a state: times, and that it has no room any more."""
    match state:
        case "accepted":
            return {"accepted_at": now}
        case "talking":
            return {"joined_at": talk.joined_at or now}
        case "wrap_up" | "gone":
            return {"ended_at": now, "room": ""}
        case "missed" | "refused" | "lost":
            return {"ended_at": now}
        case "over":
            return {"wrapped_at": now}
        case "ringing" | "held":
            return {}
        case _:
            assert_never(state)


def _held(talk: TalkRow, state: TalkState, now: datetime) -> TalkChanges:
    """The hold that begins or ends as a talk comes into a state."""
    if state == "held":
        return {"held_since": now}
    if talk.held_since is None:
        return {}
    return {"held_since": None, "held_seconds": talk.held_seconds + (now - talk.held_since).total_seconds()}


def for_callback(talk: TalkRow) -> bool:
    """Whether the other side is a customer who is called back; for a consultation, that of the first talk."""
    return talk.subject != talk.call_id


def far_end(talk: TalkRow) -> tuple[str, str]:
    """The live call of the other side, and where it asks what to do."""
    if talk.kind == "callback":
        return talk.customer_leg, f"{path_of(talk.id)}/customer"
    return talk.call_id, f"/voice/{talk.call_id}/room/{talk.id}"
