"""What must hold of the shipped handlers: asked for everybody in the demo wallet, they answer as they declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from ivr.call.events import LookedUp, LookUp
from ivr.call.values import Value, Values
from ivr.hotline.back_office import BackOfficeUnavailable
from ivr.hotline.demo import DemoCaller, Try
from ivr.hotline.handlers import Case, HandlerMistake, run
from ivr.testing.explorer.search import StateSpace
from ivr.wallet.back_office import demo
from ivr.wallet.demo import HOME
from tests.shipped import HANDLERS


def broken_promises(space: StateSpace) -> Iterator[tuple[str, str]]:
    """Handler and sentence for everything that a handler which flows use does not answer as it declares.

    It is asked for everybody in the demo wallet: with what flows hand over to it, and with everything that the demo
    says is worth trying. It must not fail, must give back only outcomes and values that it declares, and
    must answer what the demo promises.
    """
    now = space.model.conditions[0].now
    told: set[str] = set()
    for name, given in _handed(space).items():
        for caller in demo.callers(now):
            for message in _asked(name, given, caller, now, space):
                if message not in told:
                    told.add(message)
                    yield name, message


def _handed(space: StateSpace) -> Mapping[str, list[tuple[Values, bool]]]:
    """What flows hand over to each handler, each once, and whether the caller is verified then."""
    found: dict[str, list[tuple[Values, bool]]] = {}
    for node in space.nodes:
        if isinstance(node.wait, LookUp) and node.wait.handler in HANDLERS:
            handed = (node.wait.given, bool(node.session.account))
            if handed not in found.setdefault(node.wait.handler, []):
                found[node.wait.handler].append(handed)
    return found


def _asked(
    name: str, handed: Sequence[tuple[Values, bool]], caller: DemoCaller, now: datetime, space: StateSpace
) -> Iterator[str]:
    """What goes wrong when one person asks."""
    for given, verified in handed:
        ask = partial(_answer, name, caller, given, now, factor="code" if verified else "")
        yield from _judged(name, ask, space)
    for worth in caller.tries:
        if worth.handler == name:
            takes = HANDLERS[name].spec.takes
            values = {field: Value(takes.get(field, "words"), text) for field, text in worth.given.items()}
            answers: set[str] = set()
            for factor in ("code", ""):
                try:
                    answers.add(_answer(name, caller, values, now, factor=factor).outcome)
                except HandlerMistake as broken:
                    yield f'the handler "{name}" fails: {broken}'
                except Exception:
                    pass
            if answers and worth.outcome not in answers:
                yield f'the handler "{name}" answers "{min(answers)}" where the demo promises "{worth.outcome}"'


def _answer(name: str, caller: DemoCaller, given: Values, now: datetime, *, factor: str) -> LookedUp:
    """What a handler answers this caller, who is verified by `factor` if there is one, in a back office of its own."""
    case = Case(
        call_id="CA0", key="0", account=caller.account if factor else "", factor=factor, caller=caller.phone,
        language=caller.language, now=now, zone=HOME, back_office=demo.open(now, HOME, {}), tickets=_NoTickets(),
    )  # fmt: skip
    return run(HANDLERS[name], case, given).looked_up


class _NoTickets:
    def progress(self, reference: str) -> None:
        return None

    def latest(self, account: str, about: str = "") -> None:
        return None

    def hurry(self, reference: str, key: str) -> bool:
        return False


def tried(caller: DemoCaller, worth: Try, now: datetime) -> Values:
    """The values of what the demo says is worth trying, for a caller who is verified."""
    takes = HANDLERS[worth.handler].spec.takes
    values = {field: Value(takes.get(field, "words"), text) for field, text in worth.given.items()}
    try:
        return _answer(worth.handler, caller, values, now, factor="code").values
    except BackOfficeUnavailable:  # somebody behind a fault
        return {}


def _judged(name: str, ask: Callable[[], LookedUp], space: StateSpace) -> Iterator[str]:
    try:
        outcome = ask().outcome
    except BackOfficeUnavailable:
        return  # somebody behind a fault, who is there to be tried
    except Exception as broken:  # whatever a handler does
        yield f'the handler "{name}" fails: {type(broken).__name__}: {broken}'
        return
    if outcome not in space.model.handlers[name].outcomes:
        yield f'the handler "{name}" answers "{outcome}", which flows do not know of'
