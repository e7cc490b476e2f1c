"""The clock of real time, taken down while something is under way."""

import threading

from ivr.network import RealClock
from tests.patience import PATIENCE_SECONDS


def test_a_clock_is_closed_when_its_work_is_done():
    """An app that answers in this process has its store until it has answered."""
    clock, may_end, done = RealClock(), threading.Event(), []
    began = threading.Event()

    def answer():
        began.set()
        may_end.wait(PATIENCE_SECONDS)
        done.append("answered")
        return None, 0.0

    clock.work(answer, lambda value: None)
    assert began.wait(PATIENCE_SECONDS)
    closing = threading.Thread(target=clock.close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()
    may_end.set()
    closing.join(PATIENCE_SECONDS)
    assert done == ["answered"]
