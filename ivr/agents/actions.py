"""What agents do in the console.

Every action is one transaction: the talk is read under a lock, changed if its state allows it, and committed with what
follows. What telephones ask is in `webhooks`, and what happens by itself in `assigner`. Nothing here writes the audit
log; the caller of an action does.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from ivr.agents.model import Agent
from ivr.agents.notes import may_write, note_to_ticket, with_others
from ivr.agents.queues import deserted_since
from ivr.agents.routing import AgentPool, choose_agent, in_order
from ivr.agents.rules import Rules
from ivr.agents.states import TalkEvent, legal
from ivr.agents.transitions import Transitions
from ivr.store import Conflict, Store
from ivr.store.rows import PresenceRow, TalkRow, WaitingRow
from ivr.store.talk_transaction import TalkTransaction
from ivr.store.talks import Snapshot
from ivr.store.vocabulary import OPEN_TALKS, RANKS, Presence, TicketStatus

REMEMBERED = timedelta(minutes=30)
"""How long it is remembered that an agent did not take a caller."""


class NotNow(Exception):
    """An action is not possible now; `reason` is a short key.

    unknown, not_yours, over, busy, off, nobody_waits, nobody_there, not_talking, not_held, not_ringing, not_over,
    consulting, not_consulting, not_yet, no_queue, callback
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class AgentActions:
    """The actions of a hotline's agents. Safe to share between threads; several processes may share one store."""

    def __init__(
        self,
        store: Store,
        rules: Rules,
        clock: Callable[[], datetime],
        *,
        make_reference: Callable[[int], str] = str,
        failed_note: Callable[[int], str] = lambda tries: "",
    ) -> None:
        """`clock` gives aware UTC times. `make_reference` writes a ticket's reference from a number; `failed_note` is
        the note of a ticket for a customer who was never reached after so many tries."""
        self.rules = rules
        self.transitions = Transitions(rules, make_reference, failed_note)
        self._store = store
        self._clock = clock

    @property
    def agents(self) -> Mapping[str, Agent]:
        """All agents by name; bare phones by their number."""
        return self.rules.agents

    def talk_of(self, agent: str) -> TalkRow | None:
        return self._store.talks.of_agent(agent)

    # --- being there ----------------------------------------------------------------------------------------

    def ready(self, agent: str) -> None:
        """Ready for callers from now on. A note that is not written yet stays unwritten."""
        now = self._now()
        with self._transaction() as tx:
            self._be(tx, agent, "ready", "", now)
            talk = tx.of_agent(agent)
            if talk is not None:
                self.transitions.apply_if_legal(tx, talk, "note written", now)

    def away(self, agent: str, reason: str = "") -> None:
        """Takes no callers for a while; a talk goes on, and a phone that rings is declined."""
        self._leave(agent, "away", reason)

    def off(self, agent: str) -> None:
        """Logged out. A talk goes on to its end."""
        self._leave(agent, "off", "")

    def log_off_vanished(self, agent: str) -> None:
        """Of somebody who is away and has shown no sign of life for too long."""
        self._leave(agent, "off", "vanished")

    def _leave(self, agent: str, presence: Presence, reason: str) -> None:
        now = self._now()
        with self._transaction() as tx:
            self._be(tx, agent, presence, reason, now)
            talk = tx.of_agent(agent)
            if talk is not None:
                self.transitions.apply_if_legal(tx, talk, "declined", now)

    def _be(self, tx: TalkTransaction, agent: str, presence: Presence, reason: str, now: datetime) -> None:
        known = self._agent(agent)
        row = tx.presence(known.name)
        if row is None:
            row = PresenceRow(agent=known.name, presence="off", since=now, idle_since=now)
        since = row.since if (row.presence, row.reason) == (presence, reason) else now
        idle = now if presence == "ready" and row.presence != "ready" else row.idle_since
        tx.be(replace(row, presence=presence, since=since, idle_since=idle, reason=reason, missed=0))

    # --- what supervisors do --------------------------------------------------------------------------------

    def take_forward(self, call_id: str) -> None:
        """Lets a waiting caller be the next of the queue."""
        with self._transaction() as tx:
            if not tx.take_forward(call_id):
                raise NotNow("over")

    # --- getting a caller -----------------------------------------------------------------------------------

    def take_next(self, agent: str, queue: str = "") -> str:
        """The next caller of the agent's queues, or of one of them: the agent's phone rings, and no 1 is needed.

        Gives the id of the talk.
        """
        now, known = self._now(), self._free(agent)
        seen = self.look(now)
        mine = [who for who in seen.waiting if who.queue in known.queues and queue in ("", who.queue)]
        for who in in_order(mine):
            with self._transaction() as tx:
                talk = self.transitions.offer(tx, who, known, now, by_browser=True)
            if talk is not None:
                return talk.id
            self._free(agent)
        raise NotNow("nobody_waits")

    def call_back(self, agent: str, key: str) -> str:
        """Calls a customer back now, be it due or not: the agent's phone rings first. Gives the id of the talk."""
        now, known = self._now(), self._free(agent)
        with self._transaction() as tx:
            promise = tx.callback(key)
            if promise is None or promise.status != "open":
                raise NotNow("over" if promise is not None else "unknown")
            who = WaitingRow(
                id=key, kind="callback", call_id=promise.call_id, queue=promise.queue,
                since=promise.since or promise.due_at, due_at=promise.due_at, language=promise.language,
            )  # fmt: skip
            talk = self.transitions.offer(tx, who, known, now, by_browser=True)
            if talk is None:
                raise NotNow("busy")
            return talk.id

    def accept(self, agent: str, talk: str) -> None:
        """Takes the caller for whom the phone rings: no 1 is needed, on a phone that is picked up or will be."""
        with self._mine(agent, talk, "accepted", otherwise="not_ringing") as (tx, row, now):
            self.transitions.without_key(tx, row, now)

    def decline(self, agent: str, talk: str) -> None:
        """Does not take the caller for whom the phone rings; the next agent's does."""
        with self._mine(agent, talk, "declined", otherwise="not_ringing") as (tx, row, now):
            self.transitions.apply(tx, row, "declined", now)

    # --- in a talk ------------------------------------------------------------------------------------------

    def hold(self, agent: str, talk: str) -> None:
        """The caller hears music until `resume`."""
        with self._mine(agent, talk, "hold", otherwise="not_talking") as (tx, row, now):
            self.transitions.apply(tx, row, "hold", now)

    def resume(self, agent: str, talk: str) -> None:
        with self._mine(agent, talk, "resume", otherwise="not_held") as (tx, row, now):
            if tx.consultation(row.id) is not None:
                raise NotNow("consulting")
            self.transitions.apply(tx, row, "resume", now)

    def consult(self, agent: str, talk: str, whom: str) -> str:
        """Asks a colleague, by name or any free one of a queue; the caller is on hold meanwhile.

        Gives the id of the colleague's talk.
        """
        now = self._now()
        colleague = self._colleague(agent, whom, now)
        with self._mine(agent, talk, "consult", otherwise="not_talking") as (tx, row, now):
            if tx.consultation(row.id) is not None:
                raise NotNow("consulting")
            asked = self.transitions.ask_colleague(tx, row, colleague, now)
            if asked is None:
                raise NotNow("busy")
            self.transitions.apply(tx, row, "consult", now, room=asked.room)
            return asked.id

    def bring_in(self, agent: str, talk: str) -> None:
        """The caller joins the agent and the colleague: all three hear each other."""
        self._with_colleague(agent, talk, "bring in", colleague_is_there=True)

    def complete(self, agent: str, talk: str) -> None:
        """Leaves the caller with the colleague."""
        self._with_colleague(agent, talk, "complete", colleague_is_there=True)

    def cancel_consult(self, agent: str, talk: str) -> None:
        """Ends the consultation, and is with the caller again."""
        self._with_colleague(agent, talk, "cancel consultation")

    def hand_over(self, agent: str, talk: str, queue: str) -> None:
        """Puts the caller into another queue, at the place of the time they joined; the agent's part is over."""
        if queue not in self.rules.queues:
            raise NotNow("no_queue")
        if queue not in self.staffed_queues():
            raise NotNow("nobody_there")
        with self._mine(agent, talk, "handed over", otherwise="not_talking") as (tx, row, now):
            if row.kind == "callback":
                raise NotNow("callback")
            rank = RANKS[self.rules.queue(queue).priority]
            if not tx.release(row.call_id, now, queue=queue, rank=rank, talked_until=now):
                raise NotNow("over")
            self.transitions.apply(tx, row, "handed over", now)

    def end(self, agent: str, talk: str) -> None:
        """Ends the talk. The caller's call goes on as the flow does; a customer who was called back hears goodbye."""
        with self._mine(agent, talk, "agent ends", otherwise="over") as (tx, row, now):
            self.transitions.apply(tx, row, "consultation ends" if row.consult_of else "agent ends", now)

    # --- the note -------------------------------------------------------------------------------------------

    def write_note(self, agent: str, talk: str, note: str, seen: str = "") -> TalkRow:
        """Keeps a note as far as it is typed: during the talk, in wrap-up, and afterwards as long as it is a draft.

        Typing keeps wrap-up open. Gives the talk as it is now, with what another page wrote (`notes.with_others`).
        """
        with self._transaction() as tx:
            row, now = self._own(tx, agent, talk), self._now()
            if not may_write(row):
                raise NotNow("over")
            row = tx.change(row, note=with_others(row, note, seen))
            return self._extend(tx, row, now) if row.state == "wrap_up" else row

    def more_time(self, agent: str, talk: str) -> None:
        """Makes wrap-up longer, up to the longest that its queue allows."""
        with self._mine(agent, talk, "note written", otherwise="not_over") as (tx, row, now):
            self._extend(tx, row, now)

    def _extend(self, tx: TalkTransaction, row: TalkRow, now: datetime) -> TalkRow:
        return tx.change(row, wrap_up_until=self.rules.wrap_up_extended(row, now))

    def wrap_up(
        self, agent: str, talk: str, code: str, note: str, ticket_status: TicketStatus | None = None, *, seen: str = ""
    ) -> None:
        """Writes down how it ended; the agent waits for the next caller. The note of an earlier talk is finished.

        The note is added to the newest ticket of the call, which becomes `ticket_status` (working, closed …) if any.
        """
        with self._transaction() as tx:
            row, now = self._own(tx, agent, talk), self._now()
            note = with_others(row, note, seen)
            if row.state == "wrap_up":
                self.transitions.apply(tx, row, "note written", now, code=code, note=note)
            elif row.state in OPEN_TALKS or not may_write(row):
                raise NotNow("not_over" if legal(row.state, "agent ends") else "over")
            else:
                tx.change(row, code=code, note=note)
                note_to_ticket(tx, row.call_id, note, draft=row.note)
            newest = next(iter(tx.tickets(row.call_id)), None)
            if newest is not None and ticket_status:
                closed_at = now if ticket_status == "closed" else None
                tx.change_ticket(newest.reference, status=ticket_status, closed_at=closed_at)

    # --- what is possible now -------------------------------------------------------------------------------

    def waiting_for(self, agent: str) -> int:
        """How many callers wait whom this agent could take, and for whom no phone rings."""
        queues = self._agent(agent).queues
        return sum(who.queue in queues for who in self.look(self._now()).waiting)

    def free_colleagues(self, agent: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Whom an agent could ask now: colleagues, and queues of which somebody is free."""
        now = self._now()
        pool = self.pool(self.look(now))
        free = [one for one in self.agents.values() if one.name != agent and pool.ready(one, now)]
        queues = [queue for queue in self.rules.queues if any(queue in one.queues for one in free)]
        return tuple(one.name for one in free if one.has_login), tuple(queues)

    def staffed_queues(self) -> tuple[str, ...]:
        """The queues in which somebody is there who could answer, if perhaps after a talk."""
        now, presences = self._now(), self._store.talks.presences()
        left = {name: deserted_since(rule, presences) for name, rule in self.rules.queues.items()}
        return tuple(name for name, since in left.items() if since is None or since > now)

    # --- pieces ---------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return self._clock()

    def look(self, now: datetime) -> Snapshot:
        """Agents, callers and talks as of now."""
        return self._store.talks.snapshot(now, now - REMEMBERED)

    def pool(self, seen: Snapshot) -> AgentPool:
        """The agents as they were seen."""
        taken = {open_talk.talk.agent for open_talk in seen.talks if open_talk.talk.state != "lost"}
        return AgentPool(agents=self.agents.values(), presences=seen.presences, taken=taken, passed=seen.passed)

    def _agent(self, name: str) -> Agent:
        known = self.agents.get(name)
        if known is None:
            raise NotNow("unknown")
        return known

    def _free(self, agent: str) -> Agent:
        """An agent who is there and has no open talk. Raises NotNow."""
        known = self._agent(agent)
        row = self._store.talks.presences().get(agent)
        if known.has_login and (row is None or row.presence == "off"):
            raise NotNow("off")
        if self._store.talks.of_agent(agent) is not None:
            raise NotNow("busy")
        return known

    def _colleague(self, agent: str, whom: str, now: datetime) -> Agent:
        pool = self.pool(self.look(now))
        named = self.agents.get(whom)
        if named is not None:
            if named.name == agent or not pool.there(named):
                raise NotNow("nobody_there")
            if named.name in pool.taken:
                raise NotNow("busy")
            return named
        if whom not in self.rules.queues:
            raise NotNow("unknown")
        who = WaitingRow(id="", kind="consult", call_id="", queue=whom, since=now, due_at=now)
        free = [other for other in self.agents.values() if other.name != agent and pool.ready(other, now)]
        found = choose_agent(who, free, pool, now)
        if found is None:
            raise NotNow("nobody_there")
        return found

    @contextmanager
    def _transaction(self) -> Iterator[TalkTransaction]:
        """One action in a transaction. Raises NotNow if another one has overtaken it."""
        try:
            with self._store.talks.transaction() as tx:
                yield tx
        except Conflict:
            raise NotNow("busy") from None

    @contextmanager
    def _mine(
        self, agent: str, talk: str, event: TalkEvent, otherwise: str
    ) -> Iterator[tuple[TalkTransaction, TalkRow, datetime]]:
        """A talk of this agent, locked, to which this may happen. Raises NotNow: `otherwise` for another state."""
        with self._transaction() as tx:
            row = self._own(tx, agent, talk)
            if not legal(row.state, event):
                raise NotNow(otherwise)
            yield tx, row, self._now()

    def _own(self, tx: TalkTransaction, agent: str, talk: str) -> TalkRow:
        """A talk of this agent, locked. Raises NotNow."""
        row = tx.talk(talk)
        if row is None or row.agent != agent:
            raise NotNow("unknown" if row is None else "not_yours")
        return row

    def _with_colleague(self, agent: str, talk: str, event: TalkEvent, *, colleague_is_there: bool = False) -> None:
        """What an agent does in a consultation; for some of it, the colleague must have come into the room."""
        with self._mine(agent, talk, event, otherwise="not_talking") as (tx, row, now):
            colleague = tx.consultation(row.id)
            if colleague is None:
                raise NotNow("not_consulting")
            if colleague_is_there and colleague.state != "talking":
                raise NotNow("not_yet")
            self.transitions.apply(tx, row, event, now)
