"""Wrong scripts are told with their places, all at once; right ones are read as they are written."""

from collections.abc import Callable
from datetime import datetime, timedelta

import jsonschema
import pytest

from ivr.flow.issues import BrokenDocument, Issue
from ivr.flow.reading.source import parse
from ivr.testing.local_target import LocalTarget
from ivr.testing.reader import script_schema
from ivr.testing.script import DEFAULT_AT, Script
from tests.yaml12 import yaml12_values

Read = Callable[[str], tuple[tuple[Script, ...], list[Issue]]]

WRONG = {
    "an empty file": ("", '1:1: expected a call script with call: and steps: but found nothing'),
    "a list": ("[press: 1]", "1:1: expected a call script with call: and steps: but found a list"),
    "no steps": ("call: x", '1:1: missing field "steps" in call script'),
    "a misspelt key": ("call: x\nstpes: []", '2:1: unknown field "stpes" in call script; did you mean "steps"?'),
    "a misspelt act": ("call: x\nsteps:\n- pres: 1", '3:3: unknown field "pres" in step; did you mean "press"?'),
    "an act that is none": ("call: x\nsteps: [silent]", '2:9: "silent" is not allowed here; did you mean "silence"?'),
    "two acts in a step": (
        "call: x\nsteps: [{hear: a, press: 1}]",
        '2:26: a step does one thing; write "press" in a step of its own, after "hear"',
    ),
    "a letter as a key": ("call: x\nsteps: [press: A]", "2:16: expected telephone keys: 0-9 * #, or {code} for what"),
    "a hash without quotes": ("call: x\nsteps:\n- press: #", '3:10: # begins a comment in YAML; write the key'),
    "nothing to be heard": ("call: x\nsteps:\n- hear:", '3:3: nothing is written after "hear"'),
    "a number without a plus": ('call: x\nfrom: "138"\nsteps: []', "2:7: expected a number with + and country code"),
    "no moment": ("call: x\nat: yesterday\nsteps: []", "2:5: expected a moment such as 2026-11-22 10:00 Asia/Shanghai"),
    "a zone that is none": ("call: x\nat: 2026-11-22 10:00 Mars/Base\nsteps: []", "2:5: expected a moment"),
    "a language that is not spoken": ("call: x\nlanguage: fr\nsteps: []", '2:11: "fr" is not a language of this hotl'),
    "words in one language of two": (
        "call: x\nlanguage: [zh, en]\nsteps: [hear: {zh: 你好}]", '3:15: nothing is written for "en" here',
    ),
    "a queue that is none": (
        "call: x\ngiven: {queue: {suport: {agents: 0}}}\nsteps: []", '2:17: there is no queue "suport"; did you',
    ),
    "a fault that is none": (
        "call: x\ngiven: {fails: {walet: always}}\nsteps: []", 'can fail "walet"; did you mean "wal',
    ),
    "a handler that is none": (
        "call: x\ngiven: {fails: {'handler:refnd': once}}\nsteps: []", 'did you mean "handler:refund"?',
    ),
    "an answer of no handler": (
        "call: x\ngiven: {answers: {refnd: approved}}\nsteps: []", 'no handler "refnd"; did you mean "refund"?',
    ),
    "an answer that is none": (
        "call: x\ngiven: {answers: {refund: [approved, gone]}}\nsteps: []", 'there is no outcome "gone"',
    ),
    "a fault of no kind": (
        "call: x\ngiven: {fails: {sms: never}}\nsteps: []", 'expected always, once, "after 3", lost answer or',
    ),
    "an answer of nobody's to lose": (
        "call: x\ngiven: {fails: {refund: lost answer}}\nsteps: []", '2:25: "lost answer" is for sms and calls',
    ),
    "a queue that is slow": (
        "call: x\ngiven: {fails: {'queue:support': slow 12 s}}\nsteps: []", "a queue can lose callers, but is never",
    ),
    "a calendar that is none": (
        "call: x\ngiven: {closures: {shop: {zh: 关, en: closed}}}\nsteps: []", 'no calendar "shop"; there is all',
    ),
    "a step that is none": (
        "call: x\nsteps: []\nexpect: {path: [welcom]}", '3:17: there is no step "welcom"; did you mean "welcome"?',
    ),
    "an end that is none": (
        "call: x\nsteps: []\nexpect: {ended: agent hung}", 'did you mean "agent hung up"?',
    ),
    "a back office that is a word": (
        "call: x\ngiven: {back_office: rich}\nsteps: []", '2:22: expected an account: and its',
    ),
    "a step of nobody": (
        "call: x\ngiven: {agents: {lin: support}}\nsteps: [ling: answer]", '"ling" in step; did you mean "lin"?',
    ),
    "an act of no agent": (
        "call: x\ngiven: {agents: {lin: support}}\nsteps: [lin: anser]",
        '3:14: "anser" is not allowed here; did you mean "answer"?',
    ),
    "two acts of an agent": (
        "call: x\ngiven: {agents: {lin: support}}\nsteps: [lin: {say: a, wait: 3 s}]",
        'a step does one thing; write "wait" in a step of its own, after "say"',
    ),
    "an agent of no queue": (
        "call: x\ngiven: {agents: {lin: suport}}\nsteps: []", '2:23: there is no queue "suport"; did you mean',
    ),
    "a colleague who is not there": (
        "call: x\ngiven: {agents: {lin: support}}\nsteps: [lin: {consult: zhou}]",
        '3:24: there is no agent or queue "zhou"; there is lin, support',
    ),
    "a caller who is not there": (
        "call: x\nsteps: [customer: {hear: a, of: ana}]", 'there is no caller "ana"; there is customer',
    ),
    "somebody called like an act": (
        "call: x\ngiven: {callers: {wait: '+8613800138001'}}\nsteps: []",
        '2:19: "wait" is something that is done; call the person otherwise',
    ),
    "somebody who is an agent and a caller": (
        "call: x\ngiven: {agents: {ana: support}, callers: {ana: '+8613800138001'}}\nsteps: []",
        '"ana" is an agent and a caller',
    ),
    "an agent's act of a caller": (
        "call: x\ngiven: {callers: {ana: '+8613800138001'}}\nsteps: [ana: hold]", '3:14: "hold" is not allowed here',
    ),
    "a calendar that is none, closed": (
        "call: x\ngiven: {closures: {suport: }}\nsteps: []", 'there is no calendar "suport"; did you mean "support"?',
    ),
    "a day that is none": ("call: x\nat: 2026-02-30 10:00\nsteps: []", "(there is no 2026-02-30)"),
    "an hour that is none": ("call: x\nat: 2026-11-22 25:00\nsteps: []", "(there is no time 25:00)"),
    "a zone that is misspelt": ("call: x\nat: 2026-11-22 10:00 Asia/Shanghia\nsteps: []", 'mean "Asia/Shanghai"?'),
    "a day without a time": ("call: x\nat: 2026-11-22\nsteps: []", "Asia/Shanghai, with the time of day"),
    "a number with blanks": ('call: x\nfrom: "+86 138 0013 8000"\nsteps: []', '(write "+8613800138000")'),
    "an act without a colon": ("call: x\nsteps:\n- press 1", '3:3: "press 1" lacks the colon and the blank after the'),
    "an act with a full-width colon": ("call: x\nsteps:\n- hear：云钱包", "write hear: 云钱包"),
    "something after an act that stands alone": ("call: x\nsteps: [restart: now]", '2:9: "restart" is written alone'),
    "somebody who is nobody": ("call: x\nsteps:\n- lin: answer", "name that stands under given, in agents: or call"),
    "fewer people than none": ("call: x\ngiven: {queue: {support: {waiting: -1}}}\nsteps: []", "not less than 0"),
    "an alias": ("call: &x y\nsteps: []", '"&x" is an anchor in YAML'),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_script_is_told_with_its_place(read: Read, text: str, told: str) -> None:
    scripts, issues = read(text)
    assert scripts == ()
    assert told in "\n".join(map(str, issues))


def test_all_that_is_wrong_is_told_at_once_and_once_only(read: Read) -> None:
    _, issues = read("call: x\nlanguage: [zh, en]\nfrom: me\nat: now\nsteps: [press: A, hear: b]\nexpct: {}")
    assert [issue.place.line for issue in issues] == [3, 4, 5, 6]


WALLET = {
    "a field that is none": ("refund: {amout: 1 CNY}", "1 CNY", 'Refund has no "amout"; did you mean "amount"?'),
    "a field of another kind": ("refund: {amount: much}", "much", "Refund: amount is not as expected"),
    "a kind that is none": ("refnd: {amount: 1 CNY}", "{amount", 'a wallet has no "refnd"; did you mean "refund"?'),
    "the second of several": ("payment: [{charged: true}, {state: done, due: 2}]", "2}]", 'Payment has no "due"'),
}


@pytest.mark.parametrize(("world", "at", "told"), WALLET.values(), ids=WALLET)
def test_what_the_wallet_does_not_take_is_told_with_its_place(
    read: Read, target: LocalTarget, world: str, at: str, told: str
) -> None:
    line = f'  back_office: {{account: "62220001", {world}}}'
    scripts, issues = read(f"call: x\ngiven:\n{line}\nsteps: []")
    assert issues == []
    with pytest.raises(BrokenDocument) as broken, target.setup(scripts[0]):
        pass
    (issue,) = broken.value.issues
    assert (issue.place.line, issue.place.column) == (3, line.index(at) + 1)
    assert told in issue.message


def test_what_is_not_written_is_an_ordinary_monday(read: Read) -> None:
    ((script,), issues) = read("call: x\nsteps: []")
    assert issues == []
    assert (script.from_, script.at, script.spoken) == ("+8613800138000", DEFAULT_AT, "zh")
    assert script.at.within("Asia/Shanghai").isoformat() == "2026-11-23T10:00:00+08:00"


def test_a_moment_may_name_its_zone(read: Read) -> None:
    ((script,), _) = read("call: x\nat: 2026-11-22 10:00 Europe/London\nsteps: []")
    assert script.at.within("Asia/Shanghai").isoformat() == "2026-11-22T10:00:00+00:00"
    assert script.at.local == datetime(2026, 11, 22, 10, 0)  # noqa: DTZ001 - as it is written


def test_comments_may_follow_what_is_heard_and_said(read: Read) -> None:
    ((script,), _) = read("call: x\nsteps:\n- hear: 您好  # the greeting\n- say: 退款 # speech\n- silence # nothing")
    assert [step.act for step in script.steps] == ["hear", "say", "silence"]
    assert script.steps[0].hear == ("您好",)


def test_a_script_in_two_languages_is_two_calls(read: Read) -> None:
    text = "call: x\nlanguage: [zh, en]\nsteps: [press: {zh: 1, en: 2}, hear: {zh: [你好, 再见], en: hello}, wait: 3 s]"
    chinese, english = read(text)[0]
    assert (chinese.spoken, english.spoken) == ("zh", "en")
    assert (chinese.steps[0].press, english.steps[0].press) == ("1", "2")
    assert (chinese.steps[1].hear, english.steps[1].hear) == (("你好", "再见"), ("hello",))
    assert english.steps[2].wait == timedelta(seconds=3)


def test_people_with_names_have_steps_of_their_own(read: Read) -> None:
    text = """
        call: x
        given: {agents: {lin: support}, callers: {ana: "+8613800138001"}}
        steps:
        - lin: answer
        - lin: {say: hello}
        - ana: dial
        - ana: {press: 1}
        - agent: {does: hold, of: lin}
    """
    ((script,), issues) = read(text)
    assert issues == []
    acts = [
        (step.act, getattr(step, step.act).act, getattr(getattr(step, step.act), "of", "")) for step in script.steps
    ]
    assert acts == [
        ("agent", "answer", "lin"), ("agent", "say", "lin"), ("customer", "dial", "ana"), ("customer", "press", "ana"),
        ("agent", "hold", "lin"),
    ]  # fmt: skip


def test_editors_accept_steps_by_name_and_refuse_what_is_none() -> None:
    schema = script_schema(("zh", "en"))
    given = "call: x\ngiven: {agents: {lin: support}}\nsteps: "
    for steps, fine in (
        ("[lin: hold]", True),
        ("[lin: {hear: a}]", True),
        ("[lin: {hears: a}]", False),
        ("[lin: 1]", False),
    ):
        node, _ = parse(given + steps, "x")
        assert jsonschema.Draft202012Validator(schema).is_valid(yaml12_values(node)) is fine, steps


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    schema = script_schema(("zh", "en"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for text in ("call: x", "call: x\nstpes: []", "call: x\nsteps: [pres: 1]", "call: x\nsteps: []\ngiven: {moon: 1}"):
        node, _ = parse(text, "x")
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(schema).validate(yaml12_values(node))
