"""Account locked or frozen: why, and the way back in."""

from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.model import Wallet


@handler(
    "locked_account",
    outcomes={
        "not_locked": {},
        "passwords": {"unlocks_at": "datetime"},
        "large_payment": {"amount": "money", "locked_at": "datetime"},
        "new_place": {"place": "name", "locked_at": "datetime"},
        "terms_identity": {"due_on": "date"},
        "terms_funds": {"due_on": "date"},
        "frozen": {},
        "inactive": {},
        "locked": {},
    },
)
def locked_account(case: Case[Wallet]) -> Found:
    """Why an account is locked.

    passwords: too many wrong ones, by itself open again at `unlocks_at`. large_payment, new_place: suspicious.
    terms_identity, terms_funds: breach of terms; an identity document, or proof of where money came from, is to be sent
    in by `due_on`. frozen: by the holder. inactive: never activated. locked: for a reason only a person can tell.
    """
    customer = case.back_office.find_customer(case.account)
    if customer is None:
        return found("locked")
    match customer.status, customer.lock_reason:
        case "open", _:
            return found("not_locked")
        case "frozen", _:
            return found("frozen")
        case "inactive", _:
            return found("inactive")
        case "locked", "passwords" if customer.unlocks_at:
            if customer.unlocks_at <= case.now:
                return found("not_locked")
            return found("passwords", unlocks_at=customer.unlocks_at)
        case "locked", "large_payment" if customer.lock_amount and customer.locked_at:
            return found("large_payment", amount=customer.lock_amount, locked_at=customer.locked_at)
        case "locked", "new_place" if customer.lock_place and customer.locked_at:
            return found("new_place", place=case.name(customer.lock_place), locked_at=customer.locked_at)
        case "locked", "terms" if customer.documents in ("identity", "funds") and customer.documents_due_on:
            return found(f"terms_{customer.documents}", due_on=customer.documents_due_on)
    return found("locked")


@handler("unlock", outcomes={"unlocked": {}, "code_needed": {}, "refused": {}})
def unlock(case: Case[Wallet]) -> Found:
    """Unlocks an account locked for wrong passwords.

    code_needed: the caller was verified by the PIN, and only a texted code unlocks. refused: locked for another reason.
    """
    if case.factor != "code":
        return found("code_needed")
    return found("unlocked" if case.back_office.unlock(case.account, case.key) else "refused")
