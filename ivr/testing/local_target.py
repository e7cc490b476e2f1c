"""Runs scripts against a hotline in this process, which starts each call as if it had just been built.

Building a hotline costs a hundred times what a call costs. So one is built for every staffing of the queues, and it is
emptied between two calls. What is switched on is part of the key too, because a hotline may remember it for a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ivr.app.build import real_clock
from ivr.app.demo import connect, default_caller, demo_callers, demo_of
from ivr.config import Config
from ivr.config.settings import AgentSettings
from ivr.flow.issues import BrokenDocument
from ivr.flow.model import Flow, Language
from ivr.hotline.back_office import BackOffice
from ivr.hotline.demo import DemoCaller
from ivr.hotline.handlers import load_handlers
from ivr.network import VirtualClock
from ivr.testing import fixtures
from ivr.testing.local_hotline import LocalHotline
from ivr.testing.reader import Names
from ivr.testing.script import Given, Script
from ivr.testing.target import Setup, phone_of, phones_of

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
        self._hotlines: dict[str, LocalHotline] = {}
        self.flows: Mapping[str, Flow] = self._hotline_for(None).app.hotline.editions.current.flows.flows
        self.names = Names(
            languages=config.hotline.languages,
            queues=frozenset(config.queues),
            calendars=frozenset(config.calendars),
            steps=frozenset(f"{flow.name}.{step}" for flow in self.flows.values() for step in flow.steps),
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
        if self.demo is None:
            return connect(self.config, began)
        faults = {name: fault for name, fault in script.given.fails.items() if name in self.demo.faults}
        return self.demo.open(began, ZoneInfo(self.config.hotline.time_zone), faults)

    @contextmanager
    def setup(self, script: Script) -> Iterator[Setup]:
        """The hotline for this script, with nothing left of another call."""
        began = script.at.within(self.config.hotline.time_zone)
        with ExitStack() as stack:
            hotline = self._hotline_for(script)
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
                yield Setup(network, script, lambda caller: network.dial(hotline.number, caller), hotline, log)
            finally:
                network.close()

    def _hotline_for(self, script: Script | None) -> LocalHotline:
        """A hotline that was built before; a new one, which the caller closes, if its store must outlive it."""
        given = script.given if script is not None else Given()
        config, phones = _configured(self.config, given), _phones(self.config, given)
        if script is not None and any(step.act == "restart" for step in script.steps):
            return LocalHotline(config, self.handlers, phones, keeps_store=True)
        queues = {
            name: told for name, queue in given.queue.items() if (told := (queue.waiting, queue.most)) != (0, None)
        }
        staffing = repr((phones, queues, given.agents, given.notices, given.closures))
        if staffing not in self._hotlines:
            while len(self._hotlines) >= MOST_HOTLINES:
                self._hotlines.pop(next(iter(self._hotlines))).close()
            self._hotlines[staffing] = LocalHotline(config, self.handlers, phones)
        return self._hotlines[staffing]


def _configured(config: Config, given: Given) -> Config:
    """The configuration with the people and the settings of queues that a script gives."""
    if not given.agents and not given.queue:
        return config
    agents = {
        name: AgentSettings(
            phone=phone_of(place, config.numbers.allowed),
            queues=agent.queues,
            languages=tuple(map(Language, agent.languages)),
            role=(agent.role,),
        )
        for place, (name, agent) in enumerate(given.agents.items())
    }
    queues = dict(config.queues)
    for name, queue in given.queue.items():
        most = config.queues[name].most if queue.most is None else queue.most
        queues[name] = replace(queues[name], most=most)
    return replace(config, agents=agents, queues=queues)


def _phones(config: Config, given: Given) -> Mapping[str, tuple[str, ...]]:
    """Made-up phones of the nameless people of each queue, in the order of the queues; one where nothing is said."""
    nameless = {name: queue.agents for name, queue in given.queue.items() if queue.agents is not None}
    usual = 0 if given.agents else 1
    return {
        name: phones_of(place, nameless.get(name, usual), config.numbers.allowed)
        for place, name in enumerate(config.queues)
    }
