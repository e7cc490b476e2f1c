"""Typed values: what a caller answered or a handler found, each with the kind by which a prompt speaks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from ivr.call.redaction import keepable
from ivr.flow.model import ValueKind, value_kind


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its ISO 4217 currency code: `Money(Decimal("128.50"), "CNY")`."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@dataclass(frozen=True, slots=True)
class Value:
    """A value as a session keeps it: `text` is its canonical form, readable without the kind.

    words, name: as said · digits, phone (E.164), account, reference, tail: the characters · number: decimal ·
    money: "128.50 CNY" · date: ISO · time: "18:00" · datetime: ISO with offset (local to the caller's time zone) ·
    duration: whole seconds.
    """

    kind: ValueKind
    text: str

    def __post_init__(self) -> None:
        """Whoever it comes from: what no database, document or page can hold is taken out."""
        object.__setattr__(self, "text", keepable(self.text))

    @property
    def money(self) -> Money:
        amount, _, currency = self.text.partition(" ")
        return Money(Decimal(amount), currency)

    @property
    def date(self) -> date:
        return date.fromisoformat(self.text)

    @property
    def time(self) -> time:
        return time.fromisoformat(self.text)

    @property
    def datetime(self) -> datetime:
        return datetime.fromisoformat(self.text)

    @property
    def seconds(self) -> int:
        return int(self.text)


def value_of(kind: str, text: str) -> Value:
    """A value as it was kept. Raises ValueError for a kind that does not exist."""
    return Value(value_kind(kind), text)


Values = Mapping[str, Value]

CALL_TOPICS = "call_topics"
"""The value of a ticket that has the topics of its call, with a space between."""
