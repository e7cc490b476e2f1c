"""A property of the handlers that flows use: asked for everybody in the demo wallet, they answer as they declare.

The one place where exploring runs handlers. A hotline with a wallet of its own is not concerned by what the demo wallet
holds, but its handlers are run with it all the same: they talk to the wallet by the same protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ivr.call.events import LookUp
from ivr.call.values import Value, Values
from ivr.hotline.handlers import Case, HandlerMistake, catalogue, run
from ivr.hotline.wallet import WalletUnavailable
from ivr.testing.explorer.distances import call_to
from ivr.testing.explorer.property import Bounds, Finding, of_walk
from ivr.testing.explorer.search import Step, Walk
from ivr.wallet.demo import DemoCaller, DemoWallet, demo_directory


@of_walk("handlers-keep-their-word")
def handlers_keep_their_word(walk: Walk, bounds: Bounds) -> Iterator[Finding]:
    """Every handler that flows use answers as it declares.

    It is asked for everybody in the demo wallet: with what flows hand over to it, and with everything that the demo
    says is worth trying. It neither fails nor gives back an outcome or a value that it does not declare, and what the
    demo promises comes out. In production a handler that breaks its word is an apology.
    """
    now = walk.ground.worlds[0].now
    told: set[str] = set()
    for name, given in _handed(walk).items():
        for caller in demo_directory(now):
            for message in _asked(name, given, caller, now, walk):
                if message not in told:
                    told.add(message)
                    yield Finding("handlers-keep-their-word", message, _call_to(walk, name))


def _handed(walk: Walk) -> Mapping[str, list[tuple[Values, bool]]]:
    """What flows hand over to each handler, each once, and whether the caller is verified then."""
    found: dict[str, list[tuple[Values, bool]]] = {}
    for place in walk.places:
        if isinstance(place.wait, LookUp) and place.wait.handler in catalogue():
            handed = (place.wait.given, bool(place.session.account))
            if handed not in found.setdefault(place.wait.handler, []):
                found[place.wait.handler].append(handed)
    return found


def _call_to(walk: Walk, name: str) -> tuple[Step, ...]:
    return call_to(walk, lambda step: _asks(walk, step.target, name))


def _asks(walk: Walk, target: int, name: str) -> bool:
    wait = walk.places[target].wait if target >= 0 else None
    return isinstance(wait, LookUp) and wait.handler == name


def _asked(
    name: str, handed: Sequence[tuple[Values, bool]], caller: DemoCaller, now: datetime, walk: Walk
) -> Iterator[str]:
    """What goes wrong when one person asks."""
    spec = walk.ground.handlers[name]
    for given, verified in handed:
        yield from _judged(name, given, _case(caller, now, verified=verified), walk)
    for worth in caller.tries:
        if worth.handler == name:
            values = {key: Value(spec.takes.get(key, "words"), text) for key, text in worth.given.items()}
            answers: set[str] = set()
            for verified in (True, False):
                try:
                    answers.add(run(name, _case(caller, now, verified=verified), values).looked_up.outcome)
                except HandlerMistake as broken:
                    yield f'the handler "{name}" fails: {broken}'
                except Exception:  # noqa: S110 - asked in a way flows do not ask; told above where they do
                    pass
            if answers and worth.outcome not in answers:
                yield f'the handler "{name}" answers "{min(answers)}" where the demo promises "{worth.outcome}"'


def _judged(name: str, given: Values, case: Case, walk: Walk) -> Iterator[str]:
    try:
        outcome = run(name, case, given).looked_up.outcome
    except WalletUnavailable:
        return  # somebody behind a fault, who is there to be tried
    except Exception as broken:  # whatever a handler does
        yield f'the handler "{name}" fails: {type(broken).__name__}: {broken}'
        return
    if outcome not in walk.ground.handlers[name].outcomes:
        yield f'the handler "{name}" answers "{outcome}", which flows do not know of'


class _NoTickets:
    def progress(self, reference: str) -> None:
        return None

    def hurry(self, reference: str, key: str) -> bool:
        return False


def _case(caller: DemoCaller, now: datetime, *, verified: bool) -> Case:
    return Case(
        call_id="CA0", key="0", account=caller.account if verified else "", factor="code" if verified else "",
        caller=caller.phone, language=caller.language, now=now, wallet=DemoWallet(now), tickets=_NoTickets(),
    )  # fmt: skip
