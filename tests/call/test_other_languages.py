"""Languages that are made of CLDR, num2words and a file of words: what they say, and what they understand.

`other_languages.tsv` beside this file has what callers say, like `spoken_values.tsv`.
"""

import random
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from ivr.call.answers import understand
from ivr.call.choices import choose
from ivr.call.languages import LANGUAGES, learn
from ivr.call.languages.characters import folded
from ivr.call.languages.general import formats_of
from ivr.call.languages.general_hearing import GeneralHearing
from ivr.call.languages.hearing import Standpoint
from ivr.call.languages.number_words import NumberWords, spelling_of
from ivr.call.languages.words import LanguageWords, shipped_texts
from ivr.call.values import Value
from ivr.flow.model import VALUE_KINDS, Choice, Key, Sentence, StepName, Text

pytest.importorskip("num2words")

SUNDAY = date(2026, 11, 22)
MONDAY = date(2026, 11, 23)
CODES = ("es", "ja", "ar")


@pytest.fixture(autouse=True)
def languages_of_this_file() -> None:
    for code in (*CODES, "fr"):
        learn(code, {})


# kind, text, in Spanish, in Japanese, in Arabic
SPOKEN = [
    ("money", "128.50 EUR", "128,50 euros", "128.50ユーロ", "128.50 يورو"),
    ("money", "1 USD", "1 dólar", "1ドル", "1 دولار"),
    ("money", "5 USD", "5 dólares", "5ドル", "5 دولارات"),
    ("money", "200 USD", "200 dólares", "200ドル", "200 دولار"),
    ("money", "5000 JPY", "5.000 yenes", "5,000円", "5,000 ين"),
    ("money", "-5.05 EUR", "menos 5,05 euros", "マイナス5.05ユーロ", "ناقص 5.05 يورو"),
    ("money", "12 XYZ", "12 X Y Z", "12 X Y Z", "12 X Y Z"),
    ("reference", "300123", "tres cero cero, uno dos tres",
     "さんゼロゼロ、いちにさん",
     "ثلاثة صفر صفر، واحد اثنان ثلاثة"),
    ("reference", "RF7", "R F, siete", "R F、なな", "R F، سبعة"),
    ("tail", "62220001", "terminada en cero cero cero uno", "下4桁ゼロゼロゼロいち", "المنتهي بـ صفر صفر صفر واحد"),
    ("account", "a.b@x.es", "a punto b arroba x punto es",
     "a ドット b アットマーク x ドット es", "a نقطة b آت x نقطة es"),
    ("phone", "+34912345678", "más tres cuatro, nueve uno dos, tres cuatro, cinco seis, siete ocho",
     "プラスさんよん、きゅういちに、さんよん、ごろく、ななはち",
     "زائد ثلاثة أربعة، تسعة واحد اثنان، ثلاثة أربعة، خمسة ستة، سبعة ثمانية"),
    ("number", "2", "dos", "二", "اثنان"),
    ("number", "1234.5", "mil doscientos treinta y cuatro coma cinco", "千二百三十四点ご",
     "ألف و مئتان و أربعة و ثلاثون فاصلة خمسة"),
    ("number", "-3", "menos tres", "マイナス三", "ناقص ثلاثة"),
    ("date", "2026-11-25", "miércoles, 25 de noviembre", "11月25日水曜日", "الأربعاء، 25 نوفمبر"),
    ("date", "2027-01-04", "lunes, 4 de enero de 2027", "2027年1月4日月曜日", "الاثنين، 4 يناير 2027"),
    ("time", "18:00", "6 de la tarde", "午後6時", "6 مساءً"),
    ("time", "09:30", "9:30 de la mañana", "午前9時30分", "9:30 صباحًا"),
    ("time", "00:00", "12 de la noche", "午前0時", "12 منتصف الليل"),
    ("time", "12:00", "12 del mediodía", "正午", "12 ظهرًا"),
    ("datetime", "2026-11-23T09:00+08:00", "lunes, 23 de noviembre a las 9 de la mañana", "11月23日月曜日午前9時",
     "الاثنين، 23 نوفمبر الساعة 9 صباحًا"),
    ("datetime", "2026-11-22T13:15+08:00", "hoy a la 1:15 de la tarde",
     "今日午後1時15分", "اليوم الساعة 1:15 بعد الظهر"),
    ("duration", "5400", "1 hora y 30 minutos", "1時間30分", "ساعة و30 دقيقة"),
    ("duration", "600", "10 minutos", "10分", "10 دقائق"),
    ("duration", "172800", "2 días", "2日", "يومان"),
    ("words", "李\u202e伟\x00", "李伟", "李伟", "李伟"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "es", "ja", "ar"), SPOKEN, ids=[f"{row[0]}-{row[1]!a}" for row in SPOKEN])
def test_values_are_spoken(kind: str, text: str, es: str, ja: str, ar: str) -> None:
    value = Value(kind, text)
    assert {code: LANGUAGES[code].speak(value, today=SUNDAY) for code in CODES} == {"es": es, "ja": ja, "ar": ar}


