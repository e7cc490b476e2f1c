"""The state machine of a flow set: every step is a state, every outcome a trigger. Only this file uses `transitions`.

One machine serves all calls. It is built once per flow set and holds no call: `FlowMachine.target` fires a
trigger on a cursor that lives for that one move. Names of triggers come from documents, but only as names:
nothing of a document is ever handed to `transitions` as a condition or a callback (it would import and call it).
"""

import logging
from collections.abc import Mapping

from transitions import Machine, MachineError

from ivr.flow.model import ACTIONS, Ask, FlowSet, Identify, Menu, Queue, Run, Step, Survey, Voicemail

logging.getLogger("transitions").setLevel(logging.WARNING)  # it logs every move, which the hotline does itself

RUN = "run"
"""The trigger by which a `run` step enters the flow it runs."""


class NoWayOut(Exception):
    """A step was left by an outcome that leads nowhere. The checker refuses such flows."""

    def __init__(self, state: str, outcome: str) -> None:
        self.state = state
        self.outcome = outcome
        super().__init__(f'step "{state}" has no way out for "{outcome}"')


class _Cursor:
    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


class FlowMachine:
    """All the moves of a flow set. Shared by all calls and threads; holds nothing of any call."""

    def __init__(self, flow_set: FlowSet) -> None:
        self.start = f"{flow_set.start}.{flow_set.flows[flow_set.start].start}"
        """The state in which a call begins."""
        moves = _moves(flow_set)
        states = {state for source, _, target in moves for state in (source, target)}
        states |= flow_set.states().keys()
        self._machine = Machine(
            model=None,
            states=sorted(states),
            transitions=[[trigger, source, target] for source, trigger, target in moves],
            initial=self.start,
            auto_transitions=False,
        )
        self._taken: dict[tuple[str, str], str] = {}

    def target(self, state: str, outcome: str) -> str:
        """The state after leaving `state` by `outcome`: `flow.step`, or `flow!outcome` where the flow ends.

        Raises NoWayOut if the flows have no such way.
        """
        target = self._taken.get((state, outcome))
        if target is None:  # only the flows decide a move, so the machine is asked once for each
            target = self._taken[state, outcome] = self._fire(state, outcome)
        return target

    def _fire(self, state: str, outcome: str) -> str:
        event = self._machine.events.get(outcome)
        if event is None:
            raise NoWayOut(state, outcome)
        cursor = _Cursor(state)
        try:
            event.trigger(cursor)
        except (MachineError, ValueError) as refused:
            raise NoWayOut(state, outcome) from refused
        return cursor.state


def ends_flow(state: str) -> str:
    """The outcome with which a flow ends in this state (`refund!told` → `told`), or "" for a step."""
    return state.partition("!")[2]


def way_out(step: Step, outcome: str) -> str:
    """The outcome whose way is taken: this one, or the one it falls back to (`holiday` → `closed`)."""
    while outcome not in step.ways and outcome in step.falls_back:
        outcome = step.falls_back[outcome]
    return outcome


def queues_behind(flow_set: FlowSet, flow: str, name: str) -> frozenset[str]:
    """The queues to which a step of a flow leads before it asks the caller for anything, or by the flows it runs."""
    found, seen = set[str](), set[tuple[str, ...]]()
    ahead: list[tuple[str, ...]] = [(_target(flow_set, flow, name),)] if name not in ACTIONS else []
    while ahead:
        steps = ahead.pop()
        if steps in seen:
            continue
        seen.add(steps)
        runs, state = steps[:-1], steps[-1]
        if outcome := ends_flow(state):
            if runs and (way := flow_set.step(runs[-1]).ways.get(outcome)):
                ahead.append((*runs[:-1], _target(flow_set, runs[-1].partition(".")[0], way.next)))
            continue
        match step := flow_set.step(state):
            case Menu() | Ask() | Identify() | Survey() | Voicemail():
                continue
            case Run():
                if state not in runs:
                    ahead.append((*steps, f"{step.run}.{flow_set.flows[step.run].start}"))
                continue
            case Queue():
                found.add(step.queue)
        here = state.partition(".")[0]
        ways = [way.next for outcome, way in step.ways.items() if not outcome.startswith("key_")]
        ahead += [(*runs, _target(flow_set, here, next_)) for next_ in ways]
    return frozenset(found)


def _moves(flow_set: FlowSet) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for flow in flow_set.flows.values():
        for step in flow.steps.values():
            state = f"{flow.name}.{step.name}"
            if isinstance(step, Run):
                found.append((state, RUN, f"{step.run}.{flow_set.flows[step.run].start}"))
            for outcome in dict.fromkeys((*step.ways, *step.falls_back)):
                taken = way_out(step, outcome)
                if taken in step.ways:
                    found.append((state, outcome, _target(flow_set, flow.name, step.ways[taken].next)))
    return found


def _target(flow_set: FlowSet, flow: str, name: str) -> str:
    if "." in name:
        return name
    steps: Mapping[str, Step] = flow_set.flows[flow].steps
    return f"{flow}.{name}" if name in steps else f"{flow}!{name}"
