"""What nobody reports: phones that ring for too long, calls that ended, notes not written.

Status reports come late, twice or never. So every talk that is not over is compared with its call, with the caller's
place in the queue, and with the calls of the outbox that were made for it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ivr.agents import callbacks
from ivr.agents.rules import Rules
from ivr.agents.states import TalkEvent
from ivr.agents.transitions import PLACED_WITHIN, Transitions, for_callback
from ivr.store import Conflict, Store
from ivr.store.rows import OutboxRow, TalkRow
from ivr.store.talk_transaction import TalkTransaction
from ivr.store.talks import OpenTalk, Snapshot

PATIENCE = timedelta(seconds=15)
"""How much longer than it should an agent's phone may ring, before it counts as not answered without a report."""
DECIDES = timedelta(seconds=60)
"""How long an agent who has picked up may take to press a key."""
COMES = timedelta(seconds=120)
"""How long it may take from 1 to the talk: the whisper, and the caller's way into the room."""
BROUGHT_BACK = timedelta(seconds=2)
"""A caller on the way to an agent who is gone is moved back after so long, unless they have come back."""
LONGEST_TALK = timedelta(hours=4)
"""Twilio ends every call after so long, whether or not we are told."""


class Timeouts:
    """Finds talks whose time is up."""

    def __init__(self, store: Store, rules: Rules, transitions: Transitions) -> None:
        self._store = store
        self._rules = rules
        self._transitions = transitions
        self._looks: Mapping[str, Callable[[TalkTransaction, OpenTalk, datetime], bool]] = {
            "ringing": self._rings,
            "accepted": self._comes,
            "talking": self._talks,
            "held": self._talks,
            "wrap_up": self._writes,
            "lost": self._comes_back,
        }

    def apply(self, seen: Snapshot, now: datetime) -> bool:
        """Changes every talk that cannot stay as it is, each in its own transaction; True if there was one."""
        moved = False
        for open_talk in seen.talks:
            if self._may_stay(open_talk, now):
                continue
            try:
                with self._store.talks.transaction() as tx:
                    talk = tx.talk(open_talk.talk.id)
                    if talk == open_talk.talk:
                        moved |= self._looks[talk.state](tx, open_talk, now)
            except Conflict:
                continue
        return moved

    def next_look(self, talk: TalkRow) -> datetime:
        """When a talk must be looked at again, if nothing happens before."""
        match talk.state:
            case "ringing":
                return talk.offered_at + self._rules.queue(talk.queue).ring_for + PATIENCE
            case "accepted":
                return (talk.accepted_at or talk.offered_at) + COMES
            case "wrap_up":
                return self._rules.wrap_up_ends(talk)
            case "lost":
                return (talk.ended_at or talk.offered_at) + BROUGHT_BACK
            case _:
                return talk.offered_at + LONGEST_TALK

    def _may_stay(self, open_talk: OpenTalk, now: datetime) -> bool:
        """Whether nothing has to be done; found without a transaction."""
        talk = open_talk.talk
        match talk.state:
            case "ringing":
                return self._still_wanted(open_talk) and now - talk.offered_at < timedelta(seconds=2)
            case "accepted":
                return self._still_wanted(open_talk) and now - (talk.accepted_at or now) < timedelta(seconds=2)
            case "talking" | "held":
                return not self._caller_over(open_talk) and now - talk.offered_at < LONGEST_TALK
            case "wrap_up":
                return now < self._rules.wrap_up_ends(talk)
            case _:
                return now - (talk.ended_at or now) < BROUGHT_BACK

    # --- one state each -------------------------------------------------------------------------------------

    def _rings(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        talk = open_talk.talk
        if not self._still_wanted(open_talk):
            self._transitions.apply(tx, talk, "caller gone", now)
            return True
        placed = self._store.outbox.row(talk.id)
        if placed is not None and placed.dead_at is not None:
            self._transitions.apply(tx, talk, "unreachable", now)
            return True
        if now < self._gives_up(talk, placed):
            return False
        self._transitions.apply(tx, talk, "rang too long", now)
        return True

    def _gives_up(self, talk: TalkRow, placed: OutboxRow | None) -> datetime:
        """Until when an agent's phone may ring, or the agent may hesitate, without a report from the carrier."""
        if talk.leg:
            return talk.offered_at + PLACED_WITHIN + DECIDES
        left_at = placed.done_at if placed is not None and placed.done_at is not None else None
        if left_at is None and placed is not None:
            return talk.offered_at + PLACED_WITHIN + PATIENCE
        return (left_at or talk.offered_at) + self._rules.queue(talk.queue).ring_for + PATIENCE

    def _comes(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        talk = open_talk.talk
        if not self._still_wanted(open_talk):
            self._transitions.apply(tx, talk, "caller gone", now)
            return True
        if talk.kind == "callback" and talk.room:
            placed = self._store.outbox.row(callbacks.key_of(talk))
            late = talk.accepted_at is not None and now - talk.accepted_at > COMES + self._rules.callbacks.ring_for
            if late or (placed is not None and placed.dead_at is not None):
                self._transitions.apply(tx, talk, "not reached", now)
                return True
            return False
        if talk.accepted_at is None or now - talk.accepted_at < COMES:
            return False
        self._transitions.apply(tx, talk, "consultation ends" if talk.consult_of else "took too long", now)
        return True

    def _talks(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        talk = open_talk.talk
        if talk.consult_of and not self._caller_over(open_talk):
            self._transitions.apply(tx, talk, "dismissed", now)
        elif talk.consult_of:
            return False  # the first agent's talk ends it, and the colleague is told
        else:
            self._transitions.apply(tx, talk, "call over", now)
        return True

    def _writes(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        self._transitions.apply(tx, open_talk.talk, "note written", now)
        return True

    def _comes_back(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        """Whether the agent was gone before the caller came, so that nobody is in the conference."""
        event: TalkEvent = "caller not back" if open_talk.wait == "waiting" else "caller back"
        self._transitions.apply(tx, open_talk.talk, event, now)
        return True

    def _still_wanted(self, open_talk: OpenTalk) -> bool:
        """Whether the caller still waits, or the callback is still open."""
        talk = open_talk.talk
        if for_callback(talk):
            return open_talk.wait == "open"
        if talk.consult_of:
            return not open_talk.call_over
        return not open_talk.call_over and open_talk.wait == ("waiting" if talk.state == "ringing" else "taken")

    def _caller_over(self, open_talk: OpenTalk) -> bool:
        """The caller's call is over; of a customer who was called back only their own telephone tells."""
        return open_talk.call_over and not for_callback(open_talk.talk)
