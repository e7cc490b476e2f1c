"""The texts of the console by key and language: looks them up, and knows which languages there are."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.console.frame_texts import FRAME_TEXTS
from ivr.console.page_texts import PAGE_TEXTS
from ivr.console.report_texts import REPORT_TEXTS

LANGUAGES = ("zh", "en")
NATIVE_NAMES: Mapping[str, str] = {"zh": "中文", "en": "English"}
"""What each language is called in itself."""
LANGUAGE_TAGS: Mapping[str, str] = {"zh": "zh-Hans", "en": "en"}
"""What screen readers and browsers are told (BCP 47)."""

TextTable = Mapping[str, tuple[str, str]]
"""Key to its text in each language, in the order of LANGUAGES. `{name}` stands for a value."""

TABLES: tuple[TextTable, ...] = (FRAME_TEXTS, PAGE_TEXTS, REPORT_TEXTS)
"""All tables. A key stands in one of them only."""


def text(language: str, key: str, **values: object) -> str:
    """The text of a key, with its values put in; in English where the language is not known here.

    Raises KeyError for a key without a text; a test finds those.
    """
    at = LANGUAGES.index(language) if language in LANGUAGES else LANGUAGES.index("en")
    for table in TABLES:
        if key in table:
            return table[key][at].format(**values) if values else table[key][at]
    raise KeyError(key)


def best_language(wanted: str, languages: tuple[str, ...]) -> str:
    """The first of our languages that a browser's Accept-Language asks for; else the first we have."""
    for part in wanted.split(","):
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        if tag in languages:
            return tag
    return languages[0]
