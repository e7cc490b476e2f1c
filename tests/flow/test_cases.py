"""The cases of a `choose`: what leads write is what happens, by the kind of the value."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.cases import read_case, taken, values_by_case
from ivr.flow.model import VALUE_KINDS, ValueKind

WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("kind", "text", "cases", "way"),
    [
        ("digits", "9", ["> 8"], "> 8"),
        ("digits", "10", ["> 8"], "> 8"),
        ("digits", "8", ["> 8"], "else"),
        ("digits", "8", [">= 8"], ">= 8"),
        ("digits", "8", ["≥ 8"], "≥ 8"),
        ("digits", "201", ["201"], "201"),
        ("digits", "0201", ["201"], "else"),
        ("digits", "214", ["20*", "2*"], "2*"),
        ("digits", "5", ["1-4", "5-8"], "5-8"),
        ("digits", "5", ["1 to 5"], "1 to 5"),
        ("number", "5.0", ["5"], "5"),
        ("number", "-2", ["< 0"], "< 0"),
        ("money", "100.50 CNY", ["> 100"], "> 100"),
        ("money", "100.50 CNY", ["> 100 USD", "> 100 CNY"], "> 100 CNY"),
        ("money", "1500 CNY", ["> 1,000"], "> 1,000"),
        ("duration", "360", ["> 5 min"], "> 5 min"),
        ("date", "2026-11-28", ["mon-fri", "sat, sun"], "sat, sun"),
        ("date", "2026-11-23", ["monday"], "monday"),
        ("date", "2026-11-24", ["< today", "today"], "< today"),
        ("date", "2026-11-25", ["< today", "today"], "today"),
        ("date", "2026-12-25", ["2026-12-24..2026-12-26"], "2026-12-24..2026-12-26"),
        ("time", "11:59", ["09:00-12:00"], "09:00-12:00"),
        ("time", "12:00", ["09:00-12:00"], "else"),
        ("time", "23:10", ["22:00-06:00"], "22:00-06:00"),
        ("time", "05:59", ["22:00-06:00"], "22:00-06:00"),
        ("time", "06:00", ["22:00-06:00"], "else"),
        ("datetime", "2026-11-28T12:30:00+08:00", ["12:00-13:00", "sat"], "12:00-13:00"),
        ("datetime", "2026-11-28T14:30:00+08:00", ["12:00-13:00", "sat"], "sat"),
        ("phone", "+447700900123", ["+86*", "+44*"], "+44*"),
        ("words", "Buy.", ["buy"], "buy"),
        ("words", "I buy", ["buy"], "else"),
        ("words", "买。", ["买"], "买"),
        ("name", "Lin", ["li", "*"], "*"),
        ("money", "5 CNY", ["*"], "*"),
    ],
)
def test_the_first_case_that_is_true_is_taken(kind: ValueKind, text: str, cases: list[str], way: str) -> None:
    assert taken(cases, kind, text, WEDNESDAY) == way


@pytest.mark.parametrize(
    ("kind", "case", "why"),
    [
        ("words", "> 8", 'nothing of this kind is compared by ">"'),
        ("phone", "2125550100", "with + and the country code"),
        ("phone", "212*", "begins with +"),
        ("account", "1-5", "digits alone"),
        ("number", "9-3", '"9" comes after "3"'),
        ("number", "1*", "known by its beginning"),
        ("date", "10", "expected a day such as 2026-12-24"),
        ("date", "24.12.2026", "expected a day such as 2026-12-24"),
        ("time", "monday", "expected a time of day such as 18:00"),
        ("money", "> lots", "expected an amount such as 100"),
        ("datetime", "noon", "expected a time of day"),
    ],
)
def test_a_case_that_can_never_be_true_is_refused(kind: ValueKind, case: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("+", "[+]")):
        read_case(case, kind, WEDNESDAY)
    assert taken([case], kind, "whatever", WEDNESDAY) == "else"


def test_values_are_found_for_every_case_and_for_else() -> None:
    assert values_by_case(["201", "> 500", "2*"], "digits", WEDNESDAY).keys() == {"201", "> 500", "2*", "else"}
    assert values_by_case(["sat, sun"], "date", WEDNESDAY).keys() == {"sat, sun", "else"}
    assert values_by_case(["+44*"], "phone", WEDNESDAY).keys() == {"+44*", "else"}
    assert values_by_case(["> 8"], "words", WEDNESDAY).keys() == {"else"}


def test_a_case_behind_one_that_takes_all_its_values_has_none() -> None:
    assert values_by_case(["> 5", "> 8"], "number", WEDNESDAY).keys() == {"> 5", "else"}


SIGNS = st.sampled_from(["<", ">", "<=", ">=", "="])
CASES = st.one_of(
    st.integers(-50, 50).map(str),
    st.builds("{} {}".format, SIGNS, st.integers(-50, 50)),
    st.builds("{}-{}".format, st.integers(0, 50), st.integers(0, 50)),
    st.sampled_from(
        ["mon", "sat, sun", "today", "> today", "09:00-12:00", "22:00-06:00", "+44*", "a*", "-", "..", "*"]
    ),
    st.text(max_size=8),
)


@given(st.lists(CASES, max_size=5), st.sampled_from(VALUE_KINDS), st.integers(0, 400))
def test_every_value_that_is_found_takes_its_case(cases: list[str], kind: ValueKind, ahead: int) -> None:
    today = WEDNESDAY + timedelta(days=ahead)
    for case, text in values_by_case(cases, kind, today).items():
        assert taken(cases, kind, text, today) == case
