"""Menus: choices by key, and by what callers say (`ivr.call.understanding`).

Words that are close to two wishes are answered with a short question between them, on keys 1 and 2. It costs no try.
"""

from dataclasses import replace

from ivr.call import answers, choices, prompts
from ivr.call.events import Digits, Gathering, Input, Silence, Spoken, TryCause
from ivr.call.machine import way_out
from ivr.call.session import JumpTarget
from ivr.call.steps.asking import answer_in, spent
from ivr.call.steps.elsewhere import asks_more, global_key, in_place
from ivr.call.turn import Result, TurnContext
from ivr.flow.model import EXPLAIN, Ask, Callback, Menu, Text, Voicemail, key_outcome

SENTENCE = 3
"""How often as long as the shortest part that says something what somebody tells is at least."""


def menu(step: Menu, context: TurnContext) -> Result:
    """Callers whose words led here are not asked again for what they named: "a refund" goes on to refunds."""
    context.remember_for_back()
    if context.keys_ahead:
        return _pressed(step, context, context.keys_ahead)
    if context.language_chosen and (further := _second_need(step, context)):
        return further  # what was said at the greeting is for the menu behind
    said, context.said = context.said, ""
    if said and step.speech and (key := _named_before(step, context, said)):
        return _chosen(step, context, key)
    if further := _second_need(step, context):
        return further
    if said and context.language_chosen and step.speech:
        # two things that the words at the greeting may mean
        wishes, language = context.edition.wishes, context.session.language
        meant = wishes.understand(context.flow, step, said, language)
        if meant.other and not wishes.is_inside((context.flow,), step, said, language):
            return _ask_between(step, context, meant.keys, meant.other)
    return _offer(step, context)


def _named_before(step: Menu, context: TurnContext, said: str) -> str | None:
    """The choice that was asked for on the way to this menu. A callback is offered, not booked."""
    if key := _answered_behind(step, context, said):
        context.answered = said
        return key
    key = choices.named(step.choices, said, context.session.language)
    steps = context.edition.flows.flows[context.flow].steps
    booked = any(choice.key == key and isinstance(steps.get(choice.next), Callback) for choice in step.choices)
    return None if booked else key


def _second_need(step: Menu, context: TurnContext) -> Result | None:
    """Goes on to the second of two things that were asked for in one sentence, once this menu leads there; the first
    may have been the language. Keys that work everywhere lead there once the topic of the first is left."""
    session = context.session
    if not session.needs:
        return None
    (need, words), *later = session.needs
    keys = context.edition.wishes.ways.of(context.flow, step, session.language).get(need, ())
    leading = {choice.key for choice in step.choices} | set(() if session.stack else step.keys)
    if leading.isdisjoint(keys[:1]):
        return None
    context.session, context.said = session.replace(needs=tuple(later)), words
    if not context.language_chosen:
        context.utter_phrase(context.language.phrases.second_need)
    return _pressed(step, context, keys)


def menu_heard(step: Menu, context: TurnContext, heard: Input) -> Result | None:
    between = _asked_between(context)
    context.note({"between": ""})
    match heard:
        case Digits(keys) if between and keys in ("1", "2"):
            return _pressed(step, context, between[int(keys) - 1])
        case Digits(keys):
            return _pressed(step, context, (keys,) if keys else (), between)
        case Spoken(words):
            return _spoken(step, context, words, between)
        case Silence():
            return _retry(step, context, "noinput", between)
        case _:
            return None


def _spoken(step: Menu, context: TurnContext, words: str, between: tuple[tuple[str, ...], ...]) -> Result:
    language = context.session.language
    if between and (which := choices.of_two(words, language)) is not None:
        return _pressed(step, context, between[which])
    if key := _answered_behind(step, context, words):
        context.answered = words
        return _chosen(step, context, key)
    context.said = words
    meant = context.edition.wishes.understand(context.flow, step, words, language)
    if not choices.is_name(step.choices, words, language) and asks_more(step, context, words):
        meant = replace(meant, question=EXPLAIN)
    elif elsewhere := context.edition.wishes.elsewhere(context.inside, step, words, language):
        home, wanted = elsewhere
        context.keep_needs(wanted.later)
        context.keys_ahead = wanted.keys
        return JumpTarget(home)
    if meant.question:
        answered = in_place(step, context, meant.question, lambda: _asked(step, context, between))
        return _retry(step, context, "nomatch") if answered is None else answered
    if not meant.keys and (other := context.edition.wishes.other_language(words, language)):
        context.speak_language(other)  # who chose English and speaks Chinese is answered in Chinese
        meant = context.edition.wishes.understand(context.flow, step, words, other)
    is_told = not meant.keys and _begins_to_tell(step, context, words)
    if is_told or context.edition.wishes.is_inside(context.inside, step, words, context.session.language):
        return _asked_for_here(step, context, between)
    context.keep_needs(meant.later)
    if meant.other and between and not {meant.keys, meant.other} - set(between):
        return _retry(step, context, "nomatch", between)
    if meant.other:
        return _ask_between(step, context, meant.keys, meant.other)
    codes = context.edition.flows.languages
    greets = any(answers.is_greeting(words, code) for code in codes) and not choices.is_name(
        step.choices, words, language
    )
    waits = not meant.keys and any(answers.is_for_a_moment(words, code) for code in codes)
    if (greets or waits) and not context.noted("greeted"):
        context.note({"greeted": "1"})  # "hello" and "okay" are no tries that failed, the first time
        return _asked(_again(step), context, between)
    led = _pressed(step, context, meant.keys, between)
    doubt = context.edition.wishes.doubt_of_alarm(words, context.session.language) if context.language_chosen else ""
    return JumpTarget(doubt) if doubt else led  # asked at once: notices and hours can wait


