"""Listening to Mandarin: digits, quantities, money, days and times. All functions take `normal` words."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import Decimal

from ivr.call.languages.hearing import (
    Hearing,
    Standpoint,
    in_week,
    of_day,
    real,
)
from ivr.call.languages.zh_agreement import yes_or_no

_DIGITS = {name: str(value) for value, name in enumerate("零一二三四五六七八九")} | {
    "〇": "0", "幺": "1", "两": "2",
}  # fmt: skip
_DIGITS |= {digit: digit for digit in "0123456789"}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_D = f"[{''.join(_DIGITS)}]"
_N = f"[{''.join(_DIGITS)}十百千万亿]+"


def _close(words: str) -> str:
    """Chinese needs no spaces; recognisers put some in."""
    return words.replace(" ", "")


# --- digits and quantities ------------------------------------------------------------------------------------

_ONE_BY_ONE = re.compile(rf"[^{''.join(_DIGITS)}十百千万亿]*?(?P<digits>{_D}[{''.join(_DIGITS)}-]*)[吧啊呀哦对谢]*")


def digits(words: str) -> str | None:
    """我的号码是三零零，幺二三 -> 300123. Quantities (三百) are no digits."""
    found = _ONE_BY_ONE.fullmatch(_close(words))
    return "".join(_DIGITS[name] for name in found["digits"] if name != "-") if found else None


def number(words: str) -> Decimal | None:
    """一百二十八点五, 1万2, 两百五 (250), 128.5."""
    text = _close(words)
    if plain := re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([百千万亿]?)", text):
        return Decimal(plain[1]) * {"": 1, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}[plain[2]]
    whole, _, fraction = text.partition("点")
    value = _whole(whole)
    if value is None or not all(name in _DIGITS for name in fraction) or ("点" in text and not fraction):
        return None
    return Decimal(f"{value}.{''.join(map(_DIGITS.__getitem__, fraction)) or 0}")


def _whole(text: str) -> int | None:
    if not re.fullmatch(_N, text) or len(text) > 24:
        return None
    if all(name in _DIGITS for name in text):
        return int("".join(map(_DIGITS.__getitem__, text)))
    total = section = 0
    pending = ""  # digits not yet multiplied by a unit
    unit, skipped = 0, False
    for name in text:
        if name in _DIGITS:
            if pending and pending != "0" and not name.isdigit():
                return None  # 三五百 is "three to five hundred"
            skipped = skipped or _DIGITS[name] == "0"
            pending = pending.removeprefix("0") + _DIGITS[name]
            continue
        if name in _UNITS:
            unit = _UNITS[name]
            section += (int(pending) if pending else 1) * unit
        else:
            unit = 10_000 if name == "万" else 100_000_000
            total, section = (total + section + int(pending or 0)) * unit, 0
        pending, skipped = "", False
    if pending and unit >= 100 and not skipped and len(pending) == 1:
        return total + section + int(pending) * unit // 10  # 两百五 is 250, 一万二 is 12,000
    return total + section + int(pending or 0)


# --- money ----------------------------------------------------------------------------------------------------

_CURRENCIES = {
    "块": "", "元": "", "圆": "", "人民币": "CNY", "美元": "USD", "美金": "USD", "港币": "HKD", "港元": "HKD",
    "欧元": "EUR", "日元": "JPY", "英镑": "GBP",
    "¥": "CNY", "$": "USD",
}  # fmt: skip
_ABOUT = re.compile(
    "一共|总共|就是|那个|嗯|呃|哦|就|大概|大约|差不多|应该|金额|付款?了?|转账?了?|我|是|有|钱|吧|左右|整|呢|啊|的"
)
_NAMED = "|".join(map(re.escape, _CURRENCIES))
_WHOLE = re.compile(
    rf"(?P<before>{_NAMED})?(?P<whole>{_N}(?:点{_D}+|\.[0-9]+[万千]?)?)"
    rf"(?:(?P<unit>{_NAMED})(?:(?P<zero>零?)(?P<jiao>{_D})(?P<j>[毛角]?))?(?:零?(?P<fen>{_D})分?)?(?P<half>半)?)?(?P<after>人民币)?"
)
_SMALL = re.compile(rf"(?:(?P<jiao>{_D})[毛角](?P<fen>{_D})?|(?P<only>{_D}))分?")


def amount(words: str) -> tuple[Decimal, str] | None:
    """一百二十八块五 -> (128.5, ""); 20美元 -> (20, USD); 五毛 -> (0.5, "")."""
    text = _ABOUT.sub("", _close(words))
    if found := _WHOLE.fullmatch(text):
        value = number(found["whole"])
        if value is None:
            return None
        jiao, fen = (int(_DIGITS[found[part] or "0"]) for part in ("jiao", "fen"))
        if found["half"]:
            jiao = 5  # 一块半
        if found["zero"] and not found["j"] and not found["fen"]:
            jiao, fen = 0, jiao  # 128块零5 is five fen
        code = _CURRENCIES[found["unit"] or "元"]
        if found["before"] or found["after"]:
            code = _CURRENCIES[found["before"] or found["after"]]
        return value + Decimal(jiao) / 10 + Decimal(fen) / 100, code
    if (found := _SMALL.fullmatch(text)) and (found["jiao"] or text.endswith("分")):
        jiao, fen = (int(_DIGITS[found[part] or "0"]) for part in ("jiao", "fen"))
        return Decimal(jiao) / 10 + Decimal(fen or _DIGITS[found["only"] or "0"]) / 100, ""
    return None


# --- days and times -------------------------------------------------------------------------------------------

_RELATIVE = {
    "大前天": -3, "前天": -2, "前晚": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今早": 0,
    "今晚": 0, "大后天": 3, "后天": 2, "明天": 1, "明日": 1,
}  # fmt: skip
_RELATIVE_DAY = re.compile("|".join(_RELATIVE))
_AGO = re.compile(rf"({_N})天(?:以)?前")
_WEEKS_AGO = re.compile(rf"({_N})(?:个星期|周|个礼拜)(?:以)?前")
_WEEKDAY = re.compile("(上上|上|这|本|下)?个?(?:周|星期|礼拜)([一二三四五六日天1-6])")
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1}
_DATE = re.compile(rf"(?:({_D}{{4}}|{_D}{{2}}|去|今|明|前)年)?({_N})月份?({_N})[日号]?")
_OF_MONTH = re.compile(rf"(上个?月|这个?月|本月)?({_N})[日号]")
_ISO = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})")


def heard_date(words: str, seen: Standpoint) -> date | None:
    """今天, 三天前, 上周三, 十一月二十五号, 2026年11月25日, 25号; without a year the nearest such day."""
    today = seen.today
    text = _close(words)
    if found := _ISO.fullmatch(text):
        return real(int(found[1]), int(found[2]), int(found[3]))
    if found := _DATE.search(text):
        return _dated(found[1] or "", _whole(found[2]), _whole(found[3]), seen)
    if len(relative := set(_RELATIVE_DAY.findall(text))) > 1:
        return None
    if relative:
        return today + timedelta(days=_RELATIVE[relative.pop()])
    for ago, days in ((_AGO, 1), (_WEEKS_AGO, 7)):
        if found := ago.search(text):
            count = _whole(found[1])
            return today - timedelta(days=count * days) if count is not None and count < 4000 else None
    if found := _WEEKDAY.search(text):
        weekday = 6 if found[2] in "日天" else int(_DIGITS[found[2]]) - 1
        return in_week(weekday, _WEEKS[found[1]], today) if found[1] else seen.of_week(weekday)
    if found := _OF_MONTH.search(text):
        return _of_month(found[1] or "", _whole(found[2]), seen)
    return None


def _dated(year: str, month: int | None, number: int | None, seen: Standpoint) -> date | None:
    if month is None or number is None:
        return None
    if not year:
        return seen.of_year(month, number)
    if year in "去今明前":
        return real(seen.today.year + {"前": -2, "去": -1, "今": 0, "明": 1}[year], month, number)
    written = int("".join(map(_DIGITS.__getitem__, year)))
    return real(written if written > 99 else 2000 + written, month, number)


def _of_month(which: str, number: int | None, seen: Standpoint) -> date | None:
    if number is None:
        return None
    if not which:
        return seen.of_month(number)
    year, month = divmod(seen.today.year * 12 + seen.today.month - 1 - which.startswith("上"), 12)
    return real(year, month + 1, number)


_TIME = re.compile(
    rf"(?P<part>凌晨|早上|早晨|清晨|上午|中午|下午|傍晚|晚上|夜里|半夜|今晚|明晚|昨晚)?(?P<hour>{_N})"
    rf"(?:点钟?|[:时])(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute>{_N})分?)?"
)
_SHORT_OF = re.compile(rf"差(?:(一刻)|({_N})分)钟?(?:到|就)?")
_LATE = frozenset({"下午", "傍晚", "晚上", "今晚", "明晚", "昨晚"})
_NIGHT = frozenset({"凌晨", "半夜", "夜里", "晚上", "今晚", "明晚", "昨晚"})
_EARLY = frozenset({"凌晨", "早上", "早晨", "清晨", "上午"})


def heard_time(words: str) -> time | None:
    """下午三点半, 晚上6点, 九点一刻, 18:00, 半夜12点."""
    text = _close(words)
    if short := _SHORT_OF.search(text):  # 差五分九点, 九点差五分
        whole, missing = heard_time(_SHORT_OF.sub("", text)), 15 if short[1] else _whole(short[2])
        if whole is None or missing is None or not 0 < missing < 60:
            return None
        return time(*divmod((whole.hour * 60 + whole.minute - missing) % 1440, 60))
    found = _TIME.search(text)
    if not found:
        return time(12) if text.strip("吧的左右") in ("中午", "正午") else None
    hour, part = _whole(found["hour"]), found["part"]
    minute = _whole(found["minute"]) if found["minute"] else 0
    if found["half"]:
        minute = 30
    elif found["quarter"]:
        minute = 15 if found["quarter"] == "一" else 45
    if hour is None or minute is None:
        return None
    if hour == 12 and part in _NIGHT:
        return of_day(0, minute, afternoon=False)
    if part == "中午":
        return of_day(hour, minute, afternoon=hour < 3 or hour == 12)
    if part in _LATE:
        return of_day(hour, minute, afternoon=True)
    # 12 o'clock in the morning (上午12点) is noon; a written 03:00 is what it says
    exact = part in _EARLY or part in _NIGHT or len(found["hour"]) == 2
    return of_day(hour, minute, afternoon=False if exact and hour != 12 else None)


# --- what matters in a wish ------------------------------------------------------------------------------------

_MEANINGLESS = re.compile(
    "您好|你好|请问|麻烦|帮我|我想要|我想|我要|我需要|想要|需要|我|请|查询|查一下|查|服务|问题|咨询|办理|业务|一下|关于"
    "|怎么办|怎么|什么|的|了|吗|呢|吧|啊|有|想"
)


def content(words: str) -> tuple[str, ...]:
    """我要查询退款 -> 退, 款."""
    return tuple(_MEANINGLESS.sub("", _close(words)))


HEARING = Hearing(
    digits=digits,
    number=number,
    amount=amount,
    date=heard_date,
    time=heard_time,
    agreement=yes_or_no,
    content=content,
    in_order=True,
)
