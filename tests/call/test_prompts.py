"""Sentences of flows with their values, and what menus say."""

from __future__ import annotations

import timeit
from datetime import date

import pytest

from ivr.call.languages import MissingValue
from ivr.call.prompts import fill, menu_words, message_text, say, text_of, whisper, with_position
from ivr.call.values import Value
from ivr.flow.model import Choice, Key, Language, Menu, Sentence, Slot, StepName, Text

TODAY = date(2026, 11, 22)
VALUES = {
    "amount": Value("money", "128.50 CNY"),
    "expected_on": Value("date", "2026-11-25"),
    "reference": Value("reference", "300123"),
    "customer": Value("name", "{amount} & <b>\x00"),
}
REFUND = Text(
    {
        "zh": Sentence(("您的退款", Slot("amount"), "将在", Slot("expected_on"), "前到账。")),
        "en": Sentence(("Your refund of ", Slot("amount"), " will arrive by ", Slot("expected_on"), ".")),
    }
)


def text(**sentences: str) -> Text:
    return Text({code: Sentence((sentence,)) for code, sentence in sentences.items()})


@pytest.mark.parametrize(
    ("language", "heard"),
    [
        ("zh", "您的退款一百二十八元五角将在11月25日星期三前到账。"),
        ("en", "Your refund of 128.50 yuan will arrive by Wednesday, November 25."),
    ],
)
def test_a_sentence_is_filled_with_its_values(language: str, heard: str) -> None:
    assert fill(REFUND.sentences[language], VALUES, language, TODAY) == heard


def test_a_slot_may_say_its_kind() -> None:
    sentence = Sentence(("Number ", Slot("amount", "words"), ", then ", Slot("reference", "number")))
    assert fill(sentence, VALUES, "en", TODAY) == "Number 128.50 CNY, then 300,123"


def test_braces_in_values_stay_braces_and_control_characters_go() -> None:
    sentence = Sentence((Slot("customer"), "，您好。"))
    assert fill(sentence, VALUES, "zh", TODAY) == "{amount} & <b>，您好。"


def test_a_missing_value_is_an_error_that_names_it() -> None:
    with pytest.raises(MissingValue) as caught:
        fill(Sentence(("Hello ", Slot("customer"))), {}, "en", TODAY)
    assert caught.value.name == "customer"


def test_a_sentence_without_slots_is_said_as_written() -> None:
    assert fill(Sentence(("请稍候。",)), {}, "zh", TODAY) == "请稍候。"
    assert fill(Sentence(("a", "b")), {}, "zh", TODAY) == "ab"
    assert fill(Sentence(()), {}, "zh", TODAY) == ""


def test_a_text_falls_back_to_a_language_it_has_and_says_which() -> None:
    greeting = text(zh="您好。", en="Hello.")
    assert text_of(greeting, "en")[1] == "en"
    assert text_of(greeting, "fr", ("en", "zh"))[1] == "en"
    assert text_of(greeting, "fr")[1] == "zh"
    assert say(greeting, {}, "fr", ("en", "zh"), TODAY) == ("Hello.", "en")
    with pytest.raises(ValueError):
        text_of(Text({}), "en")


def test_a_text_message_is_written_and_not_spelled() -> None:
    ticket = Text(
        {"zh": Sentence(("受理编号", Slot("reference"), "。")), "en": Sentence(("Reference ", Slot("reference"), "."))}
    )
    assert message_text(ticket, VALUES, "zh", ("zh", "en"), TODAY) == "受理编号300123。"
    assert message_text(ticket, VALUES, "fr", ("en", "zh"), TODAY) == "Reference 300123."
    assert message_text(REFUND, VALUES, "zh", ("zh",), TODAY) == "您的退款128.50元将在11月25日星期三前到账。"
    with pytest.raises(MissingValue):
        message_text(ticket, {}, "zh", ("zh", "en"), TODAY)


# --- menus ------------------------------------------------------------------------------------------------

LANGUAGE_MENU = Menu(
    name="language",
    choices=(
        Choice(key=Key("1"), next=StepName("main"), language=Language("zh"), label=text(zh="普通话服务")),
        Choice(key=Key("2"), next=StepName("main"), language=Language("en"), label=text(en="service in English")),
    ),
)
MAIN_MENU = Menu(
    name="main",
    menu=text(zh="请选择您需要的服务。", en="How can we help?"),
    choices=(
        Choice(key=Key("1"), next=StepName("locked"), label=text(zh="账户被锁定", en="a locked account")),
        Choice(key=Key("4"), next=StepName("refund"), label=text(zh="退款查询", en="a refund")),
        Choice(key=Key("*"), next=StepName("main"), say=text(zh="再听一遍，请按星号键。", en="Press star to repeat.")),
        Choice(key=Key("7"), next=StepName("hidden")),
    ),
)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_choice_of_a_language_is_spoken_in_it(language: str) -> None:
    assert menu_words(LANGUAGE_MENU, language, ("zh", "en"), {}, TODAY) == [
        ("普通话服务，请按1。", "zh"),
        ("For service in English, press 2.", "en"),
    ]


