"""YAML as typed: places, texts, traps and bombs. The wording of syntax errors is in `reading_cases/`."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.issues import Issue, Place
from ivr.flow.reading import source
from ivr.flow.reading.source import MAX_BYTES, MAX_ISSUES, Entry, ListNode, MapNode, Node, Scalar, parse

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__, autouse=True)
def _either_loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_LOADER", request.param)


def rules(text: str | bytes) -> list[str]:
    return [issue.rule for issue in parse(text, "f.yaml")[1]]


def plain(node: Node | None) -> object:
    """The tree as dicts, lists and texts."""
    match node:
        case MapNode(entries=entries):
            return {entry.key.text: plain(entry.value) for entry in entries}
        case ListNode(items=items):
            return [plain(item) for item in items]
        case Scalar(text=text):
            return text
    return None


@pytest.mark.parametrize(
    "word",
    [
        "09:00", "22:30", "1:30", "+8613800138000", "010", "0900", "0x1F", "1_000", "1e3", "no", "yes", "on", "~",
        "null", "true", ".inf", "2026-11-25", "12345678901234567890", "=", "R&D", "您好：",
    ],
)  # fmt: skip
def test_words_stay_as_typed(word: str) -> None:
    node, issues = parse(f"{word}: {word}\nlist: [{word}]\n", "f.yaml")
    assert not issues
    assert plain(node) == {word: word, "list": [word]}


def test_every_value_has_a_place() -> None:
    node, issues = parse('a: 您好\nbig:\n- "x y"\n- {k: v, w: [1]}\n- |\n  two\n  lines\n', "f.yaml")
    assert not issues
    assert isinstance(node, MapNode)
    first, second = node.entries
    key, value = Place("f.yaml", 1, 1, 1), Place("f.yaml", 1, 4, 2)
    assert first == Entry(Scalar("a", key, True, raw="a"), Scalar("您好", value, True, raw="您好"))
    assert isinstance(second.value, ListNode)
    quoted, braces, block = second.value.items
    assert quoted == Scalar("x y", Place("f.yaml", 3, 3, 5), plain=False, raw='"x y"')
    assert isinstance(braces, MapNode)
    assert braces.place == Place("f.yaml", 4, 3, 14)
    assert braces.get("w") is not None
    assert braces.get("x") is None
    assert isinstance(block, Scalar)
    assert (block.text, block.place) == ("two\nlines\n", Place("f.yaml", 5, 3, 1))


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ("say: press # to end", Place("f.yaml", 1, 12, 8)),
        ("say: #1", Place("f.yaml", 1, 6, 2)),
        ("- press   #  ", Place("f.yaml", 1, 11, 1)),
        ("say: 'press' # to end", None),
        ("say: press#1", None),
        ("say: {zh: 您好} # x", None),
        ("say: press", None),
    ],
)
def test_a_comment_behind_unquoted_text_is_seen(text: str, comment: Place | None) -> None:
    node, issues = parse(text, "f.yaml")
    assert not issues
    inner = (
        node.items[0] if isinstance(node, ListNode) else node.entries[0].value if isinstance(node, MapNode) else node
    )
    assert not isinstance(inner, Scalar) or inner.comment == comment


def test_an_empty_value_is_not_an_empty_text() -> None:
    node, _ = parse('a:\nb: ""\n', "f.yaml")
    assert isinstance(node, MapNode)
    assert [entry.value.is_empty for entry in node.entries if isinstance(entry.value, Scalar)] == [True, False]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", b"", "\ufeff"])
def test_an_empty_file_is_an_empty_text(text: str | bytes) -> None:
    node, issues = parse(text, "f.yaml")
    assert not issues
    assert isinstance(node, Scalar)
    assert node.is_empty


@pytest.mark.parametrize("text", [b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "\ufeffa: 1\rb: 2", "a: 1\nb: 2\n"])
def test_byte_order_mark_and_line_ends_do_not_matter(text: str | bytes) -> None:
    node, issues = parse(text, "f.yaml")
    assert not issues
    assert plain(node) == {"a": "1", "b": "2"}
    assert isinstance(node, MapNode)
    assert node.entries[1].key.place == Place("f.yaml", 2, 1, 1)


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("a: 1\nb: caf\xe9".encode("latin-1"), "not-utf8", 2, 7),
        ("a: 1".encode("utf-16"), "not-utf8", 1, 1),
        ("a: 您\0", "bad-character", 1, 5),
        ("a: x\u2028b: y", "bad-character", 1, 5),
        ("a: x\ud800", "bad-character", 1, 5),
        ('a: "\\0"', "bad-character", 1, 4),
    ],
)
def test_what_is_not_text_is_refused_with_its_place(text: str | bytes, rule: str, line: int, column: int) -> None:
    node, issues = parse(text, "f.yaml")
    assert node is None
    assert [(issue.rule, issue.place.line, issue.place.column) for issue in issues] == [(rule, line, column)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1".encode("utf-16"), "the file is UTF-16; save it as UTF-8"),
        ("a: 退款".encode()[:-1], "the file ends in the middle of a character, as one that was saved half-way"),
        ("a: 退款".encode("gbk"), "byte 0xcd is not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_in_another_encoding_is_told_what_it_is(text: bytes, message: str) -> None:
    assert [issue.message for issue in parse(text, "f.yaml")[1]] == [message]


def test_a_special_space_in_a_text_of_several_lines_is_text() -> None:
    assert rules("a: |\n  x\n  \u3000y\nb: 1\n") == []
    assert rules("a:\n\u3000b: 1\n") == ["yaml-syntax"]


def test_the_first_of_two_equal_keys_is_kept_and_both_lines_are_named() -> None:
    node, issues = parse('1: a\nx: b\n"1": c\n', "f.yaml")
    assert plain(node) == {"1": "a", "x": "b"}
    message = '"1" is written on line 1 and again on line 3; keep one of them'
    assert issues == [Issue("written-twice", message, Place("f.yaml", 3, 1, 3))]


def test_a_hash_line_in_a_text_of_several_lines_is_text() -> None:
    assert rules("a: |\n  x\n  #: y\nb: 1\n") == []
    assert rules("a: 'x\n\n  #: y'\n") == []
    assert rules("a: 1\n#: y\n") == ["unquoted-key"]
    assert rules("a: 1\n#b: y\n# c: d\n") == []


ALIASES = "a: &a [x, x]\n" + "".join(
    f"{after}: &{after} [*{before}, *{before}]\n" for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"b{n}: &b{n} {{<<: [{', '.join(['*a' if n == 0 else f'*b{n - 1}'] * 9)}]}}\n" for n in range(20)
)
BOMBS = {
    "aliases": (ALIASES, "alias"),
    "merge keys": (MERGES, "alias"),
    "brackets": ("[" * 500, "too-deep"),
    "a file of brackets": ("[" * MAX_BYTES, "too-deep"),
    "a file of braces": ("{" * MAX_BYTES, "too-deep"),
    "nested lists": ("- " * 500 + "x", "too-deep"),
    "nested keys": ("? " * 500 + "x", "too-deep"),
    "a number of 5,000 digits": ("%YAML " + "9" * 5000 + ".1\n---\na: 1", "yaml-syntax"),
    "too large": ("x" * (MAX_BYTES + 1), "too-large"),
    "too large in bytes": ("您" * (MAX_BYTES // 3 + 1), "too-large"),
    "a tag": ("!!python/object/apply:os.system [id]", "tag"),
    "another tag": ("a: !<tag:yaml.org,2002:python/name:os.system> x", "tag"),
    "itself": ("&a [*a]", "alias"),
    "an absurd escape": ('a: "\\U99999999"', "yaml-syntax"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_once(bomb: str) -> None:
    text, rule = BOMBS[bomb]
    began = time.process_time()
    node, issues = parse(text, "f.yaml")
    seconds = time.process_time() - began
    assert node is None
    assert issues[0].rule == rule
    assert len(issues) <= MAX_ISSUES + 1
    budget = 0.1 if source._LOADER is not yaml.SafeLoader else 1.0
    assert seconds < budget, f"took {seconds:.3f} s of the processor"


def test_reading_stops_after_many_problems() -> None:
    found = rules("a: 1\n" * 10_000)
    assert found == ["written-twice"] * MAX_ISSUES + ["too-many-problems"]
    assert parse("a: 1\n" * 10_000, "f.yaml")[0] is None


def test_a_syntax_error_on_the_line_of_an_alias_is_not_told_again() -> None:
    assert rules("a: {b: *67 is a code}\n") == ["alias"]


ALPHABET = st.sampled_from(
    [*"ab:,-?#*&!|>'\"%@`[]{}\\\t\n 09.~<=", "\0", "\x85", "您", "：", "\U0001f600", "\n  ", ": "]
)


@given(st.lists(ALPHABET, max_size=60).map("".join) | st.text(max_size=60) | st.binary(max_size=40))
def test_no_text_raises_and_every_place_exists(text: str | bytes) -> None:
    node, issues = parse(text, "f.yaml")
    assert issues or node is not None
    whole = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    lines = whole.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for issue in issues:
        assert 1 <= issue.place.line <= len(lines)
        assert 1 <= issue.place.column <= len(lines[issue.place.line - 1]) + 1
