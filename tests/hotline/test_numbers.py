"""Numbers we ring and text, and those that would cost us dearly."""

import pytest

from ivr.hotline.numbers import allowed, textable

PREFIXES = ("+86", "+852", "+1", "+44", "+7", "+8", "+87", "+88", "+97", "+979", "+33", "+49", "+81", "+800", "")
"""A careless list: open in name to far more than any hotline would write."""

ORDINARY = [
    "+8613800138000", "+8615912345678", "+861064095588", "+8675526010000", "+85261234567", "+85225671234",
    "+14155552671", "+16135551234", "+442079460958", "+447400123456", "+79161234567", "+33612345678",
    "+4915112345678", "+819012345678",
]  # fmt: skip

REFUSED = {
    "premium rate": "+19005550100 +449098790000 +448431234567 +33899123456 +499001234567 +81990123456 +8616812345",
    "of no country": "+979123456789 +878101234567890 +80012345678 +800123456789 +888123456789",
    "satellite": (
        "+870773111632 +870301234567 +881612345678 +881712345678 +881812345678 +882161234567 +88213300655 "
        "+882161234568 +883510000000 +883140000000 +8821612345 +8816414"
    ),
    "emergency": "110 119 120 911 112 999 +86110 +86119 +86120 +1911 +44999 +44112",
    "short": "95588 10086 12345 +8695588 +8610086 +8612345 +86123",
    "another country under the same code": (
        "+18765551234 +18095551234 +14415551234 +447911123456 +447624123456 +77011234567"
    ),
    "shared cost, personal, toll free": "+864008123123 +447012345678 +18005551234",
    "not canonical E.164": (
        "8613800138000 008613800138000 13800138000 +8601064095588 +86-138-0013-8000 +86\u00a013800138000 "
        "+٨٦١٣٨٠٠١٣٨٠٠٠ ＋8613800138000 ++8613800138000 +8613800138000# +8613800138000,,9 +000 +0 + +86 "
        "tel:+8613800138000 sip:x@y client:bob anonymous +266696687"
    ),
    "too long": f"+{'8' * 40} +86{'1' * 40} +861380013800000 +86138001380001234",
    "not in use": "+15555550100 +862112345678901 +862612345 +5399123456 +861701234567",
}  # fmt: skip


@pytest.mark.parametrize("number", ORDINARY)
def test_an_ordinary_line_under_an_allowed_prefix_may_be_rung(number: str) -> None:
    assert allowed(number, PREFIXES)


@pytest.mark.parametrize(
    ("why", "number"), [(why, number) for why, row in REFUSED.items() for number in row.split(" ")]
)
def test_every_other_number_is_refused(why: str, number: str) -> None:
    assert not allowed(number, PREFIXES), why


@pytest.mark.parametrize(
    "number", ["", "+8613800138000\n", "\n+8613800138000", " +8613800138000", "+8613800138000\x00"]
)
def test_what_a_regular_expression_may_overlook_is_refused(number: str) -> None:
    assert not allowed(number, PREFIXES)


@pytest.mark.parametrize("number", ORDINARY)
def test_nothing_may_be_rung_without_an_allowed_prefix(number: str) -> None:
    assert not allowed(number, ())
    assert not allowed(number, ("",))
    assert not allowed(number, ("+", "*", "86", "+99"))


def test_a_country_that_shares_a_code_opens_by_its_own_prefix() -> None:
    assert allowed("+18765551234", ("+1876",))
    assert not allowed("+18095551234", ("+1", "+1876"))


def test_a_complete_number_opens_a_special_line_but_never_the_dear_ones() -> None:
    assert allowed("+864008123123", ("+864008123123",))
    assert not allowed("+864008123124", ("+864008123123",))
    assert not allowed("+881612345678", ("+881612345678",))
    assert not allowed("+19005550100", ("+19005550100",))


@pytest.mark.parametrize("network", ["+870", "+881", "+882", "+883"])
def test_no_satellite_number_may_be_rung_whatever_is_allowed(network: str) -> None:
    probes = [f"{network}{tail:0{length}d}" for length in (6, 8, 9, 10, 12) for tail in range(3, 10**6, 76_923)]
    assert len(probes) >= 60
    for number in probes:
        assert not allowed(number, (network, "+8", number))


def test_numbers_of_films_are_allowed_where_their_range_is_named():
    assert allowed("+447700900006", ("+86", "+447700900"))
    assert not allowed("+447700900006", ("+86", "+44"))


def test_a_mobile_that_we_may_ring_can_be_texted_and_a_fixed_line_cannot():
    assert textable("+8613800138000", PREFIXES)
    assert textable("+447700900006", ("+447700900",))
    assert textable("+14155552671", PREFIXES), "America does not tell one from the other"
    assert not textable("+8675586660000", PREFIXES)
    assert not textable("+442079460958", PREFIXES)
    assert not textable("+14155552671", ("+86",)), "a number abroad"
    assert not textable("", PREFIXES)
