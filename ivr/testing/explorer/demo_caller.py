"""Finds who has to call, and what they key in, so that look-ups answer as in an explored call.

Exploring makes answers up. A replay asks the real handlers, so a caller is looked for in the demo wallet for whom they
answer the same. Where nobody is found the script says what the handler answers, and what it tells with it is made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as kept
from datetime import datetime

from ivr.call.events import Check, LookUp
from ivr.call.values import Value
from ivr.flow.catalogue import HandlerSpec
from ivr.flow.model import Ask, Handle
from ivr.hotline.handlers import Case, run
from ivr.testing.explorer.search import Edge, Node, StateSpace
from ivr.wallet.demo import DemoCaller, DemoWallet, demo_cases, demo_directory


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
    """The first person of the demo wallet to whom everything in this call can happen, or most of it."""
    asked = [_asked(space.nodes[edge.source], edge) for edge in path if _is_look_up(space, edge)]
    best: ChosenCaller | None = None
    for caller in demo_directory(now):
        chosen = _chosen(caller, space, path, asked, now)
        if best is None or (len(chosen.gaps), len(chosen.answering)) < (len(best.gaps), len(best.answering)):
            best = chosen
        if not chosen.gaps and not chosen.answering:
            break
    assert best is not None  # noqa: S101 - somebody lives in the demo wallet
    return best


def _is_look_up(space: StateSpace, edge: Edge) -> bool:
    return edge.source >= 0 and isinstance(space.nodes[edge.source].wait, LookUp) and edge.action.by == "outcome"


def _asked(node: Node, edge: Edge) -> _Asked:
    assert isinstance(node.wait, LookUp)  # noqa: S101 - `_is_look_up` says so
    return _Asked(node, node.wait.handler, edge.action.label.rpartition(" ")[2])


def _chosen(
    caller: DemoCaller, space: StateSpace, path: Sequence[Edge], asked: Sequence[_Asked], now: datetime
) -> ChosenCaller:
    answers: dict[str, str] = {}
    fails: dict[str, str] = {}
    made_up: set[str] = set()
    gaps: list[str] = []
    for one in asked:
        given = _given(caller, one, space.model.handlers, _keyed(space, path, one, caller), now)
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
                fails["customer"] = "always"
            elif edge.action.label == "identify locked":
                gaps.append("the account has to be locked before, by five wrong answers")
    customer = _wallet(now).find_customer(caller.account)
    factors = tuple(customer.factors) if customer is not None else ()
    return ChosenCaller(
        caller.phone, caller.account, caller.pin, factors, answers, fails, told, tuple(dict.fromkeys(gaps))
    )


def _given(
    caller: DemoCaller, one: _Asked, handlers: Mapping[str, HandlerSpec], keyed: Mapping[str, str], now: datetime
) -> Mapping[str, str] | None:
    """What has to be keyed in for a handler to answer so for this caller; None if nobody knows.

    `keyed`: what the step hands over, by field: a fixed text, or "" for what the caller keys in.
    """
    asked = {field for field, text in keyed.items() if not text}
    fixed = {field: text for field, text in keyed.items() if text}
    if not asked:
        return {} if _answer(caller, one, fixed, handlers, now) == one.outcome else None
    likely = [worth.given for worth in caller.tries if (worth.handler, worth.outcome) == (one.handler, one.outcome)]
    if one.handler in ("case_status", "hurry_case"):
        likely += [{"reference": case.reference} for case in demo_cases(now).values()]
    likely.append({"account": caller.account, "tail": caller.card_tail})
    likely.append(dict.fromkeys(asked, "000000"))
    likely.append({"account": caller.account, "tail": "0000"})
    for given in likely:
        if set(given) >= asked and _answer(caller, one, {**fixed, **given}, handlers, now) == one.outcome:
            return {field: given[field] for field in asked}
    return None


def _answer(
    caller: DemoCaller, one: _Asked, given: Mapping[str, str], handlers: Mapping[str, HandlerSpec], now: datetime
) -> str:
    """What the real handler answers to this caller; "" if it does not."""
    session = one.node.session
    spec = handlers.get(one.handler)
    kinds = spec.takes if spec else {}
    case = Case(
        call_id="CA0", key="0", account=caller.account if session.account else "", factor=session.factor,
        caller=session.caller and caller.phone, language=session.language, now=now, wallet=_wallet(now),
        tickets=_NoTickets(),
    )  # fmt: skip
    try:
        values = {field: Value(kinds.get(field, "words"), text) for field, text in given.items()}
        return run(one.handler, case, values).looked_up.outcome
    except Exception:  # a handler that cannot be asked so is of no use here
        return ""


class _NoTickets:
    def progress(self, reference: str) -> None:
        return None

    def hurry(self, reference: str, key: str) -> bool:
        return False


def _wallet(now: datetime) -> DemoWallet:
    """A new one each time: handlers may change what is in it."""
    return DemoWallet(now)


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
