"""The policy of an identity check: what is asked, how often, and when it is locked. The flow has the words.

Sources: NIST SP 800-63B-4 (codes of at least 20 bits, valid at most 10 minutes, accepted once) and common practice
for phone PINs (locked after five wrong answers in a row). Caller ID is never a factor: it can be forged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

Factor = Literal["code", "pin"]
"""What proves who is calling: a code texted to the registered phone, or the phone PIN."""
CODE: Final = "code"
PIN: Final = "pin"
FACTORS: tuple[Factor, ...] = get_args(Factor)


def factor_named(word: str) -> Factor:
    """The factor of this name. Raises ValueError for any other word."""
    for factor in FACTORS:
        if word == factor:
            return factor
    raise ValueError(f'"{word}" is no factor')


@dataclass(frozen=True, slots=True)
class Policy:
    """How callers are identified. Times are in seconds.

    `factors` in the order they are offered: "code" (six digits texted to the registered phone) and "pin" (checked by
    the back office). `tries_per_call` wrong answers end the attempt in this call; `tries_per_account` wrong answers in
    a row lock the account for `lock_seconds`, over all calls; `tries_per_caller` wrong answers an hour lock the calling
    number; after `tries_an_hour` about all accounts only the phone of an account may try. What is asked never depends
    on whether the account exists. An entry of fewer than `account_digits` digits is no account or phone number: where
    these are more than a code or a PIN has, none is ever taken for an account.
    """

    name: str
    factors: tuple[Factor, ...] = (CODE, PIN)
    tries_per_call: int = 3
    tries_per_account: int = 5
    tries_per_caller: int = 10
    tries_an_hour: int = 200
    lock_seconds: int = 30 * 60
    code_digits: int = 6
    code_valid_seconds: int = 10 * 60
    codes_per_hour: int = 3
    pin_digits: int = 6
    account_digits: int = 6

    def other(self, factor: Factor) -> Factor:
        """The factor a caller may change to, or the same one when there is no other."""
        return next((name for name in self.factors if name != factor), factor)

    def length(self, factor: Factor) -> int:
        """How many digits a code or PIN has."""
        return self.code_digits if factor == CODE else self.pin_digits
