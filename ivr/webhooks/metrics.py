"""Metrics for Prometheus: gauges of this moment and counters, read from the store.

Every worker and process gives the same. Labels are queues, outcomes, kinds and states, never anything of a caller. Only
requests from this machine are answered, and none that came through a proxy.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, get_args

from flask import Response, request

from ivr.agents.model import Activity
from ivr.hotline.outbox import LANES
from ivr.hotline.reports.tally import OUTCOMES, ClassifiedCall, Known, classify
from ivr.store import Store
from ivr.store.meters import Level, Totals
from ivr.store.vocabulary import RANKS
from ivr.webhooks.settings import is_of_this_machine

if TYPE_CHECKING:
    from prometheus_client import Metric

log = logging.getLogger(__name__)

ACTIVITIES: tuple[Activity, ...] = get_args(Activity)
_ENDED = tuple(outcome for outcome in OUTCOMES if outcome != "live")


@dataclass(frozen=True, kw_only=True)
class Meter:
    """What metrics are read from. The `queues` and `agents` of the configuration are told at nought too."""

    store: Store
    clock: Callable[[], datetime]
    queues: Sequence[str] = ()
    agents: Mapping[str, str] = field(default_factory=dict)
    """By name: what one is of whom the store knows nothing."""
    known: Callable[[], Known] = field(default=Known)
    problems: Callable[[], int] = field(default=int)
    """How many things are wrong with the latest edit of the flows."""


def metrics_of(meter: Meter) -> Callable[[], Response]:
    """The view of `/metrics`: text exposition format 0.0.4. 404 for other machines, 501 without its library."""

    def metrics() -> Response:
        if not is_of_this_machine(request.environ):
            return Response(status=404)
        try:
            text = exposition(meter)
        except ModuleNotFoundError:
            log.warning("metrics need prometheus-client: pip install 'ivr-hotline[metrics]'")
            return Response(
                "metrics need prometheus-client: pip install 'ivr-hotline[metrics]'\n", 501, mimetype="text/plain"
            )
        return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")

    return metrics


def exposition(meter: Meter) -> bytes:
    """Everything that is measured, as Prometheus reads it. Raises ModuleNotFoundError, StoreError."""
    from prometheus_client.exposition import generate_latest  # 13 ms and 1 MB, for those who are asked
    from prometheus_client.registry import Collector, CollectorRegistry

    class Read(Collector):
        def collect(self) -> Iterator[Metric]:
            now = meter.clock()
            totals = count(meter.store, meter.known(), now)
            yield from _levels(meter.store.meters.levels(now), meter)
            yield from _totals(totals, meter)

        def describe(self) -> Iterator[Metric]:
            return iter(())  # or else it would be read when it is registered, too

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Read())
    return generate_latest(registry)


# --- how things stand ---------------------------------------------------------------------------------------------


GAUGES: Sequence[tuple[Level, str, str]] = (
    ("calls_live", "Calls that go on.", ""),
    ("wrong_answers", "Wrong codes and PINs of strangers in the last hour.", ""),
    ("lookups_in_webhooks", "Turns that wait for a look-up inside their webhook.", ""),
    ("callers_waiting", "Callers who wait for a person.", "queue"),
    ("oldest_wait_seconds", "How long the first caller of a queue has waited.", "queue"),
    ("outbox_pending", "Effects that are to leave.", "lane"),
    ("outbox_oldest_seconds", "For how long the oldest effect has been due.", "lane"),
    ("outbox_dead", "Effects that were given up and are still kept.", "lane"),
    ("callbacks_due", "Call backs that are due now.", "queue"),
    ("callbacks_later", "Call backs that are promised for later.", "queue"),
    ("tickets_open", "Tickets that are not closed.", "priority"),
)


def _levels(levels: Mapping[Level, Mapping[str, Any]], meter: Meter) -> Iterator[Metric]:
    known: Mapping[str, Sequence[str]] = {"queue": meter.queues, "lane": LANES, "priority": tuple(RANKS)}
    for name, about, label in GAUGES:
        found = {one: max(figure, 0) for one, figure in levels[name].items()}
        yield _gauge(name, about, {**dict.fromkeys(known[label], 0), **found} if label else found[""], label)
    yield _gauge("agents", "Agents by what they do.", _activities(levels, meter.agents), "activity")
    problems = "What is wrong with the latest edit of the flows; calls go by the last good one."
    yield _gauge("flow_problems", problems, meter.problems())


def _activities(levels: Mapping[Level, Mapping[str, Any]], agents: Mapping[str, str]) -> Mapping[str, int]:
    """What each agent does: their open talk, or else what they have chosen to be."""
    doing: Counter[str] = Counter(dict.fromkeys(ACTIVITIES, 0))
    talks, presences = levels["talks"], levels["presences"]
    for agent in {*agents, *talks}:
        state = talks.get(agent)
        if state is None:
            doing[presences.get(agent, agents[agent])] += 1
        else:
            doing[state if state in ("ringing", "wrap_up") else "talking"] += 1
    return doing


# --- what was counted -----------------------------------------------------------------------------------------------


COUNTERS: Sequence[tuple[str, str, tuple[str, ...], str]] = (
    ("calls", "Calls that ended, by how they came out.", ("outcome",), "calls"),
    ("troubled_calls", "Calls in which a limit was reached or we failed.", (), "troubled"),
    ("waits", "Waits for a person that are over.", ("queue", "end"), "waits"),
    ("wait_seconds", "How long these waits took.", ("queue",), "wait_seconds"),
    ("waits_in_time", "Waits that were answered within the target of the queue.", ("queue",), "waits_in_time"),
    ("outbox_given_up", "Effects that were given up.", ("lane",), "given_up"),
)
KNOWN: Mapping[str, Sequence[str]] = {
    "outcome": _ENDED, "end": ("answered", "unanswered", "short_abandoned"), "lane": LANES,
}  # fmt: skip
"""Values of labels that are told at nought too; the queues are those of the configuration."""


def _totals(totals: Totals, meter: Meter) -> Iterator[Metric]:
    by_name: dict[str, dict[tuple[str, ...], int]] = {}
    for name, number in totals.counts.items():
        what, *values = name.split(":")
        by_name.setdefault(what, {})[tuple(values)] = number
    if totals.until is not None:
        yield _gauge("counted_until_timestamp_seconds", "Until when was counted.", totals.until.timestamp())
    targets = {name: one.percent / 100 for name, one in meter.known().targets.items() if one.percent is not None}
    about = "How many of a queue's callers are to be answered in time, of 1."
    yield _gauge("service_level_target_ratio", about, targets, "queue")
    known = {**KNOWN, "queue": meter.queues}
    for name, about, labels, counted in COUNTERS:
        nought = dict.fromkeys(product(*(known.get(label, ()) for label in labels)), 0)
        yield _counter(name, about, labels, {**nought, **by_name.get(counted, {})})


# --- families ---------------------------------------------------------------------------------------------------------


def _gauge(name: str, about: str, value: float | Mapping[str, float], label: str = "") -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    if not isinstance(value, Mapping):
        return GaugeMetricFamily(f"ivr_{name}", about, value=value)
    family = GaugeMetricFamily(f"ivr_{name}", about, labels=[label])
    for what, number in value.items():
        family.add_metric([what], number)
    return family


def _counter(name: str, about: str, labels: Sequence[str], values: Mapping[tuple[str, ...], float]) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(f"ivr_{name}", about, labels=list(labels))
    for what, value in sorted(values.items()):
        family.add_metric(list(what), value)
    return family


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
