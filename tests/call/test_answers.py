"""What callers press and say, and what it is understood as."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.answers import language_named, understand
from ivr.call.choices import choose, of_two
from ivr.call.languages import en_numbers, zh_numbers
from ivr.call.values import Value
from ivr.flow.model import ANSWER_KINDS, Choice, Key, Language, Sentence, StepName, Text

TODAY = date(2026, 11, 22)  # a Sunday

# answer kind, keys, canonical text ("" for not understood)
KEYED = [
    ("digits", "300123", "300123"), ("digits", "0", "0"), ("digits", "30*1", ""), ("digits", "#", ""),
    ("reference", "300123", "300123"), ("account", "62220001", "62220001"), ("tail", "1234", "1234"),
    ("phone", "13800138000", "+8613800138000"), ("phone", "8613800138000", "+8613800138000"),
    ("phone", "008613800138000", "+8613800138000"), ("phone", "0012025550123", "+12025550123"),
    ("phone", "01065551234", "+861065551234"), ("phone", "4008001234", "+864008001234"),
    ("phone", "95588", ""), ("phone", "110", ""), ("phone", "10086", ""), ("phone", "*13800138000", ""),
    ("phone", "12345678901234567890", ""), ("phone", "1380013800", ""), ("phone", "0" * 18, ""),
    ("amount", "128*50", "128.50 CNY"), ("amount", "128*5", "128.50 CNY"), ("amount", "128", "128.00 CNY"),
    ("amount", "*50", "0.50 CNY"), ("amount", "128*", "128.00 CNY"), ("amount", "0", "0.00 CNY"),
    ("amount", "0128", "128.00 CNY"), ("amount", "1*2*3", ""), ("amount", "128*555", ""), ("amount", "*", ""),
    ("amount", "#", ""), ("amount", "9" * 13, ""),
    ("date", "1125", "2025-11-25"), ("date", "1122", "2026-11-22"), ("date", "1121", "2026-11-21"),
    ("date", "0229", "2024-02-29"), ("date", "20261125", "2026-11-25"), ("date", "20240229", "2024-02-29"),
    ("date", "20230229", ""), ("date", "1331", ""), ("date", "0000", ""), ("date", "00000000", ""), ("date", "112", ""),
    ("time", "1800", "18:00"), ("time", "0905", "09:05"), ("time", "930", "09:30"), ("time", "0000", "00:00"),
    ("time", "2359", "23:59"), ("time", "2400", ""), ("time", "1260", ""), ("time", "9", ""),
    ("yes-no", "1", "yes"), ("yes-no", "2", "no"), ("yes-no", "3", ""), ("yes-no", "12", ""), ("yes-no", "*", ""),
    ("words", "12", "12"), ("words", "*", ""),
]  # fmt: skip

IN_CHINESE = {
    "reference": {
        "三零零一二三": "300123", "我的号码是三零零，幺二三": "300123", "300 123": "300123", "３００１２３": "300123",
        "号码三零零一二三谢谢": "300123", "两零零": "200", "三百": "300", "二十三": "23", "一下我的是三零零": "",
        "不知道": "",
    },
    "phone": {
        "幺三八零零幺三八零零零": "+8613800138000", "138 0013 8000": "+8613800138000",
        "+86 138-0013-8000": "+8613800138000", "+85223456789": "+85223456789", "九五五八八": "", "+1 900 555": "",
    },
    "amount": {
        "一百二十八块五": "128.50 CNY", "128块五": "128.50 CNY", "128.5元": "128.50 CNY", "128块50": "128.50 CNY",
        "一百二十八元五角": "128.50 CNY", "128块零5分": "128.05 CNY", "一百二十八块零五": "128.05 CNY",
        "五毛": "0.50 CNY", "五毛五": "0.55 CNY", "五分": "0.05 CNY", "两块二毛五": "2.25 CNY", "零": "0.00 CNY",
        "两百五": "250.00 CNY", "一万二": "12000.00 CNY", "一百零五": "105.00 CNY", "十块": "10.00 CNY",
        "三万五千块": "35000.00 CNY", "十万零五百元": "100500.00 CNY", "1.5万": "15000.00 CNY", "3万5": "35000.00 CNY",
        "二十点五美元": "20.50 USD", "20美元": "20.00 USD", "港币200": "200.00 HKD", "200港币": "200.00 HKD",
        "人民币一千两百块": "1200.00 CNY", "¥1,234.50": "1234.50 CNY", "$100": "100.00 USD", "5000日元": "5000 JPY",
        "我一共付了128元左右": "128.00 CNY", "大概两千": "2000.00 CNY", "100块钱": "100.00 CNY",
        "就是两百块": "200.00 CNY", "嗯，三百块": "300.00 CNY", "一块半": "1.50 CNY", "两千零五块": "2005.00 CNY",
        "你好": "", "三五百": "", "点五点": "", "0.5日元": "", "9999999999999元": "",
    },
    "date": {
        "今天": "2026-11-22", "昨天下午": "2026-11-21", "前天": "2026-11-20", "大前天": "2026-11-19",
        "明天": "2026-11-23",
        "大后天": "2026-11-25", "三天前": "2026-11-19", "两周前": "2026-11-08", "一个星期前": "2026-11-15",
        "十一月二十五号": "2025-11-25", "11月20日": "2026-11-20", "十一月二十": "2026-11-20",
        "2026年11月25日": "2026-11-25", "二零二五年三月一号": "2025-03-01", "去年三月一号": "2025-03-01",
        "26年1月2号": "2026-01-02",
        "上周三": "2026-11-11", "周三": "2026-11-18", "上个星期天": "2026-11-15", "礼拜六": "2026-11-21",
        "下周一": "2026-11-23",
        "星期天": "2026-11-22", "25号": "2026-10-25", "二十号": "2026-11-20", "上个月五号": "2026-10-05",
        "31号": "2026-10-31",
        "20261125": "2026-11-25", "2026-11-20": "2026-11-20", "1120": "2026-11-20", "一一二零": "2026-11-20",
        "你好": "", "今天或者昨天": "", "三月": "", "二月三十号": "", "九万周前": "",
    },
    "time": {
        "下午三点半": "15:30", "下午6点": "18:00", "九点一刻": "09:15", "18:00": "18:00", "半夜12点": "00:00",
        "晚上12点": "00:00", "中午12点": "12:00", "中午一点": "13:00", "中午十一点半": "11:30", "早上八点": "08:00",
        "三点": "15:00", "两点四十五": "14:45", "9点零五分": "09:05", "十八点三十": "18:30", "上午十二点": "12:00",
        "03:15": "03:15", "凌晨三点": "03:00", "明天下午两点": "14:00", "差五分九点": "08:55",
        "下午三点差一刻": "14:45", "中午": "12:00", "一四三零": "14:30", "1430": "14:30",
        "星期三十点": "10:00", "周四十二点半": "12:30",
        "25点": "", "九点六十": "", "你好": "",
    },
    "yes-no": {
        "是": "yes", "是的": "yes", "对": "yes", "没错就是这个": "yes", "好的，谢谢": "yes", "我要": "yes",
        "嗯嗯": "yes",
        "不错": "yes", "没有问题": "yes", "那就好吧": "yes", "一": "yes", "按1": "yes",
        "OK": "yes", "是我本人": "yes", "是我老婆付的": "", "收到了": "yes", "麻烦您了": "yes",
        "不是我": "no", "没收到": "no", "算了吧": "no", "先不用": "no", "取消": "no",
        "不": "no", "不是": "no", "不对": "no", "不用了谢谢": "no", "我不要": "no", "没有": "no", "二": "no",
        "是不是": "", "不知道": "", "对不起": "", "银行": "", "退款是吗": "", "是，不对": "", "": "",
    },
    "words": {" 我的  包裹丢了\n": "我的 包裹丢了", "\x00": "", "": ""},
}  # fmt: skip

IN_ENGLISH = {
    "digits": {
        "three zero zero": "300", "it's three zero oh, double five": "30055", "triple seven please": "777",
        "twenty five": "25", "one twenty-five": "125", "twenty thirty": "2030", "nineteen oh five": "1905",
        "300-123": "300123", "my number is 300123, thanks": "300123", "three hundred": "300", "this one is 300": "",
        "double double five": "", "double": "", "hello": "", "double twenty": "",
    },
    "phone": {
        "one three eight, double zero one three, eight triple zero": "+8613800138000",
        "+1 (202) 555-0123": "+12025550123",
    },
    "amount": {
        "128 dollars 50": "128.50 USD", "128 dollars and 50 cents": "128.50 USD", "$128.50": "128.50 USD",
        "one hundred and twenty eight dollars": "128.00 USD", "fifty cents": "0.50 CNY", "100 yuan": "100.00 CNY",
        "about one hundred yuan": "100.00 CNY", "one twenty eight": "128.00 CNY", "a hundred and five": "105.00 CNY",
        "two thousand five hundred": "2500.00 CNY", "1,234.50": "1234.50 CNY", "one point five": "1.50 CNY",
        "two hundred Hong Kong dollars": "200.00 HKD", "five hundred RMB": "500.00 CNY", "¥100": "100.00 CNY",
        "five million dollars": "5000000.00 USD", "five thousand yen": "5000 JPY", "twenty-one pounds": "21.00 GBP",
        "one hundred twenty eight fifty": "128.50 CNY", "three oh five yuan": "305.00 CNY",
        "um, 300 yuan please": "300.00 CNY", "one hundred fifty": "150.00 CNY",
        "hello": "", "cents": "", "dollars": "", "9.999 dollars": "", "five dollars six euros": "", "five six": "",
    },
    "date": {
        "today": "2026-11-22", "yesterday evening": "2026-11-21", "the day before yesterday": "2026-11-20",
        "tomorrow": "2026-11-23", "3 days ago": "2026-11-19", "two weeks ago": "2026-11-08", "a week ago": "2026-11-15",
        "November 25th": "2025-11-25", "the 25th of November": "2025-11-25", "november twenty fifth": "2025-11-25",
        "November 20, 2025": "2025-11-20", "20 Nov": "2026-11-20", "on Friday, November 20": "2026-11-20",
        "monday": "2026-11-16", "last Monday": "2026-11-16", "sunday": "2026-11-22", "last Sunday": "2026-11-15",
        "next Friday": "2026-11-27", "the 25th": "2026-10-25", "the twenty-first": "2026-11-21",
        "the third": "2026-11-03",
        "11/20": "2026-11-20", "11/20/2025": "2025-11-20", "2026-11-20": "2026-11-20", "one one two zero": "2026-11-20",
        "Monday last week": "2026-11-09", "last week Friday": "2026-11-13", "the third of last month": "2026-10-03",
        "december first last year": "2025-12-01", "november twentieth twenty twenty five": "2025-11-20",
        "March 3rd two thousand and twenty six": "2026-03-03", "may first this year": "2026-05-01",
        "yesterday or today": "", "hello": "", "may": "", "february thirtieth": "", "ninety thousand weeks ago": "",
        "may or june 5": "",
    },
    "time": {
        "6 pm": "18:00", "6 p.m.": "18:00", "6pm": "18:00", "six thirty": "18:30", "half past six": "18:30",
        "quarter to nine": "08:45", "a quarter to one": "12:45", "quarter past three in the afternoon": "15:15",
        "noon": "12:00", "12 noon": "12:00", "midnight": "00:00", "18:00": "18:00", "9:30 a.m.": "09:30",
        "three o'clock": "15:00", "six oh five pm": "18:05", "eighteen hundred": "18:00",
        "at five in the evening": "17:00",
        "03:15": "03:15", "twelve thirty am": "00:30", "12:15 pm": "12:15", "tomorrow at 3": "15:00",
        "ten to nine": "08:50", "twenty past nine": "09:20", "five after nine am": "09:05", "1430": "14:30",
        "one four three zero": "14:30", "twenty-five minutes to ten in the evening": "21:35",
        "25": "", "hello": "", "in the morning": "", "from two to three": "", "two to three": "", "6 am or 6 pm": "",
    },
    "yes-no": {
        "yes": "yes", "yeah sure": "yes", "That's right.": "yes", "um, yes please": "yes", "one": "yes", "ok": "yes",
        "no problem": "yes", "yes that is my number": "yes", "hello, yes": "yes",
        "no": "no", "no thank you": "no", "that is not correct": "no", "press 2": "no", "it isn't": "no",
        "I don't think so": "no", "nope": "no", "it wasn't me": "no", "I did not": "no", "no, that's fine": "no",
        "I didn't make that payment": "no", "absolutely not": "no", "never mind": "no", "no I'm good": "no",
        "I did": "yes", "it was me": "yes", "go ahead": "yes", "please do": "yes", "mm-hmm": "yes",
        "yes and no": "", "it was my wife": "", "that was a mistake": "",
        "not sure": "", "I don't know": "", "yes no": "", "I think so": "", "a refund": "", "": "",
    },
}  # fmt: skip


def text_of(answer: Value | None) -> str:
    return answer.text if answer else ""


@pytest.mark.parametrize(("kind", "keys", "expected"), KEYED)
def test_keys_are_understood(kind: str, keys: str, expected: str) -> None:
    for language in ("zh", "en"):
        assert text_of(understand(kind, keys, language=language, today=TODAY)) == expected


@pytest.mark.parametrize(
    ("language", "kind", "words", "expected"),
    [
        (language, kind, words, expected)
        for language, table in (("zh", IN_CHINESE), ("en", IN_ENGLISH))
        for kind, rows in table.items()
        for words, expected in rows.items()
    ],
)
def test_words_are_understood(language: str, kind: str, words: str, expected: str) -> None:
    assert text_of(understand(kind, words=words, language=language, today=TODAY)) == expected


@pytest.mark.parametrize(
    ("language", "keys", "words", "expected"),
    [
        ("zh", "1121", "", "2027-11-21"), ("zh", "1122", "", "2026-11-22"), ("zh", "1125", "", "2026-11-25"),
        ("zh", "0229", "", "2028-02-29"), ("zh", "20261121", "", ""), ("zh", "20270101", "", "2027-01-01"),
        ("zh", "", "十二月一号", "2026-12-01"), ("zh", "", "三号", "2026-12-03"), ("zh", "", "周三", "2026-11-25"),
        ("zh", "", "星期天", "2026-11-22"), ("zh", "", "下周一", "2026-11-23"), ("zh", "", "后天", "2026-11-24"),
        ("zh", "", "昨天", ""), ("zh", "", "上周三", ""), ("zh", "", "31号", "2026-12-31"),
        ("en", "", "December 1st", "2026-12-01"), ("en", "", "the third", "2026-12-03"),
        ("en", "", "12/24", "2026-12-24"), ("en", "", "Friday", "2026-11-27"), ("en", "", "next Friday", "2026-11-27"),
        ("en", "", "tomorrow", "2026-11-23"),
        ("en", "", "January second", "2027-01-02"), ("en", "", "yesterday", ""), ("en", "", "last Monday", ""),
    ],
)  # fmt: skip
def test_a_date_to_come_is_the_next_such_day(language: str, keys: str, words: str, expected: str) -> None:
    assert text_of(understand("date", keys, words, language=language, today=TODAY, ahead=True)) == expected


@pytest.mark.parametrize(
    "keys", ["٣٤", "²", "1234\n", "1234 ", "１２", "1#2*", "-1", "+1", "hangup", "1" * 400, "\x00", "①"]
)
@pytest.mark.parametrize("kind", ANSWER_KINDS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_only_ascii_digits_are_keys(language: str, kind: str, keys: str) -> None:
    if kind == "words" and keys == "1" * 400:
        return
    assert understand(kind, keys, language=language, today=TODAY) is None


def test_the_number_of_digits_is_kept_to() -> None:
    def tried(keys: str) -> bool:
        return understand("reference", keys, language="en", today=TODAY, least=6, most=7) is not None

    assert [tried("1" * count) for count in (5, 6, 7, 8)] == [False, True, True, False]
    assert understand("tail", words="one two three", language="en", today=TODAY, least=4, most=4) is None


@pytest.mark.parametrize("kind", ["digits", "account", "reference", "words"])
@pytest.mark.parametrize("keys", ["4111111111111111", "6200000000000005", "41111111111111111227"])
def test_the_number_of_a_card_is_no_answer(kind: str, keys: str) -> None:
    assert understand(kind, keys, language="en", today=TODAY) is None


def test_the_number_of_a_card_is_masked_in_words() -> None:
    answer = understand("words", words="4111 1111 1111 1111 123 please", language="en", today=TODAY)
    assert answer == Value("words", "[card …1111] [code] please")


def test_the_region_and_the_currency_are_those_of_the_hotline() -> None:
    phone = understand("phone", "6502530000", language="en", today=TODAY, region="US")
    assert phone == Value("phone", "+16502530000")
    assert understand("phone", "6502530000", language="en", today=TODAY) is None
    assert understand("amount", "5*5", language="en", today=TODAY, region="US") == Value("money", "5.50 USD")
    assert understand("amount", "5*5", language="en", today=TODAY, region="JP") is None


@pytest.mark.parametrize(
    ("kind", "keys", "value_kind"),
    [("amount", "5", "money"), ("yes-no", "1", "words"), ("date", "1101", "date"), ("tail", "1234", "tail")],
)
def test_an_answer_has_the_kind_it_is_spoken_by(kind: str, keys: str, value_kind: str) -> None:
    answer = understand(kind, keys, language="en", today=TODAY)
    assert answer is not None
    assert answer.kind == value_kind


def test_a_kind_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        understand("colour", "1", language="en", today=TODAY)


NUMBERISH = st.text(
    st.sampled_from(
        "0123456789零一二两三十百千万亿点块元毛角分号月年天周前上下午半刻:/.-+ ,$¥个不是对三廿差字末后最国庆节去"
    )
    | st.characters(),
    max_size=40,
)
SOME_ENGLISH = (
    "a one two ten twenty hundred thousand million point dollars cents and to past half quarter may november last "
    "next monday ago weeks days 25th third 11 0 12:30 double oh pm am noon yes no not the of sorry its threes grand k "
    "1.5 twenty months hours christmas last day week before fiver second minutes midnight"
)
ENGLISH = st.lists(st.sampled_from(SOME_ENGLISH.split(" ")), max_size=12).map(" ".join)


@settings(max_examples=300)
@given(kind=st.sampled_from(ANSWER_KINDS), words=NUMBERISH | ENGLISH, keys=st.just("") | NUMBERISH, day=st.dates())
def test_nothing_a_caller_says_or_presses_is_an_exception(kind: str, words: str, keys: str, day: date) -> None:
    for language in ("zh", "en"):
        answer = understand(kind, keys, words, language=language, today=day)
        assert answer is None or answer.text


# --- choices ----------------------------------------------------------------------------------------------


def label(**sentences: str) -> Text:
    return Text({code: Sentence((sentence,)) for code, sentence in sentences.items()})


def choice(key: str, chinese: str, english: str, **also: tuple[str, ...]) -> Choice:
    return Choice(key=Key(key), next=StepName("n"), label=label(zh=chinese, en=english), also=also)


MAIN = [
    choice("1", "账户被锁定", "a locked account"),
    choice("2", "付款失败", "a payment that failed"),
    choice("3", "提现失败", "a withdrawal that failed"),
    choice("4", "退款查询", "a refund", zh=("退钱",), en=("money back",)),
    choice("5", "其他服务", "anything else", zh=("退款失败",)),
]
BY_LANGUAGE = [
    Choice(key=Key("1"), next=StepName("n"), language=Language("zh"), label=label(zh="普通话服务")),
    Choice(key=Key("2"), next=StepName("n"), language=Language("en"), label=label(en="service in English")),
]


@pytest.mark.parametrize(
    ("language", "words", "key"),
    [
        ("zh", "我要退款", "4"), ("zh", "退款", "4"), ("zh", "退钱", "4"), ("zh", "我想查一下退款。", "4"),
        ("zh", "退款失败", "5"), ("zh", "付款", "2"), ("zh", "我的账户被锁定了", "1"), ("zh", "账户", "1"),
        ("zh", "提现", "3"),
        ("zh", "一", "1"), ("zh", "请按四", "4"), ("zh", "失败", None), ("zh", "查询", None), ("zh", "查询余额", None),
        ("zh", "不想退款", None), ("zh", "别人退款", "4"), ("zh", "要不要退款", "4"),
        ("en", "I don't want a refund", None), ("en", "I did not get the refund", "4"),
        ("zh", "款", None), ("zh", "", None), ("zh", "退款还是付款失败", "2"), ("zh", "九", None),
        ("en", "refund", "4"), ("en", "I'd like a refund, please.", "4"), ("en", "refunds", "4"),
        ("en", "money back", "4"), ("en", "my account is locked", "1"), ("en", "I was locked out of my account", "1"),
        ("en", "my payment failed", "2"), ("en", "payment", "2"), ("en", "option 4", "4"), ("en", "four", "4"),
        ("en", "I am four", None), ("en", "I called at four", None), ("en", "I will take number four", "4"),
        ("en", "the second one", "2"), ("en", "um, the third one please", "3"), ("en", "the last one", "5"),
        ("en", "I want the first", "1"), ("en", "the sixth one", None), ("en", "the wrong one", None),
        ("en", "which one", None),
        ("zh", "第二个", "2"), ("zh", "我要第三项", "3"), ("zh", "最后一个吧", "5"),
        ("en", "failed", None), ("en", "hello", None), ("en", "my refund or my account is locked", "1"),
        ("en", "the withdrawal failed and the payment failed", "3"), ("en", "", None), ("en", "²", None),
    ],
)  # fmt: skip
def test_words_choose(language: str, words: str, key: str | None) -> None:
    assert choose(MAIN, words, language) == key


def test_the_last_of_none_is_no_choice() -> None:
    assert choose([], "the last one", "en") is None


@pytest.mark.parametrize(
    ("language", "words", "which"),
    [
        ("en", "two", 1), ("en", "the second one", 1), ("en", "the last one", 1), ("en", "the first", 0),
        ("en", "the third one", None), ("en", "one of them", None), ("zh", "第二个", 1), ("zh", "一", 0),
        ("zh", "最后一个", 1),
    ],
)  # fmt: skip
def test_of_two_one_is_named_by_number_or_place(language: str, words: str, which: int | None) -> None:
    assert of_two(words, language) == which


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("words", "key"), [("英语", "2"), ("English please", "2"), ("普通话", "1"), ("mandarin", "1"), ("中文", "1")]
)
def test_a_language_answers_to_its_names_in_any_language(language: str, words: str, key: str) -> None:
    assert choose(BY_LANGUAGE, words, language) == key


def test_two_choices_that_fit_equally_are_no_choice() -> None:
    twins = [choice("1", "退款", "a refund"), choice("2", "付款", "the refund")]
    assert choose(twins, "退款付款", "zh") is None
    assert choose(twins, "refund", "en") is None


@settings(max_examples=100)
@given(words=NUMBERISH | ENGLISH)
def test_choosing_is_never_an_exception(words: str) -> None:
    for language in ("zh", "en"):
        choose(MAIN + BY_LANGUAGE, words, language)


@pytest.mark.parametrize(
    ("words", "current", "wanted"),
    [
        ("English please", "en", "en"),
        ("English please", "zh", "en"),
        ("can I have Mandarin", "en", "zh"),
        ("I don't understand English well", "en", "zh"),
        ("my English is very bad", "en", "zh"),
        ("my Chinese is bad", "en", "en"),
        ("I pressed Chinese by mistake I need English", "zh", "en"),
        ("not English, Chinese", "en", "zh"),
        ("another language", "en", "zh"),
        ("中文", "zh", "zh"),
        ("不好意思，请讲中文", "zh", "zh"),
        ("听不懂英文，请讲中文", "en", "zh"),
        ("我不会英语", "en", "zh"),
        ("换英文", "zh", "en"),
        ("你会讲上海话伐", "zh", "zh"),  # there is no service in it, and English is none either
        ("do you speak Cantonese", "en", "zh"),
    ],
)
def test_the_language_that_is_named_is_spoken(words: str, current: str, wanted: str) -> None:
    further = "zh" if current == "en" else "en"
    assert language_named(words, ("zh", "en"), current, further) == wanted


def test_one_word_said_over_and_over_is_read_as_quickly_as_others() -> None:
    """A word said 120 times took two seconds of a turn, in which no other call could be written. Where the time grows
    by the third power, this does not end."""
    assert en_numbers.meant("not " * 2000) == [""]
    assert set(zh_numbers.meant("不是" * 2000)) == {""}
