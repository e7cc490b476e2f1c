"""What telephones ask and hear in a talk: agents, callers in a conference, customers who are called back.

Each request is one transaction: the talk is read under a lock and changed if this is news; the answer follows from its
state. A request that comes twice finds the state changed and gets the same answer; a late one gets what is true by
then. A telephone that is not the talk's own is refused.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ivr.agents.actions import AgentActions
from ivr.agents.states import TalkEvent, legal
from ivr.agents.transitions import far_end, path_of
from ivr.agents.whispers import Whispers, Words
from ivr.call.events import Input, QueueEnded, Resumed
from ivr.store import Store
from ivr.store.errors import Stale
from ivr.store.rows import QueueEntry, TalkRow
from ivr.store.talk_transaction import TalkTransaction
from ivr.store.vocabulary import FinalCallStatus, is_final

KEY_SECONDS = 8
"""How many seconds an agent or a customer has to press 1 after the words."""
UNREACHABLE = ("busy", "failed")


class NotTheirs(Exception):
    """A telephone asks about a talk that is not its own."""


class Writer(Protocol):
    """Writes answers; webhooks write TwiML. Paths are below the hotline's public address."""

    def ask_key(self, words: str, language: str, path: str, seconds: int) -> str: ...

    def go_on(self, words: str, language: str, path: str) -> str: ...

    def room(self, words: str, language: str, name: str, path: str, *, ends: bool) -> str: ...

    def on_hold(self, words: str, language: str, path: str, music: str) -> str: ...

    def farewell(self, words: str, language: str) -> str: ...

    def wait_again(self, call_id: str, turn: int, queue: str, words: str, language: str) -> str: ...


