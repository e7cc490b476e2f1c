"""Actions: everything that a caller, a handler, an agent or the line may do at one wait.

One action stands for all that the engine treats alike: one unmapped key for all, one right answer, one wrong answer,
one sentence that fits and one that does not. Look-ups answer with every outcome they declare,
with values made up for their kinds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Literal, assert_never

from ivr.call import events
from ivr.call.identity import factor_named
from ivr.call.session import Session
from ivr.call.turn import Edition
from ivr.call.values import Value, Values, value_of
from ivr.flow.model import Ask, Choice, HandlerSpec, Identify, Menu, Step, Survey
from ivr.testing.explorer.branches import Branches

CANARY = "739164"
"""The PIN and the code that are keyed in; they must never be said or kept."""
ACCOUNT = "62220001"
CALLER = "+8613800138000"
REGISTERED = "+8613900139000"
"""The number that is on file; the caller rings from another one."""
NONSENSE = {"zh": "嗡嗡嗡", "en": "blablabla"}

KEY_SECONDS = 0.3
THINKING_SECONDS = 1.0
LOOK_UP_SECONDS = 1.0
RECORDING_SECONDS = 12
SPEECH_SECONDS = 2.0


ActionKind = Literal[
    "key", "answer", "wrong", "speech", "silence", "hang-up",  # by the caller
    "outcome",  # of a look-up
    "line",  # a queue, a transfer, a recording
    "fault",  # ours
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """One action. Its `label` is the same in every version of a hotline.

    `keys` is what is pressed, finish key included.
    """

    label: str
    by: ActionKind
    heard: events.Input | None = field(repr=False)
    keys: str = ""
    seconds: float = 0.0
    """Seconds from when the line listens, or a look-up begins, until this has happened."""


def actions(
    edition: Edition, session: Session, wait: events.Wait, handlers: Mapping[str, HandlerSpec], branches: Branches
) -> Iterator[Action]:
    """All actions at a wait: first what callers mean to do, last what goes wrong."""
    step = edition.flows.step(session.state)
    today = session.started_at.astimezone(edition.time_zone).date()
    vary = partial(branches.variants, today=today)
    match wait:
        case events.Gathering():
            yield from _caller(step, session, wait, edition)
            if isinstance(step, Ask) and not session.scratch.get("answer"):
                for digits, words in branches.answers(step, today, session.language, edition.region):
                    yield _spoken_answer(words) if words else _keyed_answer(f"answer {digits}", digits, wait)
            yield Action("silence", "silence", events.Silence(), seconds=wait.wait_seconds)
        case events.LookUp(handler=name):
            yield from _look_up(name, step, handlers.get(name), session.language, vary)
        case events.Check(factor=""):
            yield from _outcomes("identify", "asked", "locked", "unavailable")
        case events.Check():
            yield from _varied("identify verified", "verified", _verified(session.language), vary)
            yield from _outcomes("identify", "wrong", "locked", "unavailable")
        case events.Booking():
            yield from _outcomes("call back", "booked", "refused")
        case events.Recording():
            yield from _recorded(wait)
        case events.Queueing():
            yield from _queued(wait)
        case events.Transferring():
            for ended in events.TRANSFER_RESULTS:
                yield Action(f"transfer {ended}", "line", events.TransferEnded(ended), seconds=20.0)
        case events.Polling() | events.Ended():  # a poll goes on with the look-up; after the end nothing happens
            pass
        case _:
            assert_never(wait)
    yield Action("hang up", "hang-up", events.HungUp())
    if isinstance(wait, events.Gathering) and not session.scratch:  # tries used so far change nothing about it
        yield Action("a fault of ours", "fault", None)


def is_passive(action: Action) -> bool:
    """Whether this happens without the caller; being answered by an agent does not count."""
    return action.by in ("silence", "outcome") or (
        action.by == "line" and not action.label.endswith(("answered", "message"))
    )


# --- the caller -----------------------------------------------------------------------------------------------------


def _caller(step: Step, session: Session, wait: events.Gathering, edition: Edition) -> Iterator[Action]:
    match step:
        case Menu():
            known = dict.fromkeys((*(choice.key for choice in step.choices), *step.keys))
            yield from (_press(key, wait) for key in known)
            yield from _unmapped(known, wait)
            if wait.speech:
                yield from _words(step, session, edition)
        case Survey():
            yield _press("1", wait)
            yield _press(str(step.scale), wait)
            yield from _unmapped(map(str, range(1, step.scale + 1)), wait)
        case Ask() if not session.scratch.get("answer"):
            yield from _answers(step, wait, session.language)
            yield from _everywhere(step.keys, wait)
        case Ask():  # the answer is read back
            yield Action("press 1", "key", events.Digits("1"), "1", _pressing("1"))
            yield Action("press 2", "key", events.Digits("2"), "2", _pressing("2"))
            yield from _everywhere({key: "" for key in step.keys if key not in "12"}, wait)
            yield from _unmapped({*step.keys, "1", "2"}, wait)
        case Identify():
            yield from _identifying(step, session, wait, edition)
    if wait.speech:
        words = NONSENSE.get(session.language, "blablabla")
        yield Action("say nonsense", "wrong", events.Spoken(words), seconds=THINKING_SECONDS + SPEECH_SECONDS)


def _press(key: str, wait: events.Gathering) -> Action:
    keys = key + (wait.finish if wait.most != 1 else "")
    return Action(f"press {key}", "key", events.Digits(key), keys, _pressing(keys))


def _pressing(keys: str) -> float:
    return THINKING_SECONDS + KEY_SECONDS * len(keys)


def _everywhere(keys: Mapping[str, str], wait: events.Gathering) -> Iterator[Action]:
    """Keys that lead elsewhere; the key that ends an entry can not be one of its keys."""
    yield from (_press(key, wait) for key in keys if key != wait.finish)


def _unmapped(known: Iterable[str], wait: events.Gathering) -> Iterator[Action]:
    taken = set(known)
    free = next((key for key in "7653841290*#" if key not in taken and key != wait.finish), "")
    if free:
        keys = free + wait.finish
        yield Action("press a wrong key", "wrong", events.Digits(free), keys, _pressing(keys))


def _words(step: Menu, session: Session, edition: Edition) -> Iterator[Action]:
    """The words of the first choice that has any; and for each topic that words lead to, an example of its author."""
    named = dict.fromkeys(filter(None, (_name(choice, session.language) for choice in step.choices)))
    examples = _examples(step, session.state.partition(".")[0], session.language, edition)
    for words in dict.fromkeys((*list(named)[:1], *examples)):
        seconds = THINKING_SECONDS + SPEECH_SECONDS
        yield Action(f"say “{words}”", "speech", events.Spoken(words), seconds=seconds)


def _name(choice: Choice, language: str) -> str:
    label = choice.label.sentences.get(language) if choice.label else None
    return next(iter(choice.also.get(language, ())), label.source if label and not label.slots else "")


def _examples(step: Menu, flow: str, language: str, edition: Edition) -> Iterator[str]:
    wishes = edition.wishes
    for wish, keys in wishes.ways.of(flow, step, language).items():
        topic = edition.flows.flows.get(wish.partition(".")[0])
        if topic is not None and topic.topic and len(keys) > 1:
            written = topic.examples[wish.partition(".")[2] or wish].get(language, ())
            known = (said for said in written if wishes.understand(flow, step, said, language).keys == keys)
            yield from islice(known, 1)


def _answers(step: Ask, wait: events.Gathering, language: str) -> Iterator[Action]:
    if step.as_ == "yes-no":
        yield Action("press 1", "answer", events.Digits("1"), "1", _pressing("1"))
        yield Action("press 2", "answer", events.Digits("2"), "2", _pressing("2"))
        yield from _unmapped({*step.keys, "1", "2"}, wait)
        return
    if step.as_ == "words":
        words = {"zh": "我想咨询一个问题", "en": "I have a question"}.get(language, "hello")
        yield Action("an answer", "answer", events.Spoken(words), seconds=THINKING_SECONDS + SPEECH_SECONDS)
    else:
        yield _keyed_answer("an answer", _right(step), wait)
    yield Action("a wrong answer", "wrong", events.Digits("**"), "**" + wait.finish, _pressing("**" + wait.finish))


def _keyed_answer(label: str, digits: str, wait: events.Gathering) -> Action:
    keys = digits + (wait.finish if wait.most != len(digits) else "")
    return Action(label, "answer", events.Digits(digits), keys, _pressing(keys))


def _spoken_answer(words: str) -> Action:
    return Action(f"say “{words}”", "answer", events.Spoken(words), seconds=THINKING_SECONDS + SPEECH_SECONDS)


def _right(step: Ask) -> str:
    """Keys that this question takes for an answer."""
    length = max(step.least, min(step.most, 8))
    match step.as_:
        case "phone":
            return "13800138000"
        case "amount":
            return "100"[: max(1, step.most)]
        case "date":
            return "0102"
        case "time":
            return "1430"
        case "account":
            return (ACCOUNT + "0" * 20)[:length]
        case _:
            return ("300123456789" * 3)[: step.least if step.least == step.most else max(step.least, min(step.most, 6))]


def _identifying(step: Identify, session: Session, wait: events.Gathering, edition: Edition) -> Iterator[Action]:
    policy = edition.policies[step.identify]
    if not session.scratch.get("account"):
        yield Action("an account", "answer", events.Digits(ACCOUNT), f"{ACCOUNT}#", _pressing(f"{ACCOUNT}#"))
        if session.caller:
            yield Action("press *", "answer", events.Digits("*"), "*#", _pressing("*#"))
        yield from _everywhere({key: "" for key in step.keys if key != "*"}, wait)
    else:
        method = factor_named(session.scratch.get("method", "code"))
        secret = (CANARY * 2)[: policy.length(method)]
        yield Action(f"the {method}", "answer", events.Digits(secret), f"{secret}#", _pressing(f"{secret}#"))
        if policy.other(method) != method:
            yield Action("press *", "key", events.Digits("*"), "*#", _pressing("*#"))
        yield from _everywhere({key: "" for key in step.keys if key != "*"}, wait)
    yield Action("a wrong answer", "wrong", events.Digits("**"), "**#", _pressing("**#"))


Vary = Callable[[Values], Iterator[tuple[str, Values]]]
"""The values that take other cases, as `Branches.variants`."""

# --- the line -------------------------------------------------------------------------------------------------------


def _recorded(wait: events.Recording) -> Iterator[Action]:
    message = events.Recorded("https://recordings.example/1", RECORDING_SECONDS, "RE1")
    yield Action("a message", "line", message, seconds=RECORDING_SECONDS)
    yield Action("an empty recording", "silence", events.Recorded("", 0), seconds=8.0)
    for key in wait.keys:
        yield Action(f"press {key}", "key", events.Digits(key), key, _pressing(key))


def _queued(wait: events.Queueing) -> Iterator[Action]:
    for result in events.QUEUE_RESULTS:
        if result not in ("left", "hangup"):
            yield Action(f"queue {result}", "line", events.QueueEnded(result, 60), seconds=60.0)
        elif wait.leave and result == "left":
            yield Action(f"press {wait.leave}", "key", events.QueueEnded("left", 10), wait.leave, _pressing(wait.leave))
    for key in wait.keys:
        yield Action(f"press {key}", "key", events.QueueEnded("left", 10, key), key, _pressing(key))


# --- look-ups -------------------------------------------------------------------------------------------------------


def _outcome(label: str, found: events.LookedUp) -> Action:
    return Action(label, "outcome", found, seconds=LOOK_UP_SECONDS)


def _outcomes(of: str, *names: str) -> Iterator[Action]:
    return (_outcome(f"{of} {name}", events.LookedUp(name)) for name in names)


def _varied(label: str, outcome: str, values: Values, vary: Vary) -> Iterator[Action]:
    """An outcome with these values, and again with each that takes another case."""
    yield _outcome(label, events.LookedUp(outcome, values))
    for told, varied in vary(values):
        yield _outcome(f"{label}, {told}", events.LookedUp(outcome, varied))


def _look_up(name: str, step: Step, spec: HandlerSpec | None, language: str, vary: Vary) -> Iterator[Action]:
    outcomes: Mapping[str, Mapping[str, str]] = spec.outcomes if spec else {name: {} for name in step.ways}
    for outcome, values in outcomes.items():
        if outcome != "unavailable":
            made = {key: example(kind, key, language) for key, kind in values.items()}
            yield from _varied(f"{name} {outcome}", outcome, made, vary)
    yield _outcome(f"{name} unavailable", events.LookedUp("unavailable"))


def _verified(language: str) -> Mapping[str, Value]:
    return {
        "account": Value("account", ACCOUNT),
        "customer": example("name", "customer", language),
        "registered_phone": Value("phone", REGISTERED),
    }


_EXAMPLES: Mapping[str, str] = {
    "digits": "3001", "number": "2", "phone": CALLER, "account": ACCOUNT, "reference": "300123", "tail": "6789",
    "money": "128.50 CNY", "date": "2026-11-25", "time": "14:30", "datetime": "2026-11-25T14:30:00+08:00",
    "duration": "1800",
}  # fmt: skip
_NAMES: Mapping[str, Mapping[str, str]] = {
    "name": {"zh": "王小明", "en": "Alex Smith"},
    "words": {"zh": "说明文字", "en": "some words"},
}


def example(kind: str, name: str, language: str) -> Value:
    """A value of this kind that could be true, in a language in which it can be said."""
    if name in ("email", "help_page", "social", "address"):
        return value_of(kind, "help.example.com")
    return value_of(kind, _EXAMPLES.get(kind) or _NAMES.get(kind, _NAMES["words"]).get(language, "some words"))
