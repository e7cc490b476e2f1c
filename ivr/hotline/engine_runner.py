"""The engine with what it needs: the edition of a session, and the world as it is at this moment. Saves nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Timer

from ivr.call import engine
from ivr.call.events import Began, Event, Input, Queueing, Resumed, Spoken
from ivr.call.session import Session
from ivr.call.steps import UnexpectedInput
from ivr.call.turn import Edition, World
from ivr.call.values import Value
from ivr.flow.model import Voicemail
from ivr.hotline.editions import Editions
from ivr.hotline.switches import Switches

log = logging.getLogger(__name__)

GREETING_SECONDS = 0.3
"""When the first answer has left, and the caller listens to the greeting."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call as it comes in. Numbers in E.164, or "" when withheld."""

    call_id: str
    from_number: str = field(default="", repr=False)
    to_number: str = ""


@dataclass(slots=True)
class TurnInProgress:
    turn: int
    heard: Input
    session: Session
    events: list[Event]

    @property
    def wait(self) -> Event:
        return self.events[-1]


class NotLearnt(Exception):
    """Nobody has spoken to this edition yet. What its callers can want is to be learnt first, while no store is kept
    for the turn: it takes a second of a core, and longer than others wait."""

    def __init__(self, edition: Edition) -> None:
        super().__init__()
        self.edition = edition


@dataclass(frozen=True, slots=True)
class EngineRunner:
    """Runs the engine for the sessions of a hotline. Times are aware."""

    editions: Editions
    switches: Switches
    new_reference: Callable[[], str]

    def new_session(self, call: Ringing, now: datetime) -> Session:
        edition = self.editions.current
        return Session(
            call=call.call_id,
            digest=edition.flows.digest,
            language=edition.flows.languages[0],
            started_at=now,
            caller=call.from_number,
            called=call.to_number,
            values={
                "today": Value("date", now.astimezone(edition.time_zone).date().isoformat()),
                **({"caller": Value("phone", call.from_number)} if call.from_number else {}),
                **({"called": Value("phone", call.to_number)} if call.to_number else {}),
            },
        )

    def warm_up(self, now: datetime) -> None:
        """Begins a call that nobody makes. What it loads, no turn has to load, which would keep the store meanwhile."""
        session = self.new_session(Ringing(""), now)
        engine.begin(self.editions.current, session, self._world(now))

    def step(self, turn: int, session: Session, heard: Input, now: datetime) -> TurnInProgress:
        """The engine's turn. An input that the step does not wait for puts its question again. Raises NotLearnt."""
        edition, world = self.editions.pinned(session.digest), self._world(now)
        if isinstance(heard, Spoken) and not edition.wishes.is_learnt:
            raise NotLearnt(edition)
        if isinstance(heard, Began):
            _learn_soon(edition)
            taken = engine.begin(edition, session, world)
        else:
            try:
                taken = engine.answer(edition, session, heard, world)
            except UnexpectedInput as unexpected:
                log.warning("unexpected input", extra={"call": session.call, "turn": turn, "why": str(unexpected)})
                taken = engine.answer(edition, session, Resumed(), world)
        return TurnInProgress(turn, heard, taken.session, list(taken.events))

    def apologise(self, turn: int, session: Session, now: datetime) -> TurnInProgress:
        taken = engine.apologise(self.editions.pinned(session.digest), session, self._world(now))
        return TurnInProgress(turn, Resumed(), taken.session, list(taken.events))

    def queueing(self, session: Session, now: datetime) -> Queueing | None:
        """What a call in a queue waits for; None for one that is in no queue."""
        return engine.queueing(self.editions.pinned(session.digest), session, self._world(now))

    def records_message(self, session: Session) -> bool:
        return isinstance(engine.current_step(self.editions.pinned(session.digest), session), Voicemail)

    def _world(self, now: datetime) -> World:
        switched = self.switches.now(now)
        return World(
            now=now,
            new_reference=self.new_reference,
            notices=switched.notices,
            closures=switched.closures,
            unstaffed=switched.unstaffed,
            crowded=switched.crowded,
        )


def _learn_soon(edition: Edition) -> None:
    """Learns what callers can want while the greeting is spoken, once for all calls. It takes a second of a core."""
    if edition.wishes.learns_once():
        learning = Timer(GREETING_SECONDS, edition.wishes.learn)
        learning.daemon = True
        learning.start()
