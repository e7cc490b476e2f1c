"""The agents of a configuration: who answers, which queue rings whom, and by which rules."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from ivr.agents.model import Agent
from ivr.agents.rules import CallbackRule, QueueRule, Rules
from ivr.config import Config
from ivr.config.calendars import plain_texts
from ivr.config.values import target_of
from ivr.hotline.handlers import load_value_names

if TYPE_CHECKING:
    from ivr.hotline.reports.waits import Target


def agent_rules(config: Config, phones: Mapping[str, tuple[str, ...]]) -> Rules:
    """How the agents work. `phones` are the bare ones by queue: each is an agent of its own, who is always there."""
    everybody = agents_of(config)
    for number in dict.fromkeys(number for some in phones.values() for number in some):
        queues = tuple(name for name, some in phones.items() if number in some)
        everybody.setdefault(number, Agent(name=number, phone=number, queues=queues, has_login=False))
    calendars = config.queue_calendars
    return Rules(
        agents=everybody,
        queues={
            name: QueueRule(
                name,
                phones[name],
                tuple(agent for agent, who in config.agents.items() if name in who.queues),
                most=queue.most,
                longest_seconds=queue.longest_wait,
                calendar=calendars.get(name),
                priority=queue.priority,
                pause_seconds=queue.announce_every,
                music=queue.music,
                estimate=queue.estimate,
                ring_for=timedelta(seconds=queue.ring_for),
                wrap_up=timedelta(seconds=queue.wrap_up),
                longest_wrap_up=timedelta(seconds=queue.longest_wrap_up),
            )
            for name, queue in config.queues.items()
        },
        callbacks=CallbackRule(
            tries=config.callbacks.tries,
            again_after=timedelta(seconds=config.callbacks.again_after),
            ring_for=timedelta(seconds=config.callbacks.ring_for),
        ),
        hotline_name={code: words.strip("【】:： ") for code, words in config.message_opening.items()},
        languages=config.hotline.languages,
        vanished_after=timedelta(seconds=config.console.vanished_after),
    )


def agents_of(config: Config) -> dict[str, Agent]:
    """Those who answer and log in, by name. The bare phones of queues are not among them."""
    return {
        name: Agent(
            name=name,
            phone=agent.phone,
            queues=agent.queues,
            languages=agent.languages,
            roles=agent.role,
            shown=plain_texts(agent.name),
        )
        for name, agent in config.agents.items()
    }


def queue_titles(config: Config) -> dict[str, dict[str, str]]:
    """What people call each queue, by language; its `doc` where it has no name."""
    first = config.hotline.languages[0]
    return {name: plain_texts(queue.name) or ({first: queue.doc} if queue.doc else {})
            for name, queue in config.queues.items()}  # fmt: skip


def value_names(config: Config) -> dict[str, Mapping[str, str]]:
    """What agents read beside the values of this hotline: as its handlers name them, or the configuration."""
    own = {name: plain_texts(text) for name, text in config.console.values.items()}
    return {**load_value_names(config.hotline.handlers, config.folder), **own}


def targets(config: Config) -> "dict[str, Target]":
    """How soon callers are to be answered, by queue; queues without a target are left out."""
    from ivr.hotline.reports.waits import Target  # no call needs what reports do

    found = {name: target_of(queue.target) for name, queue in config.queues.items()}
    return {name: Target(*target) for name, target in found.items() if target is not None}
