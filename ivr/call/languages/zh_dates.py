"""Listening to Mandarin: days. All functions take `normal` words."""

import re
from datetime import date, timedelta

from ivr.call.languages.hearing import Standpoint, in_week, last_of_month, latest, months_before, real
from ivr.call.languages.named_days import NamedDay, clear_and_bright, easter, fixed, lunar, weekday_of_month
from ivr.call.languages.zh_numbers import DIGITS, D, N, meant, whole_number

_DAYS_FROM_TODAY = {
    3: "大后天 大后日", 2: "后天 后日", 1: "明天 明日 明早 明晚 听日",
    0: "今天 今日 今早 今晚 今儿 今朝 今晨 今个 今夜",
    -1: "昨天 昨日 昨晚 昨儿 昨个 昨夜 昨早 琴日 寻日 尋日 噚日 琴晚 寻晚 尋晚",
    -2: "前天 前日 前晚 前儿 前个儿 前夜", -3: "大前天 大前日 大前儿 大前晚",
}  # fmt: skip
_RELATIVE = {name: days for days, names in _DAYS_FROM_TODAY.items() for name in names.split()}
_RELATIVE_DAY = re.compile("|".join(sorted(_RELATIVE, key=len, reverse=True)))
_AGO = re.compile(rf"({N}|半)(天|日|个?星期|周|个?礼拜|个月)(?:之|以)?前")
_JUST_NOW = re.compile(
    rf"刚|啱啱|头先|方才|适才|(?:{N}|几|半)(?:个?半)?(?:秒钟?|分钟|个?小时|个?钟头|个钟)(?:之|以)?前"
)
WEEKDAY = re.compile("(上上|上|这|本|下下|下)?个?(?:周|星期|礼拜)([一二三四五六日天1-6])")
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_DATE = re.compile(rf"(?:({D}{{4}}|{D}{{2}}|去|今|明|前)年)?({N})月份?({N})[日号]?")
_OF_MONTH = re.compile(rf"(上个?月|这个?月|本月)?({N})[日号]")
_LAST_OF_MONTH = re.compile(rf"(?:(上个?月|这个?月|本月)|({N})月份?)的?(?:最后一[天日]|月?[底末])")
_ISO = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})")
_FILLERS = re.compile("[嗯呃额啊哦]|那个")

_NAMED: dict[str, NamedDay] = {
    "元旦节?|新年第一天": fixed(1, 1), "情人节": fixed(2, 14), "三八妇女节|妇女节|三八节": fixed(3, 8),
    "植树节": fixed(3, 12), "愚人节": fixed(4, 1), "清明节?": clear_and_bright,
    "五一劳动节|劳动节|五一节?": fixed(5, 1), "五四青年节|青年节|五四": fixed(5, 4), "五二零": fixed(5, 20),
    "母亲节": weekday_of_month(5, 6, 2), "六一儿童节|儿童节|六一节?": fixed(6, 1), "六一八|618": fixed(6, 18),
    "父亲节": weekday_of_month(6, 6, 3), "七一建党节|建党节": fixed(7, 1), "八一建军节|建军节": fixed(8, 1),
    "教师节": fixed(9, 10), "十一国庆节?|国庆节?|十一": fixed(10, 1), "万圣节": fixed(10, 31),
    "双十一|双11|光棍节": fixed(11, 11), "感恩节": weekday_of_month(11, 3, 4), "双十二|双12": fixed(12, 12),
    "平安夜|圣诞前夜": fixed(12, 24), "圣诞节?": fixed(12, 25), "跨年夜?": fixed(12, 31), "复活节": easter(),
    "大年三十|年三十|除夕夜?|大年夜|年夜饭": lunar("spring", -1), "春节|大?年初一|初一|过年": lunar("spring"),
    "大?年初二|初二": lunar("spring", 1), "大?年初三|初三": lunar("spring", 2), "元宵节?|正月十五": lunar("spring", 14),
    "端午节?": lunar("dragon boat"), "八月十五中秋节?|中秋节?": lunar("mid-autumn"), "重阳节?": lunar("double ninth"),
}  # fmt: skip
_NAMED_DAY = re.compile(
    rf"(?:({D}{{4}}|{D}{{2}}|去|今|明|前)年)?的?(?<!{D})"
    rf"(?:{'|'.join(f'(?P<_{at}>{names})' for at, names in enumerate(_NAMED))})"
    rf"(?![{''.join(DIGITS)}月号日点天个万千百]|[之以]?[前后]|期间)"
)


