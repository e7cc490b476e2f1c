"""Days of the week as people write them: mon, tue-fri, sat, sun."""

import re

from ivr.flow.issues import did_you_mean

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FULL_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def weekdays(text: str) -> tuple[int, ...]:
    """Monday is 0: "mon", "tue-fri", "sat, sun", "fri-mon". Raises ValueError with one sentence."""
    found: list[int] = []
    english = re.sub(
        r"(?:周|星期|礼拜)([一二三四五六日天])", lambda day: WEEKDAYS[min("一二三四五六日天".find(day[1]), 6)], text
    )
    plain = re.sub(r"\s*[–—－~～至到]\s*", "-", english.lower())
    if english != text:
        raise ValueError(f'"{text}" is written in English here; did you mean "{plain}"?')
    for part in re.split("[,，、]", plain):
        first, dash, last = (word.strip() for word in part.partition("-"))
        begin = _weekday(first)
        end = _weekday(last) if dash else begin
        found += [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]
    if len(set(found)) < len(found):
        raise ValueError(f'"{text}" names a day twice; keep one of them')
    return tuple(found)


def _weekday(word: str) -> int:
    for names in (WEEKDAYS, FULL_NAMES):
        if word in names:
            return names.index(word)
    hint = did_you_mean(word, (*WEEKDAYS, *FULL_NAMES)) or "; expected mon, tue, wed, thu, fri, sat or sun, or mon-fri"
    raise ValueError(f'"{word}" is not a day of the week{hint}')
