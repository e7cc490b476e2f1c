"""Every kind of value in every language, as it is handed to the voice."""

from __future__ import annotations

import dataclasses
import re
from datetime import date

import pytest

from ivr.call import languages, prompts
from ivr.call.languages import LANGUAGES
from ivr.call.languages.en import EN
from ivr.call.languages.language import Language, MissingValue, sayable, spelled
from ivr.call.languages.zh import cardinal
from ivr.call.values import Value
from ivr.flow.model import VALUE_KINDS, Choice, Key, Menu, Sentence, Slot, StepName, Text

TODAY = date(2026, 11, 22)  # a Sunday

# kind, text, in Chinese, in English
SPOKEN = [
    ("money", "128.50 CNY", "一百二十八元五角", "128.50 yuan"),
    ("money", "200 CNY", "两百元", "200 yuan"),
    ("money", "2 CNY", "两元", "2 yuan"),
    ("money", "1 CNY", "一元", "1 yuan"),
    ("money", "0 CNY", "零元", "0 yuan"),
    ("money", "0.00 CNY", "零元", "0 yuan"),
    ("money", "-5 CNY", "负五元", "minus 5 yuan"),
    ("money", "-0.00 CNY", "零元", "0 yuan"),
    ("money", "-0.001 CNY", "零元", "0 yuan"),
    ("money", "0.05 CNY", "五分", "5 fen"),
    ("money", "0.50 CNY", "五角", "50 fen"),
    ("money", "0.22 CNY", "两角两分", "22 fen"),
    ("money", "128.05 CNY", "一百二十八元零五分", "128.05 yuan"),
    ("money", "10.005 CNY", "十元零一分", "10.01 yuan"),
    ("money", "15 CNY", "十五元", "15 yuan"),
    ("money", "110 CNY", "一百一十元", "110 yuan"),
    ("money", "12345.67 CNY", "一万两千三百四十五元六角七分", "12,345.67 yuan"),
    ("money", "20000 CNY", "两万元", "20,000 yuan"),
    ("money", "1000000 CNY", "一百万元", "1,000,000 yuan"),
    ("money", "128.50 USD", "一百二十八点五美元", "128 US dollars and 50 cents"),
    ("money", "1 USD", "一美元", "1 US dollar"),
    ("money", "2 USD", "两美元", "2 US dollars"),
    ("money", "0.01 USD", "零点零一美元", "1 cent"),
    ("money", "0 USD", "零美元", "0 US dollars"),
    ("money", "-1.01 USD", "负一点零一美元", "minus 1 US dollar and 1 cent"),
    ("money", "128.50 HKD", "一百二十八点五港元", "128 Hong Kong dollars and 50 cents"),
    ("money", "9.99 EUR", "九点九九欧元", "9 euros and 99 cents"),
    ("money", "5000 JPY", "五千日元", "5,000 yen"),
    ("money", "1.02 GBP", "一点零二英镑", "1 pound and 2 pence"),
    ("money", "12 XYZ", "十二 X Y Z", "12 X Y Z"),
    ("money", "128.5", "一百二十八点五", "128.50"),
    ("reference", "300123", "三零零，幺二三", "3 0 0, 1 2 3"),
    ("reference", "3001234", "三零零，幺二三四", "3 0 0, 1 2 3 4"),
    ("reference", "RF300123", "R F，三零零，幺二三", "R F, 3 0 0, 1 2 3"),
    ("reference", "rf-7", "R F，七", "R F, 7"),
    ("reference", "2026-0042", "二零二六，零零四二", "2 0 2 6, 0 0 4 2"),
    ("digits", "0", "零", "0"),
    ("digits", "12345", "幺二三四五", "1 2 3 4 5"),
    ("digits", "1234567890123456", "幺二三四，五六七八，九零幺二，三四五六", "1 2 3 4, 5 6 7 8, 9 0 1 2, 3 4 5 6"),
    ("tail", "1234", "尾号幺二三四", "ending in 1 2 3 4"),
    ("tail", "62220001", "尾号零零零幺", "ending in 0 0 0 1"),
    ("account", "62220001", "六二二二，零零零幺", "6 2 2 2, 0 0 0 1"),
    ("account", "liwei88", "L I W E I，八八", "L I W E I, 8 8"),
    ("account", "li.wei@example.com", "li 点 wei 艾特 example 点 com", "li dot wei at example dot com"),
    ("phone", "+8613800138000", "幺三八，零零幺三，八零零零", "1 3 8, 0 0 1 3, 8 0 0 0"),
    ("phone", "+861065551234", "零幺零，六五五五，幺二三四", "0 1 0, 6 5 5 5, 1 2 3 4"),
    ("phone", "+864008001234", "四零零，八零零，幺二三四", "4 0 0, 8 0 0, 1 2 3 4"),
    ("phone", "+12025550123", "加幺，二零二，五五五，零幺二三", "plus 1, 2 0 2, 5 5 5, 0 1 2 3"),
    ("phone", "+85223456789", "加八五二，二三四五，六七八九", "plus 8 5 2, 2 3 4 5, 6 7 8 9"),
    ("phone", "13800138000", "幺三八，零零幺三，八零零零", "1 3 8, 0 0 1 3, 8 0 0 0"),
    ("phone", "95588", "九五五八八", "9 5 5 8 8"),
    ("phone", "anonymous", "anonymous", "anonymous"),
    ("date", "2026-11-25", "11月25日星期三", "Wednesday, November 25"),
    ("date", "2026-11-22", "11月22日星期日", "Sunday, November 22"),
    ("date", "2026-12-31", "12月31日星期四", "Thursday, December 31"),
    ("date", "2027-01-04", "2027年1月4日星期一", "Monday, January 4, 2027"),
    ("date", "2024-02-29", "2024年2月29日星期四", "Thursday, February 29, 2024"),
    ("date", "2026-11-25T18:00+08:00", "11月25日星期三", "Wednesday, November 25"),
    ("time", "18:00", "下午6点", "6 PM"),
    ("time", "09:30", "上午9点半", "9:30 AM"),
    ("time", "00:00", "凌晨零点", "midnight"),
    ("time", "00:30", "凌晨零点半", "12:30 AM"),
    ("time", "02:05", "凌晨两点零五分", "2:05 AM"),
    ("time", "06:10", "早上6点10分", "6:10 AM"),
    ("time", "12:00", "中午12点", "noon"),
    ("time", "12:30", "中午12点半", "12:30 PM"),
    ("time", "14:02", "下午两点零二分", "2:02 PM"),
    ("time", "22:00", "晚上10点", "10 PM"),
    ("time", "23:59", "晚上11点59分", "11:59 PM"),
    ("time", "2026-11-25T18:00+08:00", "下午6点", "6 PM"),
    ("datetime", "2026-11-23T09:00+08:00", "11月23日星期一上午9点", "Monday, November 23 at 9 AM"),
    ("datetime", "2026-11-22T15:00:00+08:00", "今天下午3点", "today at 3 PM"),
    (
        "datetime",
        "2026-11-23T00:00+08:00",
        "11月23日星期一凌晨零点",
        "Monday, November 23 at midnight, as the day begins",
    ),
    ("datetime", "2027-02-18T12:00+08:00", "2027年2月18日星期四中午12点", "Thursday, February 18, 2027 at noon"),
    ("datetime", "2026-11-24", "11月24日星期二", "Tuesday, November 24"),
    ("duration", "0", "0秒", "0 seconds"),
    ("duration", "-7", "0秒", "0 seconds"),
    ("duration", "1", "1秒", "1 second"),
    ("duration", "45", "45秒", "45 seconds"),
    ("duration", "60", "1分钟", "1 minute"),
    ("duration", "89", "1分钟", "1 minute"),
    ("duration", "90", "两分钟", "2 minutes"),
    ("duration", "180", "3分钟", "3 minutes"),
    ("duration", "3599", "1小时", "1 hour"),
    ("duration", "5400", "1小时30分钟", "1 hour and 30 minutes"),
    ("duration", "7200", "两小时", "2 hours"),
    ("duration", "86400", "24小时", "24 hours"),
    ("duration", "172800", "两天", "2 days"),
    ("duration", "200000", "两天8小时", "2 days and 8 hours"),
    ("number", "0", "零", "0"),
    ("number", "2", "二", "2"),
    ("number", "12.50", "十二点五", "12.5"),
    ("number", "-3", "负三", "minus 3"),
    ("number", "10500", "一万零五百", "10,500"),
    ("number", "1E+3", "一千", "1,000"),
    ("name", "李伟", "李伟", "李伟"),
    ("name", "李\u202e伟\x00\n A", "李伟 A", "李伟 A"),
    ("words", "a\x0b\x7f\ud800b\ufffe", "ab", "ab"),
    ("words", "</Say><Dial>&", "</Say><Dial>&", "</Say><Dial>&"),
]


