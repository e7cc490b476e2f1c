"""What the wallet knows, in frozen values, and what handlers ask it: the protocol `Wallet`. Nothing of calls or flows.

Two wallets implement it: `demo` (made-up people, no network) and `http_client` (a real one).
Times are aware; dates are days where the wallet is at home. States and reasons are words from the closed lists
written here, but a back office may send a new one at any time: handlers have a way out for words they do not know.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from ivr.call.values import Money
from ivr.hotline.back_office import Names, Progress, called


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """An account and its holder.

    status: open, locked, frozen (by the holder), inactive. lock_reason of a locked one: passwords (until `unlocks_at`),
    large_payment (`lock_amount`), new_place (`lock_place`), terms. documents, for terms: identity, funds.
    login_trouble: password, devices or "". factors: which of code and pin the holder can be asked for.
    """

    account: str
    names: Names
    phone: str = field(repr=False)
    email: str = field(default="", repr=False)
    status: str = "open"
    lock_reason: str = ""
    locked_at: datetime | None = None
    unlocks_at: datetime | None = None
    lock_amount: Money | None = None
    lock_place: Names = field(default_factory=dict)
    documents: str = ""
    documents_due_on: date | None = None
    login_trouble: str = ""
    device_limit: int = 3
    backup_on: date | None = None
    factors: tuple[str, ...] = ("code", "pin")

    def called(self, language: str) -> str:
        return called(self.names, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """state: done, pending (settled by `settles_at`), failed. charged: the money left the account all the same.

    reason of a failure: balance, network, method, payee, daily_limit (`limit`, `left`), single_limit (`limit`),
    maintenance (`until`). "limit" is an older word for daily_limit.
    """

    reference: str
    amount: Money
    payee: Names
    paid_at: datetime
    state: str = "done"
    reason: str = ""
    charged: bool = False
    settles_at: datetime | None = None
    limit: Money | None = None
    left: Money | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """state: done (`arrived_at`), pending (arrives by `arrives_at`), failed.

    reason of a failure: identity, daily_limit (`limit`, `left`), single_limit (`limit`), channel (`until`), account,
    card. tail: the last digits of the bank card it goes to.
    """

    reference: str
    amount: Money
    asked_at: datetime
    bank: Names
    tail: str
    state: str = "done"
    reason: str = ""
    arrives_at: datetime | None = None
    arrived_at: datetime | None = None
    limit: Money | None = None
    left: Money | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """status: submitted, reviewing, approved, paid, refused. All but the last two are expected on `expected_on`.

    A paid one went to the card ending in `tail`, or to the balance when that is "". reason of a refusal: late (the
    last day was `last_day`), proof, used.
    """

    reference: str
    amount: Money
    payee: Names
    submitted_on: date
    status: str = "submitted"
    expected_on: date | None = None
    paid_on: date | None = None
    tail: str = ""
    reason: str = ""
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repayment:
    """bill: card, loan or utility. state: pending (booked on `expected_on`), booked (`booked_on`), failed.

    reason of a failure: balance, number, network, maintenance (`until`). late_fee: what the biller charged for paying
    late.
    """

    reference: str
    bill: str
    payee: Names
    amount: Money
    paid_at: datetime
    state: str = "booked"
    expected_on: date | None = None
    booked_on: date | None = None
    reason: str = ""
    late_fee: Money | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What can be used now; `held` is what is still being processed and cannot, None or nothing if all can."""

    available: Money
    held: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingTransfer:
    """Money that somebody sent to this account.

    state: done (`arrived_at`), pending (arrives by `arrives_at`), returned to the payer.
    reason of a return: name (not that of the account), limit (the account can take no more), identity.
    """

    reference: str
    amount: Money
    payer: Names
    sent_at: datetime
    state: str = "done"
    reason: str = ""
    arrives_at: datetime | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Something that does not work at the moment; `until` is when it should, None if nobody knows yet."""

    service: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an account may move: at once, a day, and what is left of today."""

    single: Money
    daily: Money
    left: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for everybody. Fees are in percent of the amount."""

    transfer_percent: Decimal
    withdrawal_percent: Decimal
    least_fee: Money
    free: Money
    """What can be withdrawn in a month for no fee."""
    single: Money
    daily: Money
    refund_days: int
    """How many days after buying a refund can be asked for."""
    review_days: int
    """How many working days a refund is under review."""
    payout_days: int
    """How many working days an approved refund takes to a card."""
    booking_days: int
    """How many working days a biller takes to book a repayment: pay that long before it is due."""
    claim_days: int
    """How many working days until a claim is answered."""
    help_page: str
    email: str
    social: str


class Wallet(Protocol):
    """What handlers and the identity check ask: a back office. Everything may raise BackOfficeUnavailable.

    `key` makes a change idempotent: the same key again changes nothing and answers the same.
    Lists are newest first, and go back as far as the wallet likes (90 days, at most a hundred).
    """

    def find_customer(self, who: str) -> Customer | None:
        """Whose account number or registered phone number (E.164, or as dialled at home) this is."""
        ...

    def check_pin(self, account: str, pin: str) -> bool:
        """Whether this is the phone PIN. False for an unknown account too, after as long a time."""
        ...

    def check_tail(self, who: str, tail: str) -> str:
        """The account of `who` if a linked bank card or the identity document ends in these four digits, or "".

        An unknown account and wrong digits are the same answer after the same time.
        """
        ...

    def freeze(self, account: str, key: str) -> None:
        """Stops all payments and sign-ins at once. Freezing a frozen or locked account leaves it so."""
        ...

    def unlock(self, account: str, key: str) -> bool:
        """Lifts a lock for wrong passwords; False, and nothing done, for any other lock."""
        ...

    def send_reset_link(self, account: str, channel: str, key: str) -> bool:
        """Sends a link to the registered phone ("sms") or e-mail ("email"); False when there is no such address."""
        ...

    def sign_out(self, account: str, key: str) -> int:
        """Signs out every device, so that the next one can sign in; how many there were."""
        ...

    def payments(self, account: str) -> tuple[Payment, ...]: ...

    def balance(self, account: str) -> Balance: ...

    def withdrawals(self, account: str) -> tuple[Withdrawal, ...]: ...

    def refunds(self, account: str) -> tuple[Refund, ...]: ...

    def repayments(self, account: str) -> tuple[Repayment, ...]: ...

    def incoming_transfers(self, account: str) -> tuple[IncomingTransfer, ...]: ...

    def transfer_error(self, code: str) -> str:
        """What the error code of a transfer, in digits, means: name, closed, limit, bank, identity; "" if unknown.

        name: not that of the account. closed: that account takes no money. bank: a bank out of order.
        """
        ...

    def report(self, account: str, reference: str, key: str) -> bool:
        """Notes that the holder did not make this payment; False if it is none of this account's."""
        ...

    def claim(self, account: str, key: str) -> tuple[str, ...]:
        """Starts a claim for the payments reported; their references, or nothing if none is."""
        ...

    def limits(self, account: str) -> Limits: ...

    def terms(self) -> Terms: ...

    def outage(self, service: str, now: datetime, account: str) -> Outage | None:
        """The outage of sign-in ("login"), "payments" or "withdrawals" at this moment.

        One that hits everybody, or, with an account that is not "", one that hits this account.
        """
        ...

    def progress(self, reference: str) -> Progress | None:
        """A case that the back office keeps itself (opened in the app or at a counter)."""
        ...

    def hurry(self, reference: str, key: str) -> bool:
        """Raises the priority of such a case; False if somebody asked for that before. Same key, same answer."""
        ...


QUESTIONS = frozenset(name for name in vars(Wallet) if not name.startswith("_"))
