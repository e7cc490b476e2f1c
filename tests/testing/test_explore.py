"""Faults are planted in a hotline that is in order, and exploring must find each, by a shortest call."""

from __future__ import annotations

import dataclasses
import re
from functools import cache

import pytest

from ivr.call.steps import identifying
from ivr.flow.checks.lint import RULES
from ivr.flow.model import HandlerSpec
from ivr.testing.explorer.distances import length
from ivr.testing.explorer.explore import ORDER, PROPERTIES, Bounds, Explored, Model, as_text
from ivr.testing.explorer.figures import figures
from ivr.testing.explorer.properties.reachability import time_distance
from tests.testing.small_hotline import HOTLINE, SECURITY, explored, model, replaced

MAIN_TEXT = "How can we help?}"
TRAP = """\
  trap:
    menu: {zh: 请稍等。, en: Please hold.}
    choices: [{key: 1, label: {zh: 继续, en: to go on}, next: trap}]
    keys: {"0": repeat, "9": repeat}
    exhausted: trap
"""

GRADE = "  grade: {survey: {zh: 请打1到9分。, en: Press 1 to 9.}, scale: 9, next: bye}\n"
NUMBER = "  number: {ask: {zh: 请输入编号。, en: Please enter the number.}, as: digits, next: agent}\n"

THANKS = "  thanks: {say: {zh: '您的编号是{number}。', en: 'Your number is {number}.'}, next: bye}\n"
"""What only breaks the call."""

VERIFIED = ("press 1", "an account", "identify asked", "the code", "identify verified")

FAULTS = {
    "a menu without an end of its tries": (
        "silence-ends", [(MAIN_TEXT, MAIN_TEXT + "\n    exhausted: main")], ["press 1", "silence", "silence"],
    ),
    "a menu that nobody gets out of": (
        "never-stuck", [("not_found: main", "not_found: trap"), ("  bye:", TRAP + "  bye:")],
        ["press 1", *VERIFIED, "refund_status not_found"],
    ),
    "a reference number without a ticket": (
        "tickets-as-promised", [("overdue: ticket", "overdue: told")],
        ["press 1", *VERIFIED, "refund_status overdue"],
    ),
    "a recording that nobody gets": (
        "tickets-as-promised", [("recorded: message_ticket", "recorded: bye")], ["press 1", "press 2", "a message"],
    ),
    "a recording that nobody gets whose caller hangs up": (
        "tickets-as-promised", [("recorded: message_ticket", "recorded: thanks"), ("  bye:", THANKS + "  bye:")], None,
    ),
    "a look-up that is made over and over": (
        "no-loop", [("not_found: main", "not_found: look_up")],
        ["press 1", *VERIFIED, "refund_status not_found"],
    ),
    "steps that lead in a circle": (
        "no-loop", [('"We are back {next_opening}."}, next: message', '"We are back {next_opening}."}, next: agent')],
        ["press 0"],
    ),
    "no key to the security lane": ("security-first", [(', "9": security', "")], []),
    "a text that is Chinese in both languages": (
        "speaks-the-language", [("en: How can we help?", "en: 请选择您需要的服务。")], ["press 2"],
    ),
    "English in a Chinese text": (
        "speaks-the-language", [("zh: 请选择您需要的服务。", "zh: Please choose what you need")], ["press 1"],
    ),
    "a value that nothing sets": (
        "never-breaks", [("refund of {amount} is", "refund of {sum} is")],
        ["press 2", *VERIFIED, "refund_status approved"],
    ),
    "a reply that is too large": (
        "texts-fit", [("en: How can we help?", "en: " + "We can help. " * 3000)], ["press 2"],
    ),
    "a word for danger that leads elsewhere": (
        "urgent-words", [("en: a refund}, next: who", "en: a refund}, also: {en: [stolen]}, next: who")],
        ["press 2", "say “stolen”"],
    ),
    "a key that is announced and taken for an answer": (
        "announced-keys",
        [
            ("en: How can we help?}", 'en: "How can we help? For a person, press 0 at any time."}'),
            ("en: a message}, next: message}", "en: a message}, next: how_many}"),
            ("  message:\n", "  how_many: {ask: {zh: 几位？, en: How many?}, as: digits, next: message}\n  message:\n"),
        ],
        ["press 2", "press 2", "press 0"],
    ),
    "a key that is announced and does nothing in the queue": (
        "announced-keys",
        [
            ("en: How can we help?}", 'en: "How can we help? For a stolen account, press 9 at any time."}'),
            ("    queue: support\n", '    queue: support\n    keys: {"9": repeat}\n'),
        ],
        ["press 2", "press 0"],
    ),
    "a key that is announced and taken for a grade": (
        "announced-keys",
        [
            ("en: How can we help?}", 'en: "How can we help? In danger, press 9 at any time."}'),
            ("en: a message}, next: message}", "en: a message}, next: grade}"),
            ("  message:\n", GRADE + "  message:\n"),
        ],
        ["press 2", "press 2", "press 9"],
    ),
    "an answer that ends the call": (
        "answers-again", [("is approved.\"}, next: main}", "is approved.\"}, next: bye}")],
        ["press 1", "press 1", *VERIFIED[1:], "refund_status approved"],
    ),
    "an answer that no key repeats": (
        "answers-again", [(', "*": repeat}', "}")], None,
    ),
    "a number asked for where a PIN may still come": (
        "late-secrets", [("unverified: agent", "unverified: number"), ("  look_up:\n", NUMBER + "  look_up:\n")], None,
    ),
    "nobody behind the queue's key": (
        "never-stuck", [("{answered: bye, left: message}", "{answered: bye, left: trap}"), ("  bye:", TRAP + "  bye:")],
        None,
    ),
}  # fmt: skip


