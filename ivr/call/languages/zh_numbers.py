"""Listening to Mandarin: digits, quantities and money, and what is left after a correction. All take `normal` words."""

import re
from decimal import Decimal

from ivr.call.languages.hearing import latest

DIGITS = {name: str(value) for value, name in enumerate("零一二三四五六七八九")} | {
    "〇": "0", "幺": "1", "两": "2",
}  # fmt: skip
DIGITS |= {digit: digit for digit in "0123456789"}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
D = f"[{''.join(DIGITS)}]"
N = f"[{''.join(DIGITS)}十百千万亿]+"

_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟萬個點塊", "一二三四五六七八九十百千万个点块") | {
    ord("廿"): "二十", ord("卅"): "三十",
}  # fmt: skip


def close(words: str) -> str:
    """The words in one piece, numerals in their common form: Chinese needs no spaces, but recognisers put some in."""
    return words.replace(" ", "").translate(_FORMAL)


# --- corrections ----------------------------------------------------------------------------------------------

_SLIP = re.compile(
    "不是不是|不对|我?[说讲]错了?|错了|更正|等等|等一下|[啊哦噢喔呃]不是?|不不+|我是说|应该是|改成"
    "|(?<=[^ ]) 不是 (?=[^ ])"
)
_NOT_BUT = re.compile(r"^.*不是[^是]+?是(.+)")
_NOT = re.compile(r"不是\s*\S+")


def meant(words: str) -> list[str]:
    """What is said between corrections, without what is denied: 不是三百 是三百五 -> 三百五."""
    return [close(_NOT.sub("", _NOT_BUT.sub(r"\1", piece))) for piece in _SLIP.split(words)]


# --- digits and quantities ------------------------------------------------------------------------------------

_BETWEEN = re.compile(
    rf"[报说念讲听]一[下哈]|嗯|呃|额|唔|啊|哦|那个|然后|接着|再来|横?杠|短横|空格|最?[后末]尾?{D}位|{D}位(?:数|密码)"
)
_RADIO = str.maketrans("洞拐勾", "079")  # as soldiers and dispatchers say them
_COUNTED = re.compile(rf"(?:({D})个|([双俩仨])(?={D}))({D})")
_ONE_BY_ONE = re.compile(
    rf"[^{''.join(DIGITS)}十百千万亿]*?(?P<digits>{D}[{''.join(DIGITS)}-]*)"
    "(?:[吧啊呀哦对谢号嘛哈呗呢井]|就?这些|就?是?这个|[没完好行]了|没错|[对是]吗|是吧|可以了)*"
)


def digits(words: str) -> str | None:
    """我的号码是三零零，幺二三 -> 300123; 两个六三个九 -> 66999."""
    return latest(_one_by_one, meant(words))


def _one_by_one(text: str) -> str | None:
    found = _ONE_BY_ONE.fullmatch(_COUNTED.sub(_repeated, _BETWEEN.sub("", text).translate(_RADIO)))
    return "".join(DIGITS[name] for name in found["digits"] if name != "-") if found else None


def _repeated(found: re.Match[str]) -> str:
    count = int(DIGITS[found[1]]) if found[1] else 3 if found[2] == "仨" else 2
    return found[3] * count


def number(words: str) -> Decimal | None:
    """一百二十八点五, 1万2, 两百五 (250), 128.5."""
    text = close(words)
    if plain := re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([百千万亿]?)", text):
        return Decimal(plain[1]) * (_UNITS | _LARGE | {"": 1})[plain[2]]
    whole, _, fraction = text.partition("点")
    scale = _LARGE.get(fraction[-1:], 1)  # 一点五万
    fraction = fraction.rstrip("万亿")
    value = whole_number(whole)
    if value is None or not all(name in DIGITS for name in fraction) or ("点" in text and not fraction):
        return None
    return Decimal(f"{value}.{''.join(map(DIGITS.__getitem__, fraction)) or 0}") * scale


_TWO_NUMBERS = re.compile("千[^万亿]*千|百[^万亿]*[百千]|十[^万亿]*[十百千]")


def whole_number(text: str) -> int | None:
    if not re.fullmatch(N, text) or len(text) > 24 or _TWO_NUMBERS.search(text):
        return None
    if all(name in DIGITS for name in text):
        return int("".join(map(DIGITS.__getitem__, text)))
    total = section = 0
    pending = ""  # digits not yet multiplied by a unit
    unit, skipped = 0, False
    for name in text:
        if name in DIGITS:
            if pending and pending != "0" and not name.isdigit():
                return None  # 三五百 is "three to five hundred"
            skipped = skipped or DIGITS[name] == "0"
            pending = pending.removeprefix("0") + DIGITS[name]
            continue
        if name in _UNITS:
            unit = _UNITS[name]
            section += (int(pending) if pending else 1) * unit
        else:
            unit = _LARGE[name]
            total, section = (total + section + int(pending or 0) or 1) * unit, 0  # 万五 is 15,000
        pending, skipped = "", False
    if pending and unit >= 100 and not skipped and len(pending) == 1:
        return total + section + int(pending) * unit // 10  # 两百五 is 250, 一万二 is 12,000
    return total + section + int(pending or 0)


