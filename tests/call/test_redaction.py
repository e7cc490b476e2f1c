"""What a caller says by mistake is not kept: card numbers and codes. What a hotline needs is."""

import random

import pytest

from ivr.call.redaction import is_card, luhn, redact
from ivr.call.reference import make

PUBLISHED = [
    "4111111111111111", "4012888888881881", "4222222222222", "5555555555554444", "5105105105105100",
    "2223003122003222", "378282246310005", "371449635398431", "6011111111111117", "30569309025904", "38520000023237",
    "3530111333300000", "6200000000000005", "6759649826438453",
]  # fmt: skip
"""Test numbers as the schemes publish them."""


def with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if luhn(digits + last))


def synthetic(chance: random.Random) -> str:
    beginning, length = chance.choice(
        [("4", 16), ("4", 13), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
         ("62", 16), ("62", 19), ("6011", 16), ("65", 16), ("3528", 16), ("36", 14), ("6759", 16), ("5018", 12)]
    )  # fmt: skip
    return with_check_digit(beginning + "".join(chance.choices("0123456789", k=length - 1 - len(beginning))))


def written(card: str, chance: random.Random) -> str:
    """A card number as people say and type it."""
    match chance.randrange(10):
        case 0:
            return card
        case 1:
            return " ".join(card[at : at + 4] for at in range(0, len(card), 4))
        case 2:
            return "-".join(card[at : at + 4] for at in range(0, len(card), 4))
        case 3:
            return " ".join(card)
        case 4:
            return f"{card[:4]} - {card[4:10]} - {card[10:]}"
        case 5:
            return ", ".join(card[at : at + 4] for at in range(0, len(card), 4))
        case 6:
            return f"{card[:6]}/{card[6:]}"
        case 7:
            pauses = [" um ", ", and then ", "，然后，", " er, "]
            return (
                "".join(card[at : at + 4] + chance.choice(pauses) for at in range(0, len(card) - 4, 4))
                + card[-(len(card) % 4 or 4) :]
            )
        case 8:
            return "_".join(card[at : at + 3] for at in range(0, len(card), 3))
        case _:
            return "".join(chr(ord("０") + int(digit)) for digit in card)


@pytest.mark.parametrize("card", PUBLISHED)
def test_published_test_cards_are_masked(card: str) -> None:
    assert redact(f"我的卡号是{card}，谢谢") == f"我的卡号是[card …{card[-4:]}]，谢谢"


def test_cards_are_masked_however_they_are_written() -> None:
    chance = random.Random(17)
    around = ("{}", "card {} please", "卡号：{}。", "it is {}, valid thru 12/29", "我打错了 {} 一共 128.50 元")
    for _ in range(2000):
        card = synthetic(chance)
        kept = redact(chance.choice(around).format(written(card, chance)))
        shown = {card[-4:], card[12:16]} if is_card(card[:16]) else {card[-4:]}  # the last three may be a code
        assert any(f"[card …{last}]" in kept for last in shown), card
        assert card[:-4] not in "".join(filter(str.isdigit, kept)), card


def test_phone_and_ticket_numbers_are_kept() -> None:
    chance = random.Random(18)
    forms = [
        lambda: f"+861{chance.randrange(3, 10)}{chance.randrange(10**9):09d}",
        lambda: f"1{chance.randrange(3, 10)}{chance.randrange(10**9):09d}",
        lambda: f"00861{chance.randrange(3, 10)}{chance.randrange(10**9):09d}",
        lambda: f"+1{chance.randrange(2 * 10**9, 10**10)}",
        lambda: f"+49151{chance.randrange(10**8):08d}",
        lambda: f"138-{chance.randrange(10**4):04d}-{chance.randrange(10**4):04d}",
        lambda: f"{chance.randrange(10**6):06d}",
        lambda: f"{chance.randrange(10**3):03d} {chance.randrange(10**3):03d} {chance.randrange(10)}",
        lambda: f"622{chance.randrange(10**5):05d}",
        lambda: f"20261122{chance.randrange(10**10):010d}",
        lambda: f"{chance.randrange(10**9, 10**10)}{chance.randrange(10**9, 10**10)}{chance.randrange(10**8):08d}",
    ]
    kept = [text == redact(text) for text in (f"号码 {chance.choice(forms)()} 谢谢" for _ in range(10_000))]
    assert kept.count(False) <= 10


