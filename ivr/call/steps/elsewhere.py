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


def in_place(step: Prompting, context: TurnContext, question: str, again: Callable[[], Result]) -> Result | None:
    """Answers one of QUESTIONS, and puts the question of now once more; it costs no try. None if there is no answer."""
    if question == model.EXPLAIN and context.session.answer:
        context.repeat_answer()
        context.say(step.explain)
    elif question == model.ROBOT and step.robot:
        context.say(step.robot)
    else:
        return None
    return again()


def asks_more(step: Prompting, context: TurnContext, words: str) -> bool:
    """Whether these words ask about the answer of a topic that was just told: which papers are wanted; once, anything
    that is plainly nothing else."""
    if not (context.session.topic and context.session.answer):
        return False
    hearing, wishes, language = context.language.hearing, context.edition.wishes, context.session.language
    heard = answers.comparable(words, language)
    wish = wishes.wanted(context.inside, step, words, language, apart=0)  # of two that are likely, it is asked which
    if hearing.papers.search(heard):
        return wish not in wishes.ways.urgent
    if wish or context.noted("explained") or not hearing.question.search(heard):
        return False
    context.note({"explained": "1"})
    return True


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is put now: `again` puts it once more, `press` does what a key does in it (None: nothing), and
    `listening` waits for its answer."""

    step: Prompting
    again: Callable[[], Result]
    press: Callable[[str], Result | None]
    listening: Gathering


def named_key(question: Question, context: TurnContext, words: str) -> Result | None:
    """What the key does that is named in these words, or the answer to one of QUESTIONS; None where none is."""
    asked = context.edition.wishes.wanted(context.inside, question.step, words, context.session.language)
    if told := in_place(question.step, context, asked, question.again):
        return told
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
    home, keys = context.edition.wishes.instead(context.inside, step, words, context.session.language)
    acts = bool(keys) and not home and step.keys[keys[0]] in ACTIONS
    is_for_a_moment = answers.is_for_a_moment(words, context.session.language)
    is_missing = not acts and bool(hearing.missing.search(heard))  # for a moment: "wait, it has not come yet"
    if is_missing and not is_for_a_moment:
        return MISSING
    if not acts and hearing.which.search(heard):
        context.repeat_answer()
        return question.again()
    if keys and not is_missing:
        wish = context.edition.wishes.wanted(context.inside, step, words, context.session.language)
        needs = tuple(need for need in context.session.needs if need[0] != wish)  # it is served now
        context.session = context.session.replace(needs=needs)
        context.keys_ahead = keys if home else keys[1:]
        return JumpTarget(home) if home else question.press(keys[0])
    if asks_more(step, context, words):
        return in_place(step, context, model.EXPLAIN, question.again)
    if is_for_a_moment and not context.noted("greeted"):
        context.note({"greeted": "1"})  # once: whoever says it again may be talking to somebody else
        return replace(question.listening, wait_seconds=2 * question.listening.wait_seconds)
    return None