@pytest.mark.parametrize(("kind", "text", "zh", "en"), SPOKEN, ids=[f"{row[0]}-{row[1]!a}" for row in SPOKEN])
def test_values_are_spoken_as_people_say_them(kind: str, text: str, zh: str, en: str) -> None:
    value = sayable(Value(kind, text), "CN")
    assert LANGUAGES["zh"].speak(value, today=TODAY) == zh
    assert LANGUAGES["en"].speak(value, today=TODAY) == en


@pytest.mark.parametrize(
    ("country", "number", "spoken", "written"),
    [
        ("US", "+12125550123", "2 1 2, 5 5 5, 0 1 2 3", "212 555 0123"),
        ("US", "+14165550123", "4 1 6, 5 5 5, 0 1 2 3", "416 555 0123"),
        ("US", "+8613800138000", "plus 8 6, 1 3 8, 0 0 1 3, 8 0 0 0", "+86 138 0013 8000"),
        ("JP", "+81312345678", "0 3, 1 2 3 4, 5 6 7 8", "03 1234 5678"),
        ("JP", "+12125550123", "plus 1, 2 1 2, 5 5 5, 0 1 2 3", "+1 212 555 0123"),
        ("DE", "+4915123456789", "0 1 5 1 2, 3 4 5 6 7 8 9", "01512 3456789"),
        ("DE", "+8613800138000", "plus 8 6, 1 3 8, 0 0 1 3, 8 0 0 0", "+86 138 0013 8000"),
        ("CN", "+4915123456789", "plus 4 9, 1 5 1 2, 3 4 5 6 7 8 9", "+49 1512 3456789"),
        ("CN", "anonymous", "anonymous", "anonymous"),
    ],
)
def test_only_numbers_of_the_hotlines_country_are_said_without_country_code(
    country: str, number: str, spoken: str, written: str
) -> None:
    value = sayable(Value("phone", number), country)
    assert LANGUAGES["en"].speak(value, today=TODAY) == spoken
    assert LANGUAGES["en"].write(value, today=TODAY) == written


