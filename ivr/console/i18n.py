"""The texts of the console by key and language: looks them up, and knows which languages there are."""

from collections.abc import Mapping
from pathlib import Path

from ivr.texts.load import load_texts

LANGUAGES = ("zh", "en")
NATIVE_NAMES: Mapping[str, str] = {"zh": "中文", "en": "English"}
"""What each language is called in itself."""
LANGUAGE_TAGS: Mapping[str, str] = {"zh": "zh-Hans", "en": "en"}
"""What screen readers and browsers are told (BCP 47)."""

TEXTS = {
    key: words
    for name in ("frame", "pages", "reports")
    for key, words in load_texts(Path(__file__).parent / "texts" / f"{name}.yaml").items()
}
"""The text of each key by language. `{name}` stands for a value."""


def text(language: str, key: str, **values: object) -> str:
    """The text of a key, with its values put in; in English where the language is not known here.

    Raises KeyError for a key without a text; a test finds those.
    """
    found = TEXTS[key].get(language) or TEXTS[key]["en"]
    return found.format(**values) if values else found


def best_language(wanted: str, languages: tuple[str, ...]) -> str:
    """The first of our languages that a browser's Accept-Language asks for; else the first we have."""
    for part in wanted.split(","):
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        if tag in languages:
            return tag
    return languages[0]
