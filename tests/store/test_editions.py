"""Published editions: numbered in order, in force from when to when, and never published over somebody unseen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from ivr.store import Conflict, EditionRow, Store
from tests.store.store_worker import NOW


def row(digest: str, starts: datetime = NOW, until: datetime | None = None) -> EditionRow:
    return EditionRow(0, digest, "li", "why", NOW, starts, until)


def published(store: Store, digest: str, starts: datetime = NOW, until: datetime | None = None) -> EditionRow:
    return store.editions.publish(row(digest, starts, until), {"flows/a.yaml": digest})


def in_force(store: Store, hours: float) -> int:
    found = store.editions.in_force(NOW + timedelta(hours=hours))
    return found.number if found else 0


def test_nothing_is_in_force_before_anything_is_published(store: Store) -> None:
    assert store.editions.in_force(NOW) is None
    assert store.editions.all() == ()


def test_the_last_one_published_is_in_force_and_the_others_are_kept(store: Store) -> None:
    one, two = published(store, "one"), published(store, "two")
    assert (one.number, two.number) == (1, 2)
    assert store.editions.in_force(NOW) == two
    assert store.editions.all() == (two, one)
    assert store.flow_set("one") == {"flows/a.yaml": "one"}


def test_an_edition_may_begin_later_and_end(store: Store) -> None:
    published(store, "usual")
    published(store, "festival", NOW + timedelta(hours=2), NOW + timedelta(hours=4))
    assert [in_force(store, hours) for hours in (0, 1.99, 2, 3.99, 4)] == [1, 1, 2, 2, 1]


def test_what_was_published_meanwhile_comes_back_when_a_festival_ends(store: Store) -> None:
    published(store, "usual")
    published(store, "festival", NOW + timedelta(hours=2), NOW + timedelta(hours=4))
    published(store, "corrected", NOW + timedelta(hours=1))
    assert [in_force(store, hours) for hours in (0, 1, 2, 4)] == [1, 3, 2, 3]


def test_nobody_publishes_over_what_they_have_not_seen(store: Store) -> None:
    published(store, "one")
    published(store, "two")
    with pytest.raises(Conflict, match="edition 2 has been published since edition 1"):
        store.editions.publish(row("three"), {}, after=1)
    assert len(store.editions.all()) == 2
    assert store.editions.publish(row("three"), {}, after=2).number == 3


def test_two_who_publish_at_once_get_two_numbers(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = [each.number for each in pool.map(lambda name: published(store, name), "abcdefgh")]
    assert sorted(numbers) == list(range(1, 9))


def test_of_two_who_have_seen_the_same_one_is_refused(store: Store) -> None:
    published(store, "one")

    def second(name: str) -> bool:
        try:
            store.editions.publish(row(name), {}, after=1)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(second, "abcd")) == 1


def test_the_files_of_an_edition_outlive_every_call(store: Store) -> None:
    published(store, "one")
    store.add_flow_set("folder", {"a": "1"}, NOW)
    store.add_flow_set("later", {"a": "2"}, NOW + timedelta(days=1))
    store.purge(NOW + timedelta(days=400))
    assert store.flow_set("one") == {"flows/a.yaml": "one"}
    assert store.flow_set("folder") is None
