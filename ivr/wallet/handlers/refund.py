"""Refund: where the money is, and how to ask for one."""

from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.handlers import by_number, details
from ivr.wallet.model import Refund, Wallet

REFUND = {"reference": "reference", "amount": "money", "payee": "name"}


@handler(
    "refund",
    takes={"reference": "reference"},
    optional={"reference"},
    outcomes={
        "submitted": {**REFUND, "submitted_on": "date"},
        "reviewing": {**REFUND, "expected_on": "date"},
        "approved": {**REFUND, "expected_on": "date"},
        "overdue": {**REFUND, "expected_on": "date"},
        "paid_card": {**REFUND, "paid_on": "date", "tail": "tail"},
        "paid_balance": {**REFUND, "paid_on": "date"},
        "refused_late": {**REFUND, "last_day": "date"},
        "refused_proof": REFUND,
        "refused_used": REFUND,
        "refused": REFUND,
        "not_found": {},
    },
)
def refund(case: Case[Wallet], reference: str | None = None) -> Found:
    """Where a refund from `payee` is: the one with this number, or the latest.

    submitted, reviewing (answer by `expected_on`), approved (money by `expected_on`), overdue (either is past),
    paid_card (to the card ending in `tail`), paid_balance, refused_late (asked for after `last_day`), refused_proof
    (photos or receipt missing), refused_used (goods used), refused (another reason).
    """
    refunds = case.back_office.refunds(case.account)
    one = by_number(refunds, reference) if reference else next(iter(refunds), None)
    if one is None:
        return found("not_found")
    told = details(case, one, REFUND)
    match one:
        case Refund(status="paid") if one.paid_on and one.tail:
            return found("paid_card", **told, paid_on=one.paid_on, tail=one.tail)
        case Refund(status="paid") if one.paid_on:
            return found("paid_balance", **told, paid_on=one.paid_on)
        case Refund(status="refused", reason="late") if one.last_day:
            return found("refused_late", **told, last_day=one.last_day)
        case Refund(status="refused", reason="proof" | "used" as reason):
            return found(f"refused_{reason}", **told)
        case Refund(status="refused"):
            return found("refused", **told)
    if one.expected_on and one.expected_on < case.today:
        return found("overdue", **told, expected_on=one.expected_on)
    if one.status in ("reviewing", "approved") and one.expected_on:
        return found(one.status, **told, expected_on=one.expected_on)
    return found("submitted", **told, submitted_on=one.submitted_on)


RULES = {"refund_days": "number", "review_days": "number", "payout_days": "number"}


@handler("refund_rules", identified=False, outcomes={"told": RULES})
def refund_rules(case: Case[Wallet]) -> Found:
    """How to ask for a refund: within `refund_days` of buying.

    It is reviewed in `review_days`, and on the card `payout_days` later, both in working days.
    """
    return found("told", **details(case, case.back_office.terms(), RULES))
