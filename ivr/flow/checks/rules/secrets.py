"""Rules about what is said: secrets, length, and that each language says the same.

A secret is a PIN, a one-time code, a password, a card's check number, the words that open a wallet. `identify`
alone asks for one, and never makes a value of it.
"""

import re
from collections.abc import Iterator

from ivr.flow.checks.graph import Graph, ResolvedFlow, quoted, texts
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.checks.spoken import asks_secret, is_other_language
from ivr.flow.checks.step_facts import Pace, place_of
from ivr.flow.model import Ask, Handle, Identify, Menu, Slot, Survey, Text, Ticket, Voicemail

SECRET_NAMES = frozenset(
    ("pin", "password", "passwd", "passcode", "cvv", "cvv2", "cvc", "cvc2", "otp", "secret", "mnemonic")
)
SLOT_BYTES = 40
"""How many bytes of UTF-8 a `{value}` counts: a long amount or a date, spoken."""


@error("secret-asked")
def secret_asked(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(Ask):
        found = _asked(step.ask)
        name = step.into or step.name
        if found:
            yield f'the question asks for "{found}", a secret; use an identify step', step.ask.place
        elif is_secret(name):
            yield f'"{name}" is the name of a secret, which is never kept; use an identify step', place_of(step, "into")


@error("secret-said")
def secret_said(graph: Graph) -> Iterator[Problem]:
    slots = [slot for _, text in graph.said for slot in text.slots]
    handles = list(graph.steps_of(Handle))
    slots += [slot for step in handles for sentence in step.with_.values() for slot in sentence.slots]
    for slot in slots:
        if is_secret(slot.name):
            yield f'"{{{slot.name}}}" would be a secret, which is never said or passed on; remove it', slot.place
    for ticket in graph.steps_of(Ticket):
        for index, name in enumerate(ticket.about):
            if is_secret(name):
                yield f'"{name}" would be a secret, which no ticket may hold', place_of(ticket, f"about.{index}")
    for step in handles:
        for name in filter(is_secret, step.with_):
            yield f'a handler is never given a secret such as "{name}"', place_of(step, f"with.{name}")


@error("secret-recorded")
def secret_recorded(graph: Graph) -> Iterator[Problem]:  # docs/trust.md#goal-18
    handlers = {step.handle: graph.catalogue.handlers.get(step.handle) for step in graph.steps_of(Handle)}
    given = [values for spec in handlers.values() if spec is not None for values in spec.outcomes.values()]
    foreign = {name for values in given for name, kind in values.items() if kind == "words"}
    told = {}
    for flow in graph.resolved.values():
        for text in _before_the_tone(flow):
            said = {slot.name for slot in text.slots}
            if found := _asked(text):
                told[text.place] = f'telling "{found}", a secret; ask for something else'
            elif worded := sorted(said & foreign):
                told[text.place] = f'answering "{{{worded[0]}}}", which a handler words: it may ask for a secret'
    for place, why in told.items():
        yield f"the caller would be recorded {why}", place


def _before_the_tone(flow: ResolvedFlow) -> Iterator[Text]:
    """What is said by steps that record, and by those that lead to one although the caller does nothing. What a step
    says that takes an answer itself was answered before."""
    steps = flow.flow.steps
    leading = {name for name, step in steps.items() if isinstance(step, Voicemail)}
    while more := {
        name
        for name, edges in flow.edges.items()
        if name not in leading and any(edge.to in leading and edge.pace is Pace.AT_ONCE for edge in edges)
    }:
        leading |= more
    for name, step in steps.items():
        if name in leading and not isinstance(step, Menu | Ask | Identify | Survey):
            yield from texts(step)


@error("text-too-long")
def text_too_long(graph: Graph) -> Iterator[Problem]:
    limit = graph.catalogue.say_limit
    for _, text in graph.said:
        for code, sentence in text.sentences.items():
            size = sum([SLOT_BYTES if isinstance(part, Slot) else len(part.encode()) for part in sentence.parts])
            if size > limit:
                yield (
                    f'the text in "{code}" has {size} bytes, and one Say carries {limit}; divide it into steps',
                    sentence.place,
                )


def is_secret(name: str) -> bool:
    """Whether a value of this name would be a secret: `pin`, `card_cvv`, `code`, but not `error_code`."""
    words = re.split(r"[_-]", name.lower())
    return name.lower() == "code" or any(word in SECRET_NAMES for word in words)


def _asked(text: Text) -> str:
    return next((word for code, each in text.sentences.items() if (word := asks_secret(each.source, code))), "")


# --- the languages of a text ---------------------------------------------------------------------------------------


@warning("uneven-values")
def uneven_values(graph: Graph) -> Iterator[Problem]:
    for _, text in graph.said:
        names = {code: {slot.name for slot in sentence.slots} for code, sentence in text.sentences.items()}
        every = set().union(*names.values())
        for code, own in names.items() if every else ():
            if missing := sorted(every - own):
                braced = [f"{{{name}}}" for name in missing]
                yield f'the text in "{code}" leaves out {quoted(braced)}', text.sentences[code].place


@warning("other-language")
def other_language(graph: Graph) -> Iterator[Problem]:
    for _, text in graph.said:
        for code, sentence in text.sentences.items():
            if is_other_language(sentence.words, code):
                yield f'this does not look like "{code}"; translate it', sentence.place