def _begins_to_tell(step: Menu, context: TurnContext, words: str) -> bool:
    """Whether a sentence that asks for nothing is the beginning of what the recording here is for."""
    heard, shortest = answers.comparable(words, context.session.language), context.language.hearing.shortest
    return _records(step, context) and len(heard) >= SENTENCE * shortest


def _records(step: Menu, context: TurnContext) -> bool:
    """Whether the first choice is a recording."""
    return isinstance(context.edition.flows.flows[context.flow].steps.get(step.choices[0].next), Voicemail)


def _asked_for_here(step: Menu, context: TurnContext, between: tuple[tuple[str, ...], ...]) -> Result:
    """Whoever asks for the flow that is open is understood: the menu is said again, and it costs no try. Only once.

    Where the first choice is a recording, they have begun to tell, and come to it.
    """
    if _records(step, context):
        return _chosen(step, context, step.choices[0].key)
    if context.noted("here"):
        return _retry(step, context, "nomatch", between)
    context.note({"here": "asked"})
    return _asked(step, context, between)


def _answered_behind(step: Menu, context: TurnContext, words: str) -> str | None:
    """The key of the one choice whose question these words answer ("call me tomorrow at ten"), if they are no key."""
    behind = context.edition.flows.flows[context.flow].steps
    asked = [(choice.key, question) for choice in step.choices if isinstance(question := behind.get(choice.next), Ask)]
    keys = [key for key, question in asked if answer_in(words, question, context)]
    return keys[0] if len(keys) == 1 and not choices.is_key(words, context.session.language) else None


def _pressed(
    step: Menu, context: TurnContext, keys: tuple[str, ...], between: tuple[tuple[str, ...], ...] = ()
) -> Result:
    """Goes the way of these keys, the first of them here; none is a try that failed.

    A key that repeats puts the question between two ways again, where that was the last.
    """
    if not keys:
        return _retry(step, context, "nomatch")
    key, *rest = keys
    context.keys_ahead = tuple(rest)
    if any(choice.key == key for choice in step.choices):
        return _chosen(step, context, key)
    everywhere = global_key(step, context, key, lambda: _asked(step, context, between))
    return everywhere if everywhere is not None else _retry(step, context, "nomatch")


def _chosen(step: Menu, context: TurnContext, key: str) -> str:
    choice = next(choice for choice in step.choices if choice.key == key)
    if choice.language:
        context.language_chosen = True
        context.speak_language(choice.language)
    return key_outcome(key)


# --- what is said -------------------------------------------------------------------------------------------


def _offer(step: Menu, context: TurnContext) -> Gathering:
    code, edition = context.session.language, context.edition
    key = context.session.state, code
    as_written = step is context.step and not context.is_slow
    if as_written and key in edition.constant_menus:
        said, listening = edition.constant_menus[key]
        context.events += said
        return listening
    before, listening = len(context.events), _listening(step, context)
    for words, language in prompts.menu_words(step, code, edition.flows.languages, context.values, context.today):
        context.utter(words, language)
    if as_written and prompts.is_constant(step):
        edition.constant_menus[key] = tuple(context.events[before:]), listening
    return listening


def _asked(step: Menu, context: TurnContext, between: tuple[tuple[str, ...], ...]) -> Result:
    """The question once more: between two ways, if that is what was asked, or between all."""
    return _ask_between(step, context, *between) if between else _offer(step, context)


def _listening(step: Menu, context: TurnContext) -> Gathering:
    code = context.session.language
    return Gathering(
        wait_seconds=step.wait,
        most=1,
        finish="",
        speech=step.speech,
        language=code,
        hints=_hints(step, code) if step.speech else (),
    )


def _ask_between(step: Menu, context: TurnContext, one: tuple[str, ...], other: tuple[str, ...]) -> Result:
    """Asks which of two ways is meant. Where one of them has no name to say, the likelier is taken."""
    ways = sorted((one, other))  # in the order of the menu
    labels = [context.edition.wishes.ways.label(context.flow, step, keys) for keys in ways]
    named: list[Text] = [label for label in labels if label is not None]
    if len(named) < len(ways):
        return _pressed(step, context, one)
    context.note({"between": " ".join("".join(keys) for keys in ways)})
    context.utter_phrase(context.language.phrases.between)
    for key, label in zip("12", named, strict=True):
        context.utter(context.language.choice(context.words(label), key))
    return _listening(step, context)


def _asked_between(context: TurnContext) -> tuple[tuple[str, ...], ...]:
    """The two ways asked between in the last turn, each as keys; none if nothing was asked."""
    return tuple(tuple(keys) for keys in context.noted("between").split())


def _hints(step: Menu, code: str) -> tuple[str, ...]:
    """What callers are likely to say here: labels and their synonyms, for the recogniser."""
    labels = [choice.label.sentences.get(code) for choice in step.choices if choice.label]
    also = [word for choice in step.choices for word in choice.also.get(code, ())]
    called = [word for by_language in step.called.values() for word in by_language.get(code, ())]
    return (*(label.source for label in labels if label), *also, *called)


def _retry(step: Menu, context: TurnContext, cause: TryCause, between: tuple[tuple[str, ...], ...] = ()) -> Result:
    """A try that failed: the same question again, between two ways or between all, or the way out."""
    if spent(step, context, cause):
        return way_out(step, cause) if cause == "nomatch" else "exhausted"
    return _asked(_again(step), context, between)


def _again(step: Menu) -> Menu:
    return replace(step, menu=step.again) if step.again else step
