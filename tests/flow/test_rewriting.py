"""Values changed in place: everything else of a file is byte for byte what it was."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.issues import Place
from ivr.flow.reading.rewriting import CannotRewrite, rewrite
from ivr.flow.reading.source import ListNode, MapNode, Node, Scalar, parse

FLOWS = sorted((Path(__file__).parents[2] / "flows").glob("*.yaml"))
WORDS = ["退款", "please", "it's", '"quote"', "#", ":", "a:b", "{amount}", "100%", "yes", "-", "*", "&", "?", "，"]


def scalars(node: Node) -> list[Scalar]:
    match node:
        case Scalar():
            return [node]
        case MapNode(entries=entries):
            return [found for entry in entries for found in scalars(entry.value)]
        case ListNode(items=items):
            return [found for item in items for found in scalars(item)]


def read(source: bytes) -> list[Scalar]:
    root, issues = parse(source, "")
    assert root is not None, issues
    return scalars(root)


def around(source: bytes, values: list[Scalar], index: int) -> tuple[bytes, bytes]:
    """What stands before a value and behind it."""
    place, text = values[index].place, source.decode().replace("\r\n", "\n")
    lines = text.split("\n")
    begins = len("\n".join(lines[: place.line - 1])) + (place.line > 1) + place.column - 1
    raw = values[index].raw.rstrip() if values[index].raw[:1] in "|>" else values[index].raw
    return text[:begins].encode(), text[begins + len(raw) :].encode()


@pytest.mark.parametrize("count", [30, pytest.param(500, marks=pytest.mark.slow)])
def test_a_change_of_the_shipped_flows_changes_nothing_else(count: int) -> None:
    chance = random.Random(count)
    for _ in range(count):
        source = chance.choice(FLOWS).read_bytes()
        values = [*read(source)]
        index = chance.randrange(len(values))
        new = " ".join(chance.choices(WORDS, k=chance.randint(1, 6)))
        changed = rewrite(source, {values[index].place: new})
        before, behind = around(source, values, index)
        assert changed.startswith(before)
        assert changed.endswith(behind)
        again = read(changed)
        assert again[index].text.strip() == new
        assert [value.text for value in again[:index] + again[index + 1 :]] == [
            value.text for value in values[:index] + values[index + 1 :]
        ]


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("a: old # why\n", "new", "a: new # why\n"),
        ("a: old # why\n", "new # not", 'a: "new # not" # why\n'),
        ("a: {zh: 旧, en: old}\n", "new, and more", 'a: {zh: "new, and more", en: old}\n'),
        ("a: old, text\n", "new, text", "a: new, text\n"),
        ("a: 'old'\n", "it's", "a: 'it''s'\n"),
        ('a: "old"\n', 'a "new" one', 'a: "a \\"new\\" one"\n'),
        ("a: |\n    one\n    two\n\nb: c\n", "three\nfour", "a: |\n    three\n    four\n\nb: c\n"),
        ("a: >-\n  one\n  two\nb: c\n", "three", "a: >-\n  three\nb: c\n"),
        ("a: old\r\nb: c\r\n", "new", "a: new\r\nb: c\r\n"),
        ("a: |\r\n  one\r\nb: c\r\n", "two\nthree", "a: |\r\n  two\r\n  three\r\nb: c\r\n"),
        ("\ufeffa: old\n", "new", "\ufeffa: new\n"),
        ("a: old\n  going on\nb: c\n", "new", "a: new\nb: c\n"),
        ("- {k: [x, old]}\n", "- y", None),
    ],
)
def test_the_style_stays_where_it_can(before: str, new: str, after: str | None) -> None:
    root, _ = parse(before, "")
    assert root is not None
    value = next((found for found in scalars(root) if found.text.startswith(("old", "旧", "one"))), scalars(root)[0])
    if after is not None:
        assert rewrite(before, {value.place: new}) == after
    else:
        assert new in rewrite(before, {value.place: new})


def test_several_values_change_at_once() -> None:
    text = "a: {x: one, y: two}\nb: three\n"
    values = {value.text: value.place for value in read(text.encode())}
    assert rewrite(text, {values["three"]: "3", values["one"]: "1"}) == "a: {x: 1, y: two}\nb: 3\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: {zh: 你好, en: hello}\n", 'a: {zh: 你好, en: hello, es: "hola, ya"}\n'),
        ("a:\n  zh: 你好\n  en: hello  # why\nb: c\n", 'a:\n  zh: 你好\n  en: hello  # why\n  es: "hola, ya"\nb: c\n'),
        (
            "a:\n  en: |\n    hello\n    there\n\nb: c\n",
            'a:\n  en: |\n    hello\n    there\n  es: "hola, ya"\n\nb: c\n',
        ),
        ("a:\r\n  en: hello\r\n", 'a:\r\n  en: hello\r\n  es: "hola, ya"\r\n'),
    ],
)
def test_an_entry_is_added_behind_its_neighbour(before: str, after: str) -> None:
    root, _ = parse(before, "")
    assert root is not None
    hello = next(value for value in scalars(root) if value.text.startswith("hello"))
    assert rewrite(before, {}, {hello.place: {"es": "hola, ya"}}) == after


@pytest.mark.parametrize(
    ("text", "place", "new"),
    [
        ("a: [\n", Place("", 1, 4), "x"),
        ("a: b\n", Place("", 2, 1), "x"),
        ("a: b\n", Place("", 1, 4), "a\x00b"),
        ("a: b\n", Place("", 1, 4), "a\u2028b"),
    ],
)
def test_what_cannot_be_written_changes_nothing(text: str, place: Place, new: str) -> None:
    with pytest.raises(CannotRewrite):
        rewrite(text, {place: new})


@given(
    st.text(max_size=40),
    st.sampled_from(["a: %s\nb: c\n", "{a: %s, b: c}\n", "- %s\n- b\n", "[%s, b]\n"]),
    st.sampled_from(["old", "'old'", '"old"']),
)
def test_any_text_is_read_back_or_refused(new: str, around_it: str, old: str) -> None:
    text = around_it % old
    root, _ = parse(text, "")
    assert root is not None
    try:
        changed = rewrite(text, {scalars(root)[0].place: new})
    except CannotRewrite:
        return
    again, _ = parse(changed, "")
    assert again is not None
    assert [value.text for value in scalars(again)][1:] == [value.text for value in scalars(root)][1:]
    assert scalars(again)[0].text == new