# --- money ----------------------------------------------------------------------------------------------------

_CURRENCIES = {
    "块": "", "元": "", "圆": "", "蚊": "", "文": "", "人民币": "CNY", "rmb": "CNY", "美元": "USD", "美金": "USD",
    "刀": "USD", "港币": "HKD", "港元": "HKD", "港纸": "HKD", "欧元": "EUR", "日元": "JPY", "英镑": "GBP",
    "¥": "CNY", "$": "USD",
}  # fmt: skip
_ABOUT = re.compile(
    "一共|总共|就是|那个|嗯|呃|哦|就|大概|大约|差不多|应该|金额|付款?了?|转账?了?|我|是|有|钱|吧|左右|上下|整|呢|啊|的"
    "|大洋|(?<=[块元蚊])(?:多一?点|出头)|蚊鸡(?=$)|呗|嘛|哈|恐怕|可能|好像|记得|来(?=[块元蚊])|(?<=[块元])人民币"
)
_SHORT_FORMS = {"蚊鸡": "蚊", "俩": "两", "(?<=[0-9])w": "万", "(?<=[0-9])k": "千"}
_NAMED = "|".join(map(re.escape, _CURRENCIES))
_QUANTITY = rf"{N}(?:点{D}+[万亿]?|\.[0-9]+[千万亿]?)?"
_WHOLE = re.compile(
    rf"(?P<before>{_NAMED})?(?P<whole>{_QUANTITY})"
    rf"(?:(?P<unit>{_NAMED})(?:(?P<zero>零?)(?P<jiao>{D})(?P<j>[毛角]?))?(?:零?(?P<fen>{D})分?)?(?P<half>半)?)?"
    "(?P<after>人民币)?"
)
_SMALL = re.compile(rf"(?:(?P<jiao>{D})[毛角](?P<fen>{D})?|(?P<only>{D}))分?")
_INSIDE = re.compile(
    rf"(?:[¥$]{_QUANTITY}|{_QUANTITY}(?:{_NAMED})(?:零?{D}[毛角](?:{D}分?)?|半|零?{D}(?![个天次号点]))?|{D}[毛角]{D}?)"
)
_VAGUE = re.compile("[几多]|数[百千万]|还是|或者?|到底|以上|以下")


def amount(words: str) -> tuple[Decimal, str] | None:
    """一百二十八块五 -> (128.5, ""); 20美元 -> (20, USD); 五毛 -> (0.5, ""); in a sentence, one with its unit."""
    pieces = meant(words)
    found = latest(_amount, pieces)
    if found and not found[1]:  # 三百美元 不对 五百: the currency is not said again
        named = (said[1] for piece in pieces if (said := _amount(piece)) and said[1])
        return found[0], next(named, "")
    return found


def _amount(text: str) -> tuple[Decimal, str] | None:
    for short, long in _SHORT_FORMS.items():
        text = re.sub(short, long, text)
    if value := _exactly(_ABOUT.sub("", text)):
        return value
    if _VAGUE.search(text):
        return None
    values = [_exactly(found[0]) for found in _INSIDE.finditer(text)]
    if not values:
        quantities = re.findall(_QUANTITY, text)
        large = any(unit in said for said in quantities for unit in "十百千万点.")
        values = [_exactly(said) for said in quantities] if large else []
    return values[0] if len(set(values)) == 1 else None


def _exactly(text: str) -> tuple[Decimal, str] | None:
    if found := _WHOLE.fullmatch(text):
        value = number(found["whole"])
        if value is None:
            return None
        jiao, fen = (int(DIGITS[found[part] or "0"]) for part in ("jiao", "fen"))
        if found["half"]:
            jiao = 5  # 一块半
        if found["zero"] and not found["j"] and not found["fen"]:
            jiao, fen = 0, jiao  # 128块零5 is five fen
        code = _CURRENCIES[found["unit"] or "元"]
        if found["before"] or found["after"]:
            code = _CURRENCIES[found["before"] or found["after"]]
        return value + Decimal(jiao) / 10 + Decimal(fen) / 100, code
    if (found := _SMALL.fullmatch(text)) and (found["jiao"] or text.endswith("分")):
        jiao, fen = (int(DIGITS[found[part] or "0"]) for part in ("jiao", "fen"))
        return Decimal(jiao) / 10 + Decimal(fen or DIGITS[found["only"] or "0"]) / 100, ""
    return None
