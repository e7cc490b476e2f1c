"""Which numbers may be dialled or texted: the one function that every call and message of ours has to pass.

Who dials pays for toll fraud. So only allowed prefixes may be dialled, and of these only ordinary lines. `phonenumbers`
knows what the ranges of a country are for; a range that it does not know is refused.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from ivr.call.countries import ALSO_HOME
from ivr.flow.vocabulary import E164, PREFIX

FICTION = re.compile(r"\+447700900[0-9]{3}", re.ASCII)
"""Numbers that Ofcom keeps free for films. Where they are allowed, they may be rung."""


def allowed(number: str, prefixes: Iterable[str]) -> bool:
    """Whether we may dial or text this number (E.164) under these allowed prefixes, such as `+86` and `+852`.

    Within them: mobile and fixed lines. Never: premium rate, satellite and other networks of no country (+870, +881,
    +882, +883, +979 …), emergency and short numbers, anything that is not canonical E.164. A bare country code does
    not open the other countries that share it (`+1` is not Jamaica, `+7` is not Kazakhstan): write their prefix too.
    A complete number as a prefix also opens lines that are not ordinary, such as a 400 number to transfer to.
    """
    if not E164.fullmatch(number):
        return False
    opened = [prefix for prefix in prefixes if PREFIX.fullmatch(prefix) and number.startswith(prefix)]
    if not opened:
        return False
    if FICTION.fullmatch(number) and max(opened, key=len) == number[:10]:
        return True
    return _permitted(number, max(opened, key=len))


def textable(number: str, prefixes: Iterable[str]) -> bool:
    """Whether a text message may go to this number and can be read there: allowed, and no fixed line."""
    return allowed(number, prefixes) and (
        FICTION.fullmatch(number) is not None
        or phonenumbers.number_type(phonenumbers.parse(number, None)) != PhoneNumberType.FIXED_LINE
    )


@lru_cache(maxsize=4096)
def _permitted(number: str, prefix: str) -> bool:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    region = phonenumbers.region_code_for_number(parsed)
    kind = phonenumbers.number_type(parsed)
    if (
        not phonenumbers.is_valid_number(parsed)
        or phonenumbers.format_number(parsed, PhoneNumberFormat.E164) != number  # +86 (0)10…, say
        or region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
        or kind == PhoneNumberType.PREMIUM_RATE
    ):
        return False
    if prefix == number:
        return True
    if kind not in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE):
        return False
    country = parsed.country_code or 0
    code = f"+{country}"
    if prefix == code:
        return region in (*ALSO_HOME.get(country, ()), phonenumbers.region_code_for_country_code(country))
    return len(prefix) > len(code)  # "+8" is not a country
