"""Which values are set where: for every step, the values set on all ways to it, and on some.

A set of values is an integer, a bit per value, so ten thousand steps cost little. Values are never unset, so what a
flow adds does not depend on where it is run from. Flows are computed twice: first those that others run, with nothing
set; then from the first flow on, with what is set where each is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce

from ivr.flow import model
from ivr.flow.cases import OTHERWISE
from ivr.flow.checks.graph import Graph, ResolvedFlow

EVERYTHING = -1


@dataclass(frozen=True, slots=True)
class Known:
    """What is `always` set in a place, and what `sometimes`; both as bits."""

    always: int
    sometimes: int

    def plus(self, other: Known) -> Known:
        if other is NOTHING:
            return self
        return Known(self.always | other.always, self.sometimes | other.sometimes)

    def join(self, other: Known) -> Known:
        return Known(self.always & other.always, self.sometimes | other.sometimes)


NOTHING = Known(0, 0)
ANYTHING = Known(EVERYTHING, EVERYTHING)
NEVER = Known(EVERYTHING, 0)
"""Nothing known yet: no way has come here."""


@dataclass(slots=True)
class Dataflow:
    """The values of a flow set: by name every kind a value can be set with, and the steps that set it."""

    kinds: dict[str, set[model.ValueKind]] = field(default_factory=dict)
    setters: dict[str, dict[str, None]] = field(default_factory=dict)
    _bits: dict[str, int] = field(default_factory=dict)
    _made: dict[tuple[str, str, int], Known] = field(default_factory=dict)
    _before: dict[tuple[str, str], Known] = field(default_factory=dict)

    def before(self, flow: str, step: str) -> Known:
        return self._before[flow, step]

    def after(self, flow: str, step: str, index: int) -> Known:
        """What is set on the way out of a step that stands at `index` among its edges."""
        return self._before[flow, step].plus(self._made[flow, step, index])

    def is_always(self, known: Known, name: str) -> bool:
        return bool(known.always & self._bit(name))

    def is_sometimes(self, known: Known, name: str) -> bool:
        return bool((known.always | known.sometimes) & self._bit(name))

    def set_by(self, step: model.Step, values: Mapping[str, model.ValueKind]) -> Known:
        for name in values:
            self.setters.setdefault(name, {})[step.name] = None
        return self.set_of(values) if values else NOTHING

    def set_of(self, values: Mapping[str, model.ValueKind]) -> Known:
        """These values (kinds by name), set for certain; remembers their kinds."""
        bits = 0
        for name, kind in values.items():
            self.kinds.setdefault(name, set()).add(kind)
            bits |= self._bit(name)
        return Known(bits, bits)

    def known(self, name: str) -> Known:
        """This value, set for certain somewhere before."""
        return Known(self._bit(name), 0)

    def _bit(self, name: str) -> int:
        return 1 << self._bits.setdefault(name, len(self._bits))


def dataflow(graph: Graph) -> Dataflow:
    """The values of a whole graph, in time that grows with its steps and ways. Rules ask `graph.once(dataflow)`."""
    found = Dataflow()
    inner: dict[str, dict[str, Known]] = {}
    ends: dict[str, dict[str, Known]] = {}
    for flow in graph.order:
        resolved = graph.resolved[flow]
        made: dict[tuple[str, int], Known] = {}
        for step in resolved.flow.steps.values():
            for index, edge in enumerate(resolved.edges[step.name]):
                if isinstance(step, model.Choose) and edge.outcome != OTHERWISE:
                    made[step.name, index] = found.known(step.choose)  # a case is true of no value that is not set
                elif isinstance(step, model.Run):
                    end = edge.outcome or edge.leaves or f"{flow}.{edge.to}"
                    made[step.name, index] = ends[step.run].get(end, ANYTHING)
                else:
                    made[step.name, index] = found.set_by(step, graph.facts(step).sets.get(edge.outcome, {}))
        found._made.update({(flow, *way): known for way, known in made.items()})
        inner[flow], ends[flow] = _within(resolved, made)
    entry = {graph.set.start: found.set_of(graph.catalogue.always)}
    for flow in graph.live:
        coming = [found.before(caller, step.name) for caller, step in graph.sites[flow]]
        coming += [entry[flow]] if flow in entry else []
        known = reduce(Known.join, coming, NEVER) if coming else ANYTHING
        for name, own in inner[flow].items():
            found._before[flow, name] = known.plus(own)
    return found


def _within(resolved: ResolvedFlow, made: Mapping[tuple[str, int], Known]) -> tuple[dict[str, Known], dict[str, Known]]:
    """What the flow itself has set before each of its steps, and at each of its ends."""
    before = dict.fromkeys(resolved.reached, NEVER)
    ends: dict[str, Known] = {}
    if not resolved.reached:
        return before, ends
    before[resolved.start] = NOTHING
    order = list(_forward(resolved))
    changed = True
    while changed:
        changed = False
        for name in order:
            for index, edge in enumerate(resolved.edges[name]):
                known = before[name].plus(made[name, index])
                if edge.leaves:
                    ends[edge.leaves] = known.join(ends.get(edge.leaves, NEVER))
                    continue
                ahead = before[edge.to]
                met = ahead.join(known)
                if met.always != ahead.always or met.sometimes != ahead.sometimes:
                    before[edge.to] = met
                    changed = True
    return before, ends


def _forward(resolved: ResolvedFlow) -> Iterator[str]:
    """The reached steps, each after those that lead to it, except in circles."""
    finished: list[str] = []
    seen = {resolved.start}
    work = [(resolved.start, iter(resolved.edges[resolved.start]))]
    while work:
        here, onward = work[-1]
        edge = next(onward, None)
        if edge is None:
            finished.append(here)
            work.pop()
        elif edge.to and edge.to not in seen:
            seen.add(edge.to)
            work.append((edge.to, iter(resolved.edges[edge.to])))
    return reversed(finished)