def test_two_numbers_of_ours_in_one_breath_are_no_card() -> None:
    chance = random.Random(19)

    def account() -> str:
        return f"622{chance.randrange(10**5):05d}"

    def ticket() -> str:
        return make(chance.randrange(900_000))

    def in_groups() -> str:
        return f"{(number := ticket()):.3} {number[3:6]} {number[6:]}"

    pairs = [
        chance.choice((" ", ", ", "，", " - ")).join(chance.choice(two)() for _ in range(2))
        for two in ([account], [ticket], [in_groups], [account, ticket])
        for _ in range(2_500)
    ]
    assert [pair for pair in pairs if redact(pair) != pair] == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("card 4111 1111 1111 1111 code 123", "card [card …1111] code [code]"),
        ("4111111111111111 123", "[card …1111] [code]"),
        ("4111 1111 1111 1111 12/29 123", "[card …1111] [code]"),
        ("4111 1111 1111 1111 12 27 123", "[card …1111] [code]"),
        ("4111, 1111, 1111, 1111", "[card …1111]"),
        ("4111111111111111 expires 12 2027, and then 1 2 3", "[card …1111] expires [code], and then [code]"),
        ("41111111111111111227123", "[card …1111][code]"),
        ("4111111111111111123", "[card …1111][code]"),
        ("4111 1111 1111 1111 1227123 账户62227995", "[card …1111] [code] 账户62227995"),
        ("4111111111111111退款128.50元，电话13800138000", "[card …1111]退款128.50元，电话13800138000"),
        ("62227995 62222378", "62227995 62222378"),
        ("62227995, um, and then 62222378", "62227995, um, and then 62222378"),
        ("4111 um 1111, and then 1111 er 1111 the code is 123", "[card …1111] the code is [code]"),
        ("card 41111111 11111111", "card [card …1111]"),
        ("卡号4111111111111111安全码123", "卡号[card …1111]安全码[code]"),
        ("卡号4111111111111111，背面三位数字是 1 2 3", "卡号[card …1111]，背面三位数字是 [code]"),
        ("4111111111111111和5555555555554444", "[card …1111]和[card …4444]"),
        ("4111111111111111 5555555555554444", "[card …1111] [card …4444]"),
        ("my PIN is 2468", "my PIN is [code]"),
        ("验证码是 246810", "验证码是 [code]"),
        ("my cvv: 123 ok", "my cvv: [code] ok"),
        ("CVV-123, pin # 2468, cvc=999", "CVV-[code], pin # [code], cvc=[code]"),
        ("PIN number is 2468; his pin code was 2 4 6 8", "PIN number is [code]; his pin code was [code]"),
        ("one time code 246810, OTP 246810", "one time code [code], OTP [code]"),
        ("动态码是246810，口令 2468", "动态码是[code]，口令 [code]"),
        ("2468 is my PIN", "[code] is my PIN"),
        ("2468是我的密码", "[code]是我的密码"),
        ("my pin number, ticket 1234567 is open", "my pin number, ticket 1234567 is open"),
        ("the pin was reset on 2026-11-30", "the pin was reset on 2026-11-30"),
        ("code 123 of the ticket", "code 123 of the ticket"),
        ("spin 1234 times", "spin 1234 times"),
        ("4111111111111112", "4111111111111112"),
        ("ref 41111111111111110000000000000", "ref 41111111111111110000000000000"),
        ("a\x00b\x0bc\x1b[31m\ud800\ufffe\nd", "abc[31m\nd"),
        ("", ""),
    ],
)
def test_what_is_kept_of_what_is_said(said: str, kept: str) -> None:
    assert redact(said) == kept


def test_a_long_text_is_cut_with_a_mark() -> None:
    kept = redact("退款" * 50_000)
    assert len(kept) == 1000
    assert kept.endswith("款退…") or kept.endswith("退款退…")
    assert redact("x" * 1000) == "x" * 1000
    assert redact("x" * 30, longest=10) == "x" * 9 + "…"


@pytest.mark.parametrize("card", ["4111111111111111 ", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "])
def test_no_card_slips_through_at_the_cut(card: str) -> None:
    kept = redact(card * 5000)
    assert len(kept) == 1000
    assert kept.replace("[card …1111]", "").strip(" …[card1") == ""


def test_a_number_of_no_issuer_is_no_card() -> None:
    assert luhn("8613800138006") or luhn("79927398713")
    assert not is_card("79927398713")
