"""Makes free text fit to be kept: masks card numbers, removes characters that no page or database can hold, cuts it.

Callers say card numbers without being asked, and PCI DSS forbids to keep the code on the back of a card. A card is told
from a phone or order number by three things together: how its issuer's numbers begin, how long they are,
and Luhn's check digit.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate

LONGEST = 1000
"""Characters kept of a text from a caller; a longer one ends in `…`."""

_BETWEEN = r"(?:[^\w+]|_)"
"""What may stand between two digits of one number: up to three of anything but letters, digits and a plus."""
_PAUSE = rf"(?:(?:\b(?:and|then|um+|uh+|erm?|hmm?)\b|然后|接着|再|嗯|呃|额){_BETWEEN}{{0,3}}){{0,2}}"
"""The words with which people go on after some digits of a number."""
_RUN = re.compile(rf"\d(?:{_BETWEEN}{{0,3}}{_PAUSE}\d){{11,}}", re.IGNORECASE)
_GROUP = re.compile(r"\d+")
_CARD_WORD = re.compile(r"card|visa|master|amex|卡|银联", re.IGNORECASE)

# Issuers' beginnings and lengths (ISO/IEC 7812), as the schemes publish them.
_ISSUERS = tuple(
    (re.compile(beginning), frozenset(lengths))
    for beginning, lengths in (
        (r"4", (13, 16, 19)),  # Visa
        (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
        (r"3[47]", (15,)),  # American Express
        (r"62|81", (16, 17, 18, 19)),  # UnionPay
        (r"6011|64[4-9]|65", (16, 17, 18, 19)),  # Discover
        (r"35", (16, 17, 18, 19)),  # JCB
        (r"30[0-5]|3095|36|3[89]", (14, 15, 16, 17, 18, 19)),  # Diners Club
        (r"50|5[6-9]|6[037]", (16, 17, 18, 19)),  # Maestro
        (r"5018|5020|5038|6304|6390|6759|676[1-3]", (12, 13, 14, 15)),  # the short ones of old; 57…, 63… are phones
        (r"220[0-4]", (16, 17, 18, 19)),  # Mir
        (r"9792", (16,)),  # Troy
    )
)

_IS = r"(?:\s*(?:is|was|number|code|no\.?|是|为|[:：,，=#–-])){0,3}\s*"
_NAMES = (
    r"(?:\b(?:cvv2?|cvc2?|pin|otp|passcode|password|(?:security|one[- ]time|verification) code)"
    r"|安全码|密码|口令|验证码|校验码|动态码)"
)
_SECRET = re.compile(rf"({_NAMES})({_IS})\d(?:{_BETWEEN}?\d){{2,7}}(?!\d)", re.IGNORECASE)
_SECRET_FIRST = re.compile(
    rf"(?<!\d)\d{{3,8}}(?=\s*(?:is|was|是)\s*(?:(?:my|the|his|her|their)\s|[我他她]?的)?\s*{_NAMES})", re.IGNORECASE
)
_BESIDE_A_CARD = re.compile(
    r"(\bcode|\bcid|on the back|背面的?(?:三位)?(?:数字|数)?|后三位(?:数字|数)?|三位数字?)"
    rf"({_IS}{_BETWEEN}{{0,3}})\d(?:{_BETWEEN}?\d){{2,3}}(?!\d)",
    re.IGNORECASE,
)
_EXPIRY = r"(?:0[1-9]|1[0-2])(?:20)?[2-4]\d"
_BEHIND = re.compile(rf"{_EXPIRY}|(?:{_EXPIRY})?\d{{3,4}}")
"""An expiry date, a check number, or both: what people say in one breath with a card number."""
_AFTER_A_CARD = re.compile(
    rf"(\[card …\d{{4}}\]|[¥$€]\s*\d[\d.,]{{0,12}}|\d[\d.,]{{0,12}}\s*(?:元|块|美元|yuan|rmb|dollars?))"
    rf"|(?<!\d)(?:\d{{1,4}}|{_EXPIRY}\d{{0,4}})(?!\d)",
    re.IGNORECASE,
)
"""Amounts stay. All other short numbers after a card go: which of them are its date or its code, nobody can tell."""
_CODES = re.compile(rf"\[code\](?:{_BETWEEN}{{0,3}}\[code\])+")

_UNKEEPABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and line feed, halves of surrogate pairs, and what is no character."""


