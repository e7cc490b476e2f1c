"""Every file of texts: each key once, in both languages, with the same values put in."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

import ivr
from ivr.texts.load import load_texts

ROOT = Path(ivr.__file__).parent
FILES = (
    *sorted((ROOT / "console" / "texts").glob("*.yaml")),
    ROOT / "agents" / "texts.yaml",
    ROOT / "phone" / "texts.yaml",
    ROOT / "studio" / "texts.yaml",
    ROOT / "wallet" / "handlers" / "value_names.yaml",
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_text_is_there_in_both_languages_and_takes_the_same_values(file):
    for key, words in load_texts(file).items():
        assert set(words) == {"zh", "en"}, key
        assert all(words[language].strip() for language in words), key
        zh, en = (sorted(re.findall(r"{(\w+)}", words[language])) for language in ("zh", "en"))
        assert zh == en, key


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_key_is_written_twice(file):
    node = yaml.compose(file.read_text("utf-8"), yaml.SafeLoader)
    assert isinstance(node, yaml.MappingNode)
    assert [key for key, count in Counter(key.value for key, _ in node.value).items() if count > 1] == []


def test_no_key_of_the_console_stands_in_two_files():
    keys = Counter(key for file in FILES if file.parent.name == "texts" for key in load_texts(file))
    assert [key for key, count in keys.items() if count > 1] == []
