"""The identify step: account first, then one factor, by the policy, in the same words for known and unknown.

The engine never learns whether an account exists, nor keeps a secret: it hands what was keyed in to the hotline as
a `Check` and is told `asked`, `verified`, `wrong` or `locked`.
"""

from dataclasses import replace
from typing import assert_never

from ivr.call import answers, events
from ivr.call.identity import CODE, Factor, Policy, factor_named
from ivr.call.redaction import is_masked
from ivr.call.steps.asking import calling_number, listening, means_own_number, say_star, spent, understood
from ivr.call.steps.elsewhere import MISSING, Question, global_key, named_key, said_instead
from ivr.call.turn import Result, TurnContext
from ivr.call.values import Value
from ivr.flow.model import BACK, Identify

OTHER_FACTOR = "*"
_Heard = events.Digits | events.Silence | events.Spoken


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
    if not isinstance(what, _Heard):
        return None
    if context.noted("account"):
        return _secret_heard(step, context, what)
    return _account_heard(step, context, what)


# --- which account ------------------------------------------------------------------------------------------


def _ask_account(step: Identify, context: TurnContext) -> events.Gathering:
    context.say(step.account)
    say_star(step, context)
    return listening(step, context)


def _account_heard(step: Identify, context: TurnContext, what: _Heard) -> Result:
    if isinstance(what, events.Silence):
        return _retry_account(step, context, "noinput")
    if means_own_number(what, context):
        caller = calling_number(context)
        return (
            _retry_account(step, context, "nomatch", aloud=False) if caller is None else _begin(step, context, caller)
        )

    def again() -> Result:
        return _ask_account(step, context)

    question = Question(step, again, lambda key: global_key(step, context, key, again), listening(step, context))
    everywhere = _explained(question, context, what) or _elsewhere(question, context, what)
    if everywhere is not None:
        return everywhere
    if _like_a_secret(step, context, _keys(context, what)):
        return _not_a_secret(step, context)
    if account := _understood(step, context, what):
        return _begin(step, context, account)
    instead = said_instead(question, context, what.words) if isinstance(what, events.Spoken) else None
    return _retry_account(step, context, "nomatch") if instead is None else instead


def _retry_account(step: Identify, context: TurnContext, cause: events.TryCause, *, aloud: bool = True) -> Result:
    return "unverified" if spent(step, context, cause, aloud=aloud) else _ask_account(step, context)


def _keys(context: TurnContext, what: events.Digits | events.Spoken) -> str:
    """What was keyed in, or the digits that are all that was said."""
    if isinstance(what, events.Digits):
        return what.keys
    return answers.spoken_digits(what.words, context.session.language)


def _elsewhere(question: Question, context: TurnContext, what: events.Digits | events.Spoken) -> Result | None:
    """What the one key does that was pressed, said or named; None if it was none."""
    keys = _keys(context, what)
    if len(keys) == 1 or isinstance(what, events.Digits):
        return question.press(keys)
    return named_key(question, context, what.words)


def _explained(question: Question, context: TurnContext, what: events.Digits | events.Spoken) -> Result | None:
    """Says what the account and the code are for, and that nobody is to be told it, to who asks, or fears a fraud."""
    if isinstance(what, events.Digits) or not context.language.hearing.why.search(_heard(context, what)):
        return None
    context.say(question.step.explain)
    return question.again()


def _heard(context: TurnContext, what: events.Spoken) -> str:
    return answers.comparable(what.words, context.session.language)


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


def _understood(step: Identify, context: TurnContext, heard: events.Digits | events.Spoken) -> Value | None:
    """A registered phone number or an account number; the hotline finds out which."""
    least = _policy(step, context).account_digits
    phone = understood("phone", context, heard, least=least, most=20)
    return phone or understood("account", context, heard, least=least, most=20)


# --- the factor ---------------------------------------------------------------------------------------------


def _ask_secret(step: Identify, context: TurnContext) -> events.Gathering:
    """Keys pressed while this question is said are ignored: keys left over from a menu would count as a wrong PIN."""
    method = context.noted("method")
    context.say(step.code if method == "code" else step.pin)
    return _listening(step, context)


def _listening(step: Identify, context: TurnContext) -> events.Gathering:
    is_code = _method(context) == CODE
    return replace(listening(step, context), wait_seconds=step.wait * (2 if is_code else 1), barge_in=is_code)


