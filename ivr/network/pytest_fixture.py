"""The network in pytest: the fixture `network`, and the calls of a failed test in its report.

The only file that knows pytest; nothing here imports it. The network is imported only when a test asks for it, so that
pytest starts as fast as before.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ivr.network import Network, Options


@pytest.fixture
def network_options() -> Options:
    """The switches of `network`; override it in a module or a conftest."""
    from ivr.network import Options

    return Options()


@pytest.fixture
def network(network_options: Options) -> Iterator[Network]:
    """An emulated telephone network on a virtual clock, closed at the end.

    A test whose app made an error that `network.expects_error` did not announce has failed; see the switch
    `unexpected_error`.
    """
    from ivr.network import Network

    with Network(options=network_options) as net:
        yield net
        if network_options.unexpected_error == "fail":
            net.check_errors()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what was said in every call when a test with a network has failed."""
    report = yield
    net = getattr(item, "funcargs", {}).get("network")
    if report.when == "call" and report.failed and net is not None:
        from ivr.network import Network
        from ivr.network.line.failures import happened

        if isinstance(net, Network):
            report.sections.append(("telephone network", happened(net.debugger, net.legs.values())))
    return report
