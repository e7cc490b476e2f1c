"""Back into an account: an outage, a lock, too many devices, a wrong password, a lost phone.

The freeze is in `security`, and comes first.
"""

from ivr.hotline.handlers import Case, Found, HandlerMistake, found, handler
from ivr.wallet.model import Wallet

SERVICES = ("login", "payments", "withdrawals")
CHANNELS = ("sms", "email")


@handler(
    "outage",
    takes={"service": "words"},
    identified=False,
    outcomes={"none": {}, "outage": {"until": "datetime"}, "outage_open": {}},
)
def outage(case: Case[Wallet], service: str) -> Found:
    """Whether a service (login, payments or withdrawals) is out of order; outage_open: nobody knows yet until when."""
    if service not in SERVICES:
        raise HandlerMistake(f'"outage" knows the services {", ".join(SERVICES)}, not "{service}"')
    return _outage(case, service) or found("none")


def _outage(case: Case[Wallet], service: str) -> Found | None:
    known = case.back_office.outage(service, case.now, case.account)
    if known is None:
        return None
    if known.until is None or known.until <= case.now:
        return found("outage_open")
    return found("outage", until=known.until)


@handler(
    "login",
    outcomes={
        "outage": {"until": "datetime"},
        "outage_open": {},
        "locked": {},
        "devices": {"device_limit": "number"},
        "password": {},
        "fine": {},
    },
)
def login(case: Case[Wallet]) -> Found:
    """Why the caller cannot log in, the first that holds.

    An outage; a lock (see locked_account); as many devices as allowed; a wrong name or password; fine: no reason known.
    """
    if out_of_order := _outage(case, "login"):
        return out_of_order
    customer = case.back_office.find_customer(case.account)
    if customer is None or customer.status != "open":
        return found("locked")
    match customer.login_trouble:
        case "devices":
            return found("devices", device_limit=customer.device_limit)
        case "password":
            return found("password")
    return found("fine")


@handler(
    "reset_link",
    takes={"channel": "words"},
    optional={"channel"},
    outcomes={"sent": {"tail": "tail"}, "mailed": {}, "no_email": {}, "locked": {}},
)
def reset_link(case: Case[Wallet], channel: str = "sms") -> Found:
    """Sends a reset link to the registered phone (channel sms) or e-mail (channel email), and never elsewhere.

    sent: to the phone ending in `tail`. locked: suspicion, terms or an inactive account come first.
    """
    if channel not in CHANNELS:
        raise HandlerMistake(f'"reset_link" knows the channels {", ".join(CHANNELS)}, not "{channel}"')
    customer = case.back_office.find_customer(case.account)
    if customer is None or not _may_reset(customer.status, customer.lock_reason):
        return found("locked")
    if not case.back_office.send_reset_link(case.account, channel, case.key):
        return found("no_email" if channel == "email" else "locked")
    return found("mailed") if channel == "email" else found("sent", tail=customer.phone[-4:])


def _may_reset(status: str, lock_reason: str) -> bool:
    """A frozen account may have a new password: it stays frozen until the security team opens it."""
    return status in ("open", "frozen") or (status == "locked" and lock_reason == "passwords")


@handler("sign_out", outcomes={"signed_out": {"count": "number"}})
def sign_out(case: Case[Wallet]) -> Found:
    """Signs out every device of the account, so that strangers are out and a new phone can sign in."""
    return found("signed_out", count=case.back_office.sign_out(case.account, case.key))


@handler("lost_phone", outcomes={"backup": {"backup_on": "date"}, "no_backup": {}, "locked": {}})
def lost_phone(case: Case[Wallet]) -> Found:
    """What a new phone will bring back: data as of the last backup, or only what the wallet itself keeps.

    locked: the account has to be opened first (see locked_account).
    """
    customer = case.back_office.find_customer(case.account)
    if customer is None or customer.status not in ("open", "frozen"):
        return found("locked")
    if customer.backup_on is None:
        return found("no_backup")
    return found("backup", backup_on=customer.backup_on)


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
