"""The pytest fixture, as a project that depends on this package uses it."""

import subprocess
import sys

TESTS = """
import pytest
from ivr.network import Options, VirtualClock

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/xml")])
    return [b"<Response><Say>hello there</Say></Response>"]

def test_good(network):
    network.number("+15005550006", "http://app.test/", app=app)
    call = network.dial("+15005550006")
    call.hears("hello")
    assert isinstance(network.clock, VirtualClock)
    assert network.calls == [call]

def test_alone(network):
    assert network.calls == []

def test_bad(network):
    network.number("+15005550006", "http://app.test/", app=app)
    network.dial("+15005550006").listen()
    assert False

class TestSwitch:
    @pytest.fixture
    def network_options(self):
        return Options(strict=True)

    def test_switch(self, network):
        assert network.options.strict
"""


PYTEST = ["-m", "pytest", "-q", "-p", "ivr.network.pytest_fixture", "-p", "no:cacheprovider", "."]


def test_the_fixture_gives_a_network_and_shows_the_calls_of_a_failure(tmp_path):
    (tmp_path / "test_calls.py").write_text(TESTS)
    ended = subprocess.run(
        [sys.executable, *PYTEST],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert ended.returncode == 1
    assert "1 failed, 3 passed" in ended.stdout
    assert "telephone network" in ended.stdout
    assert "+8613800138000 to +15005550006: completed" in ended.stdout
    assert "00:00  hotline  hello there" in ended.stdout
