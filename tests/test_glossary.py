"""docs/glossary.md: one line a word, Chinese beside it, and every word is in use."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.test_layers import ROOMS

ROOT = Path(__file__).parents[1]
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.M)
WORDS = {word: chinese for word, chinese, _ in ROWS if word not in ("word", "---")}


@cache
def in_use() -> str:
    """Code, flows and configuration in lower case, with `wrap_up` as `wrap up` and `CallerId` as `caller id`."""
    paths = (*(ROOT / "ivr").rglob("*.py"), *(ROOT / "flows").glob("*.yaml"), ROOT / "config.yaml")
    text = "\n".join(path.read_text("utf-8") for path in paths)
    return re.sub(r"[_-]", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).lower()


@pytest.mark.parametrize("word", WORDS)
def test_a_word_has_its_chinese_and_is_used_in_the_code(word: str) -> None:
    assert re.search(r"[\u4e00-\u9fff]", WORDS[word]), "no Chinese beside it"
    assert re.search(rf"\b{re.escape(word.lower().replace('-', ' '))}", in_use()), "nothing is called so"


def test_no_word_stands_twice() -> None:
    words = [word for word, _, _ in ROWS if word not in ("word", "---")]
    assert [word for word in words if words.count(word) > 1] == []


@pytest.mark.parametrize("room", sorted({room.partition("/")[0] for room in ROOMS}))
def test_every_room_is_a_word(room: str) -> None:
    assert {room, room.removesuffix("s")} & set(WORDS)
