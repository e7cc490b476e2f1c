"""Decides which moments of a call are one node of the state space: those that agree in all that still matters.

A hotline has infinitely many calls, for a caller may go round for hours. It has few nodes: the step, the flows that
are open around it, the tries used, the language, whether the caller is identified, whether the number is shown, and
which values are set that something further on will read. A value matters where a way leads on to a step that speaks,
sends, hands over or branches on it before any step sets it again: the live variables of a compiler, over all flows at
once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.call.events import Check, Ended, Event, LookUp
from ivr.call.session import Session
from ivr.flow import model
from ivr.flow.catalogue import HandlerSpec
from ivr.flow.checks.graph import texts
from ivr.testing.explorer.branches import Branches, branches_of

Key = tuple[object, ...]
"""The key of a node of the state space; hashable."""

_COUNTED = frozenset({"tries", "silent", "wrong", "joined", "method"})
"""Scratch whose text matters; of the rest (an answer, an account) only that it is there."""


@dataclass(frozen=True, slots=True)
class StateKeys:
    """Which values are read further on, per state, and where flows branch on them by their text."""

    live: Mapping[str, frozenset[str]]
    branches: Branches

    def key(self, session: Session, wait: Event) -> Key:
        """The node in which a call stands."""
        if isinstance(wait, Ended):
            return (session.ended, session.language, session.state if session.ended == "hangup" else "")
        counted = _COUNTED | {"answer"} if session.state in self.branches.asks else _COUNTED
        scratch = tuple(sorted((name, text if name in counted else "set") for name, text in session.scratch.items()))
        about = wait.handler if isinstance(wait, LookUp) else wait.factor if isinstance(wait, Check) else ""
        return (*self.standing(session), type(wait).__name__, about, scratch)

    def standing(self, session: Session) -> Key:
        """The same without the progress of the step itself."""
        values = session.values
        kept = tuple(
            (name, values[name].text if name in self.branches.cases else values[name].kind)
            for name in sorted(self.live.get(session.state, ()))
            if name in values
        )
        return (
            session.state, session.stack, session.language, bool(session.account), bool(session.caller), kept,
            session.limit_reached,
        )  # fmt: skip


def state_keys(flow_set: model.FlowSet, handlers: Mapping[str, HandlerSpec]) -> StateKeys:
    """Computes which values are live where."""
    reads, ways = {}, defaultdict(list)
    returns = _returns(flow_set)
    for flow in flow_set.flows.values():
        for step in flow.steps.values():
            state = f"{flow.name}.{step.name}"
            reads[state] = frozenset(_reads(step, handlers))
            for outcome, way in step.ways.items():
                made, said = frozenset(_makes(step, outcome, handlers)), frozenset(_slots(way.say))
                for target in _targets(flow_set, flow.name, way.next, returns):
                    ways[state].append((made, said, target))
            if isinstance(step, model.Run):
                ran = flow_set.flows[step.run]
                ways[state].append((frozenset(), frozenset(), f"{ran.name}.{ran.start}"))
    live = dict(reads)
    before: dict[str, set[str]] = defaultdict(set)
    for state, out in ways.items():
        for _, _, target in out:
            before[target].add(state)
    waiting = list(reads)
    while waiting:
        state = waiting.pop()
        found = reads[state].union(
            *((said | live.get(target, frozenset())) - made for made, said, target in ways[state])
        )
        if found != live[state]:
            live[state] = found
            waiting += before[state]
        elif state not in live:
            live[state] = found
    return StateKeys(live, branches_of(flow_set))


# --- where ways lead ----------------------------------------------------------------------------------------------


def _returns(flow_set: model.FlowSet) -> Mapping[str, list[tuple[str, model.Run]]]:
    """Per flow, the steps that run it."""
    found: dict[str, list[tuple[str, model.Run]]] = defaultdict(list)
    for flow in flow_set.flows.values():
        for step in flow.steps.values():
            if isinstance(step, model.Run):
                found[step.run].append((flow.name, step))
    return found


def _targets(
    flow_set: model.FlowSet, flow: str, name: str, returns: Mapping[str, list[tuple[str, model.Run]]], depth: int = 0
) -> Iterator[str]:
    """The states a way can lead to: one, or wherever the flow that ends with it was run."""
    if "." in name:
        yield name
    elif name in flow_set.flows[flow].steps:
        yield f"{flow}.{name}"
    elif depth < len(flow_set.flows):
        for caller, step in returns.get(flow, ()):
            if name in step.ways:
                yield from _targets(flow_set, caller, step.ways[name].next, returns, depth + 1)


# --- what steps read and make --------------------------------------------------------------------------------------


def _reads(step: model.Step, handlers: Mapping[str, HandlerSpec]) -> Iterator[str]:
    """The values a step needs, or branches on. What is only written into a ticket may be missing, and is not told."""
    for text in texts(step):
        yield from _slots(text)
    match step:
        case model.Choose(choose=name):
            yield name
        case model.Sms(to=to):
            yield "registered_phone" if to == "registered" else to.strip("{}")
        case model.Callback(number=number, at=at):
            yield "registered_phone"
            yield from (slot.name for sentence in (number, at) if sentence for slot in sentence.slots)
        case model.Handle(handle=name):
            spec = handlers.get(name)
            for field, sentence in step.with_.items():
                if spec is None or field not in spec.optional:
                    yield from (slot.name for slot in sentence.slots)
        case model.Queue(hold=model.Text() as hold):
            yield from (name for name in _slots(hold) if name != "position")


def _slots(text: model.Text | None) -> Iterator[str]:
    sentences: list[model.Sentence] = list(text.sentences.values()) if text else []
    return (slot.name for sentence in sentences for slot in sentence.slots)


def _makes(step: model.Step, outcome: str, handlers: Mapping[str, HandlerSpec]) -> Iterator[str]:
    """The values that are surely set when a step is left by this outcome."""
    match step, outcome:
        case model.Ask(), "next":
            yield step.into or step.name
        case model.Ticket(), _:
            yield step.into
        case model.Hours(), _:
            yield "next_opening"
            if outcome != "open":
                yield "closed_for"
        case model.Identify(), "verified":
            # not of a caller who was verified before, but then they have been set by that
            yield from ("account", "customer", "registered_phone")
        case model.Voicemail(), "recorded":
            yield step.into
        case model.Callback(), "booked":
            yield "callback_at"
        case model.Handle(handle=name), _ if name in handlers:
            yield from handlers[name].outcomes.get(outcome, {})