WRITTEN = [
    ("money", "128.50 CNY", "128.50元", "128.50 yuan"),
    ("money", "1000 CNY", "1,000元", "1,000 yuan"),
    ("money", "-0.05 USD", "-0.05美元", "-0.05 US dollars"),
    ("money", "1.00 USD", "1美元", "1 US dollar"),
    ("money", "abc", "abc", "abc"),
    ("reference", "3001234", "3001234", "3001234"),
    ("account", "li.wei@example.com", "li.wei@example.com", "li.wei@example.com"),
    ("phone", "+8613800138000", "138 0013 8000", "138 0013 8000"),
    ("phone", "+12025550123", "+1 202 555 0123", "+1 202 555 0123"),
    ("tail", "62220001", "尾号0001", "ending in 0001"),
    ("number", "-1234.50", "-1,234.5", "-1,234.5"),
    ("date", "2026-11-25", "11月25日星期三", "Wednesday, November 25"),
    ("time", "14:00", "下午两点", "2 PM"),
    ("duration", "300", "5分钟", "5 minutes"),
]


@pytest.mark.parametrize(("kind", "text", "zh", "en"), WRITTEN)
def test_text_messages_are_written_to_be_read(kind: str, text: str, zh: str, en: str) -> None:
    value = sayable(Value(kind, text), "CN")
    assert LANGUAGES["zh"].write(value, today=TODAY) == zh
    assert LANGUAGES["en"].write(value, today=TODAY) == en


NUMERALS = [
    (0, "零"), (2, "二"), (10, "十"), (12, "十二"), (20, "二十"), (22, "二十二"), (100, "一百"), (101, "一百零一"),
    (102, "一百零二"), (111, "一百一十一"), (200, "两百"), (220, "两百二十"), (222, "两百二十二"), (1002, "一千零二"),
    (1010, "一千零一十"), (2000, "两千"), (2022, "两千零二十二"), (10000, "一万"), (10001, "一万零一"),
    (10100, "一万零一百"), (12000, "一万两千"), (20000, "两万"), (22000, "两万两千"), (100000, "十万"),
    (102000, "十万两千"),
    (120000, "十二万"), (1000000, "一百万"), (1020000, "一百零二万"), (10000000, "一千万"), (100000000, "一亿"),
    (200000000, "两亿"),
    (100000001, "一亿零一"), (100010000, "一亿零一万"), (110000000, "一亿一千万"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "said"), NUMERALS)
def test_whole_numbers_in_characters(number: int, said: str) -> None:
    assert cardinal(number) == said


