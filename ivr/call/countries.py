"""What a country, named by its two letters, brings with it: time zones, and how its numbers begin and look."""

import re
from collections.abc import Iterator
from importlib.resources import files

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.phonemetadata import PhoneMetadata

ALSO_HOME = {1: ("CA",)}
"""Countries that share a code and are opened with it: `+1` is the United States and Canada."""
_MOST_LIVED_IN = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv", "UZ": "Asia/Tashkent",
}  # fmt: skip
"""The zone most people live in, where the IANA's list of the country's zones does not begin with it."""


def zones_of(country: str) -> tuple[str, ...]:
    """The time zones of a country (two letters), the one most people live in first; none for a country without."""
    rows = (row.split("\t") for row in (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines())
    first = _MOST_LIVED_IN.get(country, "")
    return tuple(sorted((row[2] for row in rows if row[0] == country), key=lambda zone: zone != first))


def prefixes_of(country: str) -> tuple[str, ...]:
    """How numbers of a country (two letters) begin, such as `+86`; nothing for one that has none.

    Of a country that shares the code of another, how its own areas begin: `+1268` is Antigua.
    """
    code = phonenumbers.country_code_for_region(country)
    if not code:
        return ()
    if country in (*ALSO_HOME.get(code, ()), phonenumbers.region_code_for_country_code(code)):
        return (f"+{code}",)
    metadata = PhoneMetadata.metadata_for_region(country)
    leading = metadata.leading_digits if metadata else None
    areas = (f"{area:0{size}}" for size in (1, 2, 3) for area in range(10**size))
    own = [f"+{code}{area}" for area in areas if leading and re.fullmatch(leading, area)]
    mobile = next(example_numbers(country), "")
    return (*own, *([] if mobile.startswith(tuple(own)) else [mobile[: len(f"+{code}") + 3]]))


def example_numbers(country: str, *, service: bool = False) -> Iterator[str]:
    """Numbers (E.164) that look like this country's (two letters), for made-up people: mobiles, or toll-free ones.

    A hundred at most; nothing for a country that has none.
    """
    kinds = (PhoneNumberType.TOLL_FREE, PhoneNumberType.FIXED_LINE) if service else (PhoneNumberType.MOBILE,)
    for kind in kinds:
        example = phonenumbers.example_number_for_type(country, kind)
        if example is None:
            continue
        for step in range(100):
            # A copy, because the leading zeros of a number are kept beside it: +225 01 23456789.
            other = phonenumbers.PhoneNumber()
            other.merge_from(example)
            other.national_number = (example.national_number or 0) + step
            if phonenumbers.is_valid_number(other):
                yield phonenumbers.format_number(other, PhoneNumberFormat.E164)


def country_of(number: str) -> str:
    """The country (two letters) whose code a number (E.164) begins with; raises NumberParseException for none."""
    return phonenumbers.region_code_for_country_code(phonenumbers.parse(number).country_code or 0)


def languages_of(country: str) -> tuple[str, ...]:
    """The languages of authorities and daily life in a country, as codes without a script (`zh`), by CLDR."""
    from babel.languages import get_official_languages  # only for a new hotline

    return tuple(code.partition("_")[0] for code in get_official_languages(country, de_facto=True))
