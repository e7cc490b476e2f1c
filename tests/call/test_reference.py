"""Ticket references find what people mishear and mistype."""

from __future__ import annotations

import pytest

from ivr.call import reference

SAMPLE = [0, 1, 2, 41, 999, 123_456, 899_999, 900_000, 9_899_999, 9_900_000, 10**9]


@pytest.mark.parametrize("number", SAMPLE)
def test_a_reference_is_valid_digits_without_a_leading_zero(number: int) -> None:
    text = reference.make(number)
    assert reference.valid(text)
    assert text.isascii()
    assert text.isdigit()
    assert text[0] != "0"
    assert len(text) >= 7


@pytest.mark.parametrize("number", SAMPLE)
def test_every_single_wrong_digit_is_found(number: int) -> None:
    text = reference.make(number)
    for at, right in enumerate(text):
        for digit in "0123456789":
            assert reference.valid(text[:at] + digit + text[at + 1 :]) is (digit == right)


@pytest.mark.parametrize("number", [*SAMPLE, *range(3000, 3200)])
def test_every_swap_of_neighbours_is_found(number: int) -> None:
    text = reference.make(number)
    for at in range(len(text) - 1):
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        assert reference.valid(swapped) is (swapped == text)


def test_the_check_is_damms() -> None:
    # the example of the literature: 572 takes the check digit 4
    assert reference._check("572") == "4"
    assert reference._check("5724") == "0"


def test_numbers_have_references_of_their_own() -> None:
    numbers = [*range(20_000), *range(895_000, 905_000), *range(9_895_000, 9_905_000)]
    assert len({reference.make(number) for number in numbers}) == len(numbers)


def test_tickets_in_a_row_are_far_apart() -> None:
    for number in range(500):
        one, next_one = reference.make(number), reference.make(number + 1)
        assert sum(a != b for a, b in zip(one, next_one, strict=True)) >= 3


@pytest.mark.parametrize(
    "text", ["", "0", "0000000", "٣٤٥٦٧٨٩", "²²²²²²²", reference.make(5) + "\n", "1" * 40, "12345a7"]
)
def test_anything_else_is_no_reference(text: str) -> None:
    assert not reference.valid(text)


def test_there_is_no_ticket_below_zero() -> None:
    with pytest.raises(ValueError):
        reference.make(-1)
