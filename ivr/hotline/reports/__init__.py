"""Reports: what happened in calls, per day, half hour, step, queue, topic and agent.

Counted from the journal and the records alone: no flow marks anything for the sake of a report. `path` follows one
call, `waits` and `handling` find what callers and agents spent, `tally` counts, `tables` says it in rows.
"""

from ivr.hotline.reports.tally import Known, Period, Tally
from ivr.store import Store

__all__ = ["Known", "Period", "Tally", "gather"]


def gather(store: Store, period: Period, known: Known, *, agents: bool = False) -> Tally:
    """Everything of the calls that began in a period; with `agents`, their talks too. Reads in small transactions."""
    tally = Tally(period, known)
    for seen in store.figures.calls(period.start, period.end):
        tally.add(seen)
    if agents:
        offers, presences = store.figures.talks, store.figures.presences
        tally.add_agents(offers(period.start, period.end), presences(period.start, period.end))
    return tally
