"""Cannot log in: outages, locks, too many devices, a wrong password, and the reset link."""

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
