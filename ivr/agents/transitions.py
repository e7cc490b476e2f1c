"""The moves of a talk: from which state to which, and what goes along with each in the same transaction.

    ringing ─1→ accepted ─in the room→ talking ⇄ held ─→ wrap_up ─→ over
       │            │                     │        │
       │            ├─ the agent's phone is gone ──┴─→ lost: the caller is at the head again
       │            └─ the caller is gone ─→ gone
       ├─ no answer ─→ missed          ├─ declined, busy ─→ refused          └─ the caller is gone ─→ gone

Every move is given a talk that was read in the same tx, in a state that allows the move; it gives the talk as it is
now. Whoever moves looks first, whoever comes second finds another state: so nothing is done twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ivr.agents import callbacks
from ivr.agents.model import Agent
from ivr.agents.routing import LONG_AGO
from ivr.agents.rules import Rules
from ivr.store.rows import RANKS, OutboxItem, PresenceRow, TalkRow, TalkState, WaitingRow
from ivr.store.talks import TalkTransaction

PLACED_WITHIN = timedelta(seconds=60)
"""A call to an agent that has not left by then is of no use any more."""
COMES_OUT = timedelta(seconds=5)
"""Whoever has not come out of a room by then that ended without them is fetched."""
HEAD_START = timedelta(minutes=1)
"""Per rank: calls of the outbox leave in the order in which they are due, so urgent ones are due earlier."""


def path_of(talk_id: str) -> str:
    """Where the telephone of the talk's agent asks what to do."""
    return f"/floor/talks/{talk_id}"


def talk_id(subject: str, agent: str, now: datetime) -> str:
    """A new id: the same for two who deal the same at the same moment, so that only one of them does."""
    digest = hashlib.sha256(f"{subject} {agent} {now.timestamp()}".encode()).hexdigest()
    return f"TK{digest[:22]}"


