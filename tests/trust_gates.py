"""The tier of `make trust`: gates of docs/trust.md that take minutes, as tests marked `trust`.

In the suite such a test does little. `pytest -m trust --trust` lets it do all that its goal says, `--trust 0.1` a tenth
of it, and says which gate runs, for how long, and what it measured. A gate that could not run fails the tier: nobody
should take what was skipped for what holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

Amount = Callable[[int, int], int]
"""How much of something a gate does, of what the suite does and what its goal says."""
Measured = Callable[[str], None]

_LEAST_TIMEOUT_SECONDS = 600
_SLOWER = 5
"""So many times slower than stated a busy machine may be."""


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(
        "--trust",
        nargs="?",
        const=1.0,
        type=float,
        metavar="SHARE",
        help="let gates do what their goal says, or a share",
    )


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: the number of its goal in docs/trust.md, None for those that are none of the fifty."""

    goal: int | None
    minutes: float

    def __str__(self) -> str:
        return f"goal {self.goal}" if self.goal is not None else "beside the goals"


def gate_of(item: pytest.Item) -> Gate | None:
    marked = item.get_closest_marker("trust")
    return None if marked is None else Gate(marked.kwargs.get("goal"), marked.kwargs.get("minutes", 0.1))


@dataclass(eq=False)
class Progress:
    """Says what a run of the tier does: a line when a gate begins, and one when it has ended."""

    share: float
    write: Callable[[str], None] = print
    gates: dict[str, Gate] = field(default_factory=dict)
    began: float = 0.0
    begun: int = 0
    not_run: list[str] = field(default_factory=list)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        terminal = config.pluginmanager.getplugin("terminalreporter")
        self.write = terminal.write_line if terminal else print
        for item in items:
            if (gate := gate_of(item)) is not None:
                seconds = max(_LEAST_TIMEOUT_SECONDS, 60 * gate.minutes * _SLOWER * max(1.0, self.share))
                item.add_marker(pytest.mark.timeout(seconds))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        found = [(item.nodeid, gate_of(item)) for item in session.items]
        self.gates = {name: gate for name, gate in found if gate is not None}
        minutes = sum(gate.minutes for gate in self.gates.values()) * self.share
        self.write(f"{len(self.gates)} gates, some {max(1, round(minutes))} minutes on a calm machine with two cores")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if (gate := self.gates.get(nodeid)) is not None:
            self.begun, self.began = self.begun + 1, time.monotonic()
            about = f"about {gate.minutes * self.share:.1f} min"
            self.write(f"[{self.begun}/{len(self.gates)}] {gate}, {about}: {nodeid.partition('::')[2]}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.nodeid not in self.gates or isinstance(report, pytest.SubtestReport):
            return
        if report.when != "call" and report.passed:
            return
        if report.skipped:
            why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            self.not_run.append(f"{report.nodeid}: {why}")
        figures = "; ".join(str(text) for name, text in report.user_properties if name == "measured")
        took = time.monotonic() - self.began
        self.write(f"    {report.outcome} after {took:.0f} s" + (f": {figures}" if figures else ""))

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No dots between the lines."""
        return ("passed", "", "") if report.when == "call" and not report.failed else None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.not_run and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self) -> None:
        for each in self.not_run:
            self.write(f"NOT RUN {each}")


def follow(config: pytest.Config) -> None:
    """Lets a run of the tier say what it does."""
    if (share := config.getoption("--trust")) is not None:
        config.pluginmanager.register(Progress(share), "trust-progress")


@pytest.fixture
def amount(pytestconfig: pytest.Config) -> Amount:
    """How much a gate does: `amount(10, 500)` is 10 in the suite, 500 in `make trust`, at least 10 in a share of it."""
    share = pytestconfig.getoption("--trust")
    return lambda little, all_of_it: little if share is None else max(little, round(all_of_it * share))


@pytest.fixture
def is_gate(pytestconfig: pytest.Config) -> bool:
    """Whether this is `make trust`, on a calm machine: only there is judged how long something took, or how much memory
    a process has. The suite runs beside anything."""
    return pytestconfig.getoption("--trust") is not None


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """Notes a figure, which `make trust` prints beside the gate."""
    return lambda text: request.node.user_properties.append(("measured", text))
