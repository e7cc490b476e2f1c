"""Who is at the telephones: people of the demo wallet who may call, and the agents who answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from ivr.app.simulation import demo_agents
from ivr.config import AgentSettings, Config
from ivr.flow.model import Flow, Handle, Sentence, Text
from ivr.phone.transcript import Row
from ivr.wallet.demo import DemoCaller, demo_directory

NAMES: Mapping[str, Mapping[str, str]] = {
    "support": {"zh": "客服小林", "en": "Lin, support"},
    "senior": {"zh": "主管小周", "en": "Zhou, supervisor"},
    "security": {"zh": "安全专员小吴", "en": "Wu, security"},
}
"""What the demo agents are called, by queue."""
LOGIN_NAMES: Mapping[str, str] = {"support": "lin", "senior": "zhou", "security": "wu"}
"""Their names in the console."""


@dataclass(frozen=True, slots=True)
class AgentPhone:
    """An agent's telephone: its number, whose it is in each language, and the queues it answers."""

    number: str
    name: Mapping[str, str]
    queues: tuple[str, ...]
    is_demo: bool = True
    """A demo agent answers it, unless it is taken by hand."""
    login: str = ""
    """The name under which its owner logs in to the console."""


class Route(Protocol):
    """Keys worth trying as a person, the handler they lead to, and its outcome."""

    @property
    def keys(self) -> str: ...
    @property
    def handler(self) -> str: ...
    @property
    def outcome(self) -> str: ...


Routes = Callable[[DemoCaller], Sequence[Route]]
"""What is worth trying as a person."""


def callers(config: Config, now: datetime, routes: Routes, flows: Iterable[Flow]) -> list[Row]:
    """Whom to call as, and what is worth trying where these flows ask for it; nobody where a real wallet is asked."""
    if config.wallet.url is not None and config.wallet.url.value:
        return []
    titles = _titles(flows)
    return [
        {
            "phone": person.phone, "language": person.language, "names": person.names, "account": person.account,
            "pin": person.pin, "card": person.card_tail, "story": person.story,
            "routes": [
                {"keys": route.keys, "outcome": route.outcome.replace("_", " "),
                 "title": titles.get(route.handler) or None}
                for route in routes(person)
                if route.handler in titles or (titles and not route.handler)
            ],
        }
        for person in demo_directory(now)
    ]  # fmt: skip


def _titles(flows: Iterable[Flow]) -> Mapping[str, Mapping[str, str]]:
    """The title of the flow that asks a handler, by handler and language; nothing without a title."""
    return {
        step.handle: {tongue: sentence.source for tongue, sentence in flow.title.sentences.items()}
        if flow.title
        else {}
        for flow in flows
        for step in flow.steps.values()
        if isinstance(step, Handle)
    }


def with_demo_agents(config: Config) -> Config:
    """The configuration with demo agents who log in; unchanged if it has agents of its own."""
    if config.agents:
        return config
    people = {
        LOGIN_NAMES.get(queue, f"{queue}_1"): AgentSettings(
            name=Text({tongue: Sentence((told,)) for tongue, told in _names(queue, config).items()}),
            phone=agent.phone,
            queues=(queue,),
            role="supervisor" if queue == "senior" else "agent",
        )
        for queue, agent in demo_agents(config).items()
    }
    return replace(config, agents=people)


def _names(queue: str, config: Config) -> Mapping[str, str]:
    """The name of a queue's made-up agent; the queue's own name, if there is none."""
    return NAMES.get(queue) or dict.fromkeys(config.hotline.languages, queue)


def demo_agent_names(config: Config) -> tuple[str, ...]:
    """The names of the demo agents among those who log in."""
    phones = {agent.phone for agent in demo_agents(config).values()}
    return tuple(name for name, person in config.agents.items() if person.phone in phones)


def agent_phones(config: Config) -> Iterator[AgentPhone]:
    """The telephones of agents: those of demo agents, and those that the configuration names."""
    logins = {person.phone: name for name, person in config.agents.items()}
    demo = demo_agents(config)
    for queue, agent in demo.items():
        yield AgentPhone(agent.phone, _names(queue, config), (queue,), login=logins.get(agent.phone, ""))
    known = {agent.phone for agent in demo.values()}
    for name, person in config.agents.items():
        if person.phone.startswith("+") and person.phone not in known:
            names = {tongue: text.source for tongue, text in person.name.sentences.items()} if person.name else {}
            names = names or dict.fromkeys(config.hotline.languages, name)
            yield AgentPhone(person.phone, names, person.queues, is_demo=False, login=name)
    known |= set(logins)
    for name, waiting in config.queues.items():
        for number in waiting.agents:
            if number not in known:
                yield AgentPhone(number, dict.fromkeys(config.hotline.languages, number), (name,), is_demo=False)
