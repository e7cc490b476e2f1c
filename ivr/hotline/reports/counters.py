"""Counters of what has ended, for metrics: counted as in reports, once, and never falling."""

from collections import Counter
from datetime import datetime, timedelta

from ivr.hotline.reports.tally import ClassifiedCall, Known, classify
from ivr.store import Store
from ivr.store.meters import Totals

LAG = timedelta(seconds=60)
"""What ended is counted so much later: by then its last transaction is committed and a late recording has come."""
MOST = timedelta(days=1)
"""The longest time that one request catches up with."""


def count(store: Store, known: Known, now: datetime) -> Totals:
    """The counts until a minute ago, brought up to date by whoever asks. The first look begins to count.

    The calls are read outside the write that adds them up, so that no webhook waits for it.
    """
    totals = store.meters.totals()
    until = (now - LAG).replace(microsecond=0)
    if totals.until is None:
        return store.meters.add(None, until, {})
    if until <= totals.until:
        return totals
    until = min(until, totals.until + MOST)
    added = Counter({f"given_up:{kind}": n for kind, n in store.meters.given_up(totals.until, until).items()})
    for seen in store.figures.ended(totals.until, until):
        _add(added, classify(seen, known), known)
    return store.meters.add(totals.until, until, added)


def _add(added: Counter[str], call: ClassifiedCall, known: Known) -> None:
    added[f"calls:{call.outcome}"] += 1
    added["troubled"] += call.walk.troubled
    for wait in call.waits:
        end = wait.end if wait.end in ("answered", "short_abandoned") else "unanswered"
        added[f"waits:{wait.queue}:{end}"] += 1
        added[f"wait_seconds:{wait.queue}"] += round(wait.seconds)
        in_time = wait.end == "answered" and wait.seconds <= known.target(wait.queue).seconds
        added[f"waits_in_time:{wait.queue}"] += in_time
