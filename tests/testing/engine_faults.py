"""Faults of our own engine, each a function of production exchanged for one that does it wrong."""

# ruff: noqa: E501 - a fault is one line

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from ivr.call import engine, prompts
from ivr.call.events import Spoken, TicketOpened
from ivr.call.steps import asking, branching, callback, identifying, line, menus, speaking, ticket
from ivr.call.turn import TurnContext
from ivr.call.values import Value
from ivr.flow.model import key_outcome

Change = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class EngineFault:
    """`change` lasts as long as its block; `found_by` is the property that must be refuted meanwhile."""

    name: str
    found_by: str
    change: Change


def _fault(name: str, found_by: str, change: Change) -> EngineFault:
    return EngineFault(name, found_by, change)


def _set(owner: object, attribute: str, value: object) -> Change:
    return lambda: patch.object(owner, attribute, value)


def _never_spent(step: Any, context: TurnContext, cause: str, *, aloud: bool = True) -> bool:
    context.note({"tries": "0"})
    return False


def _any_answer_verifies(step: Any, context: TurnContext, told: Any) -> Any:
    if told.outcome == "wrong":
        context.session = dataclasses.replace(context.session, account=context.noted("account"), factor="code")
        return "verified"
    return _checked(step, context, told)


def _unlimited(step: Any, context: TurnContext, told: Any) -> Any:
    context.note({"wrong": ""})
    return _checked(step, context, told)


_checked = identifying._checked


def _without_values(step: Any, context: TurnContext, heard: Any) -> Any:
    return _handled(step, context, dataclasses.replace(heard, values={}))


def _always_first(step: Any, context: TurnContext, keys: str, again: Any) -> Any:
    return None if keys == "0" else _global_key(step, context, keys, again)


_global_key = asking.global_key
_handled = branching.handled
_identify_heard = identifying.identify_heard
_menu_heard = menus.menu_heard
_opened = ticket._opened


def _kept_secret(step: Any, context: TurnContext, what: Any) -> Any:
    if context.noted("account") and getattr(what, "keys", "").isdigit():
        context.keep("last_entry", Value("digits", what.keys))
    return _identify_heard(step, context, what)


def _spoken_secret(step: Any, context: TurnContext, what: Any) -> Any:
    if context.noted("account") and getattr(what, "keys", "").isdigit():
        answer = {"answer": Value("digits", what.keys)}
        context.utter(context.language.say(context.language.phrases.confirm, answer, context.today))
    return _identify_heard(step, context, what)


FAULTS: tuple[EngineFault, ...] = (
    _fault("menus count no tries", "silence-ends", _set(menus, "spent", _never_spent)),
    _fault("the identification counts no tries", "silence-ends", _set(identifying, "spent", _never_spent)),
    _fault("wrong codes are not counted", "guesses-end", _set(identifying, "_checked", _unlimited)),
    _fault("a wrong code verifies", "verified_first", _set(identifying, "_checked", _any_answer_verifies)),
    _fault("everybody passes the identification", "verified_first", _set(identifying, "identify", lambda step, context: "verified")),
    _fault("a PIN is kept in the session", "keeps_secrets", _set(identifying, "identify_heard", _kept_secret)),
    _fault("a PIN is spoken", "keeps_secrets", _set(identifying, "identify_heard", _spoken_secret)),
    _fault("0 is not heard", "goes_as_written", _set(menus, "global_key", _always_first)),
    _fault("key 1 does what 2 does", "goes_as_written", _set(menus, "key_outcome", lambda key: key_outcome("2" if key == "1" else key))),
    _fault("the language is never changed", "goes_as_written", _set(TurnContext, "speak_language", lambda self, code: None)),
    _fault("everything is said in Chinese", "speaks-the-language", _set(
        prompts, "text_of", lambda text, language, fallback=(): (text.sentences.get("zh") or text.sentences["en"], language))),
    _fault("what handlers find is lost", "never-breaks", _set(branching, "handled", _without_values)),
    _fault("it is always open", "goes_as_written", _set(branching, "hours", lambda step, context: "open")),
    _fault("texts are not sent", "texts_are_sent", _set(speaking, "sms", lambda step, context: "next")),
    _fault("tickets are not opened", "tickets_are_opened", _set(ticket, "ticket", lambda step, context: (
        context.keep(step.into, Value("reference", "7000001")) or "next"))),
    _fault("tickets say nothing", "tickets_are_opened", _set(ticket, "_opened", lambda *what, **more: dataclasses.replace(
        _opened(*what, **more), about={}))),
    _fault("who hangs up in a queue is forgotten", "who_gives_up_waiting_is_noted", _set(ticket, "unfinished", lambda step, context: None)),
    _fault("somebody is called back at night", "dates-are-working-days", _set(callback, "_next_open", lambda calendar, moment, context: moment)),
    _fault("we open when nobody works", "dates-are-working-days", _set(branching, "_keep_next_opening", lambda found, context: context.keep("next_opening", Value("datetime", "2026-11-29T03:00:00+08:00")))),
    _fault("a late code is an account", "late-secrets", _set(identifying, "_like_a_secret", lambda step, context, keys: False)),
    _fault("a hang-up is a yes", "hang-up-is-no-yes", _set(engine, "unfinished_ticket", lambda step, context: dataclasses.replace(
        TicketOpened(context.world.new_reference(), "callback", "normal"), complete=True))),
    _fault("only the question is repeated", "answers-again", _set(TurnContext, "repeat_answer", lambda self: None)),
    _fault("urgent words are not heard", "urgent-words", _set(menus, "menu_heard", lambda step, context, heard: (
        _menu_heard(step, context, Spoken("嗡嗡嗡") if isinstance(heard, Spoken) else heard)))),
    _fault("a call back is booked by nobody", "callbacks_are_booked", _set(callback, "callback_decided", lambda step, context, heard: "booked")),
    _fault("the full queue takes everybody", "queues_take_whom_they_can", _set(line, "queue", lambda step, context: (
        context.say(step.say) or line.wait_of(step, context)))),
    _fault("a menu breaks when it hears words", "never-breaks", _set(menus, "menu_heard", lambda step, context, heard: (
        _menu_heard(step, context, heard) if not isinstance(heard, Spoken) else step.nothing))),
)  # fmt: skip
