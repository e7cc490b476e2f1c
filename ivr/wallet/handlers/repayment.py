"""Repayment of a credit card, a loan or a utility bill: paid but not booked, failed, or charged a late fee."""

from ivr.call.values import Money
from ivr.hotline.handlers import Case, Found, HandlerMistake, found, handler
from ivr.wallet.handlers import by_number, details
from ivr.wallet.model import Repayment, Wallet

REPAYMENT = {"reference": "reference", "amount": "money", "payee": "name", "paid_at": "datetime"}
BILLS = ("card", "loan", "utility")


@handler(
    "repayment",
    takes={"bill": "words", "reference": "reference"},
    optional={"bill", "reference"},
    outcomes={
        "pending": {**REPAYMENT, "expected_on": "date", "booking_days": "number"},
        "overdue": {**REPAYMENT, "expected_on": "date"},
        "booked": {**REPAYMENT, "booked_on": "date"},
        "late_fee": {**REPAYMENT, "fee": "money"},
        "failed_balance": REPAYMENT,
        "failed_number": REPAYMENT,
        "failed_network": REPAYMENT,
        "failed_maintenance": {**REPAYMENT, "until": "datetime"},
        "failed": REPAYMENT,
        "not_found": {},
    },
)
def repayment(case: Case[Wallet], bill: str | None = None, reference: str | None = None) -> Found:
    """What became of a repayment: the one with this number, or the latest of this bill (card, loan or utility).

    pending: booked on `expected_on`, for the bank takes `booking_days` working days; paying that long before it is due
    avoids a fee. overdue: not booked although it should be. late_fee: the biller charged `fee`. failed_balance,
    failed_number (the bill's number is wrong), failed_network (try again now), failed_maintenance (until
    `until`), failed (another reason): nothing was charged.
    """
    if bill is not None and bill not in BILLS:
        raise HandlerMistake(f'"repayment" knows the bills {", ".join(BILLS)}, not "{bill}"')
    repayments = [one for one in case.back_office.repayments(case.account) if bill is None or one.bill == bill]
    one = by_number(repayments, reference) if reference else next(iter(repayments), None)
    if one is None:
        return found("not_found")
    told = details(case, one, REPAYMENT)
    match one:
        case Repayment(late_fee=Money() as fee):
            return found("late_fee", **told, fee=fee)
        case Repayment(state="booked") if one.booked_on:
            return found("booked", **told, booked_on=one.booked_on)
        case Repayment(state="pending") if one.expected_on:
            if one.expected_on < case.today:
                return found("overdue", **told, expected_on=one.expected_on)
            days = case.back_office.terms().booking_days
            return found("pending", **told, expected_on=one.expected_on, booking_days=days)
        case Repayment(reason="maintenance") if one.until and one.until > case.now:
            return found("failed_maintenance", **told, until=one.until)
        case Repayment(reason="maintenance" | "network"):
            return found("failed_network", **told)  # a maintenance that is over: trying again is what helps
        case Repayment(reason="balance" | "number" as reason):
            return found(f"failed_{reason}", **told)
    return found("failed", **told)


@handler("repayment_rules", identified=False, outcomes={"told": {"booking_days": "number"}})
def repayment_rules(case: Case[Wallet]) -> Found:
    """How many working days a bank or biller takes to book a repayment: pay that long before it is due."""
    return found("told", booking_days=case.back_office.terms().booking_days)
