"""Rules about `examples`: enough of them, each under one name, and none against what a choice is called."""

import re
from collections.abc import Iterator, Mapping, Sequence

from ivr.flow import model
from ivr.flow.checks.graph import Graph, quoted
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.checks.step_facts import place_of
from ivr.flow.issues import did_you_mean

_NO_WORDS = re.compile(r"[\W_]+")
FEWEST = 5
"""With fewer sentences the words of one caller are taken for those of all."""


@error("unknown-example")
def unknown_example(graph: Graph) -> Iterator[Problem]:
    for flow in graph.set.flows.values():
        known = (flow.name, model.NOTHING, *flow.steps, *flow.outcomes)
        for name in flow.examples:
            if name not in known:
                message = f'"{name}" is not this flow, a step or an outcome of it, nor {model.NOTHING}'
                yield message + did_you_mean(name, known), place_of(flow, f"examples.{name}:")


@warning("few-examples")
def few_examples(graph: Graph) -> Iterator[Problem]:
    for flow in graph.set.flows.values():
        for name, by_language in flow.examples.items():
            few = [code for code in graph.set.languages if len(by_language.get(code, ())) < FEWEST]
            if few:
                yield (
                    f'"{name}" has fewer than {FEWEST} examples in {quoted(few)}; write what callers say, ten or more',
                    place_of(flow, f"examples.{name}:"),
                )


@warning("same-example")
def same_example(graph: Graph) -> Iterator[Problem]:
    first: dict[tuple[str, str], set[str]] = {}
    for flow, name, code, sentence, folded in graph.once(_sentences):
        wish = name if name in (flow.name, model.NOTHING) else f"{flow.name}.{name}"
        others = first.setdefault((code, folded), set())
        rivals = sorted(other for other in others if other != wish and _compete(wish, other))
        others.add(wish)
        if rivals:
            yield (
                f'"{sentence}" is an example of "{rivals[0]}" too; keep it where whoever says it wants to go',
                place_of(flow, f"examples.{name}:"),
            )


@warning("shadowed-example")
def shadowed_example(graph: Graph) -> Iterator[Problem]:
    urgent = graph.once(_called_urgent)
    for flow, name, code, sentence, folded in graph.once(_sentences):
        led = urgent.get((code, folded))
        if led and led != flow.name:
            yield (
                f'whoever says "{sentence}" comes to "{led}", which is urgent, by what a choice is called; '
                "take it away here or there",
                place_of(flow, f"examples.{name}:"),
            )


def _sentences(graph: Graph) -> Sequence[tuple[model.Flow, str, str, str, str]]:
    """Every example with its flow, the name it stands under, its language, as it is written and folded."""
    return [
        (flow, name, code, sentence, _folded(sentence))
        for flow in graph.set.flows.values()
        for name, by_language in flow.examples.items()
        for code, sentences in by_language.items()
        for sentence in sentences
    ]


def _called_urgent(graph: Graph) -> Mapping[tuple[str, str], str]:
    """What the choices are called that lead to an urgent flow, by language and words: the name of the flow."""
    found: dict[tuple[str, str], str] = {}
    for flow in graph.set.flows.values():
        for step in flow.steps.values():
            for choice in step.choices if isinstance(step, model.Menu) else ():
                target = flow.steps.get(choice.next)
                ran = graph.set.flows.get(target.run) if isinstance(target, model.Run) else None
                if ran is None or not ran.urgent:
                    continue
                labels = choice.label.sentences.items() if choice.label else ()
                words = [(code, label.source) for code, label in labels]
                words += [(code, word) for code, own in choice.also.items() for word in own]
                found |= {(code, _folded(word)): ran.name for code, word in words}
    return found


def _compete(one: str, other: str) -> bool:
    """Whether somebody may want either at one place: flows everywhere, steps within their flow."""
    (flow, dot, _), (away, another, _) = one.partition("."), other.partition(".")
    return flow == away or not (dot and another)


def _folded(sentence: str) -> str:
    return _NO_WORDS.sub(" ", sentence.casefold()).strip()
