"""Rules about menus and questions: keys, choices and tries."""

from collections.abc import Iterator
from dataclasses import fields

from ivr.flow import model
from ivr.flow.checks.graph import Graph, quoted
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.checks.step_facts import place_of

MOST_CHOICES = 5
"""Callers cannot remember more choices than this (Cohen, Giangola, Balogh: Voice User Interface Design, 9.2.1)."""


@error("duplicate-key")
def duplicate_key(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(model.Menu):
        first: dict[str, model.Choice] = {}
        for choice in step.choices:
            if choice.key in first:
                yield (
                    f'key "{choice.key}" is taken: it leads to "{first[choice.key].next}" already; give this choice '
                    f"another key{_free(step)}",
                    choice.place,
                )
            first.setdefault(choice.key, choice)


@error("empty-menu")
def empty_menu(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(model.Menu):
        if not step.choices:
            yield f'menu "{step.name}" has no choices; write them, or use "say"', place_of(step, "choices")


@warning("many-choices")
def many_choices(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(model.Menu):
        if len(step.choices) > MOST_CHOICES:
            yield (
                f'menu "{step.name}" has {len(step.choices)} choices, more than callers can keep in mind; move some '
                "into a menu of their own",
                step.choices[MOST_CHOICES].place,
            )


@warning("keys-out-of-order")
def keys_out_of_order(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(model.Menu):
        for before, choice in zip(step.choices, step.choices[1:], strict=False):
            if _rank(choice.key) < _rank(before.key):
                yield (
                    f'key "{choice.key}" is spoken after key "{before.key}"; write the choices in the order of '
                    "their keys",
                    choice.place,
                )
                break


@warning("no-retry-words")
def no_retry_words(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(model.Menu):
        without = [name for name, said in (("silence", step.silence), ("wrong", step.wrong)) if not said]
        if without and step.tries > 1:
            yield f'menu "{step.name}" has no words for {quoted(without)}; write them there or in defaults', step.place


@warning("same-words")
def same_words(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(model.Menu):
        taken: dict[tuple[str, str], model.Choice] = {}
        for choice in step.choices:
            for language, word in _spoken_names(choice):
                other = taken.setdefault((language, word.casefold()), choice)
                if other is not choice:
                    yield f'choice "{other.key}" answers to "{word}" too; give them different words', choice.place


@error("words-without-key")
def words_without_key(graph: Graph) -> Iterator[Problem]:
    start = graph.set.flows[graph.set.start]
    for flow in graph.set.flows.values():
        for key in flow.also:
            if key not in flow.keys and key not in start.keys:
                message = f'there are words for key "{key}", which does nothing; write it under "keys", or leave it out'
                yield message, place_of(flow, f"also.{key}")
    for step in graph.steps_of(model.Ask):
        for key in step.also if step.as_ != "yes-no" else step.also.keys() - {"1", "2"}:
            yield f'there are words for key "{key}", which is no answer here', place_of(step, f"also.{key}")


@error("number-out-of-range")
def number_out_of_range(graph: Graph) -> Iterator[Problem]:
    for flow in graph.set.flows.values():
        for owner in (flow.defaults, *flow.steps.values()):
            yield from _outside(owner)


def _free(step: model.Menu) -> str:
    taken = {choice.key for choice in step.choices} | set(step.keys)
    free = next((key for key in "123456789" if key not in taken), "")
    return f', such as "{free}"' if free else ""


def _rank(key: str) -> int:
    return "1234567890*#".find(key)


def _spoken_names(choice: model.Choice) -> Iterator[tuple[str, str]]:
    for code, sentence in choice.label.sentences.items() if choice.label else ():
        yield code, sentence.source
    for code, words in choice.also.items():
        yield from ((code, word) for word in dict.fromkeys(words))


def _outside(owner: model.Step | model.Defaults) -> Iterator[Problem]:
    """The numbers that are written here and outside the span of their field; inherited ones are told where written."""
    for field in fields(owner):
        if field.name not in owner.places or (span := field.metadata.get("span")) is None:
            continue
        value, (least, most) = getattr(owner, field.name), span
        if isinstance(owner, model.Ask) and field.name == "most":
            least = max(least, owner.least)
        if not least <= value <= most:
            yield f'"{field.name}" is {value}, but must be from {least} to {most}', owner.places[field.name]
