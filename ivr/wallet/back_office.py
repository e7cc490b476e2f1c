"""The wallet as the back office of a hotline: `back_office: {module: ivr.wallet.back_office}` in `config.yaml`.

The calls worth making as its made-up people are made from `demo_world.yaml`; a test dials them all.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from ivr.hotline.demo import Demo, DemoCall, DemoCaller, Try
from ivr.wallet.demo import FAULTS, DemoWallet, demo_cases, demo_directory, give
from ivr.wallet.demo_world import agents, written
from ivr.wallet.http_client import http_wallet

connect = http_wallet

LANGUAGE_KEYS = {"zh": "1", "en": "2"}
SHOWCASE = DemoCall(**written()["showcase"])
"""A customer asks after a refund, in Chinese, on a Monday morning."""
MORE_CALLS = tuple(DemoCall(**call) for call in written()["more_calls"])

_ROUTES: Mapping[str, str] = written()["routes"]
_NOWHERE: Sequence[str] = written()["nowhere"]
_FIRST: Sequence[str] = written()["shown_first"]


def _call(caller: DemoCaller, attempt: Try) -> DemoCall | None:
    """The call that comes to this, or None where no keys of the shipped flows lead there."""
    handler, given = attempt.handler, attempt.given
    if f"{handler} {attempt.outcome}" in _NOWHERE or (handler == "reset_link" and _cannot_sign_in(caller)):
        return None
    chosen = [given.get("channel", ""), given.get("bill", ""), *given]
    names = (*(f"{handler} {one}" for one in chosen), handler)
    route = next((_ROUTES[name] for name in names if name in _ROUTES), "")
    if not route:
        return None
    told = f"{handler.replace('_', ' ')}: {attempt.outcome.replace('_', ' ')}"
    keys = _keys(route, caller, {**caller.knows, **given})
    return DemoCall(keys, told, caller.phone, handler=handler, outcome=attempt.outcome)


def _keys(route: str, caller: DemoCaller, values: Mapping[str, str]) -> str:
    identified = f"{caller.account}# {{code}}#"
    return f"{LANGUAGE_KEYS.get(caller.language, '1')} {route.format_map({**values, 'identified': identified})}"


def _cannot_sign_in(caller: DemoCaller) -> bool:
    """Whoever is locked out is not offered a link: that comes first."""
    return any(attempt.handler == "locked_account" and attempt.outcome != "not_locked" for attempt in caller.tries)


def calls(caller: DemoCaller) -> tuple[DemoCall, ...]:
    """What is worth trying as this person, one of every kind first."""
    found = [made for attempt in caller.tries if (made := _call(caller, attempt))]
    if not found:  # nothing is known of them: asking is what is worth trying
        found = [DemoCall(_keys(_ROUTES["refund"], caller, {}), "ask after a refund", caller.phone)]
    seen: Counter[str] = Counter()

    def variety(each: DemoCall) -> tuple[int, int]:
        seen[each.handler] += 1
        return seen[each.handler], _FIRST.index(each.handler) if each.handler in _FIRST else len(_FIRST)

    return tuple(sorted(dict.fromkeys(found), key=variety))


def case_calls(today: datetime) -> Sequence[DemoCall]:
    return [
        DemoCall(
            f"{LANGUAGE_KEYS[('zh', 'en')[number % 2]]} 4 1 {progress.reference}#",
            f"case {progress.reference}: {state}",
            handler="case_status",
            outcome=state,
        )
        for number, (state, progress) in enumerate(demo_cases(today).items())
    ]


demo = Demo(
    open=lambda now, zone, faults: DemoWallet(now, faults, zone),
    callers=demo_directory,
    faults=FAULTS,
    calls=calls,
    showcase=SHOWCASE,
    more_calls=MORE_CALLS,
    references=lambda now: {state: case.reference for state, case in demo_cases(now).items()},
    reference_calls=case_calls,
    give=give,
    agents=agents(),
)
