"""The shipped hotline, called by people who dither: what happens at odd moments, which the explorer does not see."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest

from ivr.app.simulation import Simulation
from ivr.network import CallerLost, Network, VirtualClock, restless_callers
from ivr.testing.local_target import LocalTarget
from ivr.testing.suite import read, run_all
from tests.shipped_hotline import WEDNESDAY, config

CALLS = Path(__file__).parents[1] / "calls"

GOODBYES = ("再见", "Goodbye", "goodbye")
ENTRIES = ("62220001", "246810", "300900")


@pytest.fixture
def dial():
    """Makes a call to a hotline that has just begun."""
    open_ones = []

    def call():
        while open_ones:
            open_ones.pop().close()
        open_ones.append(Simulation(config(), clock=VirtualClock(start=WEDNESDAY), store_url="sqlite://", seed=1))
        return open_ones[-1].dial("+8613800138001")

    yield call
    while open_ones:
        open_ones.pop().close()


def test_callers_who_dither_come_to_a_goodbye_or_to_a_person(dial):
    restless_callers(dial, range(6), ends_with=GOODBYES, entries=ENTRIES)


@pytest.mark.slow
def test_so_do_many_of_them(dial):
    restless_callers(dial, range(6, 200), ends_with=GOODBYES, entries=ENTRIES)


def deaf_to_the_same_key_again(app, clock):
    """The hotline behind something that takes a key pressed again within two seconds for the same request again."""
    last = {}

    def answer(environ, start):
        size = int(environ.get("CONTENT_LENGTH") or 0)
        form = environ["wsgi.input"].read(size)
        environ["wsgi.input"].seek(0)
        fields = parse_qs(form.decode())
        call, key = fields.get("CallSid"), fields.get("Digits")
        if key:
            before, last[call[0]] = last.get(call[0]), (key, clock.seconds)
            if before is not None and before[0] == key and clock.seconds - before[1] < 2:
                start("200 OK", [("Content-Type", "text/xml")])
                return [b"<Response/>"]
        return app(environ, start)

    return answer


@pytest.mark.slow
def test_they_find_a_fault_of_time_that_call_scripts_and_the_explorer_cannot_meet(dial, monkeypatch):
    serve = Network.serve
    monkeypatch.setattr(
        Network, "serve", lambda self, url, app: serve(self, url, deaf_to_the_same_key_again(app, self.clock))
    )
    with LocalTarget(config()) as target:
        suite = read([CALLS / "general", CALLS / "menus"], target.names)
        outcomes = list(run_all(suite, target, golden="compare"))
    assert len(outcomes) > 20
    assert [outcome.item.id for outcome in outcomes if outcome.result != "passed"] == []
    with pytest.raises(CallerLost, match="the app hung up after saying") as found:
        restless_callers(dial, range(100), ends_with=GOODBYES, entries=ENTRIES)
    pressed = [step.value for step in found.value.script if step.kind == "press"]
    assert pressed[-2:] == [pressed[-1]] * 2
