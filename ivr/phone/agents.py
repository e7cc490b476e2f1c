"""Who is at the telephones: made-up people who may call, and the agents who answer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ivr.app.demo import demo_agents, demo_callers, demo_of
from ivr.config import AgentSettings, Config
from ivr.flow.model import Flow, Handle, Sentence, Text
from ivr.phone.transcript import Row

MOST_CALLS = 3
"""How much is offered as worth trying, of each person."""


@dataclass(frozen=True, slots=True)
class AgentPhone:
    """An agent's telephone: its number, whose it is in each language, and the queues it answers."""

    number: str
    name: Mapping[str, str]
    queues: tuple[str, ...]
    is_demo: bool = True
    """A demo agent answers it, unless it is taken by hand."""
    login: str = ""


def callers(config: Config, now: datetime, flows: Iterable[Flow]) -> list[Row]:
    """Whom to call as, and what is worth trying where these flows ask for it; nobody where a real office is asked."""
    titles = _titles(flows)
    demo = demo_of(config)
    return [
        {
            "phone": person.phone, "language": person.language, "names": person.names, "account": person.account,
            "pin": person.pin, "situation": person.situation,
            "secrets": [{"label": secret.label, "text": secret.text} for secret in person.secrets],
            "routes": [
                {"keys": call.keys, "outcome": call.outcome.replace("_", " "),
                 "title": titles.get(call.handler) or None}
                for call in (demo.calls(person)[:MOST_CALLS] if demo is not None else ())
                if call.handler in titles or (titles and not call.handler)
            ],
        }
        for person in demo_callers(config, now)
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
        agent.login: AgentSettings(
            name=Text({tongue: Sentence((told,)) for tongue, told in agent.names.items()}),
            phone=agent.phone,
            queues=(queue,),
            role=(agent.role,),
        )
        for queue, agent in demo_agents(config).items()
    }
    return replace(config, agents=people)


def demo_agent_names(config: Config) -> tuple[str, ...]:
    phones = {agent.phone for agent in demo_agents(config).values()}
    return tuple(name for name, person in config.agents.items() if person.phone in phones)


def agent_phones(config: Config) -> Iterator[AgentPhone]:
    """The telephones of agents: those of demo agents, and those that the configuration names."""
    logins = {person.phone: name for name, person in config.agents.items()}
    demo = demo_agents(config)
    for queue, agent in demo.items():
        yield AgentPhone(agent.phone, agent.names, (queue,), login=logins.get(agent.phone, ""))
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