@pytest.mark.parametrize("kind", VALUE_KINDS)
@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    "text", ["", " ", "abc", "1e999999999 CNY", "NaN CNY", "Infinity", "9" * 5000, "٣٤", "²", "{x}", "\x00", "T", "@"]
)
def test_text_that_is_not_of_its_kind_is_said_and_never_raises(code: str, kind: str, text: str) -> None:
    said = LANGUAGES[code].speak(Value(kind, text), today=TODAY)
    assert len(said) <= max(80, 3 * len(text))
    assert "\x00" not in said


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_table_speaks_every_kind_and_names_every_key(code: str) -> None:
    language = LANGUAGES[code]
    assert language.code == code
    assert set(language.speakers) == set(VALUE_KINDS)
    assert set(language.keys) == {"*", "#"}
    assert set(language.phrases.whisper_factor) == {"", "code", "pin"}
    assert set(language.phrases.closed_for) == {"closed", "holiday"}


def test_speech_and_recognition_of_mandarin_have_their_own_codes() -> None:
    assert (LANGUAGES["zh"].say_code, LANGUAGES["zh"].listen_code) == ("cmn-CN", "cmn-Hans-CN")


def test_a_kind_can_be_overridden() -> None:
    amount = Value("money", "128.50 CNY")
    assert LANGUAGES["en"].speak(amount, "words", today=TODAY) == "128.50 CNY"
    assert LANGUAGES["zh"].speak(Value("number", "110"), "digits", today=TODAY) == "幺幺零"
    assert LANGUAGES["en"].speak(Value("phone", "+8613800138000"), "tail", today=TODAY) == "ending in 8 0 0 0"
    with pytest.raises(KeyError):
        LANGUAGES["en"].speak(amount, "colour", today=TODAY)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("1", ["1"]), ("12345", ["12345"]), ("123456", ["123", "456"]), ("1234567", ["123", "4567"]),
        ("12345678", ["1234", "5678"]), ("123456789", ["123", "456", "789"]), ("1234567890", ["123", "456", "7890"]),
        ("12345678901", ["123", "4567", "8901"]), ("a1b22", ["A", "1", "B", "22"]),
    ],
)  # fmt: skip
def test_digits_are_grouped_for_pauses(text: str, groups: list[str]) -> None:
    assert spelled(text) == groups
    assert "".join(groups) == text.upper()


# --- grammar around a value ---------------------------------------------------------------------------------


def said(source: str, value: Value, code: str) -> str:
    before, _, rest = source.partition("{x}")
    parts = (before, Slot("x"), rest)
    return prompts.fill(Sentence(tuple(part for part in parts if part)), {"x": value}, code, TODAY)


@pytest.mark.parametrize(
    ("source", "value", "code", "heard"),
    [
        ("您前面还有{x}位。", Value("number", "2"), "zh", "您前面还有两位。"),
        ("您是第{x}位。", Value("number", "2"), "zh", "您是第二位。"),
        ("还有{x}次机会", Value("number", "12"), "zh", "还有十二次机会"),
        ("请选{x}", Value("number", "2"), "zh", "请选二"),
        ("您尾号{x}的银行卡", Value("tail", "1234"), "zh", "您尾号幺二三四的银行卡"),
        ("您{x}的银行卡", Value("tail", "1234"), "zh", "您尾号幺二三四的银行卡"),
        ("Your card ending in {x}.", Value("tail", "1234"), "en", "Your card ending in 1 2 3 4."),
        ("We call on {x}.", Value("datetime", "2026-11-22T15:00"), "en", "We call today at 3 PM."),
        ("We call on {x}.", Value("datetime", "2026-11-23T15:00"), "en", "We call on Monday, November 23 at 3 PM."),
        ("We open on {x}.", Value("words", EN.phrases.opening_unknown), "en", "We open at a time we will announce."),
        ("in London {x}", Value("datetime", "2026-11-22T15:00"), "en", "in London today at 3 PM"),
        ("closed until {x}.", Value("datetime", "2026-11-22T15:00"), "en", "closed until 3 PM today."),
    ],
)
def test_a_value_fits_into_its_sentence(source: str, value: Value, code: str, heard: str) -> None:
    assert said(source, value, code) == heard


# --- the hotline's own sentences ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "label", "key", "sentence"),
    [
        ("zh", "退款查询", "4", "退款查询，请按4。"),
        ("zh", "再听一遍。", "*", "再听一遍，请按星号键。"),
        ("zh", "返回", "#", "返回，请按井号键。"),
        ("zh", "普通话服务", "1", "普通话服务，请按1。"),
        ("en", "a refund", "4", "For a refund, press 4."),
        ("en", "service in English", "2", "For service in English, press 2."),
        ("en", "To hear this again", "*", "To hear this again, press star."),
        ("en", "to go back.", "#", "To go back, press hash."),
    ],
)
def test_a_choice_says_the_action_first_and_the_key_last(code: str, label: str, key: str, sentence: str) -> None:
    assert LANGUAGES[code].choice(label, key) == sentence


