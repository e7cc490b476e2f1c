"""Faults of an author: pieces of the shipped flows, each exchanged for another that is wrong."""

# ruff: noqa: E501 - pieces of flows are quoted as they stand

from __future__ import annotations

import re
from dataclasses import dataclass

Edit = tuple[str, str, str]
"""A file, what stands there once, and what is put in its place."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the flows."""

    name: str
    edits: tuple[Edit, ...]

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


def _fault(name: str, *edits: Edit) -> Fault:
    return Fault(name, edits)


HOTLINE, REFUND, PERSON, LATER = "hotline.yaml", "refund.yaml", "person.yaml", "later.yaml"
SECURITY, COMPLAINT, IDENTITY = "security.yaml", "complaint.yaml", "identity.yaml"
FREEZE, BALANCE = "freeze.yaml", "balance.yaml"

FAULTS = (
    # ways out to the wrong step
    _fault("accounts lead to payments", (HOTLINE, "next: account\n", "next: payments\n")),
    _fault("refunds lead to withdrawals", (HOTLINE, "next: refund\n", "next: withdrawal_failure\n")),
    _fault("an overdue refund is promised, and no ticket opened",
          (REFUND, "none: overdue_ticket", "none: overdue_text")),
    _fault("a late withdrawal is traced by nobody",
          ("withdrawal_failure.yaml", "we are sorry. We will trace it.\n      next: trace",
           "we are sorry. We will trace it.\n      next: done")),
    _fault("a recorded complaint goes nowhere", (COMPLAINT, "recorded: ticket", "recorded: told")),
    _fault("a message goes nowhere", (LATER, "recorded: message_ticket\n      empty: message_again", "recorded: message_text\n      empty: message_again")),
    _fault("a message's ticket lacks the recording", (LATER, "about: [customer, recording]", "about: [customer]")),
    _fault("callers are hung up on after hours",
          (HOTLINE, "For a message or a callback, press 0.\n        next: main\n      holiday",
           "For a message or a callback, press 0.\n        next: goodbye\n      holiday")),
    _fault("whoever leaves the queue is back in it", (PERSON, 'press hash."}\n      next: later', 'press hash."}\n      next: line')),
    _fault("the key for a stolen account does nothing in the queue",
          (PERSON, '    keys: {"2": who}\n', '    keys: {"2": who, "9": repeat}\n')),
    _fault("whoever leaves the security queue is forgotten", ("security_line.yaml", "left: call\n", "left: done\n")),
    _fault("a complaint goes to ordinary support", (COMPLAINT, "unverified:\n    queue: senior\n", "unverified:\n    queue: support\n")),
    _fault("after a fraud the caller is not connected", (SECURITY, "receipt: {run: receipt, on: {told: claim_line}}",
          "receipt: {run: receipt, on: {told: done}}")),
    _fault("a denied payment is not reported", (SECURITY, "on: {yes: before, no: report}", "on: {yes: report, no: before}")),
    _fault("two keys are exchanged", (HOTLINE, "- key: 1\n        label: {zh: 提现失败或未到账", "- key: 2\n        label: {zh: 提现失败或未到账"),
          (HOTLINE, "- key: 2\n        label: {zh: 退款, en", "- key: 1\n        label: {zh: 退款, en")),
    _fault("two choices have one key", (HOTLINE, "- key: 2\n        label: {zh: 手续费和限额", "- key: 1\n        label: {zh: 手续费和限额")),
    # tries without an end, circles
    _fault("the greeting never gives up", (HOTLINE, "tries: 2\n    exhausted: notices", "tries: 2\n    exhausted: welcome")),
    _fault("silence starts every menu over", (HOTLINE, 'press 0."}\n  exhausted: person\n', 'press 0."}\n  exhausted: main\n')),
    _fault("the reference number is told for ever", ("receipt.yaml", "exhausted: told", "exhausted: number")),
    _fault("what to do instead is asked for ever", (LATER, "exhausted: instead", "exhausted: what")),
    _fault("after the last try for an account it begins again",
          (IDENTITY, "en: That is all right. It takes one of our team to check this.\n        next: person",
           "en: That is all right. It takes one of our team to check this.\n        next: who")),
    _fault("anything else leads round for ever", (HOTLINE, "tries: 2\n    exhausted: survey", "tries: 2\n    exhausted: anything_else")),
    _fault("the survey is asked for ever", (HOTLINE, "very good?\n    next: goodbye", "very good?\n    next: survey")),
    _fault("an unknown case is looked up over and over",
          ("case_status.yaml", "next: content\n      not_found: nothing\n\n  hurry_it", "next: content\n      not_found: look_up\n\n  hurry_it")),
    _fault("a report that fails is made over and over", (SECURITY, "not_found: before", "not_found: report")),
    _fault("a frozen account is guessed at over and over", ("freeze.yaml", "{frozen: ticket, not_matched: not_frozen, unavailable: not_frozen}",
          "{frozen: ticket, not_matched: tail, unavailable: not_frozen}")),
    # people and the security lane out of reach
    _fault("nobody is behind 0", (HOTLINE, "on: {open: introduction, closed: person}", "on: {open: main, closed: main}")),
    _fault("0 is no key any more", (HOTLINE, 'keys: {"0": agent, "9": security', 'keys: {"9": security')),
    _fault("the person is a circle", (PERSON, "later: {run: later, on: {done: done, menu: menu}}", "later: {run: person, on: {done: done, menu: menu, talked: talked}}")),
    _fault("no key to the security lane", (HOTLINE, '"9": security, "8"', '"8"'),
          (HOTLINE, '"9": security_language, ', "")),
    _fault("9 works at the greeting only", (HOTLINE, '"9": security, "8"', '"8"')),
    _fault("silence on the way to the security lane ends the call", (HOTLINE, "tries: 2\n    exhausted: security\n", "tries: 2\n    exhausted: goodbye\n")),
    _fault("a question before the security lane", (HOTLINE, 'keys: {"9": security_language, ', 'keys: {"9": main, ')),
    _fault("silence in the security lane ends it", (SECURITY, "defaults:\n  exhausted: team", "defaults:\n  exhausted: done")),
    _fault("in the security lane 0 leads to ordinary support", (SECURITY, 'keys: {"0": team}\n', "")),
    _fault("fraud is not urgent, and a word for it leads to payments", (SECURITY, "urgent: yes\n", ""),
          (BALANCE, "en: [payments, transactions, latest]", "en: [payments, transactions, latest, stolen]")),
    # what was done, said and promised
    _fault("the owner is asked first and texted afterwards", (FREEZE, "    next: text\n", "    next: sure\n\n  sure:\n"
          "    menu: {zh: 账户已冻结。, en: The account is frozen.}\n"
          "    choices: [{key: 1, label: {zh: 继续, en: to go on}, next: text}]\n")),
    _fault("9 is a grade of the survey", (HOTLINE, "请按1到5。", "请按1到9。"),
          (HOTLINE, "to 5, very good?\n", "to 9, very good?\n    scale: 9\n")),
    _fault("the star goes back where the balance was told",
          (BALANCE, "    exhausted: done                # the balance", '    keys: {"*": back}\n    exhausted: done                # the balance')),
    _fault("a number is asked for where a code may still come",
          (IDENTITY, "our team to check this.\n        next: person", "our team to check this.\n        next: case"),
          (IDENTITY, "steps:\n", "steps:\n  case: {ask: {zh: 请输入受理编号。, en: Please enter the reference number.}, as: digits, least: 6, most: 6, next: person}\n")),
    # languages and words
    _fault("the goodbye is Chinese only", (HOTLINE, "{zh: 感谢您的来电，再见。, en: Thank you for calling. Goodbye.}", "{zh: 感谢您的来电，再见。}")),
    _fault("a menu is Chinese in English", (HOTLINE, "en: Account and login.", "en: 账户与登录。")),
    _fault("a menu is English in Chinese", (HOTLINE, "zh: 账户与登录。", "zh: Here is your account and login menu。")),
    _fault("2 is English and leads on in Chinese", (HOTLINE, "- key: 2\n        language: en\n", "- key: 2\n        language: zh\n")),
    _fault("a text message is Chinese in English", (LATER, "We have your message and will answer by {answer_by}. Reference", "我们已收到您的留言。Reference")),
    _fault("a key is said that is not there", (HOTLINE, 'say: "For English, press 2.", next: security}', 'say: "For English, press 3.", next: security}')),
    # values, documents, secrets
    _fault("a text needs a value that nobody sets", (REFUND, "The money will arrive by {expected_on}", "The money will arrive by {paid_on}")),
    _fault("a text message is far too long", (REFUND, "is marked as urgent now; we will answer by {answer_by}.", "is marked as urgent now. " * 120)),
    _fault("a reply is far too large", (HOTLINE, "en: Account and login.", "en: " + "Account and login. " * 2500)),
    _fault("the way to a person takes minutes", (HOTLINE, "en: Hello, this is CloudWallet customer support.", "en: " + "Hello, this is CloudWallet customer support. " * 60)),
    _fault("an account is told to whoever calls", (REFUND, "next: who_latest}", "next: latest}")),
    _fault("a locked caller counts as verified",
          (IDENTITY, "to check who you are.\n        next: person", "to check who you are.\n        next: verified")),
    _fault("an outcome has no way out", (HOTLINE, "    unavailable: person\n", "")),
    _fault("news of an account go to the calling number",
          (REFUND, "marked as urgent now; we will answer by {answer_by}. Reference: {ticket}.\"\n    to: registered",
           "marked as urgent now; we will answer by {answer_by}. Reference: {ticket}.\"\n    to: caller")),
    _fault("a fraud is no urgent ticket", (SECURITY, "claim_ticket:\n    ticket: security\n    priority: urgent", "claim_ticket:\n    ticket: security\n    priority: normal")),
    _fault("a chosen time is not read back", (LATER, "    confirm: true\n    next: number\n", "    next: number\n")),
)  # fmt: skip
