"""Balance: what is in the wallet. The latest payments are read out by `recent_payment` of `security`."""

from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.model import Wallet


@handler("balance", outcomes={"told": {"available": "money"}, "held": {"available": "money", "held": "money"}})
def balance(case: Case[Wallet]) -> Found:
    """What the caller can use now (`available`); held: and what is still being processed, which cannot be used yet."""
    now = case.back_office.balance(case.account)
    if now.held and now.held.amount:
        return found("held", available=now.available, held=now.held)
    return found("told", available=now.available)
