"""Listening to English: digits, quantities and money. All functions take `normal` words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

_ONES: dict[str, int] = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS: dict[str, int] = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_REPEATS = {"double": 2, "triple": 3}


def words_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


_THANKS = frozenset({"please", "thanks", "thank", "you"})


def tokens_of(words: str) -> list[str]:
    """Words, with 30th, twenty-five and p.m. in one shape."""
    words = re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", words)
    words = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", words)
    return [word for word in (word.strip(".-") for word in words.split()) if word]


# --- digits and quantities ------------------------------------------------------------------------------------


def digits(words: str) -> str | None:
    """it's three zero oh, double five -> 30055; "twenty five" is 25. Quantities ("three hundred") are no digits."""
    tokens = tokens_of(words)
    tokens = [word for word in tokens if word not in ("dash", "hyphen")]
    while tokens and tokens[-1] in _THANKS:
        tokens.pop()
    while tokens and not _digit_like(tokens[0]):
        if tokens[0] in _SCALES:
            return None
        tokens.pop(0)
    said, times, tens = "", 1, 0
    for word in tokens:
        if word in _REPEATS and times == 1 and not tens:
            times = _REPEATS[word]
            continue
        if word in TENS and times == 1:
            said += str(tens) if tens else ""
            tens = TENS[word]
            continue
        piece = _digit(word)
        if not piece or (times > 1 and len(piece) != 1):
            return None
        if tens and len(piece) == 1 and piece != "0":
            piece = str(tens + int(piece))
        elif tens:
            piece = str(tens) + piece
        said, times, tens = said + piece * times, 1, 0
    if times > 1:
        return None
    return said + (str(tens) if tens else "") or None


def _digit_like(word: str) -> bool:
    return word in _REPEATS or word in TENS or bool(_digit(word))


def _digit(word: str) -> str:
    if word in ("oh", "o"):
        return "0"
    if word in _ONES:
        return str(_ONES[word])
    return word.replace("-", "") if re.fullmatch("[0-9]+(-[0-9]+)*", word) else ""


def number(words: str) -> Decimal | None:
    """a hundred and five, one twenty eight, 1.5, two thousand."""
    return number_of(tokens_of(words))


def number_of(tokens: Sequence[str]) -> Decimal | None:
    if not tokens or len(tokens) > 16:
        return None
    if "point" in tokens:
        at = list(tokens).index("point")
        whole, fraction = number_of(tokens[:at] or ["zero"]), digits(" ".join(tokens[at + 1 :]))
        return Decimal(f"{whole:f}.{fraction}") if whole is not None and fraction else None
    if len(tokens) == 1 and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", tokens[0]):
        return Decimal(tokens[0])
    total = part = 0
    last = 0  # the size of the last number word: 20 may be followed by 5, 5 by nothing but a scale
    for word in tokens:
        if word in ("a", "and"):
            continue
        if word in _SCALES:
            scale = _SCALES[word]
            part = (part or 1) * scale
            if scale > 100:
                total, part = total + part, 0
            last = scale
            continue
        if word in ("oh", "o") and 0 < last < 100 and part < 100:
            part, last = part * 100, 100  # three oh five
            continue
        value = _ONES.get(word, TENS.get(word, int(word) if re.fullmatch("[0-9]{1,9}", word) else -1))
        if value < 0:
            return None
        if 0 < last < 10 and value >= 10 and part < 100:
            part *= 100  # one twenty eight
        elif last and not (last >= 100 > value or (20 <= last < 100 and 0 < value < 10)):
            return None
        part, last = part + value, value or 1
    return Decimal(total + part) if last else None


# --- money ----------------------------------------------------------------------------------------------------

_CURRENCIES = {
    "yuan": "CNY", "rmb": "CNY", "renminbi": "CNY", "kuai": "CNY", "¥": "CNY", "dollar": "USD", "dollars": "USD",
    "bucks": "USD", "$": "USD", "euro": "EUR", "euros": "EUR", "€": "EUR", "pound": "GBP", "pounds": "GBP", "£": "GBP",
    "yen": "JPY",
}  # fmt: skip
_COINS = frozenset({"cent", "cents", "fen", "pence", "penny"})
ABOUT = words_of(
    "it its was is about around roughly for the amount of i paid think us chinese exactly um uh well please thanks "
    "thank you"
)


def amount(words: str) -> tuple[Decimal, str] | None:
    """128 dollars 50 -> (128.5, USD); one hundred yuan -> (100, CNY); fifty cents -> (0.5, "")."""
    spaced = re.sub(r"([$¥€£])", r" \1 ", words).replace("hong kong dollar", "hkdollar")
    tokens = [word for word in tokens_of(spaced) if word not in ABOUT]
    names = [word for word in tokens if word in _CURRENCIES or word.startswith("hkdollar")]
    if len(names) > 1:
        return None
    cents = Decimal(0)
    named = bool(tokens) and tokens[-1] in _COINS
    if named:
        tokens.pop()
    whole = tokens
    if names:
        at = tokens.index(names[0])
        whole, rest = (tokens[1:], []) if at == 0 else (tokens[:at], tokens[at + 1 :])
        rest = [word for word in rest if word != "and"]
        value = number_of(rest) if rest else Decimal(0)
        if value is None or value >= 100 or value % 1 or (named and not rest):
            return None
        cents = value / 100
    elif named:
        value = number_of(tokens)
        return (value / 100, "") if value is not None and value < 100 else None
    value = number_of(whole) if names else _with_cents(whole)
    code = "HKD" if names and names[0].startswith("hk") else _CURRENCIES[names[0]] if names else ""
    return (value + cents, code) if value is not None else None


def _with_cents(tokens: Sequence[str]) -> Decimal | None:
    """A quantity, or one with cents behind it: "one hundred twenty eight fifty" is 128.50."""
    value = number_of(tokens)
    for size in (1, 2) if value is None else ():
        whole, cents = number_of(tokens[:-size]), number_of(tokens[-size:])
        if whole is not None and cents is not None and whole >= 100 and not whole % 1 and 10 <= cents < 100:
            return whole + cents / 100
    return value
