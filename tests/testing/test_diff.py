"""What callers hear of a change is told, and what they cannot hear is not."""

from __future__ import annotations

from functools import cache

from ivr.testing.diff import as_text, compare
from ivr.testing.explorer.search import StateSpace, search
from tests.testing.small_hotline import HOTLINE, SECURITY, model, replaced


@cache
def searched(hotline: str = HOTLINE, security: str = SECURITY) -> StateSpace:
    """Every place that a call to these flows can come to: the hotline as it is, which most are compared with, once."""
    return search(model(hotline, security))


def differences(*changes: tuple[str, str], old: str = HOTLINE, security: str = SECURITY):
    return compare(searched(old), searched(replaced(old, *changes), security))


def kinds(found) -> set[str]:
    return {one.kind for one in found}


def test_the_same_flows_show_nothing():
    assert differences() == []
    assert as_text([]) == "Callers hear no difference.\n"


def test_renaming_steps_and_flows_shows_nothing():
    renamed = (
        HOTLINE.replace("main", "choices_of_today").replace("look_up", "wallet").replace("run: security", "run: danger")
    )
    assert compare(searched(), searched(renamed, SECURITY.replace("flow: security", "flow: danger"))) == []


def test_writing_steps_in_another_order_shows_nothing():
    bye = "  bye: {hangup: {zh: 再见。, en: Goodbye.}}\n"
    moved = replaced(HOTLINE, (bye, "")).replace("steps:\n", "steps:\n" + bye)
    assert compare(searched(), search(model(moved))) == []


def test_a_call_that_goes_elsewhere_is_told_once_a_language():
    found = differences(
        ("label: {zh: 退款查询, en: a refund}, next: who", "label: {zh: 退款查询, en: a refund}, next: message")
    )
    assert [(one.kind, one.language, one.call) for one in found if one.kind == "elsewhere"] == [
        ("elsewhere", "zh", ("press 1", "press 1")),
        ("elsewhere", "en", ("press 2", "press 1")),
    ]
    assert found[1].old == "Please key in your account, then press hash."
    assert found[1].new == "Please leave a message after the tone."


def test_keys_that_changed_places_have_moved():
    found = differences(
        ("- {key: 1, label: {zh: 退款查询", "- {key: 3, label: {zh: 退款查询"),
        ("- {key: 2, label: {zh: 留言", "- {key: 1, label: {zh: 留言"),
    )
    moved = [(one.old, one.new) for one in found if one.kind == "moved" and one.language == "en"]
    account, message = "Please key in your account, then press hash.", "Please leave a message after the tone."
    assert moved == [(f"press 1: {account}", f"press 3: {account}"), (f"press 2: {message}", f"press 1: {message}")]
    assert kinds(found) == {"moved", "words"}


def test_a_text_that_changed_is_told_with_both_versions():
    found = differences(("en: How can we help?", "en: What can we do for you?"))
    assert [(one.kind, one.call, one.old, one.new) for one in found] == [
        ("words", ("press 2",), "How can we help?", "What can we do for you?")
    ]


def test_a_choice_that_is_gone_is_told_with_what_it_led_to():
    found = differences(("      - {key: 2, label: {zh: 留言, en: a message}, next: message}\n", ""))
    gone = [(one.call, one.old) for one in found if one.kind == "gone"]
    assert (("press 2",), "press 2: Please leave a message after the tone.") in gone


def test_a_choice_that_is_new_is_told():
    choice = "      - {key: 2, label: {zh: 留言, en: a message}, next: message}\n"
    found = differences((choice, choice + "      - {key: 3, label: {zh: 人工, en: a person}, next: agent}\n"))
    assert any(one.kind == "new" and one.new.startswith("press 3: I am putting you through.") for one in found)


def test_a_ticket_that_is_no_longer_opened_is_told():
    found = differences(("message_ticket: {ticket: message, about", "message_ticket: {ticket: other, about"))
    assert ("effects", "ticket: message, normal", "ticket: other, normal") in {
        (one.kind, one.old, one.new) for one in found
    }


def test_words_that_nobody_can_reach_any_more_are_told():
    found = differences(("closed: away", "closed: message"))
    assert "elsewhere" in kinds(found) or "words" in kinds(found)
    plain = {"We are back {next_opening}.": "We are away.", "我们{next_opening}恢复服务。": "现在没有人。"}
    without_slot = replaced(HOTLINE, *plain.items())
    found = differences(("closed: away", "closed: bye"), old=without_slot)
    assert any("We are away." in one.old for one in found)


def test_the_report_reads_line_by_line():
    told = as_text(differences(("en: How can we help?", "en: What can we do for you?")))
    assert told == (
        "What is said differently (1)\n  after press 2 [en]\n    - How can we help?\n    + What can we do for you?\n"
    )
