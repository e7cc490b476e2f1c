"""The faults that are planted: pieces of flows exchanged, and functions of engine and handlers that do it wrong."""

# ruff: noqa: E501 - pieces of flows are quoted as they stand

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from ivr.call import prompts
from ivr.call.events import Spoken
from ivr.call.steps import asking, branching, callback, identifying, queue, sms, ticket
from ivr.call.turn import TurnContext
from ivr.call.values import Value
from ivr.flow.model import key_outcome
from ivr.hotline import handlers
from ivr.hotline.handlers import Case, Found, found

Change = Callable[[], AbstractContextManager[Any]]
Edit = tuple[str, str, str]
"""A file, what stands there once, and what is put in its place."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `edits` of flows, or `changes` of the program that last as long as their block."""

    name: str
    where: str
    edits: tuple[Edit, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


def _flow(name: str, *edits: Edit) -> Fault:
    return Fault(name, "flows", edits)


# --- in the flows ---------------------------------------------------------------------------------------------------

HOTLINE, REFUND, PERSON, LATER = "hotline.yaml", "refund.yaml", "person.yaml", "later.yaml"
SECURITY, COMPLAINT, IDENTITY = "security.yaml", "complaint.yaml", "identity.yaml"

_FLOWS = (
    # ways out to the wrong step
    _flow("accounts lead to payments", (HOTLINE, "next: account\n", "next: payments\n")),
    _flow("refunds lead to withdrawals", (HOTLINE, "next: refund\n", "next: withdrawal_failure\n")),
    _flow("an overdue refund is promised, and no ticket opened",
          (REFUND, "next: overdue_ticket", "next: overdue_text")),
    _flow("a late withdrawal is traced by nobody",
          ("withdrawal_failure.yaml", "we are sorry. We will trace it.\n      next: trace",
           "we are sorry. We will trace it.\n      next: done")),
    _flow("a recorded complaint goes nowhere", (COMPLAINT, "recorded: ticket", "recorded: told")),
    _flow("a message goes nowhere", (LATER, "recorded: message_ticket", "recorded: message_text")),
    _flow("a message's ticket lacks the recording", (LATER, "about: [customer, recording]", "about: [customer]")),
    _flow("callers are hung up on after hours",
          (HOTLINE, "To leave a message or be called back, press 0.\n        next: main\n      holiday",
           "To leave a message or be called back, press 0.\n        next: goodbye\n      holiday")),
    _flow("whoever leaves the queue is back in it", (PERSON, "left: later", "left: line")),
    _flow("whoever leaves the security queue is forgotten", (SECURITY, "left: claim_call", "left: done")),
    _flow("a complaint goes to ordinary support", (COMPLAINT, "queue: senior\n", "queue: support\n")),
    _flow("after a fraud the caller is not connected", (SECURITY, "receipt: {run: receipt, on: {told: claim_line}}",
          "receipt: {run: receipt, on: {told: done}}")),
    _flow("a denied payment is not reported", (SECURITY, "on: {yes: before, no: report}", "on: {yes: report, no: before}")),
    _flow("two keys are exchanged", (HOTLINE, "- key: 1\n        label: {zh: 提现失败或未到账", "- key: 2\n        label: {zh: 提现失败或未到账"),
          (HOTLINE, "- key: 2\n        label: {zh: 退款, en", "- key: 1\n        label: {zh: 退款, en")),
    _flow("two choices have one key", (HOTLINE, "- key: 2\n        label: {zh: 手续费和限额", "- key: 1\n        label: {zh: 手续费和限额")),
    # tries without an end, circles
    _flow("the greeting never gives up", (HOTLINE, "tries: 2\n    exhausted: notices", "tries: 2\n    exhausted: welcome")),
    _flow("silence starts every menu over", (HOTLINE, "exhausted: person\n", "exhausted: main\n")),
    _flow("the reference number is told for ever", ("receipt.yaml", "exhausted: told", "exhausted: number")),
    _flow("what to do instead is asked for ever", (LATER, "exhausted: done", "exhausted: what")),
    _flow("after the last try for an account it begins again",
          (IDENTITY, "en: That is all right. One of our team will help you with this.\n        next: person",
           "en: That is all right. One of our team will help you with this.\n        next: who")),
    _flow("anything else leads round for ever", (HOTLINE, "tries: 2\n    exhausted: survey", "tries: 2\n    exhausted: anything_else")),
    _flow("the survey is asked for ever", (HOTLINE, "or 4.\n    next: goodbye", "or 4.\n    next: survey")),
    _flow("an unknown case is looked up over and over",
          ("case_status.yaml", "next: content\n      not_found: nothing\n\n  hurry_it", "next: content\n      not_found: look_up\n\n  hurry_it")),
    _flow("a report that fails is made over and over", (SECURITY, "not_found: before", "not_found: report")),
    _flow("a frozen account is guessed at over and over", ("freeze.yaml", "{frozen: frozen, not_matched: not_frozen, unavailable: not_frozen}",
          "{frozen: frozen, not_matched: tail, unavailable: not_frozen}")),
    # people and the security lane out of reach
    _flow("nobody is behind 0", (HOTLINE, "on: {open: who, closed: person}", "on: {open: main, closed: main}")),
    _flow("0 is no key any more", (HOTLINE, 'keys: {"0": agent, "9": security', 'keys: {"9": security')),
    _flow("the person is a circle", (PERSON, "later: {run: later, on: {done: done, menu: menu}}", "later: {run: person, on: {done: done, menu: menu, talked: talked}}")),
    _flow("no key to the security lane", (HOTLINE, '"9": security, "8"', '"8"'),
          (HOTLINE, '    keys: {"9": security_language}\n', "")),
    _flow("9 works at the greeting only", (HOTLINE, '"9": security, "8"', '"8"')),
    _flow("silence on the way to the security lane ends the call", (HOTLINE, "tries: 2\n    exhausted: security", "tries: 2\n    exhausted: goodbye")),
    _flow("a question before the security lane", (HOTLINE, 'keys: {"9": security_language}', 'keys: {"9": main}')),
    _flow("silence in the security lane ends it", (SECURITY, "defaults:\n  exhausted: team", "defaults:\n  exhausted: done")),
    _flow("in the security lane 0 leads to ordinary support", (SECURITY, 'keys: {"0": team}\n', "")),
    # languages and words
    _flow("the goodbye is Chinese only", (HOTLINE, "{zh: 感谢您的来电，再见。, en: Thank you for calling. Goodbye.}", "{zh: 感谢您的来电，再见。}")),
    _flow("a menu is Chinese in English", (HOTLINE, "en: Account and login.", "en: 账户与登录。")),
    _flow("a menu is English in Chinese", (HOTLINE, "zh: 账户与登录。", "zh: Here is your account and login menu。")),
    _flow("2 is English and leads on in Chinese", (HOTLINE, "- key: 2\n        language: en\n", "- key: 2\n        language: zh\n")),
    _flow("a text message is Chinese in English", (LATER, "We have your message and will answer within three days. Reference", "我们已收到您的留言。Reference")),
    _flow("a key is said that is not there", (HOTLINE, 'say: "For English, press 2."', 'say: "For English, press 3."')),
    # values, documents, secrets
    _flow("a text needs a value that nobody sets", (REFUND, "The money will arrive by {expected_on}", "The money will arrive by {paid_on}")),
    _flow("a text message is far too long", (REFUND, "is marked as urgent now; we will answer within two days.", "is marked as urgent now. " * 120)),
    _flow("a reply is far too large", (HOTLINE, "en: Account and login.", "en: " + "Account and login. " * 2500)),
    _flow("the way to a person takes minutes", (HOTLINE, "en: Hello, this is CloudWallet customer support.", "en: " + "Hello, this is CloudWallet customer support. " * 60)),
    _flow("an account is told to whoever calls", (REFUND, "next: who_latest}", "next: latest}")),
    _flow("a locked caller counts as verified",
          (IDENTITY, "One of our team will help you.\n        next: person", "One of our team will help you.\n        next: verified")),
    _flow("an outcome has no way out", (HOTLINE, "    unavailable: person\n", "")),
    _flow("news of an account go to the calling number",
          (REFUND, "two days. Reference: {ticket}.\"\n    to: registered", "two days. Reference: {ticket}.\"\n    to: caller")),
    _flow("a fraud is no urgent ticket", (SECURITY, "priority: urgent", "priority: normal")),
    _flow("a chosen time is not read back", (LATER, "into: wished_time\n    confirm: true\n", "into: wished_time\n")),
)  # fmt: skip


# --- in the engine --------------------------------------------------------------------------------------------------


def _engine(name: str, *changes: Change) -> Fault:
    return Fault(name, "engine", changes=changes)


def _set(owner: object, attribute: str, value: object) -> Change:
    return lambda: patch.object(owner, attribute, value)


def _never_spent(step: Any, context: TurnContext, cause: str, *, aloud: bool = True) -> bool:
    context.note(tries="0")
    return False


def _any_answer_verifies(step: Any, context: TurnContext, told: Any) -> Any:
    if told.outcome == "wrong":
        context.session = dataclasses.replace(context.session, account=context.noted("account"), factor="code")
        return "verified"
    return _checked(step, context, told)


def _unlimited(step: Any, context: TurnContext, told: Any) -> Any:
    context.note(wrong="")
    return _checked(step, context, told)


_checked = identifying._checked


def _without_values(step: Any, context: TurnContext, heard: Any) -> Any:
    return _handled(step, context, dataclasses.replace(heard, values={}))


def _always_first(step: Any, context: TurnContext, keys: str, again: Any) -> Any:
    return None if keys == "0" else _global_key(step, context, keys, again)


_global_key = asking.global_key
_handled = branching.handled
_identify_heard = identifying.identify_heard
_menu_heard = asking.menu_heard
_ticket = ticket._ticket


def _kept_secret(step: Any, context: TurnContext, what: Any) -> Any:
    if context.noted("account") and getattr(what, "keys", "").isdigit():
        context.keep("last_entry", Value("digits", what.keys))
    return _identify_heard(step, context, what)


_ENGINE = (
    _engine("menus count no tries", _set(asking, "spent", _never_spent)),
    _engine("the identification counts no tries", _set(identifying, "spent", _never_spent)),
    _engine("wrong codes are not counted", _set(identifying, "_checked", _unlimited)),
    _engine("a wrong code verifies", _set(identifying, "_checked", _any_answer_verifies)),
    _engine("everybody passes the identification", _set(identifying, "identify", lambda step, context: "verified")),
    _engine("a PIN is kept in the session", _set(identifying, "identify_heard", _kept_secret)),
    _engine("0 is not heard", _set(asking, "global_key", _always_first)),
    _engine("key 1 does what 2 does", _set(asking, "key_outcome", lambda key: key_outcome("2" if key == "1" else key))),
    _engine("the language is never changed", _set(TurnContext, "speak_language", lambda self, code: None)),
    _engine("everything is said in Chinese", _set(
        prompts, "text_of", lambda text, language, fallback=(): (text.sentences.get("zh") or text.sentences["en"], language))),
    _engine("what handlers find is lost", _set(branching, "handled", _without_values)),
    _engine("it is always open", _set(branching, "hours", lambda step, context: "open")),
    _engine("texts are not sent", _set(sms, "sms", lambda step, context: "next")),
    _engine("tickets are not opened", _set(ticket, "ticket", lambda step, context: (
        context.keep(step.into, Value("reference", "7000001")) or "next"))),
    _engine("tickets say nothing", _set(ticket, "_ticket", lambda step, context, *, complete: dataclasses.replace(
        _ticket(step, context, complete=complete), about={}))),
    _engine("who hangs up in a queue is forgotten", _set(ticket, "unfinished", lambda step, context: None)),
    _engine("a call back is booked by nobody", _set(callback, "callback_decided", lambda step, context, heard: "booked")),
    _engine("the full queue takes everybody", _set(queue, "queue", lambda step, context: (
        context.say(step.say) or queue.queueing(step, context)))),
    _engine("a menu breaks when it hears words", _set(asking, "menu_heard", lambda step, context, heard: (
        _menu_heard(step, context, heard) if not isinstance(heard, Spoken) else step.nothing))),
)  # fmt: skip


# --- in handlers ----------------------------------------------------------------------------------------------------


def _handler(name: str, of: str, function: Callable[..., Found]) -> Fault:
    @contextmanager
    def change() -> Iterator[None]:
        entry = handlers.handler_named(of)
        with patch.dict(handlers._handlers, {of: dataclasses.replace(entry, function=function)}):
            yield

    return Fault(name, "handlers", changes=(change,))


def _really(name: str, case: Case, given: Mapping[str, Any]) -> Found:
    return _ORIGINALS[name](case, **given)


_ORIGINALS = {name: entry.function for name, entry in handlers.load_handlers().items()}


def _instead(name: str, of: str, outcome: str, other: str) -> Fault:
    """The handler answers `other` where it should answer `outcome`, with the same values."""

    def answer(case: Case, **given: Any) -> Found:
        told = _really(of, case, given)
        return dataclasses.replace(told, outcome=other) if told.outcome == outcome else told

    return _handler(name, of, answer)


def _frozen_by_anybody(case: Case, **given: Any) -> Found:
    return found("frozen")


def _fails(case: Case, **given: Any) -> Found:
    raise KeyError("amount")


_HANDLERS = (
    _instead("an overdue refund is only approved", "refund", "overdue", "approved"),
    _instead("a refund answers what it does not declare", "refund", "paid_card", "paid"),
    _handler("the refund handler fails", "refund", _fails),
    _handler("the payment handler always finds nothing", "failed_payment", lambda case, **given: found("not_found")),
    _instead("a lost payment counts as made", "failed_payment", "not_received", "done"),
    _handler("nobody's account is locked", "locked_account", lambda case, **given: found("not_locked")),
    _handler("anybody freezes any account", "freeze", _frozen_by_anybody),
    _handler("unlocking needs no code", "unlock", lambda case, **given: found("unlocked")),
    _handler("there is never an outage", "outage", lambda case, **given: found("none")),
    _instead("a late withdrawal is pending", "withdrawal_failure", "overdue", "pending"),
    _instead("a late fee is no matter", "repayment", "late_fee", "booked"),
    _handler("an overdue case waits", "case_status", lambda case, **given: found("not_found")),
    _handler("fees come without the fee", "fees", lambda case, **given: found("told")),
    _handler("the claim counts in words", "claim", lambda case, **given: found("claimed", count="two", claim_days=10)),
)

FAULTS = (*_FLOWS, *_ENGINE, *_HANDLERS)
