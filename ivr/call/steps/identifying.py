"""The identify step: account first, then one factor, by the policy, in the same words for known and unknown.

The engine never learns whether an account exists, nor keeps a secret: it hands what was keyed in to the hotline as
a `Check` and is told `asked`, `verified`, `wrong` or `locked`.
"""

from typing import assert_never

from ivr.call import events
from ivr.call.identity import Factor, Policy, factor_named
from ivr.call.steps.asking import calling_number, global_key, say_star, spent, understood
from ivr.call.turn import Result, TurnContext
from ivr.call.values import Value
from ivr.flow.model import BACK, Identify

OTHER_FACTOR = "*"


def identify(step: Identify, context: TurnContext) -> Result:
    """A caller who is verified passes. Entered again (a lost answer, a key), the step puts the same question."""
    if context.session.account and step.factor in (None, context.session.factor):
        return "verified"
    context.remember_for_back()
    if context.noted("account"):
        return _ask_secret(step, context)
    if context.session.account:
        return _begin(step, context, Value("account", context.session.account))
    stated = context.session.values.get(step.stated or "")
    return _ask_account(step, context) if stated is None else _begin(step, context, stated)


def identify_heard(step: Identify, context: TurnContext, what: events.Input) -> Result | None:
    if isinstance(what, events.LookedUp):
        return _checked(step, context, what)
    if not isinstance(what, (events.Digits, events.Silence, events.Spoken)):
        return None
    if context.noted("account"):
        return _secret_heard(step, context, what)
    return _account_heard(step, context, what)


# --- which account ------------------------------------------------------------------------------------------


def _ask_account(step: Identify, context: TurnContext) -> events.Gathering:
    context.say(step.account)
    say_star(step, context)
    return events.Gathering(wait_seconds=step.wait, most=0, finish="#", speech=False, language=context.session.language)


def _account_heard(step: Identify, context: TurnContext, what: events.Input) -> Result:
    withheld = False
    match what:
        case events.Digits("*"):
            account = calling_number(context)
            withheld = account is None
        case events.Digits(keys):
            everywhere = global_key(step, context, keys, lambda: _ask_account(step, context))
            if everywhere is not None:
                return everywhere
            if _like_a_secret(step, context, keys):
                return _not_a_secret(step, context)
            account = _understood(step, context, keys)
        case _:
            account = None
    if account is None:
        cause: events.TryCause = "noinput" if isinstance(what, events.Silence) else "nomatch"
        return "unverified" if spent(step, context, cause, aloud=not withheld) else _ask_account(step, context)
    return _begin(step, context, account)


def _ask_another_account(step: Identify, context: TurnContext) -> events.Gathering:
    context.note({"account": "", "method": "", "length": str(len(context.noted("account")))})
    return _ask_account(step, context)


def _like_a_secret(step: Identify, context: TurnContext, keys: str) -> bool:
    """Whether these keys are a late code or PIN: as long as one, when the account given before was not. An account is
    kept and counted, so they must not become one (docs/trust.md#goal-17)."""
    policy, length = _policy(step, context), context.noted("length")
    secrets = {policy.length(factor) for factor in policy.factors}
    return bool(length) and len(keys) in secrets and len(keys) != int(length)


def _not_a_secret(step: Identify, context: TurnContext) -> Result:
    """Says again that the account is asked for now."""
    if spent(step, context, "nomatch", aloud=False):
        return "unverified"
    context.say(step.restart)
    return _ask_account(step, context)


def _begin(step: Identify, context: TurnContext, account: Value) -> events.Check:
    policy = _policy(step, context)
    method = step.factor or policy.factors[0]
    context.note({"account": account.text, "method": method})
    return events.Check(policy=policy.name, account=account.text, method=method)


def _understood(step: Identify, context: TurnContext, keys: str) -> Value | None:
    """A registered phone number or an account number; the hotline finds out which."""
    least, heard = _policy(step, context).account_digits, events.Digits(keys)
    phone = understood("phone", context, heard, least=least, most=20)
    return phone or understood("account", context, heard, least=least, most=20)


# --- the factor ---------------------------------------------------------------------------------------------


def _ask_secret(step: Identify, context: TurnContext) -> events.Gathering:
    """Keys pressed while this question is said are ignored: keys left over from a menu would count as a wrong PIN."""
    method = context.noted("method")
    context.say(step.code if method == "code" else step.pin)
    return events.Gathering(
        wait_seconds=step.wait * 2 if method == "code" else step.wait,
        most=0,
        finish="#",
        speech=False,
        language=context.session.language,
        barge_in=method == "code",
    )


def _secret_heard(step: Identify, context: TurnContext, what: events.Input) -> Result:
    policy, method, account = _policy(step, context), _method(context), context.noted("account")
    if isinstance(what, events.Digits):
        if what.keys == OTHER_FACTOR and step.factor is None and policy.other(method) != method:
            context.note({"method": policy.other(method)})
            return events.Check(policy=policy.name, account=account, method=policy.other(method))
        if step.keys.get(what.keys) == BACK and not context.session.account:
            return _ask_another_account(step, context)
        everywhere = global_key(step, context, what.keys, lambda: _ask_secret(step, context))
        if everywhere is not None:
            return everywhere
        if len(what.keys) == policy.length(method) and what.keys.isascii() and what.keys.isdigit():
            return events.Check(policy=policy.name, account=account, factor=method, method=method, secret=what.keys)
    if spent(step, context, "noinput" if isinstance(what, events.Silence) else "nomatch"):
        return "unverified"
    return _ask_secret(step, context)


# --- what the hotline says ----------------------------------------------------------------------------------


def _checked(step: Identify, context: TurnContext, checked: events.LookedUp) -> Result:
    result = events.check_result(checked.outcome)
    match result:
        case "asked":
            return _ask_secret(step, context)
        case "verified":
            for name, value in checked.values.items():
                context.keep(name, value)
            account, factor = checked.values["account"].text, _method(context)
            context.session = context.session.replace(account=account, factor=factor)
            context.emit(events.Identified(account, factor))
            return "verified"
        case "wrong":
            wrong = int(context.noted("wrong") or 0) + 1
            context.note({"wrong": str(wrong)})
            if wrong >= _policy(step, context).tries_per_call:
                return "unverified"
            if wrong == 1 or context.session.account:
                # a wrong key is likelier than a wrong account, and the code is still good
                context.say(step.failed)
                return _ask_secret(step, context)
            context.say(step.restart or step.failed)
            return _ask_another_account(step, context)
        case "locked" | "unavailable":
            return result
        case _:
            assert_never(result)


def _method(context: TurnContext) -> Factor:
    """The factor that the caller is asked for now."""
    return factor_named(context.noted("method"))


def _policy(step: Identify, context: TurnContext) -> Policy:
    return context.edition.policies[step.identify]
