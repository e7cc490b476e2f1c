"""Fees, limits and other channels, which everybody may hear; the caller's own limit and balance.

The latest payments are read out by `recent_payment` of `security`.
"""

from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.handlers import details
from ivr.wallet.model import Wallet

FEES = {"transfer_percent": "number", "withdrawal_percent": "number", "least_fee": "money", "free": "money"}
CHANNELS = {"help_page": "words", "email": "words", "social": "words"}


@handler("fees", identified=False, outcomes={"told": FEES})
def fees(case: Case[Wallet]) -> Found:
    """What transfers and withdrawals cost: percent, at least `least_fee`; `free` a month is withdrawn for nothing."""
    return found("told", **details(case, case.back_office.terms(), FEES))


@handler("limits", identified=False, outcomes={"told": {"single_limit": "money", "daily_limit": "money"}})
def limits(case: Case[Wallet]) -> Found:
    """The usual limits for one payment or withdrawal, and for a day."""
    terms = case.back_office.terms()
    return found("told", single_limit=terms.single, daily_limit=terms.daily)


@handler("my_limits", outcomes={"told": {"single_limit": "money", "daily_limit": "money", "left": "money"}})
def my_limits(case: Case[Wallet]) -> Found:
    """The caller's own limits, and what is left of today's."""
    own = case.back_office.limits(case.account)
    return found("told", single_limit=own.single, daily_limit=own.daily, left=own.left)


@handler("channels", identified=False, outcomes={"told": CHANNELS})
def channels(case: Case[Wallet]) -> Found:
    """Other ways to reach us, for a text message: the help page, the e-mail address, the account in social media."""
    return found("told", **details(case, case.back_office.terms(), CHANNELS))


@handler("balance", outcomes={"told": {"available": "money"}, "held": {"available": "money", "held": "money"}})
def balance(case: Case[Wallet]) -> Found:
    """What the caller can use now (`available`); held: and what is still being processed, which cannot be used yet."""
    now = case.back_office.balance(case.account)
    if now.held and now.held.amount:
        return found("held", available=now.available, held=now.held)
    return found("told", available=now.available)
