"""Phone lost, app deleted, data gone: out with the old device, and what comes back on a new one.

The freeze is in `security`, and comes first.
"""

from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.model import Wallet


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