def test_a_rule_that_names_a_property_names_one_that_there_is() -> None:
    named = [re.findall(r"`ivr explore` [^`]*: `([a-z-]+)`", " ".join(rule.doc.split())) for rule in RULES.values()]
    assert any(named)
    assert {name for names in named for name in names} <= set(PROPERTIES)


@cache
def in_order() -> Explored:
    """The small hotline as it is, explored once."""
    return explored(model())


def test_a_hotline_that_is_in_order_is_proven():
    found = in_order()
    assert found.findings == ()
    assert found.is_proven
    assert tuple(found.verdict) == ORDER


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "changes", "call"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_found_by_a_shortest_call(rule, changes, call):
    found = explored(model(replaced(HOTLINE, *changes)), rule).verdict[rule]
    assert found, f"{rule} was not refuted"
    if call is not None:
        assert _labels(found[0]) == call


FREEZE = HandlerSpec("freeze", outcomes={"frozen": {"owner": "phone"}, "not_matched": {}})
FROZEN = """\
  freeze: {handle: freeze, on: {frozen: AFTER, not_matched: agent}}
  kept: {ticket: security, about: [], next: owner}
  owner: {sms: {zh: 已冻结。, en: It is frozen.}, to: '{owner}', next: frozen}
  frozen:
    menu: {zh: 您的账户已经冻结。, en: Your account is frozen.}
    choices: [{key: 1, label: {zh: 继续, en: to go on}, next: late}]
  late: {ticket: security, about: [], next: bye}
  message:
"""


@pytest.mark.parametrize(
    ("after", "wrong"), [("kept", []), ("frozen", ["no ticket says so", "its owner is not texted"])]
)
def test_a_freeze_leaves_word_before_anything_is_asked(after: str, wrong: list[str]):
    changes = (
        ("  message:\n", FROZEN.replace("AFTER", after)),
        ("en: a message}, next: message}", "en: a message}, next: freeze}"),
    )
    sound = model(replaced(HOTLINE, *changes))
    freezing = Model.of(sound.edition, {**sound.handlers, "freeze": FREEZE}, sound.conditions)
    messages = [finding.message for finding in explored(freezing, "freeze-leaves-word").findings]
    assert [
        part for part in ("no ticket says so", "its owner is not texted") if any(part in one for one in messages)
    ] == wrong


def test_a_language_that_was_left_out_is_found():
    sound = model()
    flow = sound.edition.flows.flows["hotline"]
    told = flow.steps["bye"]
    only_zh = dataclasses.replace(told.hangup, sentences={"zh": told.hangup.sentences["zh"]})
    silent = dataclasses.replace(told, hangup=only_zh)
    flows = dataclasses.replace(
        sound.edition.flows,
        flows={**sound.edition.flows.flows, "hotline": dataclasses.replace(flow, steps={**flow.steps, "bye": silent})},
    )
    found = explored(dataclasses.replace(sound, edition=dataclasses.replace(sound.edition, flows=flows)))
    assert "a caller who speaks en hears zh: “再见。”" in found.verdict["speaks-the-language"][0].message


def test_a_step_kind_that_fails_is_found(monkeypatch):
    def failing(step, context, heard):
        raise RuntimeError("no")

    monkeypatch.setattr(identifying, "identify_heard", failing)
    assert "RuntimeError: no" in explored(model(), "never-breaks").findings[0].message


@pytest.mark.parametrize(
    ("bounds", "told"),
    [(Bounds(keys=1), "2 keys away; 1 are allowed"), (Bounds(seconds=2), "s away; 2 are allowed")],
    ids=["keys", "seconds"],
)
def test_a_person_who_is_too_far_is_told_with_the_distance(bounds, told):
    messages = [finding.message for finding in explored(model(), "near-a-person", bounds=bounds).findings]
    assert any(told in message for message in messages), messages


LONG = "Please have a little patience with us. " * 9
SAYS = f"{{say: {{zh: 请稍等。, en: {LONG}}}, next: "


def far_from_a_person(state: str, *changes: tuple[str, str]) -> float:
    """The most seconds from a step, in English."""
    space = explored(model(replaced(HOTLINE, *changes)), "near-a-person").space
    far = time_distance(space)
    there = (space.nodes[index] for index in far)
    return max(far[node.index] for node in there if (node.state, node.language) == (state, "en"))


def test_a_person_is_as_far_as_from_the_call_that_hears_the_most():
    """The shortest call to the menu does not hear what is said where nothing is found."""
    assert far_from_a_person("hotline.main", ("not_found: main", f"not_found: {SAYS}main}}")) > length(LONG, "en") > 20


