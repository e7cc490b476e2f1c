"""`ivr demo`: every command it prints is dialled, and comes out as promised."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from ivr.app.simulation import Simulation
from ivr.cli import main
from ivr.cli.demo import FEW, FIRST_FEW, arguments, command
from ivr.cli.keypad import acts, follow
from ivr.cli.options import Moment, in_zone
from ivr.config import Config, load_config
from ivr.hotline.demo import DemoCall
from ivr.network import VirtualClock
from ivr.wallet.back_office import demo
from ivr.wallet.demo import demo_cases, demo_directory
from tests.cli.conftest import ROOT, Ivr

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@cache
def config() -> Config:
    found, issues = load_config(ROOT / "config.yaml", today=MONDAY.date(), environ={})
    assert found is not None, issues
    return found


@cache
def printed() -> tuple[str, ...]:
    """What `ivr demo` prints."""
    return tuple(CliRunner().invoke(main, ["demo", "--config", str(ROOT / "config.yaml")]).output.splitlines())


class Hotlines:
    """Hotlines that were put together, by the moment they live in; a caller calls each one once, as on a new day."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], Simulation] = {}
        self._calls: Counter[tuple[str, str]] = Counter()

    def dial(self, call: DemoCall) -> tuple[list[dict[str, object]], int, str]:
        """The events of the call that a command makes, how many keys were left over, and how the call ended."""
        self._calls[call.at, call.from_] += 1
        hotline = self._hotline(call.at, self._calls[call.at, call.from_])
        messages: list[str] = []
        stop = hotline.network.observe(
            lambda entry: messages.append(entry.text) if entry.kind == "text message" else None
        )
        line = hotline.dial(call.from_ or "+8613800138000", wait=False)
        left_over = follow(line, acts(call.keys), messages)
        hotline.network.clock.run(5)
        stop()
        assert not hotline.network.debugger.errors
        turns = hotline.store.turns(line.sid)
        return [event for turn in turns for event in json.loads(turn.events)], left_over, line.status

    def close(self) -> None:
        for hotline in self._open.values():
            hotline.close()

    def _hotline(self, at: str, number: int) -> Simulation:
        if (at, number) not in self._open:
            start = in_zone(Moment().convert(at, None, None), "Asia/Shanghai") if at else MONDAY
            clock = VirtualClock(start=start.astimezone(UTC))
            self._open[at, number] = Simulation(config(), clock=clock, store_url="sqlite://")
        return self._open[at, number]


@pytest.fixture(scope="module")
def hotlines() -> Iterator[Hotlines]:
    found = Hotlines()
    yield found
    found.close()


def outcomes(events: list[dict[str, object]]) -> Iterator[tuple[str, str]]:
    """Each handler that ran, with its outcome."""
    handler = ""
    for event in events:
        if event["type"] == "LookUp":
            handler = str(event["handler"])
        elif event["type"] == "Moved" and handler:
            yield handler, str(event["outcome"])
            handler = ""


def of_persons() -> Iterator[DemoCall]:
    for number, person in enumerate(demo_directory(MONDAY)):
        yield from demo.calls(person)[: FIRST_FEW if number < 2 else FEW]


def of_cases() -> Iterator[DemoCall]:
    for state, case in demo_cases(MONDAY).items():
        yield DemoCall(f"1 4 1 {case.reference}#", state, handler="case_status", outcome=state)


@pytest.mark.parametrize("call", [*of_persons(), *of_cases(), *demo.more_calls], ids=command)
def test_a_command_comes_out_as_promised(call: DemoCall, hotlines: Hotlines) -> None:
    events, left_over, status = hotlines.dial(call)
    assert (left_over, status) == (0, "completed")
    if call.handler:
        assert (call.handler, call.outcome) in list(outcomes(events))


def test_what_is_printed_is_what_is_tested() -> None:
    """A command as it is printed is the command that was dialled above, after a shell has read it."""
    shown = [line.strip() for line in printed() if line.strip().startswith("ivr call")]
    known = {arguments(each) for person in demo_directory(datetime.now(UTC)) for each in demo.calls(person)}
    known |= {arguments(each) for each in demo.more_calls}
    assert len(shown) > 50
    for line in shown:
        words = tuple(shlex.split(line, comments=True))
        assert words[0] == "ivr"
        assert words[1:] in known or "4 1 8001" in line, line


def test_everybody_has_a_line_a_story_and_a_command() -> None:
    text = "\n".join(printed())
    people = re.findall(
        r"^(\+\d+)  .+  account (\d{8})  PIN (\d{6})  card …(\d{4})\n    .+ · .+\n    ivr call --from (\+\d+)",
        text,
        re.M,
    )
    assert len(people) == len(demo_directory(MONDAY))
    assert all(phone == from_ for phone, *_, from_ in people)


def test_both_languages_are_tried() -> None:
    assert {"1", "2"} <= set(re.findall(r'--keys "?([12]) ', "\n".join(printed())))


@pytest.mark.usefixtures("shipped")
def test_one_person_can_be_asked_for(ivr: Ivr) -> None:
    everything = ivr("demo", "62220001").output
    assert everything.count("ivr call") > 40
    assert ivr("demo", "+8613800138000").output == everything
    result = ivr("demo", "62229999")
    assert result.exit_code == 2
    assert result.stderr == 'ivr: nobody has the account "62229999"; "ivr demo" lists everybody\n'


def test_the_demonstrations_people_are_not_in_a_real_back_office(
    house: Path, ivr: Ivr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALLET_TOKEN", "told-to-nobody")
    (house / "config.yaml").write_text(
        "back_office: {module: ivr.wallet.back_office, url: 'https://w.example', token: {env: WALLET_TOKEN}}\n",
        encoding="utf-8",
    )
    result = ivr("demo")
    assert result.exit_code == 2
    assert "real back office" in result.stderr


def test_a_hotline_without_a_back_office_names_callers_of_its_country(house: Path, ivr: Ivr) -> None:
    (house / "config.yaml").write_text("hotline: {country: US, languages: en}", encoding="utf-8")
    result = ivr("demo")
    assert result.exit_code == 0
    assert "such as +12015550123 or +12015550124" in result.output
