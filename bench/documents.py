"""Reading and checking a hotline of ten thousand steps, and what a step of it then costs beside one of fifty."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bench.figures import Figure, figure
from ivr.call import engine
from ivr.call.events import Digits
from ivr.call.machine import FlowMachine
from ivr.call.session import Session
from ivr.call.turn import Edition, World
from ivr.flow.checks.lint import lint
from ivr.flow.gc_pause import gc_paused
from ivr.flow.issues import Issue
from ivr.flow.model import Catalogue, FlowSet
from ivr.flow.reading.reader import read_flows

LANGUAGES = ("zh", "en")
STEPS_PER_FLOW = 50
CATALOGUE = Catalogue(queues=frozenset({"support"}), languages=LANGUAGES)


def measure(rounds: int, steps: int, turns: int) -> list[Figure]:
    """Reads and checks `steps` steps, then takes `turns` turns in the large hotline and in a small one."""
    large, small = sources(steps), sources(STEPS_PER_FLOW)
    reading, checking, charting = [], [], []
    for number in range(rounds):
        anew = {file: f"# {number}\n{text}" for file, text in large.items()}  # what was read is kept otherwise
        began = time.process_time()
        flows, issues = read_flows(anew, "hotline", LANGUAGES, {})
        read = time.process_time()
        assert flows is not None, issues[:3]
        found = lint(flows, CATALOGUE)
        checked = time.process_time()
        with gc_paused():  # as the desk does it
            FlowMachine(flows)
        charted = time.process_time()
        _hold_clean([*issues, *found])
        reading.append(read - began)
        checking.append(checked - read)
        charting.append(charted - checked)
    editions = [_edition(of) for of in (large, small)]
    costs: list[tuple[float, float]] = []
    for _ in range(max(rounds, 3)):
        costs.append((_turn(editions[0], turns), _turn(editions[1], turns)))
    sums = [one + other for one, other in zip(reading, checking, strict=True)]
    return [
        figure(f"loading and checking {steps:,} steps", "s", sums, limit=2 * steps / 10_000),
        figure("  reading", "s", reading),
        figure("  checking", "s", checking),
        figure("its state machine", "s", charting),
        figure(f"a turn in {steps:,} steps", "µs", [large for large, _ in costs]),
        figure(f"a turn in {STEPS_PER_FLOW} steps", "µs", [small for _, small in costs]),
        figure("  the first over the second", "ratio", [large / small for large, small in costs], limit=1),
    ]


def sources(steps: int) -> Mapping[str, str]:
    """The files of a hotline with so many steps: flows of fifty, each run from the first one after the other."""
    flows = max(1, steps // STEPS_PER_FLOW)
    files = {f"part{number}.yaml": _part(number) for number in range(1, flows)}
    runs = [
        f"  run{number}: {{run: part{number}, on: {{agent: agent, done: {_after(number, flows)}}}}}"
        for number in range(1, flows)
    ]
    body = [*_HEAD, *runs] if runs else [*_HEAD, *_steps(STEPS_PER_FLOW - 3, "agent")]
    body[4:4] = [f"  first: {_menu('run1' if runs else 'step0', 'again')}", f"  again: {_menu('first', 'agent')}"]
    return {"hotline.yaml": "\n".join([*body, *_TAIL, ""]), **files}


def _after(number: int, flows: int) -> str:
    return f"run{number + 1}" if number + 1 < flows else "agent"


_HEAD = ["flow: hotline", "start: first", 'keys: {"0": agent, "*": repeat}', "steps:"]
_TAIL = [
    '  agent: {queue: support, leave: "1", say: {zh: 请稍候。, en: "One moment, please."},',
    "          on: {answered: bye, left: bye}}",
    "  bye: {hangup: {zh: 再见。, en: Goodbye.}}",
    "defaults:",
    "  silence: {zh: 没有听到您的选择。, en: I did not hear a choice.}",
    "  wrong: {zh: 这个按键没有对应的服务。, en: That key does nothing here.}",
    "  exhausted: agent",
]


def _part(number: int) -> str:
    head = [f"flow: part{number}", "start: step0", "outcomes: [done, agent]", "defaults: {exhausted: agent}", "steps:"]
    return "\n".join([*head, *_steps(STEPS_PER_FLOW, "done"), ""])


def _steps(count: int, end: str) -> list[str]:
    lines = []
    for index in range(count):
        following = f"step{index + 1}" if index + 1 < count else end
        match index % 4:
            case 0:
                lines.append(f"  step{index}: {_menu(following, following)}")
            case 1:
                lines.append(f"  step{index}:")
                lines.append(
                    "    ask: {zh: 请输入您的订单号，以井号键结束。, en: 'Key in your order, then press hash.'}"
                )
                lines += ["    as: digits", f"    into: order{index}", f"    next: {following}"]
            case _:
                lines.append(f"  step{index}:")
                lines.append(f"    say: {{zh: 这是第{index}步。请稍等。, en: This is step {index}. One moment.}}")
                lines.append(f"    next: {following}")
    return lines


def _menu(first: str, second: str) -> str:
    return (
        "{menu: {zh: 请选择您需要的服务。, en: How can we help?}, choices: ["
        f"{{key: 1, label: {{zh: 退款查询, en: a refund}}, next: {first}}}, "
        f"{{key: 2, label: {{zh: 其他问题, en: something else}}, next: {second}}}]}}"
    )


def _hold_clean(issues: list[Issue]) -> None:
    errors = [issue for issue in issues if issue.is_error]
    assert not errors, errors[:3]


def _no_reference() -> str:
    raise AssertionError("no ticket is opened here")


def _edition(files: Mapping[str, str]) -> Edition:
    flows, _ = read_flows(files, "hotline", LANGUAGES, {})
    assert isinstance(flows, FlowSet)
    return Edition(flows, FlowMachine(flows))


def _turn(edition: Edition, turns: int) -> float:
    """The microseconds of a turn: 2 leads from one menu to the other, 1 back."""
    began_at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    world = World(began_at, _no_reference)
    session = Session("CA1", edition.flows.digest, "zh", began_at)
    session = engine.begin(edition, session, world).session
    began = time.process_time()
    for number in range(turns):
        taken = engine.answer(edition, session, Digits("2" if number % 2 == 0 else "1"), world)
        session = replace(taken.session, turns=0)
    return (time.process_time() - began) / turns * 1e6
