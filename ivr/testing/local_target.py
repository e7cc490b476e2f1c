"""Runs scripts against a hotline in this process, which starts each call as if it had just been built.

Building a hotline costs a hundred times what a call costs. So one is built for every staffing of the queues, and it is
emptied between two calls. What is switched on is part of the key too, because a hotline may remember it for a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ivr.app.build import real_clock
from ivr.app.demo import connect, default_caller, demo_callers, demo_of
from ivr.config import Config
from ivr.config.settings import AgentSettings
from ivr.flow.issues import BrokenDocument, Place
from ivr.flow.model import Flow, Language
from ivr.hotline.back_office import BackOffice
from ivr.hotline.demo import DemoCaller
from ivr.hotline.handlers import load_handlers
from ivr.network import VirtualClock
from ivr.testing import fixtures
from ivr.testing.local_hotline import LocalHotline
from ivr.testing.local_setup import LocalSetup, phone_of, phones_of
from ivr.testing.reader import Names
from ivr.testing.script import Script

OTHER_FAULTS = ("sms", "calls", "carrier")
MOST_HOTLINES = 16


class LocalTarget:
    """Runs scripts against one configuration. As a context manager it closes its hotlines at the end.

    Raises BrokenDocument, at the start, for flows that cannot be used.
    """

    def __init__(self, config: Config) -> None:
        empty = {name: replace(queue, agents=()) for name, queue in config.queues.items()}
        self.config = replace(config, queues=empty, agents={})
        self.handlers = load_handlers(config.hotline.handlers, config.folder)
        self.demo = demo_of(config)
        self._hotlines: dict[_HotlineKey, LocalHotline] = {}
        self.flows: Mapping[str, Flow] = self._hotline_for(
            _key_of(None, self.config), self.config
        ).app.hotline.editions.current.flows.flows
        self._places = {
            f"{name}.{step}": made.place for name, flow in self.flows.items() for step, made in flow.steps.items()
        }
        self.names = Names(
            languages=config.hotline.languages,
            queues=frozenset(config.queues),
            calendars=frozenset(config.calendars),
            steps=frozenset(self._places),
            faults=frozenset(
                (
                    *(self.demo.faults if self.demo is not None else ()),
                    *OTHER_FAULTS,
                    *(f"handler:{name}" for name in self.handlers),
                    *(f"queue:{name}" for name in config.queues),
                )
            ),
            caller=default_caller(config, real_clock()),
            outcomes={name: frozenset((*one.spec.outcomes, "unavailable")) for name, one in self.handlers.items()},
        )

    def __enter__(self) -> LocalTarget:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for hotline in self._hotlines.values():
            hotline.close()
        self._hotlines.clear()

    def why_not(self, script: Script) -> str:
        return ""

    def callers(self, now: datetime) -> Sequence[DemoCaller]:
        """Who can call: made-up people, or one whom nobody knows."""
        return demo_callers(self.config, now) or (
            DemoCaller(phone=default_caller(self.config, now), language=self.config.hotline.languages[0], names={}),
        )

    def _back_office(self, script: Script, began: datetime) -> BackOffice:
        """A new one, which fails as the script says."""
        if self.demo is None:
            return connect(self.config, began)
        faults = {name: fault for name, fault in script.given.fails.items() if name in self.demo.faults}
        return self.demo.open(began, ZoneInfo(self.config.hotline.time_zone), faults)

    @contextmanager
    def setup(self, script: Script, at: datetime | None = None) -> Iterator[LocalSetup]:
        """The hotline for this script, with nothing left of another call."""
        zone = self.config.hotline.time_zone
        began = at or script.at.within(zone)
        with ExitStack() as stack:
            hotline = self._hotline_for(_key_of(script, self.config), _configured(self.config, script))
            if hotline.keeps_store:
                stack.callback(hotline.close)
            log = stack.enter_context(fixtures.captured_log())
            answering = fixtures.answering(self.handlers, script.given.answers, script.spoken)
            hotline.handlers.update(fixtures.failing(answering, script.given.fails))
            back_office = self._back_office(script, began)
            if problems := fixtures.change_back_office(self.demo, back_office, script):
                raise BrokenDocument(problems)
            network = hotline.reset(script, VirtualClock(began), back_office)
            try:
                yield LocalSetup(self._places, hotline, network, script, log)
            finally:
                network.close()

    def place_of(self, state: str) -> Place | None:
        return self._places.get(state)

    def _hotline_for(self, staffing: _HotlineKey, config: Config) -> LocalHotline:
        """A hotline that was built before; a new one, which the caller closes, if its store must outlive it."""
        if staffing.restarts:
            return LocalHotline(config, self.handlers, dict(staffing.phones), keeps_store=True)
        if staffing not in self._hotlines:
            while len(self._hotlines) >= MOST_HOTLINES:
                self._hotlines.pop(next(iter(self._hotlines))).close()
            self._hotlines[staffing] = LocalHotline(config, self.handlers, dict(staffing.phones))
        return self._hotlines[staffing]


@dataclass(frozen=True)
class _HotlineKey:
    """What makes a hotline different from another: phones by queue, people, settings, and what is switched on."""

    phones: tuple[tuple[str, tuple[str, ...]], ...]
    world: str = ""
    restarts: bool = False
    """Whether the store must outlive the hotline."""


def _key_of(script: Script | None, config: Config) -> _HotlineKey:
    if script is None:
        return _HotlineKey(
            tuple((name, phones_of(place, 1, config.numbers.allowed)) for place, name in enumerate(config.queues))
        )
    given = script.given
    nameless = {name: queue.agents for name, queue in given.queue.items() if queue.agents is not None}
    usual = 0 if given.agents else 1
    phones = _phones(config, {name: nameless.get(name, usual) for name in config.queues})
    changed = {name: (queue.waiting, queue.most, queue.overflow) for name, queue in given.queue.items()}
    ordinary = not given.agents and all(told == (0, None, None) for told in changed.values())
    world = "" if ordinary else repr((changed, given.agents))
    if given.notices or given.closures:
        world += repr((given.notices, given.closures))
    return _HotlineKey(phones, world, any(step.act == "restart" for step in script.steps))


def _configured(config: Config, script: Script) -> Config:
    """The configuration with the people and the settings of queues that the script gives."""
    given = script.given
    if not given.agents and not given.queue:
        return config
    agents = {
        name: AgentSettings(
            phone=phone_of(place, config.numbers.allowed),
            queues=agent.queues,
            languages=tuple(map(Language, agent.languages)),
            role=agent.role,
        )
        for place, (name, agent) in enumerate(given.agents.items())
    }
    queues = dict(config.queues)
    for name, queue in given.queue.items():
        most = config.queues[name].most if queue.most is None else queue.most
        queues[name] = replace(queues[name], most=most, overflow=queue.overflow or queues[name].overflow)
    return replace(config, agents=agents, queues=queues)


def _phones(config: Config, counts: Mapping[str, int]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Made-up phones for so many people of each queue, in the order of the queues."""
    prefixes = config.numbers.allowed
    return tuple((name, phones_of(place, count, prefixes)) for place, (name, count) in enumerate(counts.items()))
