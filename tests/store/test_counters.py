"""Counting against abuse holds however many ask at once, and starts again when a window is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from ivr.store import Store
from tests.stores import counted

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.slow
def test_of_a_thousand_racing_claims_exactly_the_limit_wins(store: Store) -> None:
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda _: store.claim("wrong-account", "62220001", 5, NOW, 3600), range(1000)))
    assert won.count(True) == 5
    assert counted(store, "wrong-account", "62220001", NOW) == 5


def test_a_refused_claim_counts_nothing(store: Store) -> None:
    assert [store.claim("codes", "a", 2, after(second), 10) for second in (0, 5, 6, 9.9)] == [True, True, False, False]
    assert counted(store, "codes", "a", after(9.9)) == 2


@pytest.mark.parametrize(("second", "left"), [(0, 3), (59.9, 3), (60, 2), (89.9, 2), (90, 1), (118.9, 1), (119, 0)])
def test_each_hit_counts_for_its_own_window(store: Store, second: float, left: int) -> None:
    for began in (0, 30, 59):
        store.claim("caller", "+86138", 10, after(began), 60)
    assert counted(store, "caller", "+86138", after(second)) == left


def test_no_hour_holds_more_than_the_limit_wherever_it_begins(store: Store) -> None:
    taken = [minute for minute in range(180) if store.claim("caller", "x", 10, after(60 * minute), 3600)]
    assert all(sum(begin <= minute < begin + 60 for minute in taken) <= 10 for begin in range(180))


def test_names_and_keys_are_counted_apart_and_reset_apart(store: Store) -> None:
    for name, key in (("a", "x"), ("a", "y"), ("b", "x")):
        assert store.claim(name, key, 1, NOW, 60)
    store.reset("a", "x")
    assert [counted(store, name, key, NOW) for name, key in (("a", "x"), ("a", "y"), ("b", "x"))] == [0, 1, 1]


@pytest.mark.slow
def test_ticket_references_are_drawn_once_each(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: store.claim_reference(lambda number: f"T{number:04d}"), range(200)))
    assert sorted(drawn) == [f"T{number:04d}" for number in range(1, 201)]


def test_a_reference_drawn_on_a_page_is_given_back_with_it(store: Store) -> None:
    with store.turn("CA1", 0):
        assert store.claim_reference(str) == "1"
        assert store.claim_reference(str) == "2"
    with pytest.raises(KeyError), store.turn("CA1", 0):
        raise KeyError(store.claim_reference(str))
    assert store.claim_reference(str) == "3"
