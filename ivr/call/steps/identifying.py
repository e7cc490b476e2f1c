"""The identify step: account first, then one factor, by the policy, in the same words for known and unknown.

The engine never learns whether an account exists, nor keeps a secret: it hands what was keyed in to the desk as a
`Check` and is told `asked`, `verified`, `wrong` or `locked`.
"""

from __future__ import annotations

from typing import Any

from ivr.call import answers
from ivr.call.events import Check, Digits, Gathering, Identified, Input, LookedUp, Silence, Spoken
from ivr.call.identity import Policy
from ivr.call.steps.asking import calling_number, global_key, spent
from ivr.call.turn import Result, Scene
from ivr.call.values import Value
from ivr.flow.model import BACK, Identify

OTHER_FACTOR = "*"


def identify(step: Identify, scene: Scene) -> Result:
    """Asked once: who is verified passes. Standing here again (a lost answer, a key) puts the same question."""
    if scene.session.account:
        return "verified"
    scene.remember_stand()
    if scene.noted("account"):
        return _ask_secret(step, scene)
    stated = scene.session.values.get(step.stated or "")
    return _ask_account(step, scene) if stated is None else _begin(step, scene, stated)


def heard(step: Identify, scene: Scene, what: Input) -> Result | None:
    if isinstance(what, LookedUp):
        return _told(step, scene, what)
    if not isinstance(what, (Digits, Silence, Spoken)):
        return None
    if scene.noted("account"):
        return _secret_heard(step, scene, what)
    return _account_heard(step, scene, what)


# --- which account ------------------------------------------------------------------------------------------


def _ask_account(step: Identify, scene: Scene) -> Gathering:
    scene.say(step.account)
    return Gathering(wait_seconds=step.wait, most=0, finish="#", speech=False, language=scene.session.language)


def _account_heard(step: Identify, scene: Scene, what: Input) -> Result:
    match what:
        case Digits(keys):
            account = calling_number(scene, keys)
            if account is None:
                everywhere = global_key(step, scene, keys, lambda: _ask_account(step, scene))
                if everywhere is not None:
                    return everywhere
                account = _understood(scene, keys)
        case _:
            account = None
    if account is None:
        cause = "noinput" if isinstance(what, Silence) else "nomatch"
        return "unverified" if spent(step, scene, cause) else _ask_account(step, scene)
    return _begin(step, scene, account)


def _begin(step: Identify, scene: Scene, account: Value) -> Check:
    policy = _policy(step, scene)
    scene.note(account=account.text, method=policy.factors[0])
    return Check(policy=policy.name, account=account.text, method=policy.factors[0])


def _understood(scene: Scene, keys: str) -> Value | None:
    """A registered phone number or an account number; which of them it is, the desk finds out."""
    for kind in ("phone", "account"):
        value = answers.understand(
            kind, keys=keys, language=scene.session.language, today=scene.today,
            least=6, most=20, region=scene.edition.region,
        )  # fmt: skip
        if value is not None:
            return value
    return None


# --- the factor ---------------------------------------------------------------------------------------------


def _ask_secret(step: Identify, scene: Scene) -> Gathering:
    """A PIN may not be keyed over the question: keys left over from a menu would count as a wrong one."""
    method = scene.noted("method")
    scene.say(step.code if method == "code" else step.pin)
    return Gathering(
        wait_seconds=step.wait * 2 if method == "code" else step.wait,
        most=0,
        finish="#",
        speech=False,
        language=scene.session.language,
        barge_in=method == "code",
    )


def _secret_heard(step: Identify, scene: Scene, what: Input) -> Result:
    policy, method, account = _policy(step, scene), scene.noted("method"), scene.noted("account")
    if isinstance(what, Digits):
        if what.keys == OTHER_FACTOR and policy.other(method) != method:
            scene.note(method=policy.other(method))
            return Check(policy=policy.name, account=account, method=policy.other(method))
        if step.keys.get(what.keys) == BACK:
            scene.note(account="", method="")
            return _ask_account(step, scene)
        everywhere = global_key(step, scene, what.keys, lambda: _ask_secret(step, scene))
        if everywhere is not None:
            return everywhere
        if len(what.keys) == policy.length(method) and what.keys.isascii() and what.keys.isdigit():
            return Check(policy=policy.name, account=account, factor=method, method=method, secret=what.keys)
    if spent(step, scene, "noinput" if isinstance(what, Silence) else "nomatch"):
        return "unverified"
    return _ask_secret(step, scene)


# --- what the desk says -------------------------------------------------------------------------------------


def _told(step: Identify, scene: Scene, told: LookedUp) -> Result:
    match told.outcome:
        case "asked":
            return _ask_secret(step, scene)
        case "verified":
            for name, value in told.values.items():
                scene.keep(name, value)
            account, factor = told.values["account"].text, scene.noted("method")
            scene.session = scene.session.but(account=account, factor=factor)
            scene.emit(Identified(account, factor))
            return "verified"
        case "wrong":
            wrong = int(scene.noted("wrong") or 0) + 1
            scene.note(wrong=str(wrong))
            if wrong >= _policy(step, scene).tries_per_call:
                return "unverified"
            scene.say(step.failed)
            if wrong == 1:  # a slip of the finger is likelier than a wrong account, and the code is still good
                return _ask_secret(step, scene)
            scene.note(account="", method="")
            return _ask_account(step, scene)
        case outcome:
            return outcome


def _policy(step: Identify, scene: Scene) -> Policy:
    return scene.edition.policies[step.identify]


ENTERS: dict[type, Any] = {Identify: identify}
HEARS: dict[type, Any] = {Identify: heard}
