"""The walk: breadth first through every place a call can come to, with the production engine. Judges nothing.

A place is what `Facts.key` makes of a session and its wait; the first call that comes to it stands for all others, and
as the walk is breadth first, it is a shortest one. At each place everything in `explore_acts` is done once. A turn
that asked the world (hours, notices, a queue, a call back) is taken again under every other circumstance, so what is
found holds as well for a call during which the doors close.

What is not told apart: how a caller came to a place, but for its facts. So `back` is followed from each place to where
the shortest call to it came from, and not to wherever any other call came from; the number of turns and minutes, which
have limits of their own; and the wording of values, which are examples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from ivr.call import engine
from ivr.call.events import (
    Audible,
    CallbackBooked,
    Ended,
    Entered,
    Event,
    Moved,
    Queueing,
    TextSent,
    TicketOpened,
    Transferring,
    audible,
)
from ivr.call.session import Session, Turn
from ivr.call.turn import Edition, World
from ivr.call.values import Value
from ivr.flow.catalogue import HandlerSpec
from ivr.testing.explorer.actions import CALLER, REGISTERED, Act, acts
from ivr.testing.explorer.conditions import Circumstance
from ivr.testing.explorer.state_key import Facts, Key, facts_of

ASKS_THE_WORLD = frozenset({"hours", "notices", "queue", "callback"})
"""Kinds of steps that look at the world when they are entered."""
MOST_PLACES = 200_000
"""The walk stops here and says so; a hotline with more has values it branches on without end."""

ANY = -1
"""Every circumstance."""

Words = tuple[Audible, ...]


@dataclass(slots=True)
class Place:
    """One place: where a call stands and for what it waits. `heard` is what is said on arriving, since the caller
    last did something. `world` is the circumstance of the shortest call to it, `via` that call's last step."""

    index: int
    session: Session
    wait: Event
    heard: Words
    world: int
    via: Step | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.session.state

    @property
    def language(self) -> str:
        return self.session.language

    @property
    def is_over(self) -> bool:
        return isinstance(self.wait, Ended)

    @property
    def is_with_person(self) -> bool:
        """The caller waits for a person, or is connected with one."""
        return isinstance(self.wait, (Queueing, Transferring))


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """From one place (-1: before the call) to another. `world` is a circumstance, or ANY where the world was not
    asked. `broke` is the exception of a turn that failed; such a step leads nowhere (-1)."""

    source: int
    act: Act
    target: int
    world: int
    said: Words
    moves: tuple[str, ...] = ()
    """The states entered on the way."""
    left: str = ""
    """The outcome by which the step at the source was left, or "" if it was not."""
    effects: tuple[str, ...] = ()
    """What is left behind: text messages, tickets, calls back, in words."""
    broke: Exception | None = None

    @property
    def begins(self) -> bool:
        return self.source < 0


@dataclass(frozen=True, slots=True)
class Taken:
    """One turn as the checks see it: from where, what happened, and what followed."""

    before: Place | None
    act: Act
    after: Session
    events: Sequence[Event]
    world: World
    heard: Words
    """All that is said in this webhook, earlier look-ups included."""


Told = tuple[str, str]
"""What is wrong: the name of a property and a sentence."""
Witness = Callable[[Taken], Iterable[Told]]
"""Looks at one turn and tells what is wrong with it."""


def nothing(taken: Taken) -> Iterable[Told]:
    """The witness that never finds fault."""
    return ()


