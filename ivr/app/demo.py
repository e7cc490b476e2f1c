"""Who calls and who answers where a hotline is tried out: the made-up people of its back office, or anybody's.

Without a demo of a back office, callers and agents have example numbers of the hotline's own country.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from ivr.call.countries import example_numbers
from ivr.config import Config
from ivr.hotline.back_office import BackOffice, NoBackOffice
from ivr.hotline.demo import Demo, DemoAgent, DemoCaller
from ivr.hotline.handlers import HandlerMistake, imported
from ivr.hotline.numbers import allowed

SERVICE_NUMBERS = {"CN": "+864008200000"}
"""What is dialled, by country, when the configuration names no number; elsewhere, an example number."""
ANYBODY = {
    "zh": "您好，我是客服，您的情况我已经看到了，马上为您处理。",
    "en": "Hello. I can see what you called about and will look after it right away.",
}
"""What somebody says who answers a queue, if the demo of the back office does not say it."""
CALLERS = 2
AGENTS_FROM = 50
"""The first of the country's example numbers that are agents'; those before it are callers'."""


def demo_of(config: Config) -> Demo | None:
    """The demo that answers in place of a real back office, if any. Raises HandlerMistake for a broken module."""
    return None if config.has_real_back_office else _demo(config)


def connect(config: Config, now: datetime) -> BackOffice:
    """The back office of a configuration, or its demo as of this moment if it has no address.

    Raises HandlerMistake for a module that cannot be used, and what connecting raises.
    """
    if not config.back_office.module:
        return NoBackOffice()
    demo = demo_of(config)
    if demo is not None:
        return demo.open(now, ZoneInfo(config.hotline.time_zone), {})
    office = config.back_office
    module = _module(config)
    if not hasattr(module, "connect"):
        raise HandlerMistake(f'the back office "{office.module}" has no function connect(url, token, timeout_seconds)')
    url = office.url.value if office.url else ""
    made: BackOffice = module.connect(url, office.token.value if office.token else "", office.timeout)
    return made


def demo_callers(config: Config, now: datetime) -> Sequence[DemoCaller]:
    """Whom to call as. Where there is no back office, a caller for each language, whom nobody knows.

    Nobody where a real back office is asked: made-up people are not in it.
    """
    if config.has_real_back_office:
        return ()
    demo = demo_of(config)
    if demo is not None:
        return demo.callers(now)
    languages = [*config.hotline.languages, *config.hotline.languages][: max(CALLERS, len(config.hotline.languages))]
    numbers = example_numbers(config.hotline.country)
    return tuple(
        DemoCaller(phone=phone, language=language, names={"zh": f"来电者{place}", "en": f"Caller {place}"})
        for place, (language, phone) in enumerate(zip(languages, numbers, strict=False), start=1)
    )


def default_caller(config: Config, now: datetime) -> str:
    """The number that calls where nobody is named: of the first made-up caller, or of the hotline's country."""
    demo = demo_of(config)
    if demo is not None and (callers := demo.callers(now)):
        return callers[0].phone
    return next(example_numbers(config.hotline.country), "")


def demo_agents(config: Config) -> Mapping[str, DemoAgent]:
    """Somebody for every queue that has nobody of its own; nobody's own number is taken for it.

    Their phones are softphones where the configuration does not allow their numbers to be rung.
    """
    numbers = islice(example_numbers(config.hotline.country), AGENTS_FROM, None)
    made_up = {name: _made_up(name, config, numbers) for name in config.queues}
    known = {(agent.login, agent.phone) for agent in made_up.values()}
    own = [one for name, one in config.agents.items() if (name, one.phone) not in known]
    taken = {one.phone for one in own} | {number for queue in config.queues.values() for number in queue.agents}
    free = (number for number in numbers if number not in taken)
    return {
        name: replace(agent, phone=next(free, f"client:{name}")) if agent.phone in taken else agent
        for name, agent in made_up.items()
        if not config.queues[name].agents and not any(name in one.queues for one in own)
    }


def _made_up(queue: str, config: Config, numbers: Iterator[str]) -> DemoAgent:
    """Whom the demo of the back office has for a queue, or else anybody, at the next of these numbers."""
    demo = _demo(config)
    agent = demo.agents.get(queue) if demo is not None else None
    if agent is None:
        names = dict.fromkeys(config.hotline.languages, queue)
        agent = DemoAgent(phone=next(numbers, ""), login=f"{queue}_1", names=names, says=ANYBODY)
    return agent if allowed(agent.phone, config.numbers.allowed) else replace(agent, phone=f"client:{queue}")


def service_number(config: Config) -> str:
    country = config.hotline.country
    return config.hotline.number or SERVICE_NUMBERS.get(country) or next(example_numbers(country, service=True))


def _demo(config: Config) -> Demo | None:
    if not config.back_office.module:
        return None
    demo: Any = getattr(_module(config), "demo", None)
    if demo is not None and not isinstance(demo, Demo):
        raise HandlerMistake(f'"demo" of the back office "{config.back_office.module}" is no ivr.hotline.demo.Demo')
    return demo


def _module(config: Config) -> ModuleType:
    return imported(config.back_office.module, config.folder)
