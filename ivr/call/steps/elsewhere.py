"""What leads elsewhere from a menu or a question: keys that work everywhere, and what callers say instead of an answer.

None of it costs a try. The words are kept nowhere: they may be said where a secret is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ivr.call import answers, choices
from ivr.call.events import Gathering
from ivr.call.redaction import is_masked
from ivr.call.session import JumpTarget
from ivr.call.turn import Result, TurnContext
from ivr.flow import model
from ivr.flow.model import ACTIONS, Keyed, Prompting, key_outcome

MISSING = "missing"
"""The outcome of a question whose answer the caller does not have."""


def global_key(step: Keyed, context: TurnContext, key: str, again: Callable[[], Result]) -> Result | None:
    """What a key that works everywhere does here, or None when it is not one. Costs no try.

    `repeat` says the last answer again, too: whoever did not catch an amount asks for that.

    `again` puts the question once more, tries used so far included.
    """
    match step.keys.get(key):
        case None:
            return None
        case model.REPEAT:
            context.repeat_answer()
            return again()
        case model.BACK:
            return context.previous_question() or again()
        case model.SWITCH_LANGUAGE:
            context.speak_language(context.wanted_language())
            context.say_answer()
            return again()
        case _:
            return key_outcome(key)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is put now: `again` puts it once more, `press` does what a key does in it (None: nothing), and
    `listening` waits for its answer."""

    step: Prompting
    again: Callable[[], Result]
    press: Callable[[str], Result | None]
    listening: Gathering


def named_key(question: Question, context: TurnContext, words: str) -> Result | None:
    """What the key does that is named in these words; None where none is."""
    context.said = words  # in which language is asked for another one
    key = choices.called(question.step.called, words, context.session.language)
    return question.press(key) if key else None


def said_instead(question: Question, context: TurnContext, words: str) -> Result | None:
    """What follows from words that are no answer and name no key; None where they say nothing that is known.

    Whoever does not have what is asked for gives MISSING, which is for the step to see to. A number is an answer that
    failed, whatever else it is like.
    """
    if answers.is_number(words, context.session.language) or is_masked(words):
        return None
    step, hearing = question.step, context.language.hearing
    heard = answers.comparable(words, context.session.language)
    inside = [state.partition(".")[0] for state in (*context.session.stack, context.session.state)]
    home, keys = context.edition.wishes.instead(inside, step, words, context.session.language)
    acts = bool(keys) and not home and step.keys[keys[0]] in ACTIONS
    if not acts and hearing.missing.search(heard):
        return MISSING
    if not acts and hearing.which.search(heard):
        context.repeat_answer()
        return question.again()
    if keys:
        context.keys_ahead = keys if home else keys[1:]
        return JumpTarget(home) if home else question.press(keys[0])
    if hearing.moment.search(heard) and not context.noted("greeted"):
        context.note({"greeted": "1"})  # once: whoever says it again may be talking to somebody else
        return replace(question.listening, wait_seconds=2 * question.listening.wait_seconds)
    return None