PHRASES = [
    ("confirm", {"answer": Value("reference", "300123")},
     "您输入的是三零零，幺二三。确认请按1，重新输入请按2。",
     "I have 3 0 0, 1 2 3. To confirm, press 1. To enter it again, press 2."),
    ("next_opening", {"at": Value("datetime", "2026-11-23T09:00+08:00")},
     "我们将于11月23日星期一上午9点开始服务。",
     "We open again on Monday, November 23 at 9 AM."),
    ("next_opening", {"at": Value("datetime", "2026-11-22T09:00+08:00")},
     "我们将于今天上午9点开始服务。",
     "We open again today at 9 AM."),
    ("wait", {"wait": Value("duration", "170")}, "预计等待时间约3分钟。", "The expected wait is about 3 minutes."),
    ("holiday", {"name": Value("words", "国庆节")}, "今天是国庆节假期，暂停服务。", "We are closed today for 国庆节."),
    ("leave_queue", {"key": Value("words", "1")}, "不想继续等待，请按1。", "If you would rather not wait, press 1."),
    ("code_message", {"code": Value("digits", "739164"), "minutes": Value("duration", "600")},
     "您的验证码是七三九，幺六四，10分钟内有效。请只在电话按键中输入，切勿告诉任何人。",
     "Your code is 7 3 9, 1 6 4. It is good for 10 minutes. Enter it on the phone only, and tell it to nobody."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "zh", "en"), PHRASES)
def test_phrases_take_their_values(name: str, values: dict[str, Value], zh: str, en: str) -> None:
    for code, sentence in (("zh", zh), ("en", en)):
        language = LANGUAGES[code]
        assert language.say(getattr(language.phrases, name), values, TODAY) == sentence


@pytest.mark.parametrize(
    ("count", "zh", "en"),
    [
        (0, "下一位就轮到您了。", "You are next in line."),
        (1, "您前面还有1位。", "There is 1 caller ahead of you."),
        (2, "您前面还有两位。", "There are 2 callers ahead of you."),
        (12, "您前面还有12位。", "There are 12 callers ahead of you."),
    ],
)
def test_callers_ahead_are_counted(count: int, zh: str, en: str) -> None:
    assert LANGUAGES["zh"].phrases.ahead(count) == zh
    assert LANGUAGES["en"].phrases.ahead(count) == en


def test_phrases_need_the_same_values_in_every_language() -> None:
    def needs(phrase: object) -> set[str]:
        return set(re.findall(r"\{(\w+)", str(phrase))) if not callable(phrase) else set()

    tables = [language.phrases for language in LANGUAGES.values()]
    for field in dataclasses.fields(tables[0]):
        wanted = [needs(getattr(table, field.name)) for table in tables]
        assert wanted.count(wanted[0]) == len(wanted), field.name


def test_a_missing_value_is_named() -> None:
    with pytest.raises(MissingValue) as caught:
        LANGUAGES["en"].say("Hello {name}.", {}, TODAY)
    assert caught.value.name == "name"


# --- a third language ---------------------------------------------------------------------------------------


def third_language() -> Language:
    """French, as little of it as these tests hear; a real table replaces every word."""
    phrases = dataclasses.replace(
        EN.phrases, choice=lambda label, key: f"Pour {label}, tapez {key}.", service="un service en français"
    )
    return dataclasses.replace(
        EN,
        code="fr",
        name="français",
        called=("français",),
        say_code="fr-FR",
        listen_code="fr-FR",
        voice="Polly.Lea-Neural",
        speakers={**EN.speakers, "money": lambda value, today: f"{value.money.amount:f} euros".replace(".", ",")},
        keys={"*": "étoile", "#": "dièse"},
        phrases=phrases,
    )


def test_a_third_language_is_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(languages.LANGUAGES, "fr", third_language())  # type: ignore[arg-type]
    label = Text({"fr": Sentence(("un remboursement",)), "en": Sentence(("a refund",))})
    menu = Menu(
        name="main",
        menu=Text({"fr": Sentence(("Vous devez ", Slot("due"), "."))}),
        choices=(
            Choice(key=Key("4"), next=StepName("refund"), label=label),
            Choice(key=Key("#"), next=StepName("french"), language="fr"),  # type: ignore[arg-type]
        ),
    )
    values = {"due": Value("money", "12.50 EUR")}
    assert prompts.menu_words(menu, "fr", ("fr", "en"), values, TODAY) == [
        ("Vous devez 12,50 euros.", "fr"),
        ("Pour un remboursement, tapez 4.", "fr"),
        ("Pour un service en français, tapez dièse.", "fr"),
    ]
