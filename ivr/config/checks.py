"""Finds what is wrong with settings that could be read: numbers, addresses, limits, names of nothing, people."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ivr.call.holiday_source import country_problem
from ivr.config.calendars import plain_texts, zone_problem
from ivr.config.places import Places
from ivr.config.settings import BackOfficeSettings, QueueSettings, Secret, Setting, Settings, TicketsSettings
from ivr.config.values import check_name, check_phone, check_reachable, check_url, listed, target_of
from ivr.flow.issues import Issue, Place, Severity, did_you_mean
from ivr.flow.media import unplayable
from ivr.flow.model import Seconds
from ivr.flow.reading.fields import fields_of
from ivr.flow.vocabulary import PREFIX, SOFTPHONE

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
ACCOUNT = re.compile(r"AC[0-9a-f]{32}")
SERVICE = re.compile(r"MG[0-9a-f]{32}")


def check(settings: Settings, places: Places, is_known: Callable[[str], bool], folder: Path) -> Iterator[Issue]:
    """Every problem of the settings, except those of calendars.

    `is_known` says whether there is such a language; `folder` is where the file stands.
    """
    yield from _hotline(settings, places, is_known)
    yield from _twilio(settings, places)
    yield from _store(settings, places)
    yield from _numbers(settings, places)
    yield from check_staff(settings, places, folder)
    yield from _console(settings, places)
    yield from _back_office(settings, places)
    yield from check_calendar(settings.tickets.calendar, settings, places.value("tickets", "calendar"))
    yield from _asked_by_http("tickets", settings.tickets, "ticket system", "to keep tickets here", places)
    yield from _ranges(settings, places)
    for section in ("calendars", "policies", "queues"):
        for name in getattr(settings, section):
            yield from check_name(name, places.key(section, name))
    for name, policy in settings.policies.items():
        if not policy.factors or len(set(policy.factors)) < len(policy.factors):
            yield Issue("factors", "write code, pin or both, each once", places.value("policies", name, "factors"))


def check_environment(settings: Settings, places: Places) -> Iterator[Issue]:
    """Variables whose name is not that of a variable; settings given twice. Never shows a value."""
    for path, given in settings_and_secrets(settings):
        if given.env and not VARIABLE.fullmatch(given.env):
            message = "this is no name of a variable, which is in capital letters such as TWILIO_AUTH_TOKEN"
            yield Issue("bad-variable", message, places.key(*path, "env"))
        if isinstance(given, Setting) and given.env and given.text:
            yield Issue("given-twice", "write the value or the name of its variable, not both", places.key(*path))


def settings_and_secrets(settings: Settings) -> Iterator[tuple[tuple[str, str], Setting | Secret]]:
    """Every setting that may come from the environment, with its path."""
    for section in ("twilio", "store", "back_office", "tickets"):
        for name, value in vars(getattr(settings, section)).items():
            if isinstance(value, (Setting, Secret)):
                yield (section, name), value


# --- sections -----------------------------------------------------------------------------------------------


def _hotline(settings: Settings, places: Places, is_known: Callable[[str], bool]) -> Iterator[Issue]:
    hotline = settings.hotline
    for index, code in enumerate(hotline.languages):
        place = places.value("hotline", "languages", index)
        if not is_known(code):
            message = f'"{code}" is no language; they are named by two or three letters, such as es, ja and ar'
            yield Issue("unknown-language", message, place)
        elif code in hotline.languages[:index]:
            yield Issue("unknown-language", f'"{code}" is written twice; keep one of them', place)
    if not hotline.languages:
        yield Issue("unknown-language", "a hotline speaks one language at least", places.value("hotline", "languages"))
    if problem := zone_problem(hotline.time_zone):
        yield Issue("unknown-zone", problem, places.value("hotline", "time_zone"))
    if problem := country_problem(hotline.country):
        yield Issue("unknown-country", problem, places.value("hotline", "country"))
    elif "-" in hotline.country:
        message = f'phone numbers belong to a whole country: "{hotline.country[:2]}", not "{hotline.country}"'
        yield Issue("unknown-country", message, places.value("hotline", "country"))
    if hotline.number:
        yield from check_phone(hotline.number, places.value("hotline", "number"))
    if hotline.public_url:
        yield from check_url(hotline.public_url, places.value("hotline", "public_url"))


def _twilio(settings: Settings, places: Places) -> Iterator[Issue]:
    twilio = settings.twilio
    sid, token = twilio.account_sid, twilio.auth_token
    if sid.value and not ACCOUNT.fullmatch(sid.value):
        message = "this is no account of Twilio, which begins with AC and has 34 characters"
        yield Issue("bad-account", message, places.value("twilio", "account_sid"))
    if bool(sid.value) is not bool(token.value):
        missing, given = (token, "account_sid") if sid.value else (sid, "auth_token")
        where = "auth_token" if sid.value else "account_sid"
        message = f"{given} is set and {where} is not; set the variable {missing.env}, or neither"
        yield Issue("half-configured", message, places.key("twilio", where))
    if twilio.messages_from and not SERVICE.fullmatch(twilio.messages_from):
        yield from check_phone(twilio.messages_from, places.value("twilio", "messages_from"))
    if sid.value and token.value and not settings.hotline.public_url:
        message = "Twilio is configured but hotline.public_url is not; no signature can be checked without it"
        yield Issue("half-configured", message, places.key("hotline", "public_url"))
    if sid.value and token.value and not settings.hotline.number:
        lacking = "agents" if twilio.messages_from else "agents and send text messages"
        message = f"Twilio is configured but there is no number to call {lacking} from; write hotline.number"
        yield Issue("half-configured", message, places.key("hotline", "number"), Severity.WARNING)
    if sid.value and token.value and not plain_texts(settings.messages.opening):
        message = "Twilio is configured and messages.opening is not; people do not see who writes a text message"
        yield Issue("half-configured", message, places.key("messages", "opening"), Severity.WARNING)


def _store(settings: Settings, places: Places) -> Iterator[Issue]:
    url, place = settings.store.url, places.value("store", "url")
    if not url.value:
        message = f"the variable {url.env} is not set" if url.env else "the store has no address"
        yield Issue("unset-variable", f"{message}; without it no call can be kept", places.key("store", "url"))
        return
    try:
        scheme, has_password = urlsplit(url.value).scheme.partition("+")[0], bool(urlsplit(url.value).password)
    except ValueError:
        scheme, has_password = "", False
    if scheme not in ("sqlite", "postgresql"):
        yield Issue("bad-url", "expected an address such as sqlite:///data/ivr.db or postgresql://…", place)
    elif has_password and url.text:
        message = (
            "a password stands in this address; put the whole address into a variable and write {env: DATABASE_URL}"
        )
        yield Issue("secret-in-file", message, places.key("store", "url"))


def _numbers(settings: Settings, places: Places) -> Iterator[Issue]:
    numbers = settings.numbers
    for index, prefix in enumerate(numbers.allowed):
        if not PREFIX.fullmatch(prefix):
            message = f'"{prefix}" is not the beginning of a number; expected + and a country code such as +86'
            yield Issue("bad-prefix", message, places.value("numbers", "allowed", index))
    for name, number in numbers.destinations.items():
        place = places.value("numbers", "destinations", name)
        yield from check_name(name, places.key("numbers", "destinations", name))
        yield from check_reachable(number, numbers.allowed, place)


def _back_office(settings: Settings, places: Places) -> Iterator[Issue]:
    office = settings.back_office
    if not office.module and (office.url is not None or office.token is not None):
        message = "a back office is asked by a Python module; write its name, module: my_back_office"
        yield Issue("half-configured", message, places.key("back_office"))
    yield from _asked_by_http("back_office", office, "back office", "for its demo", places)
    if office.url is not None and office.token is None:
        message = (
            "a back office is asked with a token; write the variable that holds it, token: {env: BACK_OFFICE_TOKEN}"
        )
        yield Issue("half-configured", message, places.key("back_office", "url"))


def _asked_by_http(
    section: str, given: BackOfficeSettings | TicketsSettings, what: str, without: str, places: Places
) -> Iterator[Issue]:
    """The address and the token of a system of others; `without` says what leaving the address out is good for."""
    url, token = given.url, given.token
    if url is None:
        if token is not None:
            yield Issue(
                "half-configured", f"a token needs the url of the {what} it is for", places.key(section, "token")
            )
        return
    if url.value:
        yield from check_url(url.value, places.value(section, "url"))
    else:
        message = f"the variable {url.env} is not set" if url.env else f"the {what} has no address"
        yield Issue("unset-variable", f"{message}; leave url out {without}", places.key(section, "url"))
    if token is not None and not token.value:
        yield Issue("unset-variable", f"the variable {token.env} is not set", places.key(section, "token"))


def _console(settings: Settings, places: Places) -> Iterator[Issue]:
    console = settings.console
    if console.public_url:
        yield from check_url(console.public_url, places.value("console", "public_url"))
    if console.idle > console.longest:
        message = f"a login that lasts {console.longest} seconds never rests for {console.idle}; make idle the shorter"
        yield Issue("out-of-range", message, places.value("console", "idle"))
    if not console.codes:
        message = "an agent picks one of these after every talk; write one at least, or leave codes out"
        yield Issue("no-codes", message, places.key("console", "codes"))
    for name in console.codes:
        yield from check_name(name, places.key("console", "codes", name))


def _ranges(settings: Settings, places: Places) -> Iterator[Issue]:
    for path, section in _sections(settings):
        for name, shape in fields_of(type(section)).items():
            if shape.span is None:
                continue
            value, (least, most) = getattr(section, shape.name), shape.span
            if not least <= value <= most:
                unit = " seconds" if shape.annotation is Seconds else ""
                message = f"{name} is {value:g}{unit}; expected {least:g} to {most:g}{unit}"
                yield Issue("out-of-range", message, places.value(*path, name))
    keep = settings.keep
    if keep.recording_days > keep.record_days:
        message = (
            f"recordings would be kept for {keep.recording_days} days, but the record of their calls for "
            f"{keep.record_days} only; write recording_days: {keep.record_days} or less"
        )
        yield Issue("out-of-range", message, places.value("keep", "recording_days"))
    limits = settings.limits
    if limits.give_up_after < limits.filler_after:
        message = "give_up_after comes before filler_after; the caller would never hear that we are looking"
        yield Issue("out-of-range", message, places.value("limits", "give_up_after"))


def _sections(settings: Settings) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, section in vars(settings).items():
        if isinstance(section, Mapping):
            yield from (((name, key), each) for key, each in section.items())
        else:
            yield (name,), section


SHORT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def check_staff(settings: Settings, places: Places, folder: Path) -> Iterator[Issue]:
    """Every problem of `queues` and `agents`. Files to be played are looked for in `folder`."""
    for name, queue in settings.queues.items():
        yield from _queue(name, queue, settings, places)
        if queue.music and (why := unplayable(queue.music, folder)):
            yield Issue("bad-music", why, places.value("queues", name, "music"))
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
