"""What happens on the floor when nobody tells: phones that ring for too long, calls that ended, notes not written.

Status reports come late, twice or never, so every talk that is not over is compared with what else is known of it: its
call, the caller's place in the queue, and what became of the calls that were to be made for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ivr.agents import callbacks
from ivr.agents.rules import Rules
from ivr.agents.transitions import PLACED_WITHIN, Moves, far_end, for_callback, path_of
from ivr.store import Conflict, Store
from ivr.store.rows import OutboxRow, TalkRow
from ivr.store.talks import Act, Snapshot, Standing

PATIENCE = timedelta(seconds=15)
"""How much longer than it should an agent's phone may ring, before it counts as not answered without a report."""
DECIDES = timedelta(seconds=60)
"""How long an agent who has picked up may take to press a key."""
COMES = timedelta(seconds=120)
"""How long it may take from 1 to the talk: the whisper, and the caller's way into the room."""
BROUGHT_BACK = timedelta(seconds=2)
"""A caller on the way into the room of an agent who vanished is fetched after so long, unless they have come back."""
LONGEST_TALK = timedelta(hours=4)
"""Twilio ends every call after so long, whether or not we are told."""


class Upkeep:
    """Looks after the talks of a floor."""

    def __init__(self, store: Store, rules: Rules, moves: Moves) -> None:
        self._store = store
        self._rules = rules
        self._moves = moves
        self._looks: Mapping[str, Callable[[Act, Standing, datetime], bool]] = {
            "ringing": self._rings,
            "accepted": self._comes,
            "talking": self._talks,
            "held": self._talks,
            "wrap_up": self._writes,
            "lost": self._comes_back,
        }

    def tidied(self, seen: Snapshot, now: datetime) -> bool:
        """Moves on whatever cannot stay as it is; True if there was anything. Each talk is an act of its own."""
        moved = False
        for standing in seen.talks:
            if self._may_stay(standing, now):
                continue
            try:
                with self._store.talks.acting() as act:
                    talk = act.talk(standing.talk.id)
                    if talk == standing.talk:
                        moved |= self._looks[talk.state](act, standing, now)
            except Conflict:
                continue
        return moved

    def next_look(self, talk: TalkRow) -> datetime:
        """When a talk that nobody touches meanwhile wants to be looked at."""
        match talk.state:
            case "ringing":
                return talk.offered_at + self._rules.queue(talk.queue).ring_for + PATIENCE
            case "accepted":
                return (talk.accepted_at or talk.offered_at) + COMES
            case "wrap_up":
                return (talk.ended_at or talk.offered_at) + self._rules.wrap_up(talk.queue, talk.agent)
            case "lost":
                return (talk.ended_at or talk.offered_at) + BROUGHT_BACK
            case _:
                return talk.offered_at + LONGEST_TALK

    def _may_stay(self, standing: Standing, now: datetime) -> bool:
        """Cheaply, whether there is no need for an act."""
        talk = standing.talk
        match talk.state:
            case "ringing":
                return self._still_wanted(standing) and now - talk.offered_at < timedelta(seconds=2)
            case "accepted":
                return self._still_wanted(standing) and now - (talk.accepted_at or now) < timedelta(seconds=2)
            case "talking" | "held":
                return not self._caller_over(standing) and now - talk.offered_at < LONGEST_TALK
            case "wrap_up":
                return now - (talk.ended_at or now) < self._rules.wrap_up(talk.queue, talk.agent)
            case _:
                return now - (talk.ended_at or now) < BROUGHT_BACK

    # --- one state each -------------------------------------------------------------------------------------

    def _rings(self, act: Act, standing: Standing, now: datetime) -> bool:
        talk = standing.talk
        if not self._still_wanted(standing):
            self._caller_gone(act, talk, now)
            return True
        placed = self._store.outbox.row(talk.id)
        if placed is not None and placed.dead_at is not None:
            self._moves.unreachable(act, talk, now)
            return True
        if now < self._gives_up(talk, placed):
            return False
        self._moves.hang_up_agent(act, talk, now)
        self._moves.missed(act, talk, now)
        return True

    def _gives_up(self, talk: TalkRow, placed: OutboxRow | None) -> datetime:
        """Until when an agent's phone may ring, or its agent think, without a word from the carrier."""
        if talk.leg:
            return talk.offered_at + PLACED_WITHIN + DECIDES
        left_at = placed.done_at if placed is not None and placed.done_at is not None else None
        if left_at is None and placed is not None:
            return talk.offered_at + PLACED_WITHIN + PATIENCE
        return (left_at or talk.offered_at) + self._rules.queue(talk.queue).ring_for + PATIENCE

    def _comes(self, act: Act, standing: Standing, now: datetime) -> bool:
        talk = standing.talk
        if not self._still_wanted(standing):
            self._caller_gone(act, talk, now)
            return True
        if talk.kind == "callback" and talk.room:
            placed = self._store.outbox.row(callbacks.key_of(talk))
            late = talk.accepted_at is not None and now - talk.accepted_at > COMES + self._rules.callbacks.ring_for
            if late or (placed is not None and placed.dead_at is not None):
                callbacks.hang_up(act, talk, now)
                self._moves.not_reached(act, talk, now)
                return True
            return False
        if talk.accepted_at is None or now - talk.accepted_at < COMES:
            return False
        self._moves.hang_up_agent(act, talk, now)
        if talk.beside:
            self._moves.alone(act, talk, now)
            self._moves.dismissed(act, talk, now)
        else:
            self._moves.lost(act, talk, now)
        return True

    def _talks(self, act: Act, standing: Standing, now: datetime) -> bool:
        talk = standing.talk
        if talk.beside and not self._caller_over(standing):
            self._moves.dismissed(act, talk, now)
        elif talk.beside:
            return False  # the talk it is beside ends it
        else:
            self._moves.ended(act, talk, now)
            act.steer(talk.id, talk.leg, path_of(talk.id), now)
        return True

    def _writes(self, act: Act, standing: Standing, now: datetime) -> bool:
        self._moves.closed(act, standing.talk, now)
        return True

    def _comes_back(self, act: Act, standing: Standing, now: datetime) -> bool:
        """The agent vanished before the caller had come: nobody is in that room."""
        act.change(standing.talk, room="")
        if standing.wait == "waiting":
            act.steer(standing.talk.id, *far_end(standing.talk), now)
        return True

    def _caller_gone(self, act: Act, talk: TalkRow, now: datetime) -> None:
        self._moves.gone(act, talk, now)
        act.steer(talk.id, talk.leg, path_of(talk.id), now)

    def _still_wanted(self, standing: Standing) -> bool:
        """Whether the other side still waits for this talk to come about."""
        talk = standing.talk
        if for_callback(talk):
            return standing.wait == "open"
        if talk.beside:
            return not standing.call_over
        return not standing.call_over and standing.wait == ("waiting" if talk.state == "ringing" else "taken")

    def _caller_over(self, standing: Standing) -> bool:
        """The caller's call is over; of a customer who was called back only their own telephone tells."""
        return standing.call_over and not for_callback(standing.talk)
