"""Listening to Mandarin: days and times. All functions take `normal` words."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

from ivr.call.languages.asks import asks
from ivr.call.languages.hearing import (
    Hearing,
    Standpoint,
    in_week,
    latest,
    of_day,
    real,
)
from ivr.call.languages.zh_agreement import yes_or_no
from ivr.call.languages.zh_numbers import DIGITS, D, N, amount, close, digits, meant, number, whole_number
from ivr.call.languages.zh_turns import TURNS

# --- days and times -------------------------------------------------------------------------------------------

_RELATIVE = {
    "大前天": -3, "前天": -2, "前晚": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今早": 0,
    "今晚": 0, "大后天": 3, "后天": 2, "明天": 1, "明日": 1,
}  # fmt: skip
_RELATIVE_DAY = re.compile("|".join(_RELATIVE))
_AGO = re.compile(rf"({N})天(?:以)?前")
_WEEKS_AGO = re.compile(rf"({N})(?:个星期|周|个礼拜)(?:以)?前")
_WEEKDAY = re.compile("(上上|上|这|本|下)?个?(?:周|星期|礼拜)([一二三四五六日天1-6])")
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1}
_DATE = re.compile(rf"(?:({D}{{4}}|{D}{{2}}|去|今|明|前)年)?({N})月份?({N})[日号]?")
_OF_MONTH = re.compile(rf"(上个?月|这个?月|本月)?({N})[日号]")
_ISO = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})")


def heard_date(words: str, seen: Standpoint) -> date | None:
    """今天, 三天前, 上周三, 十一月二十五号, 2026年11月25日, 25号; without a year the nearest such day."""
    today = seen.today
    text = close(words)
    if found := _ISO.fullmatch(text):
        return real(int(found[1]), int(found[2]), int(found[3]))
    if found := _DATE.search(text):
        return _dated(found[1] or "", whole_number(found[2]), whole_number(found[3]), seen)
    if len(relative := set(_RELATIVE_DAY.findall(text))) > 1:
        return None
    if relative:
        return today + timedelta(days=_RELATIVE[relative.pop()])
    for ago, days in ((_AGO, 1), (_WEEKS_AGO, 7)):
        if found := ago.search(text):
            count = whole_number(found[1])
            return today - timedelta(days=count * days) if count is not None and count < 4000 else None
    if found := _WEEKDAY.search(text):
        weekday = 6 if found[2] in "日天" else int(DIGITS[found[2]]) - 1
        return in_week(weekday, _WEEKS[found[1]], today) if found[1] else seen.of_week(weekday)
    if found := _OF_MONTH.search(text):
        return _of_month(found[1] or "", whole_number(found[2]), seen)
    return None


def _dated(year: str, month: int | None, number: int | None, seen: Standpoint) -> date | None:
    if month is None or number is None:
        return None
    if not year:
        return seen.of_year(month, number)
    if year in "去今明前":
        return real(seen.today.year + {"前": -2, "去": -1, "今": 0, "明": 1}[year], month, number)
    written = int("".join(map(DIGITS.__getitem__, year)))
    return real(written if written > 99 else 2000 + written, month, number)


def _of_month(which: str, number: int | None, seen: Standpoint) -> date | None:
    if number is None:
        return None
    if not which:
        return seen.of_month(number)
    year, month = divmod(seen.today.year * 12 + seen.today.month - 1 - which.startswith("上"), 12)
    return real(year, month + 1, number)


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
_FILLERS = re.compile("[嗯呃额啊哦]|那个|大概|大约|差不多|来(?=钟)|[左上][右下]")


def heard_time(words: str) -> time | None:
    """下午三点半, 晚上6点, 九点一刻, 18:00, 半夜12点, 下昼三点三个字 (15:15); 晚上八点 不对 九点 is 21:00."""
    pieces = [_FILLERS.sub("", piece) for piece in meant(words)]
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
