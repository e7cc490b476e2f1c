"""Ticket references: digits only, so that they can be keyed in and read aloud, the last one a check digit.

The check is H. Michael Damm's (2004). It finds every single wrong digit and every two neighbours that were swapped, the
two mistakes people make when they write down a number. ISO 7064 MOD 11-10 misses some swaps.
"""

import re

_TABLE = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
"""Damm's quasigroup of order 10: row is the digit so far, column the next digit."""

_STRIDE = 556_231
"""The golden section of 900,000, with no factor in common with it: numbers in a row become references far apart."""


def make(number: int) -> str:
    """The reference of the `number`th ticket (from 0): seven digits for the first 900,000, then eight, and so on.

    Every number has its own reference; none begins with a zero. Tickets in a row get references that look nothing
    alike, so one misheard for another is noticed, and how many there are is not told. Raises ValueError below 0.
    """
    if number < 0:
        raise ValueError(number)
    lowest = 100_000
    while number >= 9 * lowest:
        number -= 9 * lowest
        lowest *= 10
    digits = str(lowest + number * _STRIDE % (9 * lowest))
    return digits + _check(digits)


def valid(text: str) -> bool:
    """Whether the text is a reference as `make` writes it: ASCII digits, long enough, the check digit right."""
    return re.fullmatch("[1-9][0-9]{6,17}", text) is not None and _check(text) == "0"


def _check(digits: str) -> str:
    so_far = "0"
    for digit in digits:
        so_far = _TABLE[int(so_far)][int(digit)]
    return so_far