def test_what_is_said_before_a_look_up_is_listened_to_once():
    far = far_from_a_person("hotline.who", ("{verified: look_up", f"{{verified: {SAYS}look_up}}"))
    assert 2 * length(LONG, "en") > far > length(LONG, "en")


def test_both_language_menus_on_the_way_to_the_security_lane_are_allowed():
    asking = replaced(
        HOTLINE,
        ('"9": security, "*"', '"9": which, "*"'),
        (
            "  security: {run",
            """\
  which:
    menu:
    choices:
      - {key: 1, language: zh, label: 中文, next: security}
      - {key: 2, language: en, label: English, next: security}
    exhausted: security
  security: {run""",
        ),
    )
    assert explored(model(asking), "security-first").is_proven


def test_a_question_before_the_security_lane_is_found():
    asking = replaced(
        HOTLINE,
        ('"9": security, "*"', '"9": sure, "*"'),
        (
            "  security: {run",
            """\
  sure:
    menu: {zh: 确定吗？, en: Are you sure?}
    choices:
      - {key: 1, label: {zh: 是, en: "yes"}, next: security}
      - {key: 2, label: {zh: 否, en: "no"}, next: main}
  security: {run""",
        ),
    )
    assert not explored(model(asking), "security-first").is_proven


def test_each_circumstance_is_visited():
    names = [each.name for each in model().conditions]
    assert names == ["open", "closed", "emergency", "nobody there", "queues full"]
    space = in_order().space
    reached = {edge.condition for edge in space.edges() if "hotline.agent" in edge.entered}
    assert reached >= set(range(len(names)))


def test_callers_are_explored_with_their_number_shown_and_withheld_and_identified():
    sessions = [node.session for node in in_order().space.nodes]
    assert {bool(session.caller) for session in sessions} == {True, False}
    assert {bool(session.account) for session in sessions} == {True, False}
    assert {session.language for session in sessions} == {"zh", "en"}


@pytest.mark.parametrize(
    ("to", "read"), [("caller", "caller"), ("registered", "registered_phone"), ('"{number}"', "number")]
)
def test_whom_a_text_message_goes_to_keeps_calls_apart(to: str, read: str) -> None:
    text = f"  text: {{sms: {{zh: 您好。, en: Hello.}}, to: {to}, next: bye}}\n"
    assert read in model(replaced(HOTLINE, ("  bye:", text + "  bye:"))).keys.live.at("hotline.text", ())


def test_what_a_question_sets_for_its_own_words_keeps_no_calls_apart() -> None:
    closed = 'zh: "要到{next_opening}才有人。", en: "Nobody is here before {next_opening}."'
    ask = f"  time: {{ask: {{zh: 几点？, en: When?}}, as: time, within: support, closed: {{{closed}}}, next: bye}}\n"
    assert "next_opening" not in model(replaced(HOTLINE, ("  bye:", ask + "  bye:"))).keys.live.at("hotline.time", ())


def test_equal_hotlines_give_equal_reports():
    assert as_text(explored(model()), 1.0) == as_text(in_order(), 1.0)


def test_an_answer_is_what_is_told_and_no_menu():
    telling = replaced(
        SECURITY,
        ("start: what", "topic: fraud\ntitle: {zh: 被盗, en: fraud}\nstart: what"),
        ("next: team}\n", "next: told}\n"),
        (
            "  team: {queue",
            "  told: {say: {zh: 我们先冻结账户。, en: We freeze the account first.}, next: team}\n  team: {queue",
        ),
    )
    row, _ = figures(explored(model(security=telling)).space)
    assert (row.topic, row.answer_keys, row.farthest_answer_keys) == ("fraud", 1, 2)
    assert (row.person_keys, row.worst_person_keys) == (1, 1)


def test_a_walk_that_is_cut_short_proves_nothing():
    from ivr.testing.explorer.explore import explore

    found = explore(model(), Bounds(), ("never-breaks",), most=20)
    assert not found.findings
    assert not found.is_proven
    assert "cut short" in as_text(found, 1.0)


def test_the_report_tells_what_was_covered_and_by_which_call_a_property_falls():
    found = explored(model(replaced(HOTLINE, ("overdue: ticket", "overdue: told"))))
    told = as_text(found, 1.0)
    assert "14 of 15 steps" in told
    assert "not walked, so nothing is proven: hotline.ticket" in told
    assert "open     never-stuck" in told
    assert "REFUTED  tickets-as-promised" in told
    assert (
        "by: press 1, press 1, an account, identify asked, the code, identify verified, refund_status overdue" in told
    )


def test_every_property_is_documented():
    assert set(ORDER) == set(PROPERTIES)
    for each in PROPERTIES.values():
        assert len(each.doc) > 80, each.name


def test_the_security_lane_of_a_hotline_without_one_is_no_matter():
    assert explored(model(security=SECURITY), "security-first", bounds=Bounds(lane="")).is_proven


def _labels(finding):
    return [edge.action.label for edge in finding.path if not edge.is_first]
