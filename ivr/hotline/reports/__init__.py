"""Reports: what happened in calls, per day, step, queue, topic and agent.

Counted from the journal and the records alone: no flow marks anything for the sake of a report. `walk` follows one
call, `tally` counts calls, `tables` says it in rows; `gather` puts them together.
"""

from __future__ import annotations

from ivr.hotline.reports.tally import Known, Period, Tally
from ivr.store import Store

__all__ = ["Known", "Period", "Tally", "gather"]


def gather(store: Store, period: Period, known: Known, *, agents: bool = False) -> Tally:
    """Everything of the calls that began in a period; with `agents`, their talks too. Reads in small transactions."""
    tally = Tally(period, known)
    for seen in store.figures.calls(period.start, period.end):
        tally.add(seen)
    if agents:
        for row in store.figures.talks(period.start, period.end):
            tally.add_talk(row)
    return tally
