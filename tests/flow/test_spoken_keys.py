"""How keys and secrets are heard in sentences: a table per language."""

from __future__ import annotations

import re

import pytest

from ivr.flow.checks.spoken import Speech, asks_secret, deadline_in, hours_in, mentions, says_key_first, speech_of

SAID = [
    ("zh", "退款请按4。", "4"),
    ("zh", "退款请按 4 号键，人工服务请按0。", "40"),
    ("zh", "需要人工服务，请按零。", "0"),
    ("zh", "重听请按星号键，返回请按井号键。", "*#"),
    ("zh", "请输入账号，按＃键结束。", "#"),
    ("zh", "请输入账号，按井字键结束，按米字键返回。", "#*"),
    ("zh", "请按一下数字键２。", "2"),
    ("zh", "请按“5”键。", "5"),
    ("zh", "满意请按一，不满意请按二号键。", "12"),
    ("zh", "按一下即可，或按两下。", ""),
    ("zh", "请按一个键，按任意键继续。", ""),
    ("zh", "请按照提示操作，按时还款。", ""),
    ("zh", "请拨95588，或拨打110。", ""),
    ("zh", "请按10。", ""),
    ("en", "For a refund, press 4.", "4"),
    ("en", "For a refund, press four, for anything else press the number 5 key.", "45"),
    ("en", "Press star to hear this again, or the hash key.", "*"),
    ("en", "To finish, press the pound key; to go back, hit *.", "#*"),
    ("en", "Dial zero for a person. Or push '9'.", "09"),
    ("en", "Press one of the keys.", ""),
    ("en", "Press one key to begin.", ""),
    ("en", "Press any key. Dial 911 in an emergency.", ""),
    ("en", "The press reported four cases.", ""),
    ("en", "Press 10.", ""),
    ("fr", "Appuyez sur 4.", ""),
]


@pytest.mark.parametrize(("language", "sentence", "keys"), SAID)
def test_keys_are_heard(language: str, sentence: str, keys: str) -> None:
    assert "".join(mention.key for mention in mentions(sentence, language)) == keys


@pytest.mark.parametrize(
    ("language", "sentence", "first"),
    [
        ("en", "Press 4 for refunds.", True),
        ("en", "We are glad you call. Please press 4 to go on.", True),
        ("en", "For refunds, press 4.", False),
        ("en", "For refunds, press 4, for cards, press 5.", False),
        ("en", "For refunds press 4 for a while.", False),
        ("en", "If this is right, press 1.", False),
        ("zh", "按4查询退款。", True),
        ("zh", "您好，请按4号键查询退款。", True),
        ("zh", "退款请按4，人工服务请按0。", False),
        ("zh", "如需退款，请按4。", False),
        ("zh", "如需退款，请按4即可。", False),
    ],
)
def test_the_key_comes_first(language: str, sentence: str, first: bool) -> None:
    assert says_key_first(mentions(sentence, language)[0], language) is first


@pytest.mark.parametrize(
    ("language", "sentence", "secret"),
    [
        ("zh", "请输入您的支付密码。", "密码"),
        ("zh", "请输入短信验证码，以井号键结束。", "验证码"),
        ("zh", "请输入卡片背面的CVV。", "CVV"),
        ("zh", "请念出您的助记词。", "助记词"),
        ("zh", "请读出银行卡背面的三位数字。", "卡背面"),
        ("zh", "请输入完整的银行卡卡号。", "卡号"),
        ("zh", "请说出短信里的六位数字。", "短信里的六位数字"),
        ("zh", "请输入卡号后四位。", ""),
        ("zh", "请输入银行卡卡号的最后四位。", ""),
        ("zh", "请输入账号。我们不会询问您的密码。", ""),
        ("zh", "忘记密码请按2。", ""),
        ("zh", "请输入订单号。", ""),
        ("en", "Please key in your PIN.", "PIN"),
        ("en", "What is the one-time code we texted?", "one-time code"),
        ("en", "Tell us your recovery phrase.", "recovery phrase"),
        ("en", "Please read the three digits on the back of your card.", "on the back of your card"),
        ("en", "Please say your full card number.", "card number"),
        ("en", "Tell us the digits we have just texted.", "digits we have just texted"),
        ("en", "What is your mother's maiden name?", "mother's maiden name"),
        ("en", "Key in the last four digits of your card number.", ""),
        ("en", "Tell us the date on the letter we sent.", ""),
        ("en", "Key in your number. Never tell anyone your password.", ""),
        ("en", "To reset your password, press 2.", ""),
        ("en", "Are you opinionated about spinning?", ""),
        ("en", "What is the postal code?", ""),
    ],
)
def test_a_sentence_asks_for_a_secret(language: str, sentence: str, secret: str) -> None:
    assert asks_secret(sentence, language) == secret


def test_every_word_for_a_key_stands_for_a_key() -> None:
    for language in ("zh", "en"):
        speech = speech_of(language)
        assert speech
        assert set(speech.words.values()) == set("0123456789*#")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_pattern_of_a_language_can_be_made(language: str) -> None:
    speech = speech_of(language)
    assert speech
    names = {name for name, made in vars(Speech).items() if hasattr(made, "__set_name__")}
    assert names == speech.written.keys() - {"words"}
    assert all(isinstance(getattr(speech, name), re.Pattern) for name in names)


@pytest.mark.parametrize(
    ("language", "sentence", "typed"),
    [
        ("en", "We are open from 9 AM to 6 PM.", True),
        ("en", "Monday to Friday, 9:00-18:00.", True),
        ("en", "Call us between nine to five.", True),
        ("en", "We open at 9 am tomorrow.", True),
        ("en", "You can find us at 12 Market Street, open from 9 to 5.", True),
        ("en", "Our opening hours are nine to five.", True),
        ("en", "We are here Mondays to Fridays, 9 to 17.", True),
        ("en", "Press 1 to 9.", False),
        ("en", "To hear our opening hours, press 1 to 9.", False),
        ("en", "Your money is available in 3 to 5 working days.", False),
        ("en", "It takes 3 to 5 days.", False),
        ("en", "Your card ends 10-12.", False),
        ("en", "At 9 AM your refund was sent.", False),
        ("zh", "服务时间是上午9点到下午6点。", True),
        ("zh", "每天9:00至18:00。", True),
        ("zh", "早上九点到晚上六点。", True),
        ("zh", "请按1到9。", False),
        ("zh", "需要3到5天。", False),
        ("zh", "下午3点给您回电。", False),
    ],
)
def test_hours_that_are_typed_are_found(language: str, sentence: str, typed: bool) -> None:
    assert bool(hours_in(sentence, language)) is typed


@pytest.mark.parametrize(
    ("language", "sentence", "deadline"),
    [
        ("en", "We will call you back within two days.", "within two days"),
        ("en", "You'll hear from us within 24 hours.", "within 24 hours"),
        ("en", "A colleague will contact you tomorrow before noon.", "tomorrow"),
        ("en", "We will write to you by Friday.", "by Friday"),
        ("en", "We will call you back.", ""),
        ("en", "Today we are closed. We will call you back.", ""),
        ("en", "Your money arrives within 3 days.", ""),
        ("zh", "我们会在两个工作日内给您回复。", "两个工作日内"),
        ("zh", "客服会在明天上午联系您。", "明天"),
        ("zh", "我们会在24小时之内致电。", "24小时之内"),
        ("zh", "我们会联系您。", ""),
        ("zh", "退款三天内到账。", ""),
    ],
)
def test_days_that_are_promised_in_so_many_words_are_found(language: str, sentence: str, deadline: str) -> None:
    assert deadline_in(sentence, language) == deadline
