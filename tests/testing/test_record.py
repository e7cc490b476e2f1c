"""A call of the store becomes a script that takes the same steps, with nothing of the caller in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.app.simulation import Simulation
from ivr.config import Config
from ivr.network import VirtualClock
from ivr.testing.local_target import LocalTarget
from ivr.testing.reader import read_script
from ivr.testing.record import Unrecordable, record
from ivr.testing.runner import run_script
from ivr.testing.values import DEFAULT_AT
from ivr.wallet.demo import DemoWallet


@pytest.fixture
def hotline(config: Config, tmp_path: Path) -> Iterator[Simulation]:
    clock = VirtualClock(DEFAULT_AT.within("Asia/Shanghai"))
    with Simulation(config, clock=clock, store_url=f"sqlite:///{tmp_path}/ivr.db") as simulation:
        yield simulation


def call(hotline: Simulation, *acts: str, from_: str = "+8613800138000") -> str:
    """Makes a call by hand: keys, `'words'`, `-` for silence; gives its id. CODE is what was texted last."""
    line = hotline.dial(from_)
    for act in acts:
        line.listen()
        if act == "-":
            line.silence()
        elif act.startswith("'"):
            line.say(act.strip("'"))
        else:
            if "CODE" in act:
                hotline.network.run(3)
            line.press(act.replace("CODE", _code(hotline)))
    line.listen()
    line.hang_up()
    hotline.network.run(3)
    return line.sid


def _code(hotline: Simulation) -> str:
    return "".join(filter(str.isdigit, "".join(message.body for message in hotline.network.messages[-1:])))[:6]


CALLS = {
    "a refund": ("1", "1", "62220001#", "CODE#"),
    "a wrong code first": ("1", "1", "62220001#", "000000#", "62220001#", "CODE#"),
    "English": ("2", "2"),
    "silence and a wrong key": ("1", "-", "7", "2"),
    "words": ("1", "'退款'"),
    "the phone rings for nothing": ("1", "0"),
}


@pytest.mark.parametrize("acts", CALLS.values(), ids=CALLS)
def test_a_recorded_call_takes_the_same_steps_when_it_is_replayed(
    hotline: Simulation, target: LocalTarget, acts: tuple[str, ...]
) -> None:
    made = record(hotline.store, call(hotline, *acts), target)
    assert made.faithful, made.text
    (script,), issues = read_script(made.text, "x.call.yaml", target.names)
    assert not issues
    assert script.expect.path
    assert run_script(script, target).passed
    assert "- hear: " in made.text


@pytest.mark.parametrize("language", ["1", "2"])
def test_a_talk_with_an_agent_is_recorded(hotline: Simulation, target: LocalTarget, language: str) -> None:
    line = hotline.dial("+8613800138000")
    for key in (language, "0"):
        line.listen()
        line.press(key)
    assert hotline.network.clock.run_until(lambda: line.ended, within=300)
    hotline.network.run(3)
    made = record(hotline.store, line.sid, target)
    assert "- agent: answer" in made.text
    assert made.faithful
    assert made.passes


def test_nothing_of_the_caller_stands_in_the_script(config: Config, target: LocalTarget) -> None:
    """Somebody who is not in the demo wallet: another takes their part."""
    now = DEFAULT_AT.within("Asia/Shanghai")
    wallet = DemoWallet(now)
    customer = {"phone": "+8613912345678", "names": {"zh": "欧阳靖", "en": "Ouyang Jing"}}
    wallet.give({"account": "99887766", "customer": customer, "refund": {"reference": "818181", "status": "approved"}})
    with Simulation(config, clock=VirtualClock(now), store_url="sqlite://", back_office=wallet) as hotline:
        sid = call(hotline, "1", "1", "99887766#", "CODE#", from_="+8613912345678")
        made = record(hotline.store, sid, target)
    assert made.faithful
    assert "{code}#" in made.text
    private = ("99887766", "139123", "欧阳", "818181", *(message.body[-40:] for message in hotline.network.messages))
    assert [secret for secret in private if secret in made.text] == []


def test_a_call_that_is_not_there_cannot_be_recorded(hotline: Simulation, target: LocalTarget) -> None:
    with pytest.raises(Unrecordable, match='there is no call "CA404"'):
        record(hotline.store, "CA404", target)


@pytest.mark.parametrize(("words", "passes"), [("that nobody says", False), ("Goodbye.", True)])
def test_a_complaint_fails_until_its_words_are_said(
    hotline: Simulation, target: LocalTarget, words: str, passes: bool
) -> None:
    sid = call(hotline, "2", "2")
    assert record(hotline.store, sid, target).passes
    made = record(hotline.store, sid, target, should_hear=words)
    assert (made.faithful, made.passes) == (True, passes)
    assert "expect" not in made.text, "the steps that were taken are what the caller complains of"
    (script,), issues = read_script(made.text, "x.call.yaml", target.names)
    assert not issues
    assert [failure.rule for failure in run_script(script, target).failures] == ([] if passes else ["not-heard"])
    assert script.steps[-1].hear == (words,)
