"""Faults of handlers: each answers something else than it declares, or than the demo wallet promises.

One is not here: a `case_status` that never finds a case keeps all that is declared. A call script of `tests/calls`
finds it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from ivr.hotline.handlers import Case, Found, found
from tests.shipped import HANDLERS

Change = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class HandlerFault:
    """`change` lasts as long as its block; `handler` is the one that is wrong meanwhile."""

    name: str
    handler: str
    change: Change


def _handler(name: str, of: str, function: Callable[..., Found]) -> HandlerFault:
    @contextmanager
    def change() -> Iterator[None]:
        with patch.dict(HANDLERS, {of: dataclasses.replace(HANDLERS[of], function=function)}):
            yield

    return HandlerFault(name, of, change)


def _really(name: str, case: Case[Any], given: Mapping[str, Any]) -> Found:
    return _ORIGINALS[name](case, **given)


_ORIGINALS = {name: entry.function for name, entry in HANDLERS.items()}


def _instead(name: str, of: str, outcome: str, other: str) -> HandlerFault:
    """The handler answers `other` where it should answer `outcome`, with the same values."""

    def answer(case: Case[Any], **given: Any) -> Found:
        told = _really(of, case, given)
        return dataclasses.replace(told, outcome=other) if told.outcome == outcome else told

    return _handler(name, of, answer)


def _frozen_by_anybody(case: Case[Any], **given: Any) -> Found:
    return found("frozen")


def _fails(case: Case[Any], **given: Any) -> Found:
    raise KeyError("amount")


FAULTS: tuple[HandlerFault, ...] = (
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
    _handler("fees come without the fee", "fees", lambda case, **given: found("told")),
    _handler("the claim counts in words", "claim", lambda case, **given: found("claimed", count="two", claim_days=10)),
)