def redact(text: str, longest: int = LONGEST) -> str:
    """`text` with card numbers as `[card …1111]` and codes and PINs as `[code]`, at most `longest` long."""
    # Masking shortens a text to a quarter at most, so what lies beyond can not come within the limit.
    clean = keepable(text[: 5 * longest])
    masked = _RUN.sub(_masked, clean)
    masked = _SECRET_FIRST.sub("[code]", _SECRET.sub(r"\1\2[code]", masked))
    if "[card …" in masked:
        masked = _BESIDE_A_CARD.sub(r"\1\2[code]", masked)
        card = masked.index("[card …")
        hidden = _AFTER_A_CARD.sub(lambda found: found[1] or "[code]", masked[card:])
        masked = masked[:card] + _CODES.sub("[code]", hidden)
    return masked if len(masked) <= longest else masked[: longest - 1] + "…"


def is_masked(text: str) -> bool:
    """Whether `redact` took a card number or a code out of this text."""
    return "[code]" in text or "[card …" in text


def keepable(text: str) -> str:
    """`text` without what no database, document or page can hold."""
    return text if text.isprintable() else _UNKEEPABLE.sub("", text)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def is_card(digits: str) -> bool:
    """Whether these ASCII digits can be the number of a payment card."""
    return len(digits) in _lengths(digits) and luhn(digits)


def _lengths(digits: str) -> frozenset[int]:
    """How long the number of a card can be that begins so."""
    return frozenset().union(*(lengths for beginning, lengths in _ISSUERS if beginning.match(digits)))


def _masked(run: re.Match[str]) -> str:
    """A run of digits with the cards in it masked. A card begins and ends where a group of digits does."""
    text = run.group()
    before = run.string[run.start() - 1] if run.start() else ""
    groups = list(_GROUP.finditer(text))
    ends = list(accumulate(len(group.group()) for group in groups))
    digits = "".join(str(unicodedata.decimal(digit)) for group in groups for digit in group.group())
    if before == "+" and len(digits) <= 15:
        return text  # a phone number says so itself
    named = _CARD_WORD.search(run.string, max(0, run.start() - 20), run.start()) is not None
    masked, first, copied = "", 0, 0
    while first < len(groups):
        start = ends[first] - len(groups[first].group())
        lengths = _lengths(digits[start : start + 4])
        lasts = [last for last in range(first, min(first + 19, len(groups))) if ends[last] - start in lengths]
        lasts.sort(key=lambda last: (ends[last] - start != 16, -last))  # what follows sixteen digits may be a code
        last = next(
            (last for last in lasts
             if luhn(digits[start : ends[last]]) and (named or _is_grouped(groups[first : last + 1]))),
            None,
        )  # fmt: skip
        end = ends[last] if last is not None else 0
        if glued := _glued(digits[start : ends[first]]):
            last, end = first, start + glued
        if last is None:
            first += 1
            continue
        code = "[code]" if end < ends[last] else ""
        masked += text[copied : groups[first].start()] + f"[card …{digits[end - 4 : end]}]" + code
        copied, first = groups[last].end(), last + 1
    return masked + text[copied:]


def _is_grouped(groups: Sequence[re.Match[str]]) -> bool:
    """Whether a card may be written so. Two numbers of seven digits or more are an account, a ticket or a phone each;
    numbers that are divided alike, such as two tickets, repeat how they begin."""
    sizes = [len(group.group()) for group in groups]
    again = any(
        len(set(sizes[:size])) > 1 and all(each == sizes[at % size] for at, each in enumerate(sizes))
        for size in range(2, len(sizes) - 1)
    )
    return not again and (len(sizes) == 1 or min(sizes[0], max(sizes[1:])) < 7)


def _glued(digits: str) -> int:
    """How long the card is that these digits begin with, if only its date or its code follows; else 0."""
    return next((size for size in (16, 15) if is_card(digits[:size]) and _BEHIND.fullmatch(digits[size:])), 0)
