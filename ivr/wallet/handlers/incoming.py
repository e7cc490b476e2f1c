"""Incoming: money that somebody sent to the caller, and what the error code of a transfer means."""

from ivr.call.values import Money
from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.handlers import bare, by_number, details, pending
from ivr.wallet.model import IncomingTransfer, Wallet

TRANSFER = {"reference": "reference", "amount": "money", "payer": "name", "sent_at": "datetime"}


@handler(
    "incoming",
    takes={"reference": "reference", "amount": "money"},
    optional={"reference", "amount"},
    outcomes={
        "done": {**TRANSFER, "arrived_at": "datetime"},
        "pending": {**TRANSFER, "by": "datetime"},
        "overdue": TRANSFER,
        "returned_name": TRANSFER,
        "returned_limit": TRANSFER,
        "returned_identity": TRANSFER,
        "returned": TRANSFER,
        "not_found": {},
    },
)
def incoming(case: Case[Wallet], reference: str | None = None, amount: Money | None = None) -> Found:
    """Where money from `payer` is: the transfer with this number, or the latest, of this amount if one is given.

    Of these, one that has not arrived comes before the others. pending: arrives by `by`; overdue: should have arrived.
    Returned to the payer: returned_name (not that of the account), returned_limit (the account can take no more),
    returned_identity (the caller's identity check is not finished), returned (another reason).
    """
    transfers = case.back_office.incoming_transfers(case.account)
    # amounts are compared by number: a caller keys in no currency
    wanted = [one for one in transfers if amount is None or one.amount.amount == amount.amount]
    late = (one for one in wanted if one.state != "done")
    one = by_number(transfers, reference) if reference else next(late, next(iter(wanted), None))
    if one is None:
        return found("not_found")
    told = details(case, one, TRANSFER)
    match one:
        case IncomingTransfer(state="done"):
            return found("done", **told, arrived_at=one.arrived_at or one.sent_at)
        case IncomingTransfer(state="returned", reason="name" | "limit" | "identity" as reason):
            return found(f"returned_{reason}", **told)
        case IncomingTransfer(state="returned"):
            return found("returned", **told)
    return pending(case, told, one.arrives_at)


MEANINGS = ("name", "closed", "limit", "bank", "identity")


@handler(
    "transfer_error",
    takes={"error": "reference"},
    identified=False,
    outcomes={**{meaning: {} for meaning in MEANINGS}, "not_found": {}},
)
def transfer_error(case: Case[Wallet], error: str) -> Found:
    """What the error code of a transfer means, which the app shows beside it.

    name: not that of the payee's account. closed: that account takes no money. limit: over a limit of either side.
    bank: a bank is out of order. identity: the sender's identity check is not finished. not_found: unknown to us.
    """
    meaning = case.back_office.transfer_error(bare(error))
    return found(meaning if meaning in MEANINGS else "not_found")
