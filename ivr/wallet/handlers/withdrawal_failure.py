"""Withdrawal failure: why the money is not on the card, and when it can be."""

from ivr.call.values import Money
from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.handlers import by_number, details, pending
from ivr.wallet.model import Wallet, Withdrawal

WITHDRAWAL = {"reference": "reference", "amount": "money", "bank": "name", "tail": "tail"}


@handler(
    "withdrawal_failure",
    takes={"reference": "reference"},
    optional={"reference"},
    outcomes={
        "identity": WITHDRAWAL,
        "daily_limit": {**WITHDRAWAL, "limit": "money", "left": "money"},
        "single_limit": {**WITHDRAWAL, "limit": "money"},
        "channel": {**WITHDRAWAL, "until": "datetime"},
        "network": WITHDRAWAL,
        "locked": {},
        "card": WITHDRAWAL,
        "pending": {**WITHDRAWAL, "by": "datetime"},
        "overdue": WITHDRAWAL,
        "failed": WITHDRAWAL,
        "done": {**WITHDRAWAL, "arrived_at": "datetime"},
        "not_found": {},
    },
)
def withdrawal_failure(case: Case[Wallet], reference: str | None = None) -> Found:
    """What became of a withdrawal to the card ending in `tail`: the one with this number, or the latest.

    identity: the identity check is not finished. daily_limit, single_limit. channel: the bank is out of order until
    `until`; network: it was, and works again. locked: the account is (see locked_account). card: not the holder's.
    pending: arrives by `by`; overdue: should have arrived. failed: another reason. done: it arrived.
    """
    customer = case.back_office.find_customer(case.account)
    withdrawals = case.back_office.withdrawals(case.account)
    withdrawal = by_number(withdrawals, reference) if reference else next(iter(withdrawals), None)
    if withdrawal is None:
        return found("not_found" if customer and customer.status == "open" else "locked")
    told = details(case, withdrawal, WITHDRAWAL)
    match withdrawal:
        case Withdrawal(state="done") if withdrawal.arrived_at:
            return found("done", **told, arrived_at=withdrawal.arrived_at)
        case Withdrawal(state="pending"):
            return pending(case, told, withdrawal.arrives_at)
        case Withdrawal(reason="account"):
            return found("locked")
        case Withdrawal(reason="daily_limit", limit=Money() as limit, left=Money() as left):
            return found("daily_limit", **told, limit=limit, left=left)
        case Withdrawal(reason="single_limit", limit=Money() as limit):
            return found("single_limit", **told, limit=limit)
        case Withdrawal(reason="channel") if withdrawal.until and withdrawal.until > case.now:
            return found("channel", **told, until=withdrawal.until)
        case Withdrawal(reason="channel"):
            return found("network", **told)
        case Withdrawal(reason="identity" | "card" as reason):
            return found(reason, **told)
    return found("failed", **told)