WRITTEN = [
    ("money", "1234.50 EUR", "1.234,50 euros", "1,234.50ユーロ", "1,234.50 يورو"),
    ("reference", "300123", "300123", "300123", "300123"),
    ("number", "1234.50", "1.234,5", "1,234.5", "1,234.5"),
    ("tail", "62220001", "terminada en 0001", "下4桁0001", "المنتهي بـ 0001"),
]


@pytest.mark.parametrize(("kind", "text", "es", "ja", "ar"), WRITTEN)
def test_text_messages_are_written_to_be_read(kind: str, text: str, es: str, ja: str, ar: str) -> None:
    value = Value(kind, text)
    assert {code: LANGUAGES[code].write(value, today=SUNDAY) for code in CODES} == {"es": es, "ja": ja, "ar": ar}


@pytest.mark.parametrize("kind", VALUE_KINDS)
@pytest.mark.parametrize("code", [*CODES, "fr"])
@pytest.mark.parametrize("text", ["", "abc", "1e999999999 CNY", "NaN CNY", "9" * 5000, "٣٤", "{x}", "\x00", "T", "@"])
def test_text_that_is_not_of_its_kind_is_said_and_never_raises(code: str, kind: str, text: str) -> None:
    assert "\x00" not in LANGUAGES[code].speak(Value(kind, text), today=SUNDAY)


@pytest.mark.parametrize(
    ("code", "ahead"),
    [
        ("es", ["Usted es el siguiente.", "Hay 1 llamada delante de usted.", "Hay 2 llamadas delante de usted."]),
        ("ja", ["次がお客様の順番です。", "お客様の前に1人お待ちです。", "お客様の前に2人お待ちです。"]),
        (
            "ar",
            ["أنت التالي في الدور.", "هناك متصل واحد قبلك.", "هناك متصلان قبلك.", "هناك 3 متصلين قبلك."]
            + [f"هناك {count} متصلين قبلك." for count in range(4, 11)]
            + ["هناك 11 متصلًا قبلك."],
        ),
    ],
)
def test_callers_ahead_are_counted_in_the_plural_forms_of_the_language(code: str, ahead: list[str]) -> None:
    assert [LANGUAGES[code].phrases.ahead(count) for count in range(len(ahead))] == ahead


def test_opening_hours_are_said_in_words() -> None:
    week = [(0, 4, [(time(9), time(18))]), (5, 5, [(time(10), time())])]
    assert [LANGUAGES[code].phrases.opening_hours(week, True) for code in CODES] == [
        "de lunes a viernes, de 9 de la mañana a 6 de la tarde; sábado, de 10 de la mañana a medianoche, "
        "excepto festivos",
        "月曜日から金曜日までは午前9時から午後6時まで、土曜日は午前10時から深夜12時まで、ただし祝日を除く",
        "من الاثنين إلى الجمعة، من 9 صباحًا إلى 6 مساءً، السبت، من 10 صباحًا إلى منتصف الليل، ما عدا العطل الرسمية",
    ]


@pytest.mark.parametrize(
    ("code", "label", "key", "sentence"),
    [
        ("es", "consultar su factura.", "4", "Para consultar su factura, pulse 4."),
        ("es", "volver", "#", "Para volver, pulse almohadilla."),
        ("ja", "領収書", "*", "領収書は、米印を押してください。"),
        ("ar", "لمعرفة العنوان", "1", "لمعرفة العنوان، اضغط 1."),
        ("fr", "une facture", "1", "une facture: 1."),
    ],
)
def test_a_choice_is_said_with_its_key(code: str, label: str, key: str, sentence: str) -> None:
    assert LANGUAGES[code].choice(label, key) == sentence


# --- understood ---------------------------------------------------------------------------------------------

