"""Failed payment: find it, say why, and whether money left the account."""

from collections.abc import Sequence
from datetime import date

from ivr.call.values import Money
from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.handlers import by_number, details, pending
from ivr.wallet.model import Payment, Wallet

PAYMENT = {"reference": "reference", "amount": "money", "payee": "name", "paid_at": "datetime"}


@handler(
    "failed_payment",
    takes={"reference": "reference", "day": "date", "amount": "money"},
    optional={"reference", "day", "amount"},
    outcomes={
        "balance": PAYMENT,
        "network": PAYMENT,
        "method": PAYMENT,
        "payee": PAYMENT,
        "daily_limit": {**PAYMENT, "limit": "money", "left": "money"},
        "single_limit": {**PAYMENT, "limit": "money"},
        "maintenance": {**PAYMENT, "until": "datetime"},
        "pending": {**PAYMENT, "by": "datetime"},
        "overdue": PAYMENT,
        "not_received": PAYMENT,
        "failed": PAYMENT,
        "done": PAYMENT,
        "not_found": {},
    },
)
def failed_payment(
    case: Case[Wallet], reference: str | None = None, day: date | None = None, amount: Money | None = None
) -> Found:
    """Why a payment failed: the one with this number, or of this day and amount, or the latest that is not done.

    balance, network, method (the payee does not take it), payee (wrong details), daily_limit, single_limit,
    maintenance, failed (another reason): nothing was charged. not_received: charged all the same, to be traced.
    pending: settled by `by`; overdue: should have been. done: it went through. not_found: none such, or all are done.
    """
    payment = _find(case, case.back_office.payments(case.account), reference, day, amount)
    if payment is None:
        return found("not_found")
    told = details(case, payment, PAYMENT)
    match payment:
        case Payment(state="done"):
            return found("done", **told)
        case Payment(state="pending"):
            return pending(case, told, payment.settles_at)
        case Payment(charged=True):
            return found("not_received", **told)
        case Payment(reason="daily_limit" | "limit", limit=Money() as limit, left=Money() as left):
            return found("daily_limit", **told, limit=limit, left=left)
        case Payment(reason="single_limit", limit=Money() as limit):
            return found("single_limit", **told, limit=limit)
        case Payment(reason="maintenance") if payment.until and payment.until > case.now:
            return found("maintenance", **told, until=payment.until)
        case Payment(reason="maintenance"):
            return found("network", **told)  # over by now: trying again is what helps
        case Payment(reason="balance" | "network" | "method" | "payee" as reason):
            return found(reason, **told)
    return found("failed", **told)


def _find(
    case: Case[Wallet], payments: Sequence[Payment], reference: str | None, day: date | None, amount: Money | None
) -> Payment | None:
    """Amounts are compared by number: a caller keys in no currency."""
    if reference:
        return by_number(payments, reference)
    wanted = [
        payment
        for payment in payments
        if (day is None or payment.paid_at.astimezone(case.zone).date() == day)
        and (amount is None or payment.amount.amount == amount.amount)
    ]
    troubled = [payment for payment in wanted if payment.state != "done"]
    if troubled:
        return troubled[0]
    return wanted[0] if wanted and (day or amount) else None
