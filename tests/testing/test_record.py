"""A call just made becomes a script that takes the same steps."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.app.simulation import Simulation
from ivr.config import Config
from ivr.config.settings import Setting
from ivr.network import VirtualClock
from ivr.testing.local_target import LocalTarget
from ivr.testing.reader import read_script
from ivr.testing.record import RecordedScript, Unrecordable, record
from ivr.testing.runner import run_script
from ivr.testing.script import DEFAULT_AT


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


def recorded(hotline: Simulation, sid: str, target: LocalTarget, should_hear: str = "") -> RecordedScript:
    return record(hotline.network, hotline.store, sid, target, should_hear)


def _code(hotline: Simulation) -> str:
    return "".join(filter(str.isdigit, "".join(message.body for message in hotline.network.messages[-1:])))[:6]


CALLS = {
    "a refund": ("1", "1", "62220001#", "CODE#"),
    "a wrong code first": ("1", "1", "62220001#", "000000#", "62220001#", "CODE#"),
    "English": ("2", "2"),
    "silence and a wrong key": ("1", "-", "7", "2"),
    "words": ("1", "'退款'"),
    "words where an account is asked for": ("1", "4", "4", "1", "'我要投诉'", "2#", "3#"),
    "the phone rings for nothing": ("1", "0"),
}


@pytest.mark.parametrize("acts", CALLS.values(), ids=CALLS)
def test_a_recorded_call_takes_the_same_steps_when_it_is_replayed(
    hotline: Simulation, target: LocalTarget, acts: tuple[str, ...]
) -> None:
    made = recorded(hotline, call(hotline, *acts), target)
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
    made = recorded(hotline, line.sid, target)
    assert made.faithful
    assert made.passes


def test_a_one_time_code_is_the_one_of_the_replay(hotline: Simulation, target: LocalTarget) -> None:
    made = recorded(hotline, call(hotline, "1", "1", "62220001#", "CODE#"), target)
    assert "{code}#" in made.text
    assert _code(hotline) not in made.text


def test_what_a_real_back_office_was_asked_is_not_written_down(hotline: Simulation, config: Config) -> None:
    sid = call(hotline, "2", "2")
    url = Setting(value="https://wallet.example.com")
    real = replace(config, back_office=replace(config.back_office, url=url))
    with LocalTarget(config) as target:
        target.config = real
        with pytest.raises(Unrecordable, match="may be private"):
            recorded(hotline, sid, target)


@pytest.mark.parametrize(("acts", "given"), [(("2", "0"), "agents: 0"), (("2", "0", "1"), "answer_after")])
def test_a_wait_ends_in_the_script_as_it_did(
    config: Config, target: LocalTarget, acts: tuple[str, ...], given: str
) -> None:
    clock = VirtualClock(DEFAULT_AT.within("Asia/Shanghai"))
    with Simulation(config, clock=clock, store_url="sqlite://", agents=given != "agents: 0") as hotline:
        made = recorded(hotline, call(hotline, *acts), target)
    assert given in made.text
    assert made.faithful


def test_a_call_that_is_not_there_cannot_be_recorded(hotline: Simulation, target: LocalTarget) -> None:
    with pytest.raises(Unrecordable, match='there is no call "CA404"'):
        recorded(hotline, "CA404", target)


@pytest.mark.parametrize(("words", "passes"), [("that nobody says", False), ("Goodbye.", True)])
def test_a_complaint_fails_until_its_words_are_said(
    hotline: Simulation, target: LocalTarget, words: str, passes: bool
) -> None:
    sid = call(hotline, "2", "2")
    assert recorded(hotline, sid, target).passes
    made = recorded(hotline, sid, target, should_hear=words)
    assert (made.faithful, made.passes) == (True, passes)
    assert "expect" not in made.text, "the steps that were taken are what the caller complains of"
    (script,), issues = read_script(made.text, "x.call.yaml", target.names)
    assert not issues
    assert [failure.rule for failure in run_script(script, target).failures] == ([] if passes else ["not-heard"])
    assert script.steps[-1].hear == (words,)
