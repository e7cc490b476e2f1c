"""A payment I did not make, account stolen: freeze first, then read the latest payments and claim the ones denied."""

from ivr.hotline.back_office import BackOfficeUnavailable
from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.handlers import bare, details
from ivr.wallet.handlers.failed_payment import PAYMENT
from ivr.wallet.model import Wallet

READ_OUT = 5
"""How many of the latest payments are read out; more are for a person to go through."""


@handler(
    "freeze",
    takes={"account": "account", "tail": "tail"},
    optional={"account", "tail"},
    identified=False,
    within_seconds=6,
    tries={"not_matched": 3},
    outcomes={"frozen": {"owner_phone": "phone"}, "not_matched": {}},
)
def freeze(case: Case[Wallet], account: str | None = None, tail: str | None = None) -> Found:
    """Freezes an account at once: the verified caller's, or `account` (number or registered phone) if `tail` fits it.

    `tail` is the last four digits of a linked bank card or of the identity document. That is the least that keeps
    strangers from freezing people at random: the calling number proves nothing, for it can be forged. Nothing is read
    and nothing is ever unfrozen. not_matched says the same of unknown accounts, of wrong digits, and to whoever
    has guessed three times today; a call has two guesses, one for a slip, and then a person.
    `owner_phone` is the registered phone, for a text message to the owner. It is not told to the caller.
    """
    frozen = case.account
    if not frozen and account and tail:
        frozen = case.back_office.check_tail(account, tail)
    if not frozen:
        return found("not_matched")
    case.back_office.freeze(frozen, case.key)
    try:
        owner = case.back_office.find_customer(frozen)
    except BackOfficeUnavailable:  # the account is frozen all the same
        owner = None
    return found("frozen", owner_phone=owner.phone if owner else "")


@handler(
    "recent_payment",
    takes={"after": "reference"},
    optional={"after"},
    outcomes={"payment": PAYMENT, "no_more": {}},
)
def recent_payment(case: Case[Wallet], after: str | None = None) -> Found:
    """The latest payment, or the one before the payment numbered `after`; no_more after five."""
    made = [one for one in case.back_office.payments(case.account) if one.state != "failed" or one.charged]
    payments = made[:READ_OUT]
    if after:
        passed = [bare(one.reference) for one in payments]
        wanted = bare(after)
        payments = payments[passed.index(wanted) + 1 :] if wanted in passed else []
    return found("payment", **details(case, payments[0], PAYMENT)) if payments else found("no_more")


@handler(
    "report_payment",
    takes={"reference": "reference", "denied": "words"},
    optional={"denied"},
    outcomes={"reported": {"denied": "words"}, "not_found": {}},
)
def report_payment(case: Case[Wallet], reference: str, denied: str = "") -> Found:
    """Notes that the caller did not make the payment with this number; `denied` lists it behind those before."""
    if not case.back_office.report(case.account, reference, case.key):
        return found("not_found")
    return found("reported", denied=f"{denied}, {reference}" if denied else reference)


@handler("claim", outcomes={"claimed": {"count": "number", "claim_days": "number"}, "none": {}})
def claim(case: Case[Wallet]) -> Found:
    """Starts a claim for the payments reported, answered within `claim_days` working days; none: none is reported."""
    claimed = case.back_office.claim(case.account, case.key)
    if not claimed:
        return found("none")
    return found("claimed", count=len(claimed), claim_days=case.back_office.terms().claim_days)
