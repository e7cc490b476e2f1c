"""Finds who has to call, and what they key in, so that look-ups answer as in an explored call.

Exploring makes answers up. A replay asks the real handlers, so it needs a caller for whom they answer the same. Where
there is none the script says what the handler answers, and what it tells with it is made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as kept
from datetime import datetime

from ivr.call.events import Check, LookedUp, LookUp
from ivr.flow.model import Ask, Handle
from ivr.hotline.demo import DemoCaller
from ivr.testing.explorer.actions import ACCOUNT, CALLER
from ivr.testing.explorer.search import Edge, Node, StateSpace
from ivr.testing.explorer.trial import Trial


@dataclass(frozen=True, slots=True)
class ChosenCaller:
    """What the caller knows, and what has to fail. `answers`: what is keyed in, by state. `gaps`: what is missing.

    `answering`: what handlers have to answer, one answer after another, where they would not for anybody.
    `factors`: how the caller can prove who they are; some are texted no code, others have no PIN.
    """

    phone: str
    account: str
    pin: str
    factors: tuple[str, ...] = ("code", "pin")
    answers: Mapping[str, str] = kept(default_factory=dict)
    fails: Mapping[str, str] = kept(default_factory=dict)
    answering: Mapping[str, Sequence[str]] = kept(default_factory=dict)
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """One look-up of the call."""

    node: Node
    handler: str
    outcome: str


def choose_caller(space: StateSpace, path: Sequence[Edge], now: datetime) -> ChosenCaller:
    """The first of the made-up callers to whom everything in this call can happen, or most of it."""
    asked = [_asked(space.nodes[edge.source], edge) for edge in path if _is_look_up(space, edge)]
    best: ChosenCaller | None = None
    nobody = DemoCaller(phone=CALLER, language=space.model.edition.flows.languages[0], names={}, account=ACCOUNT)
    for caller in space.model.trial.callers(now) or (nobody,):
        chosen = _chosen(caller, space, path, asked, now)
        if best is None or (len(chosen.gaps), len(chosen.answering)) < (len(best.gaps), len(best.answering)):
            best = chosen
        if not chosen.gaps and not chosen.answering:
            break
    assert best is not None  # noqa: S101 - there is a caller
    return best


def _is_look_up(space: StateSpace, edge: Edge) -> bool:
    return edge.source >= 0 and isinstance(space.nodes[edge.source].wait, LookUp) and edge.action.by == "outcome"


def _asked(node: Node, edge: Edge) -> _Asked:
    assert isinstance(node.wait, LookUp)  # noqa: S101 - `_is_look_up` says so
    assert isinstance(edge.action.heard, LookedUp)  # noqa: S101 - so is this
    return _Asked(node, node.wait.handler, edge.action.heard.outcome)


def _chosen(
    caller: DemoCaller, space: StateSpace, path: Sequence[Edge], asked: Sequence[_Asked], now: datetime
) -> ChosenCaller:
    answers: dict[str, str] = {}
    fails: dict[str, str] = {}
    made_up: set[str] = set()
    gaps: list[str] = []
    for one in asked:
        given = _given(caller, one, space.model.trial, _keyed(space, path, one, caller), now)
        if one.outcome == "unavailable" or given is None:
            made_up.add(one.handler)
        else:
            answers |= _answers(space, path, one, given)
    outcomes = {name: [one.outcome for one in asked if one.handler == name] for name in sorted(made_up)}
    fails |= {f"handler:{name}": "always" for name, told in outcomes.items() if set(told) == {"unavailable"}}
    told = {name: told for name, told in outcomes.items() if f"handler:{name}" not in fails}
    for edge in path:
        node = space.nodes[edge.source] if edge.source >= 0 else None
        if node is not None and isinstance(node.wait, Check):
            if edge.action.label == "identify unavailable":
                if "customer" in space.model.trial.faults:
                    fails["customer"] = "always"
                else:
                    gaps.append("the back office must not answer")
            elif edge.action.label == "identify locked":
                gaps.append("the account has to be locked before, by five wrong answers")
    return ChosenCaller(
        caller.phone, caller.account, caller.pin, caller.factors, answers, fails, told, tuple(dict.fromkeys(gaps))
    )


def _given(
    caller: DemoCaller, one: _Asked, trial: Trial, keyed: Mapping[str, str], now: datetime
) -> Mapping[str, str] | None:
    """What has to be keyed in for a handler to answer so for this caller; None if nobody knows.

    `keyed`: what the step hands over, by field: a fixed text, or "" for what the caller keys in.
    """
    asked = {field for field, text in keyed.items() if not text}
    fixed = {field: text for field, text in keyed.items() if text}
    if not asked:
        return {} if _answer(caller, one, fixed, trial, now) == one.outcome else None
    likely = [worth.given for worth in caller.tries if (worth.handler, worth.outcome) == (one.handler, one.outcome)]
    likely.append(caller.knows)
    likely.append(dict.fromkeys(asked, "000000"))
    likely.append({**dict.fromkeys(asked, "0000"), "account": caller.account})
    likely += [dict.fromkeys(asked, reference) for reference in trial.references(now)]
    for given in likely:
        if set(given) >= asked and _answer(caller, one, {**fixed, **given}, trial, now) == one.outcome:
            return {field: given[field] for field in asked}
    return None


def _answer(caller: DemoCaller, one: _Asked, given: Mapping[str, str], trial: Trial, now: datetime) -> str:
    """What the real handler answers to this caller; "" if it does not."""
    session = one.node.session
    try:
        values = trial.values(one.handler, given)
        return trial.ask(
            one.handler, caller, values, now, factor=session.factor if session.account else "",
            number=session.caller and caller.phone, language=session.language,
        ).outcome  # fmt: skip
    except Exception:  # a handler that cannot be asked so is of no use here
        return ""


def _keyed(space: StateSpace, path: Sequence[Edge], one: _Asked, caller: DemoCaller) -> Mapping[str, str]:
    """What the step of a look-up hands over, by field: a fixed text, or "" for what is keyed in during this call."""
    step = space.model.edition.flows.step(one.node.state)
    asked = set(_questions(space, path))
    found: dict[str, str] = {}
    for field, sentence in step.with_.items() if isinstance(step, Handle) else ():
        if not sentence.slots:
            found[field] = sentence.source
        elif sentence.slots[0].name == "caller":
            found[field] = caller.phone
        elif sentence.slots[0].name in asked:
            found[field] = ""
    return found


def _questions(space: StateSpace, path: Sequence[Edge]) -> Mapping[str, str]:
    """The values that questions of this call ask for, and in which state."""
    found: dict[str, str] = {}
    for node in (space.nodes[each.source] for each in path if each.source >= 0):
        asks = space.model.edition.flows.step(node.state)
        if isinstance(asks, Ask):
            found[asks.into or asks.name] = node.state
    return found


def _answers(space: StateSpace, path: Sequence[Edge], one: _Asked, given: Mapping[str, str]) -> dict[str, str]:
    """What has to be keyed in, by state, for a handler to be given this."""
    step = space.model.edition.flows.step(one.node.state)
    states = _questions(space, path)
    return {
        states[slot.name]: given[field]
        for field, sentence in (step.with_.items() if isinstance(step, Handle) else ())
        if field in given
        for slot in sentence.slots
        if slot.name in states
    }