def test_a_choice_of_a_language_needs_no_label() -> None:
    bare = Menu(name="l", choices=(Choice(key=Key("2"), next=StepName("main"), language=Language("en")),))
    assert menu_words(bare, "zh", ("zh", "en"), {}, TODAY) == [("For service in English, press 2.", "en")]


def test_a_menu_says_its_words_and_then_each_choice() -> None:
    assert menu_words(MAIN_MENU, "zh", ("zh", "en"), {}, TODAY) == [
        ("请选择您需要的服务。", "zh"),
        ("账户被锁定，请按1。", "zh"),
        ("退款查询，请按4。", "zh"),
        ("再听一遍，请按星号键。", "zh"),
    ]
    assert [said for said, _ in menu_words(MAIN_MENU, "en", ("zh", "en"), {}, TODAY)] == [
        "How can we help?",
        "For a locked account, press 1.",
        "For a refund, press 4.",
        "Press star to repeat.",
    ]


def test_a_label_may_hold_a_value() -> None:
    label = Text({"en": Sentence(("the payment of ", Slot("amount")))})
    menu = Menu(name="m", choices=(Choice(key=Key("1"), next=StepName("n"), label=label),))
    assert menu_words(menu, "en", ("en",), VALUES, TODAY) == [("For the payment of 128.50 yuan, press 1.", "en")]


def test_a_constant_prompt_costs_next_to_nothing() -> None:
    # The budget is 5 µs; a hundred times that can not be noise, only a sentence parsed or formatted on every turn.
    sentence = Sentence(("请输入退款申请号，以井号键结束。",))
    best = min(timeit.repeat(lambda: fill(sentence, {}, "zh", TODAY), number=1000, repeat=5)) / 1000
    assert best < 500e-6


# --- queue and whisper ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "hold", "position", "heard"),
    [
        ("zh", "您前面还有{position}位，请稍候。", 2, "您前面还有两位，请稍候。"),
        ("zh", "您排在第{position}位。", 2, "您排在第二位。"),
        ("en", "You are number {position} in line.", 3, "You are number 3 in line."),
        ("en", "Please hold.", 3, "Please hold."),
    ],
)
def test_the_position_is_filled_in_while_waiting(language: str, hold: str, position: int, heard: str) -> None:
    assert with_position(hold, position, language) == heard


@pytest.mark.parametrize("text", ["\ud800x", "x\udfff", "\x00x\x1b", "x\x85\ufffe", "x\r"])
def test_a_value_holds_no_character_that_nothing_can_keep(text: str) -> None:
    assert Value("words", text).text == "x"
    assert Value("words", "a\tb\nc　d").text == "a\tb\nc　d"


def test_a_hold_text_keeps_its_position_when_it_is_filled() -> None:
    hold = Sentence(("您前面还有", Slot("position"), "位。"))
    kept = fill(hold, {"position": Value("words", "{position}")}, "zh", TODAY)
    assert with_position(kept, 2, "zh") == "您前面还有两位。"


@pytest.mark.parametrize(
    ("language", "facts", "heard"),
    [
        (
            "zh",
            {"name": "李伟", "factor": "code", "topics": ["退款"], "reference": "3001234", "waited_seconds": 170},
            "来电客户李伟，已通过短信验证码核实身份。来电事由：退款。受理编号：三零零，幺二三四。已等待3分钟。",
        ),
        ("zh", {}, "来电客户身份未核实。"),
        ("zh", {"name": "李伟"}, "来电客户李伟，身份未核实。"),
        (
            "en",
            {"name": "Ann Lee", "factor": "pin", "topics": ["a refund"], "reference": "3001234", "waited_seconds": 61},
            "The caller is Ann Lee, identified by phone PIN. The call is about a refund. "
            "The reference is 3 0 0, 1 2 3 4. The caller has waited 1 minute.",
        ),
        ("en", {"topics": ["a refund"]}, "The caller has not been identified. The call is about a refund."),
    ],
)
def test_a_whisper_says_who_and_why(language: str, facts: dict[str, object], heard: str) -> None:
    assert whisper(language, **facts) == heard  # type: ignore[arg-type]
