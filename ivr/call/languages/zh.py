"""Mandarin as spoken on the mainland: the table `ZH`.

What is written here is read by a text-to-speech voice without markup, and by people in transcripts:

- Months, days, hours, minutes and small counts are Arabic numerals before their unit (11月25日, 9点半, 15分钟): every
  voice reads those right, and eyes find them. The exception is 2 before a unit, where voices say èr for 2点 but
  people say 两点, so it is written 两.
- Money and other quantities are written in characters (一百二十八元五角, 两百元): voices differ on 200元 (二百 or
  两百), on 1,234.50 and on long numbers, which some read digit by digit; characters leave no choice.
- What is read digit by digit is written in characters too, with 幺 for 1 as on every Chinese phone line and commas
  as pauses (三零零，幺二三). Spaced numerals would not do: Chinese front ends drop spaces, and "3 0 0" becomes 三百.
"""

from datetime import date, time
from decimal import Decimal

from ivr.call.languages.formats import Formats
from ivr.call.languages.general import table
from ivr.call.languages.hearing import Hearing
from ivr.call.languages.language import lasting, quantity, rounded
from ivr.call.languages.words import shipped_texts
from ivr.call.values import Value


class _Mandarin(Formats):
    """Mandarin times, which name the part of the day first."""

    def clock(self, when: time) -> str:
        return _at(when)


_FORMATS = _Mandarin(tag="zh", texts=shipped_texts("zh"), spaced=False)

# --- numbers --------------------------------------------------------------------------------------------------

_NUMERALS = "零一二三四五六七八九"
_UNITS = {"day": "天", "hour": "小时", "minute": "分钟", "second": "秒"}
_MEASURES = tuple("位个次天条笔年元块张份部台名件秒小分")
"""Measure words that follow a slot in a sentence; before them 二 is 两."""


def cardinal(number: int) -> str:
    """A whole number below 10**12 in characters: 200 is 两百, 15 is 十五, 10500 is 一万零五百."""
    if number < 0:
        return "负" + cardinal(-number)
    if number >= 10**12:
        raise ValueError(number)
    said, gap = "", False
    for power, unit in ((2, "亿"), (1, "万"), (0, "")):
        section = number // 10_000**power % 10_000
        if not section:
            gap = True
            continue
        if said and (gap or section < 1000):
            said += "零"
        said += ("两" if section == 2 and power else _section(section)) + unit
        gap = False
    return said.removeprefix("一") if said.startswith("一十") else said or "零"


def _section(section: int) -> str:
    said, gap = "", False
    for power, unit in ((3, "千"), (2, "百"), (1, "十"), (0, "")):
        digit = section // 10**power % 10
        if not digit:
            gap = True
            continue
        if said and gap:
            said += "零"
        said += ("两" if digit == 2 and power >= 2 else _NUMERALS[digit]) + unit
        gap = False
    return said


def measured(number: int) -> str:
    """A whole number before a measure word, in characters: 两元."""
    return "两" if number == 2 else cardinal(number)


def counted(number: int) -> str:
    """A small number before a unit of time or a person: 两天, 15天."""
    return "两" if number == 2 else str(number)


def decimal(number: Decimal) -> str:
    """Any number in characters, without trailing zeros: 零点零五."""
    whole, _, fraction = f"{abs(number):f}".partition(".")
    fraction = fraction.rstrip("0")
    said = cardinal(int(whole))
    if fraction:
        said += "点" + "".join(_NUMERALS[int(digit)] for digit in fraction)
    return "负" + said if number < 0 else said


# --- values ---------------------------------------------------------------------------------------------------


def _number(value: Value, today: date) -> str:
    return decimal(quantity(value.text))


def _money(value: Value, today: date) -> str:
    money = value.money
    amount = rounded(money)
    minus = "负" if amount < 0 else ""
    if money.currency == "CNY":
        return minus + _yuan(int(abs(amount) * 100))
    said = "两" if abs(amount) == 2 else decimal(abs(amount))
    return minus + _FORMATS.amount(said, amount, money.currency)


def _yuan(fen: int) -> str:
    yuan, jiao, fen = fen // 100, fen // 10 % 10, fen % 10
    said = measured(yuan) + "元" if yuan else ""
    if jiao:
        said += measured(jiao) + "角"
    if fen:
        said += ("零" if yuan and not jiao else "") + measured(fen) + "分"
    return said or "零元"


def _at(when: time) -> str:
    hour = when.hour % 12 or when.hour
    said = _part_of_day(when.hour) + ("零" if hour == 0 else counted(hour)) + "点"
    if when.minute == 30:
        return said + "半"
    if 0 < when.minute < 10:
        return said + "零" + _NUMERALS[when.minute] + "分"
    return said + f"{when.minute}分" if when.minute else said


def _part_of_day(hour: int) -> str:
    for before, name in ((5, "凌晨"), (8, "早上"), (12, "上午"), (13, "中午"), (19, "下午")):
        if hour < before:
            return name
    return "晚上"


def _duration(value: Value, today: date) -> str:
    return "".join(counted(number) + _UNITS[unit] for number, unit in lasting(value))


def _fit(before: str, spoken: str, after: str) -> str:
    if spoken == "二" and after.startswith(_MEASURES) and not before.endswith("第"):
        return before + "两"
    if spoken.startswith("尾号") and before.endswith(("尾号", "尾号为", "尾号是")):
        return before + spoken.removeprefix("尾号")
    return before + spoken


def _hearing() -> Hearing:
    from ivr.call.languages.zh_hearing import HEARING

    return HEARING


ZH = table(
    "zh",
    _FORMATS,
    _hearing,
    speakers={"number": _number, "money": _money, "duration": _duration},
    fit=_fit,
)
