"""The policy of an identity check: what is asked, how often, and when it is locked. The flow has the words.

Sources: NIST SP 800-63B-4 (codes of at least 20 bits, valid at most 10 minutes, accepted once) and common practice
for phone PINs (locked after five wrong answers in a row). Caller ID is never a factor: it can be forged.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from ivr.flow.model import Seconds, yaml_field

Factor = Literal["code", "pin"]
"""What proves who is calling: a code texted to the registered phone, or the phone PIN."""
CODE: Final = "code"
FACTORS: tuple[Factor, ...] = get_args(Factor)


def factor_named(word: str) -> Factor:
    """The factor of this name. Raises ValueError for any other word."""
    for factor in FACTORS:
        if word == factor:
            return factor
    raise ValueError(f'"{word}" is no factor')


@dataclass(frozen=True)
class Policy:
    """How callers are identified, and how many tries they have.

    What is asked never depends on whether the account exists. An entry of fewer than `account_digits` digits is no
    account or phone number: where these are more than a code or a PIN has, none is ever taken for an account. After
    `tries_an_hour` about all accounts only the phone of an account may try.
    """

    name: str = ""
    factors: tuple[Factor, ...] = yaml_field(
        "what proves it, in the order offered: code (texted to the registered phone), pin (checked by the back office)",
        ("code", "pin"),
    )
    tries_per_call: int = yaml_field("wrong answers in one call before a person takes over", 3, span=(1, 10))
    tries_per_account: int = yaml_field(
        "wrong answers in a row, over all calls, that lock the account for us", 5, span=(1, 100)
    )
    tries_per_caller: int = yaml_field("wrong answers in an hour that lock a calling number", 10, span=(1, 1000))
    tries_an_hour: int = yaml_field(
        "wrong answers in an hour, about all accounts, after which only the registered phone of an account may try",
        200,
        span=(10, 100_000),
    )
    lock_for: Seconds = yaml_field("how long a lock lasts", Seconds(30 * 60), span=(60, 7 * 24 * 3600))
    # At least 20 bits and at most ten minutes for a code: NIST SP 800-63B-4, 3.1.3.
    code_digits: int = yaml_field("how many digits a texted code has", 6, span=(6, 10))
    code_valid: Seconds = yaml_field("how long a texted code can be used", Seconds(10 * 60), span=(30, 600))
    codes_per_hour: int = yaml_field("how many codes an account is texted in an hour", 3, span=(1, 20))
    pin_digits: int = yaml_field("how many digits the phone PIN has", 6, span=(4, 12))
    account_digits: int = yaml_field(
        "how many digits an account number has at least; nothing shorter is taken for one", 6, span=(4, 20)
    )

    def other(self, factor: Factor) -> Factor:
        """The factor a caller may change to, or the same one when there is no other."""
        return next((name for name in self.factors if name != factor), factor)

    def length(self, factor: Factor) -> int:
        """How many digits a code or PIN has."""
        return self.code_digits if factor == CODE else self.pin_digits
