"""Listening to Mandarin: times, and what matters in a wish. All functions take `normal` words."""

from __future__ import annotations

import re
from datetime import time

from ivr.call.languages.asks import asks
from ivr.call.languages.hearing import (
    Hearing,
    latest,
    of_day,
)
from ivr.call.languages.zh_agreement import yes_or_no
from ivr.call.languages.zh_dates import heard_date
from ivr.call.languages.zh_numbers import N, amount, close, digits, meant, number, whole_number
from ivr.call.languages.zh_turns import TURNS

# --- times ----------------------------------------------------------------------------------------------------

_NIGHT = "晚上|夜晚|晚黑|晚间|今晚|明晚|昨晚|前晚|夜里|夜间|深夜|半夜|午夜|三更半夜"
_SMALL_HOURS = "凌晨|后半夜|下半夜"
_EARLY = "早上|早晨|清晨|大清早|清早|一早|早起|朝早|上午|上昼|今早|黎明|天不亮|天没亮"
_NOON = "中午|晌午|正午|晏昼"
_AFTERNOON = "下午|下昼|午后|后晌|傍晚|黄昏|挨晚"
_PART = "|".join((_SMALL_HOURS, _NIGHT, _EARLY, _NOON, _AFTERNOON))
_TIME = re.compile(
    rf"(?P<part>{_PART})?的?(?P<hour>{N})(?:点钟?|[:时])过?"
    rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|[踏搭](?P<mark>{N})|(?P<fives>{N})个字|(?P<minute>{N}+)(?!点)分?)?"
)
_SHORT_OF = re.compile(rf"差(?:(一刻)|({N})分)钟?(?:到|就)?")
_NOT_AT = re.compile("[点时刻分半](?:钟)?[以之过]?[后前]")
"""九点以后 is no time of day: anybody may mean any hour by it."""
_FILLERS = re.compile("[嗯呃额啊哦]|那个|大概|大约|差不多|来(?=钟)|[左上][右下]")


def heard_time(words: str) -> time | None:
    """下午三点半, 晚上6点, 九点一刻, 18:00, 半夜12点, 下昼三点三个字 (15:15); 晚上八点 不对 九点 is 21:00."""
    pieces = [_FILLERS.sub("", piece) for piece in meant(words)]
    if any(_NOT_AT.search(piece) for piece in pieces):
        return None
    said = [found[0] for piece in pieces if (found := re.search(_PART, piece))]
    return latest(lambda piece: _time(piece, said[0] if said else ""), pieces)


def _time(text: str, part: str) -> time | None:
    """The one time in a text; `part` of the day is that of a text which names none."""
    if short := _SHORT_OF.search(text):  # 差五分九点, 九点差五分
        whole, missing = _time(_SHORT_OF.sub("", text), part), 15 if short[1] else whole_number(short[2])
        if whole is None or missing is None or not 0 < missing < 60:
            return None
        return time(*divmod((whole.hour * 60 + whole.minute - missing) % 1440, 60))
    times = {_of_match(found, found["part"] or part) for found in _TIME.finditer(text)}
    if times:
        return times.pop() if len(times) == 1 else None
    return {"中午": time(12), "正午": time(12), "午夜": time(0)}.get(text.strip("是在就吧的"))


def _is(part: str, parts: str) -> bool:
    return re.fullmatch(parts, part) is not None


def _of_match(found: re.Match[str], part: str) -> time | None:
    hour = whole_number(found["hour"])
    minute = 30 if found["half"] else 0
    for name, size in (("quarter", 15), ("mark", 5), ("fives", 5), ("minute", 1)):
        if found[name]:
            minute = (whole_number(found[name]) or 0) * size
    if hour is None:
        return None
    if _is(part, _NIGHT) or _is(part, _SMALL_HOURS):
        late = _is(part, _NIGHT) and 5 <= hour < 12
        return of_day(0 if hour in (12, 24) else hour, minute, afternoon=late)
    if _is(part, _NOON):
        return of_day(hour, minute, afternoon=hour < 7 or hour == 12)
    if _is(part, _AFTERNOON):
        return of_day(hour, minute, afternoon=True)
    # 12 o'clock in the morning (上午12点) is noon; a written 03:00 is what it says
    exact = _is(part, _EARLY) or len(found["hour"]) == 2
    return of_day(hour % 24 if hour == 24 else hour, minute, afternoon=False if exact and hour != 12 else None)


# --- what matters in a wish ------------------------------------------------------------------------------------

_MEANINGLESS = re.compile(
    "您好|你好|请问|麻烦|帮我|我想要|我想|我要|我需要|想要|需要|我|请|查询|查一下|查|服务|问题|咨询|办理|业务|一下|关于"
    "|怎么办|怎么|什么|的|了|吗|呢|吧|啊|有|想"
)


def content(words: str) -> tuple[str, ...]:
    """我要查询退款 -> 退, 款."""
    return tuple(_MEANINGLESS.sub("", close(words)))


HEARING = Hearing(
    digits=digits,
    number=number,
    amount=amount,
    date=heard_date,
    time=heard_time,
    agreement=yes_or_no,
    content=content,
    needs=TURNS.needs,
    shortest=TURNS.least,
    asks=asks("zh"),
    in_order=True,
)