class AgentWebhooks:
    """Answers the telephones in talks. Safe to share between threads."""

    def __init__(
        self,
        actions: AgentActions,
        store: Store,
        whispers: Whispers,
        writer: Writer,
        *,
        take: Callable[[str, int, Input], str],
        clock: Callable[[], datetime],
        music: Callable[[str], str] = lambda queue: "",
    ) -> None:
        """`take` takes a turn of a call and gives its answer; `music` is what is played in a queue, if anything."""
        self._actions = actions
        self._transitions = actions.transitions
        self._store = store
        self._whispers = whispers
        self._writer = writer
        self._take = take
        self._clock = clock
        self._music = music

    # --- the agent's telephone ------------------------------------------------------------------------------

    def picked_up(self, talk_id: str, leg: str, number: str) -> str:
        """The agent's telephone was answered or moved here: what it hears now."""
        now = self._clock()
        with self._store.talks.transaction() as tx:
            talk = self._rung(tx, talk_id, leg, number)
            if talk is not None and talk.by_browser and legal(talk.state, "accepted"):
                talk = self._transitions.accept(tx, talk, now)
        return self._to_agent(talk, now)

    def keyed(self, talk_id: str, leg: str, key: str) -> str:
        """The agent pressed a key, or none in time: 1 takes the caller."""
        now = self._clock()
        with self._store.talks.transaction() as tx:
            talk = self._of_agent(tx, talk_id, leg)
            if talk is not None and key == "1" and legal(talk.state, "accepted"):
                talk = self._transitions.accept(tx, talk, now)
            elif talk is not None and not key:
                talk = self._transitions.apply_if_legal(tx, talk, "not answered", now)
        return self._to_agent(talk, now)

    def in_room(self, talk_id: str, leg: str) -> str:
        """The agent has heard the whisper, or comes from another conference; now the caller is moved in too."""
        now = self._clock()
        consults = False
        with self._store.talks.transaction() as tx:
            talk = self._of_agent(tx, talk_id, leg)
            if talk is not None and talk.consult_of:
                talk = self._transitions.apply_if_legal(tx, talk, "colleague entered", now)
            elif talk is not None and not talk.room:
                talk = self._transitions.apply_if_legal(tx, talk, "agent entered", now, room=talk.id)
            if talk is not None:
                consults = tx.consultation(talk.id) is not None
        if talk is None or talk.state not in ("accepted", "talking", "held"):
            return self._to_agent(talk, now)
        return self._agent_in(talk, consults=consults)

    def left_room(self, talk_id: str, leg: str, room: str, status: str = "in-progress") -> str:
        """The agent's conference has ended: on to where the talk goes on, or goodbye.

        `status` is the call's: an agent who has hung up is gone from now on, however late the carrier reports it.
        """
        if is_final(status):
            self.agent_over(talk_id, leg, status)
        now = self._clock()
        with self._store.talks.transaction() as tx:
            talk = self._of_agent(tx, talk_id, leg)
            colleague = tx.consultation(talk.id) if talk is not None else None
            if talk is not None and colleague is not None and colleague.state == "talking" and talk.room == room:
                talk = self._transitions.apply(tx, talk, "colleague left", now)
                colleague = None
        if talk is None or talk.state not in ("talking", "held") or talk.room == room:
            return self._writer.farewell("", self._language(talk))
        return self._agent_in(talk, consults=colleague is not None)

    def agent_over(self, talk_id: str, leg: str, status: str) -> None:
        """The agent's call is over, whether it was ever answered (`status` is the carrier's)."""
        now = self._clock()
        if not is_final(status):
            return
        with self._store.talks.transaction() as tx:
            talk = tx.talk(talk_id)
            if talk is None:
                return
            if talk.leg not in ("", leg):
                raise NotTheirs
            self._transitions.apply_if_legal(tx, talk, self._how_it_ended(tx, talk, status, now), now)

    def _how_it_ended(self, tx: TalkTransaction, talk: TalkRow, status: FinalCallStatus, now: datetime) -> TalkEvent:
        """What it means for a talk that the agent's call is over."""
        if talk.state == "ringing":
            return "unreachable" if status in UNREACHABLE else "not answered"
        if talk.consult_of:
            return "consultation ends"
        colleague = tx.consultation(talk.id)
        if colleague is not None and colleague.state == "talking":
            return "agent left colleague"
        return "agent hung up" if talk.heard_until(now) else "agent cut off"

    def _rung(self, tx: TalkTransaction, talk_id: str, leg: str, number: str) -> TalkRow | None:
        """The talk for which this telephone rang; the first one that answers at the agent's number is the agent's.

        Raises NotTheirs.
        """
        talk = tx.talk(talk_id)
        if talk is None or talk.leg:
            return self._of_agent(tx, talk_id, leg)
        agent = self._actions.agents.get(talk.agent)
        if agent is None or number != agent.phone:
            raise NotTheirs
        return tx.change(talk, leg=leg)

    def _of_agent(self, tx: TalkTransaction, talk_id: str, leg: str) -> TalkRow | None:
        """The talk, if this is its agent's telephone. Raises NotTheirs."""
        talk = tx.talk(talk_id)
        if talk is not None and talk.leg != leg:
            raise NotTheirs
        return talk

    def _to_agent(self, talk: TalkRow | None, now: datetime) -> str:
        """What an agent hears outside of a conference."""
        if talk is None:
            return self._writer.farewell("", self._actions.rules.languages[0])
        path = path_of(talk.id)
        match talk.state:
            case "ringing":
                asks = self._store.talks.get(talk.consult_of) if talk.consult_of else None
                offered = self._whispers.offer(talk, asks.agent if asks is not None else "")
                return self._writer.ask_key(*offered, f"{path}/keyed", KEY_SECONDS)
            case "accepted":
                return self._writer.go_on(*self._whispers.whisper(talk, now), f"{path}/room")
            case "talking" | "held":
                return self._writer.go_on("", self._language(talk), f"{path}/room")
            case "gone" if talk.kind == "callback" and talk.accepted_at is None:
                words = self._whispers.to_agent(talk, lambda say: say.not_waiting)
            case "missed":
                words = self._whispers.to_agent(talk, lambda say: say.not_taken)
            case "refused" | "lost":
                words = self._whispers.to_agent(talk, lambda say: say.not_waiting)
            case "gone" if talk.kind == "callback":
                words = self._whispers.to_agent(talk, lambda say: say.not_reached)
            case "gone" if self._is_on_the_line(talk.call_id):
                words = self._whispers.to_agent(talk, lambda say: say.not_waiting)
            case _:
                words = self._whispers.to_agent(talk, lambda say: say.caller_gone)
        return self._writer.farewell(*words)

    def _is_on_the_line(self, call_id: str) -> bool:
        """Whether a caller who does not wait any more chose something else, and has not hung up."""
        row, entry = self._store.call(call_id), self._store.queue.entry(call_id)
        return row is not None and row.live and (entry is None or entry.status != "hangup")

    def _agent_in(self, talk: TalkRow, *, consults: bool) -> str:
        """The agent's part in the conference, which ends with them unless a colleague stays with the caller."""
        alone = talk.state == "held" and not consults and "-" in talk.room
        words = self._whispers.to_agent(talk, lambda say: say.colleague_gone) if alone else ("", self._language(talk))
        path = f"{path_of(talk.id)}/left?room={talk.room}"
        return self._writer.room(*words, talk.room, path, ends=not consults)

    def _language(self, talk: TalkRow | None) -> str:
        return self._whispers.agent_language(talk) if talk is not None else self._actions.rules.languages[0]

    # --- the caller's call ----------------------------------------------------------------------------------

    def caller_comes(self, call_id: str, talk_id: str) -> str:
        """The caller was moved: into the conference, on hold, back into the queue, or on in the flow."""
        now = self._clock()
        with self._store.talks.transaction() as tx:
            named = self._of_caller(tx, call_id, talk_id)
            talk = self._claim(tx, call_id, named)
            if talk is not None and talk.room:
                talk = self._transitions.apply_if_legal(tx, talk, "customer entered", now)
            place = tx.place(call_id)
        return self._to_caller(call_id, talk, named, place, now)

    def caller_again(self, call_id: str) -> str:
        """The carrier lost our last answer to a caller: back into the conference or on hold; "" without a talk."""
        with self._store.talks.transaction() as tx:
            talk = tx.claim(call_id)
        return self.caller_comes(call_id, talk.id) if talk is not None and talk.room else ""

    def caller_left(self, call_id: str, talk_id: str, room: str, status: str) -> str:
        """The caller's conference has ended, or the caller has hung up (`status` is the call's)."""
        now = self._clock()
        with self._store.talks.transaction() as tx:
            named = self._of_caller(tx, call_id, talk_id)
            talk = self._claim(tx, call_id, named)
            if talk is not None and talk.state == "talking" and talk.room == room:
                talk = self._left(tx, talk, now, hung_up=is_final(status))
            self._transitions.came_out(tx, room, now)
            place = tx.place(call_id)
        return self._to_caller(call_id, talk, named, place, now)

    def _left(self, tx: TalkTransaction, talk: TalkRow, now: datetime, *, hung_up: bool) -> TalkRow | None:
        """The room of a talk has ended for the other side; gives the talk if it goes on."""
        colleague = tx.consultation(talk.id)
        if colleague is not None and colleague.state == "talking" and not hung_up:
            return self._transitions.apply(tx, talk, "colleague left", now)
        if hung_up:
            self._transitions.apply(tx, talk, "caller hung up", now)
        else:
            self._transitions.apply(tx, talk, "caller left" if talk.heard_until(now) else "caller cut off", now)
        return None

    def _of_caller(self, tx: TalkTransaction, call_id: str, talk_id: str) -> TalkRow | None:
        """The talk that an address names. Raises NotTheirs for one of another call."""
        talk = tx.talk(talk_id)
        if talk is not None and talk.subject != call_id:
            raise NotTheirs
        return talk

    def _claim(self, tx: TalkTransaction, call_id: str, named: TalkRow | None) -> TalkRow | None:
        """The talk that has the caller now: a colleague may have taken over from the one in the address."""
        if named is not None and not named.consult_of and named.state in ("accepted", "talking", "held"):
            return named
        return tx.claim(call_id)

    def _to_caller(
        self, call_id: str, talk: TalkRow | None, named: TalkRow | None, place: QueueEntry | None, now: datetime
    ) -> str:
        if talk is not None and talk.state == "talking":
            path = f"{far_end(talk)[1]}/over?room={talk.room}"
            return self._writer.room("", self._whispers.caller_language(talk), talk.room, path, ends=False)
        if talk is not None and talk.state == "held":
            return self._hold(talk)
        row = self._store.call(call_id)
        turn = named.turn if named is not None and named.turn else row.turn if row is not None else 0
        if place is not None and (place.status == "waiting" or (talk is not None and place.status == "taken")):
            words = self._back(named, place)
            return self._writer.wait_again(call_id, turn, place.queue, *words)
        if row is None:
            return self._writer.farewell("", self._actions.rules.languages[0])
        if named is None:
            return self._take(call_id, row.turn, Resumed())
        joined = named.joined_at or now
        waited = joined - (named.waiting_since or joined)
        was_let_out = place is not None and place.status == "nobody"  # handed over to where nobody is left
        try:
            ended = QueueEnded("nobody" if was_let_out else "answered", int(waited.total_seconds()))
            return self._take(call_id, turn, ended)
        except Stale:  # the call has gone on: its current question again
            return self._take(call_id, row.turn, Resumed())

    def _back(self, named: TalkRow | None, place: QueueEntry) -> Words:
        """What a caller hears who is in the queue again."""
        if named is None:
            return "", place.language or self._actions.rules.languages[0]
        with self._store.talks.transaction() as tx:
            fresh = tx.talk(named.id)
            if fresh is not None and fresh.room:
                fresh = self._transitions.apply_if_legal(tx, fresh, "caller back", self._clock())
        handed_over = fresh is not None and fresh.state in ("wrap_up", "over")
        return self._whispers.to_caller(named, lambda say: say.handed_over if handed_over else say.cut_off)

    def _hold(self, talk: TalkRow) -> str:
        words = self._whispers.to_caller(talk, lambda say: say.on_hold)
        return self._writer.on_hold(*words, f"{far_end(talk)[1]}/hold", self._music(talk.queue))

    # --- the customer of a call back ------------------------------------------------------------------------

    def customer_picked_up(self, talk_id: str, leg: str, number: str) -> str:
        """The customer has answered or was moved here: the greeting, the conference, hold, or goodbye."""
        with self._store.talks.transaction() as tx:
            talk = tx.talk(talk_id)
            if talk is not None and not talk.customer_leg:
                promise = tx.callback(talk.subject)
                if promise is None or promise.number != number:
                    raise NotTheirs
                tx.change(talk, customer_leg=leg)
            talk = self._of_customer(tx, talk_id, leg)
        return self._to_customer(talk)

    def customer_keyed(self, talk_id: str, leg: str, key: str) -> str:
        """The customer pressed a key: 1 connects. Without a key it was not the customer, or not a good moment."""
        now = self._clock()
        with self._store.talks.transaction() as tx:
            talk = self._of_customer(tx, talk_id, leg)
            if talk is not None and key in ("1", ""):
                event: TalkEvent = "customer entered" if key else "not reached"
                talk = self._transitions.apply_if_legal(tx, talk, event, now)
        return self._to_customer(talk)

    def customer_left(self, talk_id: str, leg: str, room: str, status: str) -> str:
        """The customer's conference has ended, or the customer has hung up."""
        now = self._clock()
        with self._store.talks.transaction() as tx:
            talk = self._of_customer(tx, talk_id, leg)
            if talk is not None and talk.state == "talking" and talk.room == room:
                self._left(tx, talk, now, hung_up=is_final(status))
                talk = self._claimed(tx, talk)
            self._transitions.came_out(tx, room, now)
        return self._to_customer(talk)

    def customer_over(self, talk_id: str, leg: str, status: str) -> None:
        """The customer's call is over, whether it was ever answered."""
        now = self._clock()
        if not is_final(status):
            return
        with self._store.talks.transaction() as tx:
            talk = tx.talk(talk_id)
            if talk is None or talk.customer_leg not in ("", leg):
                return
            talk = self._claimed(tx, talk)
            event: TalkEvent = "not reached" if legal(talk.state, "not reached") else "call over"
            self._transitions.apply_if_legal(tx, talk, event, now)

    def _of_customer(self, tx: TalkTransaction, talk_id: str, leg: str) -> TalkRow | None:
        """The talk that has this callback's customer now, if this is their telephone. Raises NotTheirs."""
        talk = tx.talk(talk_id)
        if talk is not None and talk.customer_leg != leg:
            raise NotTheirs
        return self._claimed(tx, talk) if talk is not None else None

    def _claimed(self, tx: TalkTransaction, talk: TalkRow) -> TalkRow:
        """Follows colleagues who took over: the address may name an earlier talk."""
        fresh = tx.talk(talk.id) or talk
        if fresh.state in ("wrap_up", "over"):
            other = tx.claim(fresh.subject)
            return other if other is not None and other.customer_leg == fresh.customer_leg else fresh
        return fresh

    def _to_customer(self, talk: TalkRow | None) -> str:
        if talk is None:
            return self._writer.farewell("", self._actions.rules.languages[0])
        path = far_end(talk)[1]
        match talk.state:
            case "accepted":
                return self._writer.ask_key(*self._whispers.greeting(talk), f"{path}/keyed", KEY_SECONDS)
            case "talking":
                left = f"{path}/left?room={talk.room}"
                return self._writer.room("", self._whispers.caller_language(talk), talk.room, left, ends=False)
            case "held":
                return self._hold(talk)
            case "lost":
                words = self._whispers.to_caller(talk, lambda say: say.cut_off_callback)
            case "gone":
                words = self._whispers.to_caller(talk, lambda say: say.no_key)
            case _:
                words = self._whispers.goodbye(talk)
        return self._writer.farewell(*words)
