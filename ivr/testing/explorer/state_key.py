"""Decides which moments of a call are one node of the state space: those that agree in all that still matters.

A hotline has infinitely many calls, for a caller may go round for hours. It has few nodes: the step, the flows that
are open around it, the tries used, the language, whether the caller is identified, whether the number is shown, and
which values are set that something further on will read. A value matters where a way leads on to a step that speaks,
sends, hands over or branches on it before any step sets it again: the live variables of a compiler, by the flows that
are open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.call.events import Check, Ended, Event, LookUp
from ivr.call.session import Session
from ivr.flow import model
from ivr.flow.checks.graph import texts
from ivr.flow.checks.step_facts import StepFacts, given_to, step_facts
from ivr.flow.model import HandlerSpec
from ivr.testing.explorer.branches import Branches, branches_of

Key = tuple[object, ...]
"""The key of a node of the state space; hashable."""

_COUNTED = frozenset({"tries", "silent", "wrong", "joined", "method"})
"""Scratch whose text matters; of the rest (an answer, an account) only that it is there."""


@dataclass(frozen=True, slots=True)
class StateKeys:
    """Which values are read further on, and where flows branch on them by their text."""

    live: LiveValues
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
            for name in self.live.at(session.state, session.stack)
            if name in values
        )
        return (
            session.state, session.stack, session.language, bool(session.account), bool(session.caller), kept,
            session.limit_reached,
        )  # fmt: skip


def state_keys(flow_set: model.FlowSet, handlers: Mapping[str, HandlerSpec]) -> StateKeys:
    return StateKeys(LiveValues(flow_set, handlers), branches_of(flow_set))


# --- live values ----------------------------------------------------------------------------------------------------

Values = frozenset[str]
Exit = str
"""How a flow is left: by an outcome of its own, or by a key that leads to `flow.step` of another flow."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A way out of a step: the values that are surely set on it, those that are said, and where it leads."""

    made: Values
    said: Values
    target: str


class LiveValues:
    """The values that are read further on, by the step of a call and the `run` steps that are open around it.

    Each flow is looked at once, whoever runs it: which values are read in it, and which are surely set on the way to
    each of its exits. What is read after an exit depends on who runs the flow, and is found when it is asked for.
    """

    def __init__(self, flow_set: model.FlowSet, handlers: Mapping[str, HandlerSpec]) -> None:
        self._flows = flow_set.flows
        self._ways: dict[str, tuple[_Way, ...]] = {}
        self._read: dict[str, Values] = {}
        """Per `flow.step`, what is read from there on inside the flow and in the flows that it runs."""
        self._exits: dict[str, dict[Exit, Values]] = {}
        """Per `flow.step`, the exits of its flow that calls come to, with what is surely set until then."""
        self._known: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._reads: dict[str, Values] = {}
        before: dict[str, set[str]] = defaultdict(set)
        for flow in flow_set.flows.values():
            for step in flow.steps.values():
                state = f"{flow.name}.{step.name}"
                facts = step_facts(step, handlers, flow_set.flows)
                self._reads[state] = frozenset(_reads(step, facts))
                self._read[state], self._exits[state] = frozenset(), {}
                self._ways[state] = tuple(
                    _Way(frozenset(facts.sets.get(outcome, ())), frozenset(_slots(way.say)), way.next)
                    for outcome, way in step.ways.items()
                )
                for way in self._ways[state]:
                    before[self._inside(flow.name, way.target)].add(state)
                if isinstance(step, model.Run):
                    before[f"{step.run}.{flow_set.flows[step.run].start}"].add(state)
        waiting = list(self._read)
        while waiting:
            state = waiting.pop()
            read, exits = self._from(state)
            if (read, exits) != (self._read[state], self._exits[state]):
                self._read[state], self._exits[state] = read, exits
                waiting += before[state]

    def at(self, state: str, stack: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the live values, sorted. `stack`: the states of the `run` steps that are open."""
        if (state, stack) not in self._known:
            found = self._read.get(state, frozenset()).union(
                *(self._after(exit_, stack) - made for exit_, made in self._exits.get(state, {}).items())
            )
            self._known[state, stack] = tuple(sorted(found))
        return self._known[state, stack]

    def _after(self, exit_: Exit, stack: tuple[str, ...]) -> Values:
        """What is read after a flow was left, by whatever follows, until the call is over."""
        found: set[str] = set()
        seen = {(exit_, stack)}
        waiting = [(exit_, stack)]
        while waiting:
            way, said = self._follow(*waiting.pop())
            found |= said
            if way is not None:
                state, below = way
                found |= self._read[state]
                following = {(name, below) for name in self._exits[state]} - seen
                seen |= following
                waiting += following
        return frozenset(found)

    def _follow(self, exit_: Exit, stack: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]] | None, Values]:
        """The state and the stack after an exit, and what is said on the way; None for the end of the call."""
        said: Values = frozenset()
        while "." not in exit_:
            if not stack:
                return None, said
            flow, _, name = stack[-1].partition(".")
            way = self._flows[flow].steps[name].ways.get(exit_)
            if way is None:
                return None, said
            said |= frozenset(_slots(way.say))
            stack, exit_ = stack[:-1], self._inside(flow, way.next)
            if exit_ in self._read and exit_.startswith(f"{flow}."):
                return (exit_, stack), said
        flows = [state.partition(".")[0] for state in stack]
        home = exit_.partition(".")[0]
        return (exit_, stack[: flows.index(home)] if home in flows else ()), said

    def _inside(self, flow: str, name: str) -> str:
        """A target as `flow.step`, or an outcome of the flow as it is."""
        return f"{flow}.{name}" if "." not in name and name in self._flows[flow].steps else name

    def _from(self, state: str) -> tuple[Values, dict[Exit, Values]]:
        """What is read from a step on, and the exits that follow, as far as it is known of the steps after it."""
        flow, _, name = state.partition(".")
        read = set(self._reads[state])
        exits: dict[Exit, Values] = {}

        def leads(target: str, made: Values) -> None:
            """Notes what follows where a way inside this flow, or out of it, leads."""
            if target.partition(".")[0] == flow and target in self._read:
                read.update(self._read[target] - made)
                for exit_, later in self._exits[target].items():
                    exits[exit_] = exits.get(exit_, later | made) & (later | made)
            else:
                exits[target] = exits.get(target, made) & made

        step = self._flows[flow].steps[name]
        if not isinstance(step, model.Run):
            for way in self._ways[state]:
                read.update(way.said - way.made)
                leads(self._inside(flow, way.target), way.made)
            return frozenset(read), exits
        start = f"{step.run}.{self._flows[step.run].start}"
        read |= self._read[start]
        for exit_, made in self._exits[start].items():
            if "." in exit_:
                leads(exit_, made)
            elif (back := step.ways.get(exit_)) is not None:
                read.update(frozenset(_slots(back.say)) - made)
                leads(self._inside(flow, back.next), made)
        return frozenset(read), exits


# --- what steps read -----------------------------------------------------------------------------------------------


def _reads(step: model.Step, facts: StepFacts) -> Iterator[str]:
    """The values a step needs, or branches on. What is only written into a ticket may be missing, and is not told."""
    for text in texts(step):
        yield from (name for name in _slots(text) if name not in given_to(step, text))
    yield from (use.name for use in facts.uses if use.decides)
    if isinstance(step, model.Sms) and step.to == "caller":
        yield "caller"
    elif isinstance(step, model.Callback) or (isinstance(step, model.Sms) and step.to == "registered"):
        yield "registered_phone"


def _slots(text: model.Text | None) -> Iterator[str]:
    return (slot.name for slot in text.slots) if text else iter(())