ROWS = [
    (*line.split("\t"), "")[:4]
    for line in Path(__file__).with_name("other_languages.tsv").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize(("kind", "language", "words", "value"), ROWS)
def test_what_callers_say_is_understood(kind: str, language: str, words: str, value: str) -> None:
    heard = understand(kind, words=words, language=language, today=MONDAY)  # type: ignore[arg-type]
    said = heard.text.partition(" ")[0] if heard else ""
    assert (Decimal(said) == Decimal(value)) if kind == "amount" and said and value else said == value


NUMBERS = [
    ("es", "ciento veintiocho coma cinco", "128.5"), ("es", "mil doscientos", "1200"), ("es", "1.234,5", "1234.5"),
    ("es", "treinta y un", "31"), ("es", "doscientas veintiuna", "221"), ("es", "muchos", ""),
    ("ja", "千二百三十四", "1234"), ("ja", "12万", "120000"), ("ja", "百二十八点五", "128.5"), ("ja", "1,234", "1234"),
    ("ar", "ألف ومئتان وأربعة وثلاثون", "1234"), ("ar", "خمسة و عشرين", "25"), ("ar", "١٬٢٣٤", "1234"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "words", "number"), NUMBERS)
def test_quantities_are_understood(code: str, words: str, number: str) -> None:
    hearing = LANGUAGES[code].hearing
    assert hearing.number(hearing.normal(words)) == (Decimal(number) if number else None)


@pytest.mark.parametrize("code", CODES)
def test_what_the_hotline_says_it_understands(code: str) -> None:
    language = LANGUAGES[code]
    hearing = language.hearing

    def said(kind: str, text: str) -> str:
        return hearing.normal(language.speak(Value(kind, text), today=SUNDAY))

    seen = Standpoint(SUNDAY)
    for number in (*range(10), 10, 21, 99, 300, 1234, 10_000, 120_000):
        assert hearing.number(said("number", f"{number}")) == number
        assert hearing.digits(said("digits", f"{number}")) == f"{number}"
        assert hearing.amount(said("money", f"{number} EUR")) == (number, "EUR")
    for day in (date(2026, 11, 20), date(2026, 2, 28), date(2025, 12, 31)):
        assert hearing.date(said("date", f"{day}"), seen) == day
    for hour in range(24):
        for minute in (0, 5, 30):
            assert hearing.time(said("time", f"{hour:02}:{minute:02}")) == time(hour, minute)


SPELLED = ("ar", "de", "es", "fa", "fr", "id", "ja", "ko", "nl", "pl", "pt", "sv", "th", "vi")


@pytest.mark.parametrize("code", SPELLED)
def test_numbers_are_read_back_from_their_words(code: str) -> None:
    spell = spelling_of(code)
    assert spell is not None
    numbers = NumberWords(spell, spaced=code not in ("ja", "ko", "th"))
    some = random.Random(code)
    for number in (*range(130), *(some.randrange(10**size) for size in (3, 4, 5, 6) for _ in range(25))):
        assert numbers.items(folded(numbers.say(number))) == [Decimal(number)], number


def test_the_general_reader_reads_english_too_by_its_file_of_words() -> None:
    texts = shipped_texts("en")
    hearing = GeneralHearing(formats_of("en", texts), LanguageWords(texts)).hearing
    assert hearing.digits("my number is three zero zero one two three") == "300123"
    assert hearing.amount("one hundred and five dollars and fifty cents") == (Decimal("105.5"), "USD")
    assert hearing.date("november 20th", Standpoint(SUNDAY)) is None, "ordinals are English's own"
    assert hearing.date("three days ago", Standpoint(SUNDAY)) == date(2026, 11, 19)
    assert hearing.time("quarter to nine in the evening") == time(20, 45)
    assert hearing.agreement("no thank you") is False


def test_a_menu_is_answered_in_words() -> None:
    def choice(key: str, also: dict[str, tuple[str, ...]], **label: str) -> Choice:
        text = Text({code: Sentence((words,)) for code, words in label.items()})
        return Choice(key=Key(key), next=StepName("there"), label=text, also=also)

    menu = (
        choice("1", {"es": ("facturas",)}, es="consultar sus facturas", ja="領収書", ar="الفواتير"),
        choice("2", {"es": ("un técnico",)}, es="hablar con un técnico", ja="修理", ar="الصيانة"),
    )
    said = {
        "es": {"quisiera preguntar por la factura": "1", "un técnico, por favor": "2", "dos": "2", "el tiempo": None},
        "ja": {"領収書について知りたいです": "1", "修理をお願いします": "2", "天気": None},
        "ar": {"أريد أن أسأل عن الفواتير": "1", "صيانة": "2", "واحد": "1"},
    }
    for code, rows in said.items():
        assert {words: choose(menu, words, code) for words in rows} == rows


SAID_INSTEAD = {
    "zh": {
        "missing": "我忘记了", "which": "哪个号码", "moment": "稍等", "papers": "照片寄到谁那儿", "question": "多久能好"
    },
    "en": {
        "missing": "I haven't got it with me", "which": "I mean which number", "moment": "hang on",
        "papers": "tell me what papers you need", "question": "and how soon?",
    },
    "es": {
        "missing": "no me acuerdo", "which": "¿qué número?", "moment": "un momento", "papers": "¿qué papeles?",
        "question": "¿cuánto tarda?",
    },
    "ja": {
        "missing": "忘れました", "which": "どの番号ですか", "moment": "ちょっと待ってください",
        "papers": "どの書類ですか", "question": "いつ頃ですか",
    },
    "ar": {
        "missing": "لا أتذكر الرقم", "which": "أي رقم؟", "moment": "لحظة من فضلك", "papers": "أي مستندات؟",
        "question": "كم يستغرق؟",
    },
}  # fmt: skip


@pytest.mark.parametrize(("code", "said"), SAID_INSTEAD.items())
def test_each_language_knows_what_is_said_instead(code: str, said: dict[str, str]) -> None:
    hearing = LANGUAGES[code].hearing
    patterns = {name: getattr(hearing, name) for name in said}
    for name, words in said.items():
        found = [each for each in patterns if patterns[each].search(hearing.normal(words))]
        assert found in ([name], [name, "question"])
    assert not any(pattern.search(hearing.normal("6222 0001")) for pattern in patterns.values())
