"""A script goes as it is written, or is told where it went wrong."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ivr.testing.local_target import LocalTarget
from ivr.testing.runner import ScriptRun

Run = Callable[[str], ScriptRun]
Tell = Callable[[str], str]

IDENTIFIED = """
        - press: 1
        - hear: 请选择服务
        - press: 1
        - press: "62220001#"
        - text: 验证码是{code}，
        - press: "{code}#"
"""

GOOD = {
    "what lies between may be anything": """
        call: a greeting
        steps: [hear: 测试热线, hear: For English, press: 2, hear: How can we help, hang up]
    """,
    "several things are heard in order": """
        call: a menu
        steps:
        - press: 1
        - hear: [退款查询, 联系方式, 人工服务]
        - hang up
    """,
    "words that several sentences make together are heard": """
        call: a menu
        steps: [hear: "测试热线。 中文服务"]
    """,
    "silence lets a question time out": """
        call: silence
        steps: [press: 1, silence, hear: 没有听到您的选择]
    """,
    "words are understood": """
        call: speech
        steps: [press: 1, say: 退款, hear: 请输入账户号码]
    """,
    "a wrong key is told": """
        call: a wrong key
        steps: [press: 1, press: 7, hear: 这个按键没有对应的服务]
    """,
    "a code comes by text": f"""
        call: a refund
        given:
          back_office: {{account: "62220001", refund: {{status: approved, amount: 77 CNY, expected_on: 2026-11-25}}}}
        steps: {IDENTIFIED}
        - hear: 七十七元
        expect:
          ended: hotline hung up
          path: [welcome, notices, opening, main, who, refund, case, goodbye]
          texts: [验证码]
          ticket: {{topic: refund, priority: high, about: {{amount: 77 CNY}}}}
          not_logged: ["62220001", "77 CNY"]
    """,
    "a code is waited for without a word": """
        call: a refund
        steps: [press: 1, press: 1, press: "62220001#", press: "{code}#", hear: 退款]
    """,
    "it is Sunday where the hotline is": """
        call: on a Sunday
        at: 2026-11-22 01:00 UTC
        steps: [press: 1, hear: 现在是休息时间]
    """,
    "a notice is on": """
        call: a notice
        given: {notices: {storm: {zh: 台风来了。, en: A storm.}}}
        steps: [press: 1, hear: 台风来了]
    """,
    "a calendar is closed by hand": """
        call: an emergency
        given: {closures: {support: {zh: 演习。, en: A drill.}}}
        steps: [press: 1, hear: 现在是休息时间]
    """,
    "the wallet fails always": f"""
        call: no wallet
        given: {{fails: {{refund: always}}}}
        steps: {IDENTIFIED}
        - hear: 暂时查不到
    """,
    "a handler fails": f"""
        call: no handler
        given: {{fails: {{"handler:refund": always}}}}
        steps: {IDENTIFIED}
        - hear: 暂时查不到
    """,
    "a handler is slow": f"""
        call: a slow handler
        given: {{fails: {{"handler:refund": slow 5 s}}}}
        steps: {IDENTIFIED}
        - hear: 请稍候
        - hear: 退款
    """,
    "a handler answers what the wallet does not hold": f"""
        call: nothing there
        given: {{answers: {{refund: not_found}}}}
        steps: {IDENTIFIED}
        - hear: 没有查到退款
    """,
    "a handler answers one thing after another": f"""
        call: first nothing, then a refund
        given: {{answers: {{refund: [not_found, approved]}}}}
        steps: {IDENTIFIED}
        - hear: 没有查到退款
        - press: 1
        - hear: 一百二十八元五角
    """,
    "a handler answers nothing": f"""
        call: unavailable
        given: {{answers: {{refund: unavailable}}}}
        steps: {IDENTIFIED}
        - hear: 暂时查不到
    """,
    "a caller is lost in a queue": """
        call: lost
        given: {fails: {"queue:support": once}}
        steps: [press: 1, press: 0, hear: 再见]
        expect: {path: [welcome, …, agent, goodbye]}
    """,
    "a text message is sent again after it failed once": """
        call: a text that fails once
        given: {fails: {sms: once}}
        steps: [press: 1, press: 2, wait: 10 s]
        expect: {texts: [{says: 帮助中心, to: "+8613800138000"}]}
    """,
    "no text message is sent when they fail": """
        call: no texts
        given: {fails: {sms: always}}
        steps: [press: 1, press: 2, wait: 30 s]
        expect: {texts: []}
    """,
    "a text message whose answer is lost is sent once": """
        call: a text whose answer is lost
        given: {fails: {sms: lost answer}}
        steps: [press: 1, press: 2, wait: 90 s]
        expect: {texts: [帮助中心]}
    """,
    "a slow text message comes once, and when it says": """
        call: a slow text
        given: {fails: {sms: slow 12 s}}
        steps: [press: 1, press: 2, wait: 90 s]
        expect: {texts: [帮助中心]}
    """,
    "an agent's phone whose answer is lost rings once": """
        call: a call whose answer is lost
        given: {fails: {calls: lost answer}, agents: {lin: support}}
        steps:
        - press: 1
        - press: 0
        - lin: answer
        - lin: {say: 您好，请讲。}
        - hear: 您好，请讲
        - wait: 60 s
        - lin: hang up
        expect: {talks: [{agent: lin, ended: wrap_up}]}
    """,
    "an answer is lost on its way, and asked for again": """
        call: a lost answer
        given: {fails: {carrier: once}}
        steps: [press: 1, hear: 请选择服务]
    """,
    "nobody answers a queue without agents": """
        call: nobody there
        given: {queue: {support: {agents: 0}}}
        steps: [press: 1, press: 0, hear: 现在没有人接听]
    """,
    "somebody answers": """
        call: an agent
        steps: [press: 1, press: 0, hear: 请问有什么可以帮您]
        expect: {ended: hotline hung up}
    """,
    "others wait before": """
        call: others before
        given: {queue: {support: {waiting: 3}}}
        steps: [press: 1, press: 0, hear: "3", hear: 请问有什么可以帮您]
    """,
    "the caller leaves the queue": """
        call: leaves
        given: {queue: {support: {answer_after: 10 min}}}
        steps: [press: 1, press: 0, press: 1, hear: 再见]
    """,
    "an agent's part is played": """
        call: a talk
        steps:
        - press: 1
        - press: 0
        - agent: answer
        - agent: {hear: 来电}
        - agent: {say: 您好，请讲。}
        - hear: 您好，请讲
        - say: 我的退款在哪里？
        - agent: {hear: 我的退款在哪里}
        - agent: {wait: 5 s}
        - agent: hang up
        - hear: 再见
        expect: {ended: hotline hung up}
    """,
    "a withheld number": """
        call: no number
        from: withheld
        steps: [press: 1, press: 2, hear: 再见]
        expect: {texts: []}
    """,
    "the line goes on": """
        call: a menu
        steps: [press: 1]
        expect: {ended: the line goes on}
    """,
    "nothing is expected": "{call: nothing, steps: [hang up]}",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_script_goes_as_it_is_written(report: Tell, text: str) -> None:
    assert report(text) == ""


LIN = "call: x\ngiven: {agents: {lin: support}}\nsteps:\n- press: 1\n- hear: 请选择服务\n"

WRONG = {
    "something else is said": (
        "call: x\nsteps:\n- press: 1\n- hear: 请选择餐厅\n",
        ['x.call.yaml:4:9: the caller did not hear "请选择餐厅": the line has finished speaking and waits [not-heard]',
         "    4 | - hear: 请选择餐厅\n      |         ^^^^^^^^^^\n",
         "what was heard instead:", "请选择服务。", "the call stood in hotline.main (", "hotline.yaml:27)"],
    ),
    "the second of several is not heard": (
        "call: x\nsteps:\n- hear:\n  - 测试热线\n  - 餐厅\n", ['x.call.yaml:5:5: the caller did not hear "餐厅"'],
    ),
    "the order is another": (
        "call: x\nsteps: [hear: 中文服务, hear: 测试热线]\n", ['did not hear "测试热线"'],
    ),
    "the hotline has hung up": (
        "call: x\nsteps:\n- press: 1\n- press: 2\n- press: 3\n",
        ['x.call.yaml:5:10: the hotline hung up before "3" could be pressed [call-over]', "再见。"],
    ),
    "the caller has hung up": (
        "call: x\nsteps: [hang up, silence]\n", ["the caller hung up before the caller could stay silent"],
    ),
    "no text message comes": (
        'call: x\nsteps: [press: 1, text: 验证码]\n', ['no text message says "验证码"; none was sent [no-text]'],
    ),
    "another text message comes": (
        "call: x\nsteps: [press: 1, press: 2, text: 验证码]\n",
        ['no text message says "验证码" [no-text]', "text to +8613800138000: 【云钱包】请访问帮助中心。"],
    ),
    "no code has come": (
        'call: x\nsteps: [press: 1, press: "{code}"]\n', ['no text message has brought "{code}" [no-text]'],
    ),
    "no agent answers": (
        "call: x\nsteps: [press: 1, press: 2, agent: answer]\n",
        ["the hotline hung up before an agent could answer [no-agent]"],
    ),
    "an agent who is not there speaks": (
        "call: x\nsteps: [agent: {say: hello}]\n", ["no agent has answered yet; begin with “agent: answer”"],
    ),
    "the agent does not hear": (
        "call: x\nsteps: [press: 1, press: 0, agent: answer, agent: {hear: 餐厅}]\n", ['the agent did not hear "餐厅"'],
    ),
    "another step is taken": (
        "call: x\nsteps: [press: 1, hang up]\nexpect:\n  path: [welcome, notices, main]\n",
        ['x.call.yaml:4:28: expected the step "main" after hotline.notices, but the call went to hotline.opening; the '
         "steps were hotline.welcome, hotline.notices, hotline.opening, hotline.main [path]"],
    ),
    "the path is longer": (
        "call: x\nsteps: [press: 1, hang up]\nexpect:\n  path: [welcome]\n",
        ["expected no step after hotline.welcome, but the call went to hotline.notices"],
    ),
    "the path is shorter": (
        "call: x\nsteps: [hang up]\nexpect:\n  path: [welcome, …, agent]\n",
        ['expected the step "agent" after hotline.welcome, but the call went nowhere else'],
    ),
    "somebody else hangs up": (
        "call: x\nsteps: [hang up]\nexpect: {ended: hotline hung up}\n",
        ['expected "hotline hung up" at the end, but caller hung up [ended]'],
    ),
    "a text message too many": (
        "call: x\nsteps: [press: 1, press: 2]\nexpect: {texts: []}\n",
        ['expected no text message, but one more was sent to +8613800138000: "【云钱包】请访问帮助中心。" [texts]'],
    ),
    "a text message too few": (
        "call: x\nsteps: [press: 1]\nexpect: {texts: [验证码]}\n",
        ['expected a text message that says "验证码", but none was sent [texts]'],
    ),
    "a text message to somebody else": (
        "call: x\nsteps: [press: 1, press: 2]\nexpect: {texts: [{says: 帮助中心, to: \"+8613800138001\"}]}\n",
        ['that says "帮助中心" to "+8613800138001", but it went to +8613800138000'],
    ),
    "a ticket that was not opened": (
        "call: x\nsteps: [hang up]\nexpect: {ticket: refund}\n", ["expected one ticket, but there was none [ticket]"],
    ),
    "a ticket of another priority": (
        "call: x\ngiven:\n  back_office: {account: \"62220001\", refund: {status: approved, expected_on: 2026-11-25}}\n"
        f"steps: {IDENTIFIED}\nexpect: {{ticket: {{topic: refund, priority: low}}}}\n",
        ['expected the priority "low" of the ticket, but it is "high" [ticket]'],
    ),
    "what must never be said is said": (
        "call: x\nsteps: [press: 1, hear: 联系方式, hang up]\nexpect: {never: [餐厅, 退款]}\n",
        ['x.call.yaml:3:22: "退款" must never be said, and it was [never]'],
    ),
    "what must not be logged is logged": (
        "call: x\nsteps: [hang up]\nexpect: {not_logged: [hotline.welcome]}\n",
        ['"hotline.welcome" must not be logged, and it was: info turn'],
    ),
    "a page refuses": (
        f"{LIN}- lin: hold\n", ["x.call.yaml:6:8: lin: hold was refused: \"no_talk\" [refused]"],
    ),
    "a page does not refuse": (
        f"{LIN}- lin: {{does: away, refused: busy}}\n", ["lin: away was not refused [refused]"],
    ),
    "a page refuses for another reason": (
        f"{LIN}- lin: {{does: take next, refused: off}}\n", ['lin: take next was refused: "nobody_waits" [refused]'],
    ),
    "a phone does not ring": (
        f"{LIN}- lin: away\n- press: 0\n- lin: answer\n",
        ["x.call.yaml:8:8: the hotline hung up before an agent could answer [no-agent]"],
    ),
    "nobody is called back": (
        f"{LIN}- hang up\n- customer: answer\n", ["x.call.yaml:7:13: nobody called the customer back [no-call]"],
    ),
    "somebody is in no call": (
        "call: x\ngiven: {callers: {ana: '+8613800138001'}}\nsteps:\n- ana: {press: 1}\n",
        ["x.call.yaml:4:16: ana is in no call; begin with “dial” or “answer” [no-call]"],
    ),
    "another caller hears something else": (
        "call: x\ngiven: {callers: {ana: '+8613800138001'}}\nsteps:\n- ana: dial\n- ana: {hear: 餐厅}\n",
        ['x.call.yaml:5:15: ana did not hear "餐厅"', "测试热线"],
    ),
    "more phones have rung": (
        f"{LIN}- press: 0\n- lin: reject\n- hang up\nexpect: {{talks: []}}\n",
        ["expected 0 of these, but there were 1: agent lin, with customer, kind queue, queue support, ended refused"],
    ),
    "a talk ended otherwise": (
        f"{LIN}- press: 0\n- lin: reject\n- hang up\nexpect: {{talks: [{{agent: lin, ended: over}}]}}\n",
        ['x.call.yaml:9:38: expected ended "over", but it is "refused"; all: agent lin'],
    ),
    "nobody was promised anything": (
        "call: x\nsteps: [hang up]\nexpect: {callbacks: [done]}\n", ["expected 1 of these, but there were 0: none"],
    ),
    "a wait ended otherwise": (
        f"{LIN}- press: 0\n- hear: 请稍等\n- hang up\nexpect: {{queue: {{customer: answered}}}}\n",
        ['expected the wait of customer to end as "answered", but it is "hangup" [queue]'],
    ),
    "somebody never waited": (
        "call: x\nsteps: [hang up]\nexpect: {queue: {customer: answered}}\n", ["but customer was in no queue [queue]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_script_that_goes_wrong_says_where_and_what_instead(report: Tell, text: str, told: list[str]) -> None:
    shown = report(text)
    for words in told:
        assert words in shown, shown


def test_the_whole_call_so_far_is_told(report: Tell) -> None:
    shown = report("call: x\nsteps:\n- press: 2\n- hear: hello world\n")
    assert "the call:\n  hotline.welcome\n    00:00  hotline  您好，这里是测试热线。\n" in shown
    assert "  caller   [2]\n  hotline.notices → hotline.opening → hotline.main\n" in shown
    assert "hung up" not in shown, "putting the receiver down after a failure is no part of the call"


def test_the_play_tells_everybody_by_name(run: Run) -> None:
    result = run("""
        call: two agents, two callers
        given: {agents: {lin: support, mei: support}, callers: {ana: "+8613800138001"}}
        steps:
        - press: 1
        - press: 0
        - lin: answer
        - lin: {say: 您好，我是小林。}
        - hear: 我是小林
        - ana: dial
        - ana: {press: 1}
        - ana: {press: 0}
        - mei: answer
        - mei: {say: 您好，我是小梅。}
        - ana: {hear: 我是小梅}
        - ana: {say: 谢谢。}
        - mei: {hear: 谢谢}
    """)
    assert result.passed, result.failures
    lines = [(line.who, line.what) for line in result.lines]
    assert {("lin", "您好，我是小林。"), ("mei", "您好，我是小梅。"), ("to ana", "您好，我是小梅。")} <= set(lines)
    assert ("ana", "谢谢。") in lines
    assert lines.count(("lin", "(picks up)")) == 1


def test_a_call_is_the_same_every_time(run: Run) -> None:
    first, second = run(GOOD["a code comes by text"]), run(GOOD["a code comes by text"])
    assert first.lines == second.lines
    assert first.events == second.events


def test_nothing_of_a_call_is_left_for_the_next_one(run: Run, report: Tell) -> None:
    """Wrong codes lock an account, a ticket takes a number, a notice is on: all within one second of the same time."""
    wrong = 'call: x\nsteps: [press: 1, press: 1, press: "62220001#", press: "000000#", press: "62220001#", hang up]'
    for _ in range(4):
        assert run(wrong).passed
    assert report(GOOD["a notice is on"]) == ""
    assert report("call: x\nsteps: [press: 1, hear: 请选择服务, hang up]\nexpect: {never: [台风]}") == ""
    assert _ticket(run(GOOD["a code comes by text"])) == _ticket(run(GOOD["a code comes by text"]))


def _ticket(result: ScriptRun) -> str:
    events = result.events
    return next(event["reference"] for event in events if event["type"] == "TicketOpened")


def test_a_fault_of_the_hotline_fails_the_call(target: LocalTarget, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that breaks its declaration is a fault of ours, whatever the caller heard."""
    broken = replace(target.handlers["refund"], function=lambda case: 1)
    monkeypatch.setattr(target, "handlers", {**target.handlers, "refund": broken})
    result = run(f"call: x\nsteps: {IDENTIFIED}\n        - hear: 暂时查不到\n")
    assert [failure.rule for failure in result.failures] == ["fault"]
    assert "HandlerMistake" in result.failures[0].message


@pytest.mark.parametrize(
    ("written", "seconds"), [("30", 30), ("0.5 s", 0.5), ("300 ms", 0.3), ("2 min", 120), ("1 hour", 3600)]
)
def test_a_wait_may_be_finer_than_a_second(read, written, seconds):
    (script,), issues = read(f"call: x\nsteps: [{{wait: {written}}}]")
    assert not issues
    assert script.steps[0].wait.total_seconds() == seconds
