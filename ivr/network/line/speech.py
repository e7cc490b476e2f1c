"""How long words take to say, and how much of them was heard when they were cut off."""

import re
from functools import lru_cache

from ivr.network.wire.options import Options

# One unit each: a Chinese, Japanese or Korean character, a digit, a word in letters.
_UNITS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\d|[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_SYLLABIC = ("zh", "cmn", "yue", "ja", "ko")


def duration(text: str, language: str, options: Options) -> float:
    """Give the seconds it takes to say `text`; a digit is a syllable in Chinese and a word in English."""
    return _duration(text, language, options.chinese_characters_per_second, options.english_words_per_second)


@lru_cache(maxsize=4096)
def _duration(text: str, language: str, characters_per_second: float, words_per_second: float) -> float:
    digits_per_second = characters_per_second if language.lower().startswith(_SYLLABIC) else words_per_second
    seconds = 0.0
    for unit in _UNITS.findall(text):
        if unit.isdigit():
            seconds += 1 / digits_per_second
        elif unit[0] >= "\u3040":
            seconds += 1 / characters_per_second
        else:
            seconds += 1 / words_per_second
    return round(seconds, 3)


def heard_part(text: str, share: float) -> str:
    """Give the beginning of `text` that was spoken when `share` (0..1) of its time had passed."""
    if share >= 1:
        return text
    units = list(_UNITS.finditer(text))
    whole = int(len(units) * max(0.0, share) + 1e-4)  # a clock of microseconds may be that early
    return text[: units[whole - 1].end()] if whole else ""


def share_until(text: str, end: int) -> float:
    """Give the share (0..1) of `text`'s time that has passed when its first `end` characters are said."""
    units = list(_UNITS.finditer(text))
    if not units:
        return 1.0
    return sum(1 for unit in units if unit.start() < end) / len(units)


_PROFANE = re.compile(r"\b(?:motherfuck|fuck|bullshit|shit|bitch|cunt|asshole)\w*", re.IGNORECASE)


def masked(text: str) -> str:
    """Give `text` with swear words cut to their first letter, as `f***`. [D] The short English list is ours."""
    return _PROFANE.sub(lambda found: found[0][0] + "*" * (len(found[0]) - 1), text)