def heard_date(words: str, seen: Standpoint) -> date | None:
    """今天, 三天前, 上周三, 十一月二十五号, 2026年11月25日, 25号, 中秋节, 刚刚; without a year the nearest such day.

    A day of the week and one of the month must be the same day.
    """
    return latest(lambda piece: _date(_FILLERS.sub("", piece), seen), meant(words))


def _date(text: str, seen: Standpoint) -> date | None:
    """The first kind of day that is found decides: the text is then read as that kind or not at all."""
    if found := _ISO.fullmatch(text):
        return real(int(found[1]), int(found[2]), int(found[3]))
    if (found := _NAMED_DAY.search(text)) and not _DATE.search(_NAMED_DAY.sub(" ", text)):
        named = next(day for at, day in enumerate(_NAMED.values()) if found[f"_{at}"])
        return seen.of_name(named, _year(found[1] or "", seen))
    text = re.sub(r"([0-9]{1,2})\.([0-9]{1,2})(?=[日号]|$)", r"\1月\2", text)
    if found := _LAST_OF_MONTH.search(text):
        return _last_of(found[1] or "", found[2] or "", seen)
    if found := _DATE.search(text):
        day = _dated(found[1] or "", whole_number(found[2]), whole_number(found[3]), seen)
        return _agreed(day, WEEKDAY.search(text))
    if relative := set(_RELATIVE_DAY.findall(text)):
        days = {_RELATIVE[name] for name in relative}
        return seen.today + timedelta(days=days.pop()) if len(days) == 1 else None
    if found := _AGO.search(text):
        return _ago(found[1], found[2], seen.today)
    weekdays = list(WEEKDAY.finditer(text))
    if found := _OF_MONTH.search(WEEKDAY.sub(" ", text)):
        return _agreed(_of_month(found[1] or "", whole_number(found[2]), seen), weekdays[0] if weekdays else None)
    if weekdays:
        return _on_weekday(weekdays[0], seen) if len({found[0] for found in weekdays}) == 1 else None
    return seen.today if _JUST_NOW.search(text) and not seen.ahead else None


def _weekday(found: re.Match[str]) -> int:
    return 6 if found[2] in "日天" else int(DIGITS[found[2]]) - 1


def _on_weekday(found: re.Match[str], seen: Standpoint) -> date:
    if found[1]:
        return in_week(_weekday(found), _WEEKS[found[1]], seen.today)
    return seen.of_week(_weekday(found))


def _agreed(day: date | None, weekday: re.Match[str] | None) -> date | None:
    return day if day and (not weekday or day.weekday() == _weekday(weekday)) else None


def _ago(count: str, unit: str, today: date) -> date | None:
    if count == "半":
        return today - timedelta(days=15) if unit == "个月" else None
    number = whole_number(count)
    if number is None or number >= 4000:
        return None
    if unit == "个月":
        return months_before(today, number)
    return today - timedelta(days=number * (1 if unit in "天日" else 7))


def _last_of(which: str, month: str, seen: Standpoint) -> date | None:
    if which:
        first = months_before(seen.today.replace(day=1), 1 if which.startswith("上") else 0)
    else:
        first = seen.of_year(whole_number(month) or 0, 1)
    return last_of_month(first.year, first.month) if first else None


def _year(said: str, seen: Standpoint) -> int | None:
    if not said:
        return None
    if said in "去今明前":
        return seen.today.year + {"前": -2, "去": -1, "今": 0, "明": 1}[said]
    written = int("".join(map(DIGITS.__getitem__, said)))
    return written if written > 99 else 2000 + written


def _dated(year: str, month: int | None, number: int | None, seen: Standpoint) -> date | None:
    if month is None or number is None:
        return None
    of = _year(year, seen)
    return real(of, month, number) if of is not None else seen.of_year(month, number)


def _of_month(which: str, number: int | None, seen: Standpoint) -> date | None:
    if number is None:
        return None
    if not which:
        return seen.of_month(number)
    year, month = divmod(seen.today.year * 12 + seen.today.month - 1 - which.startswith("上"), 12)
    return real(year, month + 1, number)
