"""The network in pytest: the fixture `network`, and the calls of a failed test in its report. The only file that
knows pytest; nothing here imports it."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from ivr.network import Network, Options, format_entry


@pytest.fixture
def network_options() -> Options:
    """The switches of `network`; override it in a module or a conftest."""
    return Options()


@pytest.fixture
def network(network_options: Options) -> Iterator[Network]:
    """An emulated telephone network on a virtual clock, closed at the end."""
    with Network(options=network_options) as net:
        yield net


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what was said in every call when a test with a network has failed."""
    report = yield
    net = getattr(item, "funcargs", {}).get("network")
    if report.when == "call" and report.failed and isinstance(net, Network):
        lines = []
        for leg in net.legs.values():
            lines += [f"{leg.from_} to {leg.to}: {leg.status}", *(f"  {format_entry(e)}" for e in leg.transcript)]
        lines += [f"debugger: {entry}" for entry in net.debugger]
        report.sections.append(("telephone network", "\n".join(lines)))
    return report