class Transitions:
    """Knows the rules; keeps nothing of its own."""

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
        """Lets the agent's phone ring for somebody who still waits. None if they do not, or the agent has a talk.

        `more`: other values of the row, such as `by_browser`.
        """
        if who.kind == "queue":
            place = tx.place(who.call_id)
            if place is None or place.status != "waiting":
                return None
        else:
            promise = tx.callback(who.id)
            if promise is None or promise.status != "open":
                return None
        talk = TalkRow(
            id=talk_id(who.id, agent.name, now), kind=who.kind, subject=who.id, call_id=who.call_id, queue=who.queue,
            agent=agent.name, state="ringing", offered_at=now, waiting_since=who.since, turn=who.turn, **more,
        )  # fmt: skip
        return self._rung(tx, talk, agent, now)

    def ask_colleague(self, tx: TalkTransaction, talk: TalkRow, colleague: Agent, now: datetime) -> TalkRow | None:
        """Lets a colleague's phone ring in the middle of a talk. None if they have a talk of their own."""
        number = tx.consulted(talk.id) + 1
        asked = replace(
            talk, id=talk_id(f"{talk.id}/{number}", colleague.name, now), kind="consult", agent=colleague.name,
            state="ringing", offered_at=now, leg="", customer_leg="", consult_of=talk.id, by_browser=False,
            accepted_at=None, joined_at=None, note="", code="",
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

    # --- towards the talk -----------------------------------------------------------------------------------

    def accepted(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """It is this agent's caller now; `gone` if there is nobody left to take."""
        if talk.kind == "queue" and not tx.take(talk.call_id, talk.agent):
            return self.gone(tx, talk, now)
        if talk.kind == "callback":
            promise = tx.callback(talk.subject)
            if promise is None or promise.status != "open":
                return self.gone(tx, talk, now)
        row = tx.presence(talk.agent)
        if row is not None and row.missed:
            tx.be(replace(row, missed=0))
        return tx.change(talk, state="accepted", accepted_at=now)

    def bring(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The agent is in the room: the caller is steered there, or the customer is rung. Once."""
        if talk.room:
            return talk
        talk = tx.change(talk, room=talk.id)
        if talk.kind == "callback":
            callbacks.ring(tx, talk, self._rules.callbacks, now)
        else:
            tx.steer(talk.id, *far_end(talk), now)
        return talk

    def joined(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """They are in one room."""
        return tx.change(talk, state="talking", joined_at=now)

    # --- it does not come about -----------------------------------------------------------------------------

    def missed(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The agent did not answer, or pressed nothing: a named one is set away, a bare phone rests for a while."""
        self._rests(tx, talk.agent, now, "missed")
        return self._did_not_take(tx, talk, "missed", now)

    def unreachable(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The agent's phone was busy or could not be rung; it rests for a while."""
        self._rests(tx, talk.agent, now, "busy")
        return self._did_not_take(tx, talk, "refused", now)

    def declined(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The agent does not want this one."""
        self.hang_up_agent(tx, talk, now)
        return self._did_not_take(tx, talk, "refused", now)

    def gone(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """There is nobody left to talk to; a phone that still rings stops, and the agent is as ready as before."""
        if not talk.leg:
            self.hang_up_agent(tx, talk, now)
        if talk.kind == "callback":
            callbacks.hang_up(tx, talk, now)
        return tx.change(talk, state="gone", ended_at=now, room="")

    def not_reached(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The customer of a call back did not answer: the agent hears so, and the promise goes on by rule."""
        rule = self._rules.callbacks
        callbacks.not_reached(
            tx, talk, rule, now, make=self._make_reference, note=self._failed_note(rule.tries)
        )  # fmt: skip
        tx.steer(talk.id, talk.leg, path_of(talk.id), now)
        return self.gone(tx, talk, now)

    def lost(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The agent's phone is gone and the caller is not: back to the head, with the time of joining.

        `room` stays until the caller, who may be on the way into it, has been brought back.
        """
        colleague = tx.consultation(talk.id)
        if colleague is not None and colleague.state == "talking":
            return self.taken_over(tx, talk, colleague, now)
        if colleague is not None:
            self.gone(tx, colleague, now)
        self._rests(tx, talk.agent, now, "lost")
        if talk.kind == "callback":
            callbacks.again_at_once(tx, talk, now)
            return tx.change(talk, state="lost", ended_at=now, room="")
        waits = tx.release(talk.call_id, now)
        return tx.change(talk, state="lost", ended_at=now, room=talk.room if waits else "")

    def _did_not_take(self, tx: TalkTransaction, talk: TalkRow, state: TalkState, now: datetime) -> TalkRow:
        if talk.consult_of:
            self.alone(tx, talk, now)
        return tx.change(talk, state=state, ended_at=now)

    # --- in the middle of it --------------------------------------------------------------------------------

    def held(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The caller hears that they are on hold."""
        call, path = far_end(talk)
        tx.steer(talk.id, call, f"{path}/hold", now)
        return tx.change(talk, state="held")

    def resumed(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The caller comes back to where the agent is."""
        tx.steer(talk.id, *far_end(talk), now)
        return tx.change(talk, state="talking", joined_at=talk.joined_at or now)

    def taken_over(self, tx: TalkTransaction, talk: TalkRow, colleague: TalkRow, now: datetime) -> TalkRow:
        """The colleague keeps the caller, who is brought in if they are not; the first agent is done."""
        done = self.finished(tx, talk, now)
        kept = tx.change(colleague, kind=talk.kind, consult_of="", customer_leg=talk.customer_leg)
        if talk.state == "held":
            tx.steer(kept.id, *far_end(kept), now)
        return done

    def alone(self, tx: TalkTransaction, colleague: TalkRow, now: datetime) -> None:
        """The colleague is not there: the first agent gets a room of their own, where the caller can come back to.

        A colleague who was in the room has ended it, and all who were in it ask where to go by themselves. One who
        never came has left the agent waiting there.
        """
        talk = tx.talk(colleague.consult_of)
        if talk is None or talk.state not in ("talking", "held"):
            return
        talk = self.in_fresh_room(tx, talk, now)
        if colleague.state != "talking":
            tx.steer(talk.id, talk.leg, f"{path_of(talk.id)}/room", now)

    def in_fresh_room(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The talk goes on in a room that nobody is in yet."""
        if talk.state == "talking":
            self.room_ends(tx, talk, now)
        return tx.change(talk, room=f"{talk.id}-{tx.consulted(talk.id)}")

    def room_ends(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """The room ends with the agent, or colleague, who leaves it; the other side asks where to go by itself.

        Not if they who left had never come in, or the other side comes in after them: it would be alone in there. So it
        is fetched a moment later, unless it has asked (`came_out`).
        """
        call, path = far_end(talk)
        if call and talk.room:
            told = {"call": call, "path": path}
            tx.put(OutboxItem(key=f"{talk.room}/fetch", kind="steer", payload=told, not_before=now + COMES_OUT))

    def came_out(self, tx: TalkTransaction, room: str, now: datetime) -> None:
        """The other side has left this room."""
        tx.call_off(f"{room}/fetch", now)

    # --- the end --------------------------------------------------------------------------------------------

    def ended(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The talk is over in a good way: by the agent or by the caller."""
        colleague = tx.consultation(talk.id)
        if colleague is not None:
            self.dismissed(tx, colleague, now)
        if talk.kind == "callback":
            tx.change_callback(talk.subject, status="done", settled_at=now)
        elif talk.kind == "queue":
            tx.kept(tx.caller(talk.call_id)[0], now)
        return self.finished(tx, talk, now)

    def dismissed(self, tx: TalkTransaction, colleague: TalkRow, now: datetime) -> TalkRow:
        """A consultation is over: the colleague's phone is hung up."""
        self.hang_up_agent(tx, colleague, now)
        if colleague.state == "talking":
            return self.finished(tx, colleague, now)
        return tx.change(colleague, state="gone", ended_at=now)

    def finished(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> TalkRow:
        """The agent is done with the caller, however that came; the note is next."""
        talk = tx.change(talk, state="wrap_up", ended_at=now, room="")
        if not talk.consult_of and self._rules.wrap_up(talk.queue, talk.agent):
            return talk
        return self.closed(tx, talk, now)

    def closed(self, tx: TalkTransaction, talk: TalkRow, now: datetime, *, code: str = "", note: str = "") -> TalkRow:
        """The note is written, or its time is over: the agent waits for the next caller."""
        self._sits(tx, talk.agent, now)
        return tx.change(talk, state="over", wrapped_at=now, code=code, note=note)

    # --- agents ---------------------------------------------------------------------------------------------

    def hang_up_agent(self, tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
        """Puts the agent's receiver down, or stops it ringing."""
        tx.steer(talk.id, talk.leg or tx.call_off(talk.id, now), "", now)

    def _sits(self, tx: TalkTransaction, agent: str, now: datetime) -> None:
        """Begins to wait for the next caller; nothing was missed lately."""
        row = tx.presence(agent)
        if row is None:
            row = PresenceRow(agent=agent, presence="ready", since=now, idle_since=now)
        tx.be(replace(row, idle_since=now, missed=0))

    def _rests(self, tx: TalkTransaction, agent: str, now: datetime, why: str) -> None:
        row = tx.presence(agent) or PresenceRow(agent=agent, presence="ready", since=now, idle_since=LONG_AGO)
        known = self._rules.agents.get(agent)
        leaves = why == "missed" and known is not None and known.has_login and row.presence == "ready"
        presence = "away" if leaves else row.presence
        tx.be(replace(row, presence=presence, since=now, reason=why, missed=row.missed + 1))


def for_callback(talk: TalkRow) -> bool:
    """Whether the other side is a customer who is called back; of a consultation, the one it is about."""
    return talk.subject != talk.call_id


def far_end(talk: TalkRow) -> tuple[str, str]:
    """The live call of the other side, and where it asks what to do."""
    if talk.kind == "callback":
        return talk.customer_leg, f"{path_of(talk.id)}/customer"
    return talk.call_id, f"/voice/{talk.call_id}/room/{talk.id}"