def _secret_heard(step: Identify, context: TurnContext, what: _Heard) -> Result:
    """Takes keys, and a texted code that is said. A PIN that is said is refused and kept nowhere."""
    if isinstance(what, events.Silence):
        return _retry_secret(step, context, "noinput")
    policy, method = _policy(step, context), _method(context)
    if what == events.Digits(OTHER_FACTOR) and (other := _other_factor(step, context)):
        return other
    question = Question(
        step, lambda: _ask_secret(step, context), lambda key: _pressed(step, context, key), _listening(step, context)
    )
    again = _resent(step, context, what) if method == CODE else None
    everywhere = again or _explained(question, context, what) or _elsewhere(question, context, what)
    if everywhere is not None:
        return everywhere
    keys = _keys(context, what) if method == CODE or isinstance(what, events.Digits) else ""
    if len(keys) == policy.length(method) and keys.isascii() and keys.isdigit():
        account = context.noted("account")
        return events.Check(policy=policy.name, account=account, factor=method, method=method, secret=keys)
    if isinstance(what, events.Digits):
        return _retry_secret(step, context, "nomatch")
    if _means_other(step, context, what.words) and (other := _other_factor(step, context)):
        return other
    match said_instead(question, context, what.words):
        case None:
            return _retry_secret(step, context, "nomatch", said=True)
        case str(outcome) if outcome == MISSING:
            names = context.language.hearing.instead_of.get(method)
            found = names.search(_heard(context, what)) if names else None
            if found and found.groupdict().get("pin"):  # it is the PIN that they forgot
                return question.again()
            return _instead_of_it(step, context) or MISSING
        case result:
            return result


def _pressed(step: Identify, context: TurnContext, key: str) -> Result | None:
    """What a key does where a secret is asked for."""
    if step.keys.get(key) == BACK and not context.session.account:
        return _ask_another_account(step, context)
    return global_key(step, context, key, lambda: _ask_secret(step, context))


def _other_factor(step: Identify, context: TurnContext) -> events.Check | None:
    """Begins with the other factor; None where there is none, or the one of now is needed."""
    policy, method = _policy(step, context), _method(context)
    other = policy.other(method)
    if step.factor is not None or other == method:
        return None
    context.note({"method": other})
    return events.Check(policy=policy.name, account=context.noted("account"), method=other)


def _resent(step: Identify, context: TurnContext, what: events.Digits | events.Spoken) -> events.Check | None:
    """Another code for who has not got it; once, for after that there is another factor. How many a phone gets is
    counted where they are sent."""
    if isinstance(what, events.Digits) or context.noted("resent") or is_masked(what.words):
        return None
    hearing, heard = context.language.hearing, _heard(context, what)
    other = hearing.instead_of.get(CODE)
    is_for_a_moment = answers.is_for_a_moment(what.words, context.session.language)  # it may be under way
    if is_for_a_moment or not hearing.resend.search(heard) or (other and other.search(heard)):
        return None
    context.note({"resent": "1"})
    return events.Check(policy=_policy(step, context).name, account=context.noted("account"), method=CODE)


def _means_other(step: Identify, context: TurnContext, words: str) -> bool:
    """Whether the other factor is meant, and nothing lacking or urgent told: "use my PIN", "my number changed".

    Whoever says a secret aloud ("my PIN is …") is to use the keys.
    """
    wishes, language = context.edition.wishes, context.session.language
    if is_masked(words) or wishes.wanted(context.inside, step, words, language) in wishes.ways.urgent:
        return False
    hearing, heard = context.language.hearing, answers.comparable(words, language)
    meant = hearing.instead_of.get(_method(context))
    return meant is not None and bool(meant.search(heard)) and not hearing.missing.search(heard)


def _instead_of_it(step: Identify, context: TurnContext) -> events.Check | None:
    """The other factor, for a caller who does not have this one; once, or they would go to and fro."""
    if context.noted("lacked"):
        return None
    context.note({"lacked": _method(context)})
    return _other_factor(step, context)


def _retry_secret(step: Identify, context: TurnContext, cause: events.TryCause, *, said: bool = False) -> Result:
    """Asks again; whoever `said` something is told to use the keys."""
    if spent(step, context, cause, aloud=not said):
        return "unverified"
    if said:
        context.utter_phrase(context.language.phrases.use_keys)
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