@dataclass(frozen=True, slots=True)
class Ground:
    """What is explored. `handlers` are those that flows may use; `languages` those in which calls are made."""

    edition: Edition
    handlers: Mapping[str, HandlerSpec]
    worlds: tuple[Circumstance, ...]
    facts: Facts

    @classmethod
    def of(cls, edition: Edition, handlers: Mapping[str, HandlerSpec], worlds: Sequence[Circumstance]) -> Ground:
        return cls(edition, handlers, tuple(worlds), facts_of(edition.flows, handlers))


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a turn: the property it refutes, what it is, and the step of the walk that shows it."""

    rule: str
    message: str
    step: Step


@dataclass(slots=True, eq=False)
class Walk:
    """What was found: places in the order of their distance, and how many turns were taken. Equal to itself alone."""

    ground: Ground
    places: list[Place] = field(default_factory=list)
    first: list[Step] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    turns: int = 0
    cut_short: bool = False

    def steps(self) -> Iterator[Step]:
        yield from self.first
        for place in self.places:
            yield from place.steps

    def way_to(self, step: Step) -> tuple[Step, ...]:
        """The shortest call that ends with this step, first step first."""
        way = [step]
        while way[-1].source >= 0:
            via = self.places[way[-1].source].via
            if via is None:
                break
            way.append(via)
        return tuple(reversed(way))


def walk(ground: Ground, witness: Witness = nothing, *, most: int = MOST_PLACES) -> Walk:
    """Walks everything, up to `most` places. The same every time for the same ground."""
    return _Walker(ground, witness, most).walk()


class _Walker:
    """A walk in progress."""

    def __init__(self, ground: Ground, witness: Witness, most: int) -> None:
        self._ground = ground
        self._witness = witness
        self._most = most
        self._worlds = [circumstance.world() for circumstance in ground.worlds]
        self._known: dict[Key, int] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._same: dict[Words, Words] = {}
        self._followed: dict[tuple[Key, int], list[Step]] = {}
        self._waiting: deque[int] = deque()
        self.found = Walk(ground)

    def walk(self) -> Walk:
        begin = Act("the call is answered", "line", None)
        for caller in (CALLER, ""):
            for index, world in enumerate(self._worlds):
                self._take(
                    None, begin, index, partial(engine.begin, self._ground.edition, self._fresh(caller, world), world)
                )
        while self._waiting:
            place = self.found.places[self._waiting.popleft()]
            for act in acts(self._ground.edition, place.session, place.wait, self._ground.handlers):
                self._do(place, act)
        return self.found

    def _fresh(self, caller: str, world: World) -> Session:
        """As the desk opens a call."""
        edition = self._ground.edition
        today = world.now.astimezone(edition.time_zone).date().isoformat()
        return Session(
            call="CA0", digest=edition.flows.digest, language=edition.flows.languages[0], started_at=world.now,
            caller=caller, called="+864008200000",
            values={"today": Value("date", today), "called": Value("phone", "+864008200000"),
                    **({"caller": Value("phone", caller)} if caller else {})},
        )  # fmt: skip

    def _do(self, place: Place, act: Act) -> None:
        """Does one thing at a place, and again in every other circumstance if the world had a say in it.

        How a step was left is all that the rest of a turn can know, for its scratch is gone by then: so what follows
        under the other circumstances is taken over from an earlier call that left the same step in the same way.
        """
        first = self._take(place, act, place.world, self._turn(place, act, place.world))
        if first is None or first.world == ANY:
            return
        key = (self._ground.facts.standing(place.session), first.left, act.label if act.by == "outcome" else "")
        known = self._followed.get((key, place.world))
        if known is not None and known[0].target == first.target:
            for step in known[1:]:
                self._keep(place, replace(step, source=place.index, act=act))
            return
        steps = [first]
        for index in range(len(self._worlds)):
            if index != place.world:
                again = self._take(place, act, index, self._turn(place, act, index))
                steps += [again] if again is not None else []
        if first.left:
            self._followed[key, place.world] = steps

    def _turn(self, place: Place, act: Act, world: int) -> Callable[[], Turn]:
        edition, at = self._ground.edition, self._worlds[world]
        session = place.session
        if session.started_at != at.now:
            session = replace(session, started_at=at.now)
        if act.heard is None:
            return partial(engine.apologise, edition, session, at)
        return partial(engine.answer, edition, session, act.heard, at)

    def _take(self, place: Place | None, act: Act, world: int, turn: Callable[[], Turn]) -> Step | None:
        """Takes one turn and notes where it leads; None if it failed."""
        self.found.turns += 1
        source = place.index if place is not None else -1
        try:
            taken = turn()
        except Exception as error:  # whatever the engine raises is a caller who hears an apology
            self._keep(place, Step(source, act, -1, world, (), broke=error))
            return None
        events = taken.events
        entered = tuple(event.state for event in events if isinstance(event, Entered))
        kinds = {event.kind for event in events if isinstance(event, Entered)}
        asked = not kinds.isdisjoint(ASKS_THE_WORLD)
        said: Words = audible(events)
        said = self._same.setdefault(said, said)
        heard = said
        if place is not None and act.by == "outcome":  # the same webhook: what was said before the look-up comes first
            heard = place.heard + said
            heard = self._same.setdefault(heard, heard)
        target, new = self._place(taken, heard, world)
        label = world if asked or place is None else ANY
        step = Step(source, act, target.index, label, said, entered, _left(events), _effects(events))
        if new:
            target.via = step
        self._keep(place, step)
        for rule, message in self._witness(Taken(place, act, taken.session, events, self._worlds[world], heard)):
            self._note(rule, message, step)
        return step

    def _place(self, taken: Turn, heard: Words, world: int) -> tuple[Place, bool]:
        key = self._ground.facts.key(taken.session, taken.events[-1])
        known = self._known.get(key)
        if known is not None:
            return self.found.places[known], False
        index = self._known[key] = len(self.found.places)
        place = Place(index, taken.session, taken.events[-1], heard, world)
        self.found.places.append(place)
        if index >= self._most:
            self.found.cut_short = True
        elif not place.is_over:
            self._waiting.append(index)
        return place, True

    def _keep(self, place: Place | None, step: Step) -> None:
        (self.found.first if place is None else place.steps).append(step)

    def _note(self, rule: str, message: str, step: Step) -> None:
        where = self.found.places[step.source].state if step.source >= 0 else ""
        if (rule, message, where) not in self._told:
            self._told.add((rule, message, where))
            self.found.flaws.append(Flaw(rule, message, step))


def _left(events: Sequence[Event]) -> str:
    return next((event.outcome for event in events if isinstance(event, Moved)), "")


_WHOSE = {CALLER: "the calling number", REGISTERED: "the registered number"}


def _effects(events: Sequence[Event]) -> tuple[str, ...]:
    found = []
    for event in events:
        match event:
            case TextSent(to=to, body=body):
                found.append(f"text message to {_WHOSE.get(to, to)}: {body}")
            case TicketOpened(topic=topic, priority=priority, complete=complete):
                found.append(f"ticket: {topic}, {priority}{'' if complete else ', incomplete'}")
            case CallbackBooked(queue=queue):
                found.append(f"call back: {queue}")
    return tuple(found)
