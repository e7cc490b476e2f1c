"""Finds what is wrong with queues, and with the agents who answer them."""

import re
from collections.abc import Iterator
from pathlib import Path

from ivr.config.places import Places
from ivr.config.settings import QueueSettings, Settings
from ivr.config.values import check_reachable, listed, target_of
from ivr.flow.issues import Issue, Place, did_you_mean
from ivr.flow.media import unplayable
from ivr.flow.vocabulary import SOFTPHONE

SHORT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def check_staff(settings: Settings, places: Places, folder: Path) -> Iterator[Issue]:
    """Every problem of `queues` and `agents`. Files to be played are looked for in `folder`."""
    for name, queue in settings.queues.items():
        yield from _queue(name, queue, settings, places)
        yield from _music(queue.music, places.value("queues", name, "music"), folder)
    for name in settings.agents:
        yield from _agent(name, settings, places)
    yield from _phones(settings, places)


# --- queues -------------------------------------------------------------------------------------------------


def check_calendar(name: str, settings: Settings, place: Place) -> Iterator[Issue]:
    if name and name not in settings.calendars:
        hint = did_you_mean(name, settings.calendars) or f"; there is {listed(settings.calendars)}"
        yield Issue("unknown-calendar", f'"{name}" is not a calendar{hint}', place)


def _queue(name: str, queue: QueueSettings, settings: Settings, places: Places) -> Iterator[Issue]:
    yield from check_calendar(queue.calendar, settings, places.value("queues", name, "calendar"))
    for index, number in enumerate(queue.agents):
        yield from check_reachable(number, settings.numbers.allowed, places.value("queues", name, "agents", index))
    if queue.target and target_of(queue.target) is None:
        message = f'"{queue.target}" is no target; write how many percent in what time, such as 80 % in 20 s'
        yield Issue("bad-target", message, places.value("queues", name, "target"))


def _music(music: str, place: Place, folder: Path) -> Iterator[Issue]:
    if music and (why := unplayable(music, folder)):
        yield Issue("bad-music", why, place)


# --- agents -------------------------------------------------------------------------------------------------


def _agent(name: str, settings: Settings, places: Places) -> Iterator[Issue]:
    agent, key = settings.agents[name], places.key("agents", name)
    if not SHORT_NAME.fullmatch(name):
        expected = "an agent's has a-z, digits and -, 40 at most; what people are called stands under name"
        yield Issue("bad-name", f'"{name}" is not a short name; {expected}', key)
    elif name in settings.queues:
        message = f'"{name}" is a queue already; a caller is handed to either by name, so call the agent otherwise'
        yield Issue("name-twice", message, key)
    place = places.value("agents", name, "phone")
    if agent.phone.startswith("client:"):
        if not SOFTPHONE.fullmatch(agent.phone):
            message = "a softphone is client: and its name of letters, digits, _, . and -, such as client:li"
            yield Issue("bad-number", message, place)
    else:
        yield from check_reachable(agent.phone, settings.numbers.allowed, place)
    for index, queue in enumerate(agent.queues):
        place = places.value("agents", name, "queues", index)
        yield from _known_queue(queue, settings, place)
        yield from _once(queue, agent.queues[:index], place)
    for index, code in enumerate(agent.languages):
        yield from _once(code, agent.languages[:index], places.value("agents", name, "languages", index))
    if not agent.queues and agent.role == ("agent",):
        message = "an agent without queues gets no caller; write queues, or role: supervisor for somebody who looks on"
        yield Issue("no-queues", message, key)


def _phones(settings: Settings, places: Places) -> Iterator[Issue]:
    """A phone belongs to one agent: otherwise nobody could say whose talk it is."""
    bare = {number: name for name, queue in settings.queues.items() for number in queue.agents}
    whose: dict[str, str] = {}
    for name, agent in settings.agents.items():
        place = places.value("agents", name, "phone")
        if agent.phone in bare:
            message = f"this phone stands under queues.{bare[agent.phone]}.agents too; take it away there"
            yield Issue("phone-twice", message, place)
        elif agent.phone in whose:
            yield Issue("phone-twice", f'this is the phone of "{whose[agent.phone]}" too; each needs one alone', place)
        whose.setdefault(agent.phone, name)
    if settings.hotline.number and settings.hotline.number in {*bare, *whose}:
        whom = whose.get(settings.hotline.number)
        where = ("agents", whom, "phone") if whom else ("queues", bare[settings.hotline.number], "agents")
        message = "this is the number of the hotline itself; it would ring itself"
        yield Issue("phone-twice", message, places.value(*where))


def _known_queue(queue: str, settings: Settings, place: Place) -> Iterator[Issue]:
    if queue not in settings.queues:
        hint = did_you_mean(queue, settings.queues) or f"; there is {listed(settings.queues)}"
        yield Issue("unknown-queue", f'"{queue}" is not a queue{hint}', place)


def _once(word: str, before: tuple[str, ...], place: Place) -> Iterator[Issue]:
    if word in before:
        yield Issue("written-twice", f'"{word}" is written twice; keep one of them', place)
