"""Who is at the telephones: people of the demo wallet who may call, and those who answer at the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from ivr.app.simulation import made_up_agents
from ivr.config import AgentSettings, Config
from ivr.flow.model import Flow, Handle, Sentence, Text
from ivr.phone.transcript import Row
from ivr.wallet.demo import DemoCaller, demo_directory

NAMES: Mapping[str, Mapping[str, str]] = {
    "support": {"zh": "客服小林", "en": "Lin, support"},
    "senior": {"zh": "主管小周", "en": "Zhou, supervisor"},
    "security": {"zh": "安全专员小吴", "en": "Wu, security"},
}
"""What the people are called who answer where nobody else does, by queue."""
SHORT: Mapping[str, str] = {"support": "lin", "senior": "zhou", "security": "wu"}
"""Their names in the console."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone at the desk: its number, whose it is in each language, and the queues it answers."""

    number: str
    name: Mapping[str, str]
    queues: tuple[str, ...]
    acted: bool = True
    """Somebody made up answers it, unless it is taken by hand."""
    login: str = ""
    """The name under which its owner logs in to the console."""


class Route(Protocol):
    """Keys worth trying as somebody, the handler they lead to, and its outcome."""

    @property
    def keys(self) -> str: ...
    @property
    def handler(self) -> str: ...
    @property
    def outcome(self) -> str: ...


Routes = Callable[[DemoCaller], Sequence[Route]]
"""What is worth trying as somebody."""


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
    """What the flow that asks a handler is called, by handler and language; nothing where it has no title."""
    return {
        step.handle: {tongue: sentence.source for tongue, sentence in flow.title.sentences.items()}
        if flow.title
        else {}
        for flow in flows
        for step in flow.steps.values()
        if isinstance(step, Handle)
    }


def staffed(config: Config) -> Config:
    """The configuration with people who log in, and whose phones are those of the made-up ones; its own, if any."""
    if config.agents:
        return config
    people = {
        SHORT.get(queue, f"{queue}_1"): AgentSettings(
            name=Text({tongue: Sentence((told,)) for tongue, told in _names(queue, config).items()}),
            phone=agent.phone,
            queues=(queue,),
            role="supervisor" if queue == "senior" else "agent",
        )
        for queue, agent in made_up_agents(config).items()
    }
    return replace(config, agents=people)


def _names(queue: str, config: Config) -> Mapping[str, str]:
    """What the person of a queue is called; after the queue, if they have no name."""
    return NAMES.get(queue) or dict.fromkeys(config.hotline.languages, queue)


def made_up(config: Config) -> tuple[str, ...]:
    """Who of those that log in is made up, by name."""
    phones = {agent.phone for agent in made_up_agents(config).values()}
    return tuple(name for name, person in config.agents.items() if person.phone in phones)


def desk_phones(config: Config) -> Iterator[Phone]:
    """The phones of the desk: those of people who are made up, and those that the configuration names."""
    logins = {person.phone: name for name, person in config.agents.items()}
    acted = made_up_agents(config)
    for queue, agent in acted.items():
        yield Phone(agent.phone, _names(queue, config), (queue,), login=logins.get(agent.phone, ""))
    known = {agent.phone for agent in acted.values()}
    for name, person in config.agents.items():
        if person.phone.startswith("+") and person.phone not in known:
            names = {tongue: text.source for tongue, text in person.name.sentences.items()} if person.name else {}
            names = names or dict.fromkeys(config.hotline.languages, name)
            yield Phone(person.phone, names, person.queues, acted=False, login=name)
    known |= set(logins)
    for name, waiting in config.queues.items():
        for number in waiting.agents:
            if number not in known:
                yield Phone(number, dict.fromkeys(config.hotline.languages, number), (name,), acted=False)
