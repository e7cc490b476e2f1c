"""Gives a step another name, wherever flows speak of it. Comments, order and quotes stay as they are.

A value that is called after the step keeps its name: it may be said in many sentences, and stand in reports.
"""

import re
from collections.abc import Iterator, Mapping

from ivr.flow.issues import Place
from ivr.flow.model import ACTIONS, Ask, Flow, FlowSet, Keyed, Menu
from ivr.flow.reading.rewriting import rewrite
from ivr.flow.reading.scalars import NAME


class CannotRename(ValueError):
    """A name that the step cannot have; the message is one sentence."""


def renamed(sources: Mapping[str, bytes], flows: FlowSet, state: str, name: str) -> tuple[str, bytes]:
    """The file of the step `state` (`flow.step`) and its text when the step is called `name`.

    `flows` are those of the sources, with places in them. Raises CannotRename, and KeyError for a step that is not
    there.
    """
    step = flows.step(state)
    flow = flows.flows[state.partition(".")[0]]
    if not NAME.fullmatch(name) or name in ACTIONS:
        raise CannotRename(f'"{name}" is no name for a step; it has letters, digits, _ and -, and begins with a letter')
    if name in flow.steps or name in flow.outcomes:
        raise CannotRename(f'"{name}" is a step or an outcome of flow "{flow.name}" already')
    for heir in flows.flows.values() if flow.name == flows.start else (flow,):
        if _inherits(heir, step.name):
            why = f'"{heir.name}" inherits a way out to "{step.name}" from "{flows.start}"'
            raise CannotRename(f'{why}; write it in "{heir.name}" first')
    file = flow.place.file
    places = {place for target, place in _references(flow) if target == step.name and place.file == file}
    added: dict[Place, Mapping[str, str]] = {}
    if isinstance(step, Ask) and step.as_ != "yes-no" and not step.into:
        word = re.compile(rf"(?<![\w-]){re.escape(step.name)}(?![\w-])")
        if sum(len(word.findall(source.decode())) for source in sources.values()) > len(places):  # it may be said
            added = {step.places["as"]: {"into": step.name}}
    return file, rewrite(sources[file], dict.fromkeys(places, name), added)


def _inherits(flow: Flow, name: str) -> bool:
    """Whether a way out that leads there is written in the file of another flow."""
    ways = (way for step in flow.steps.values() for way in step.ways.values())
    return any(way.next == name and way.place.file != flow.place.file for way in ways)


def _references(flow: Flow) -> Iterator[tuple[str, Place]]:
    """Every name of a step in a flow, as it is understood, with its place; some more than once."""
    yield flow.start, flow.places["start"]
    for name in flow.examples:
        yield name, flow.places[f"examples.{name}:"]
    inherited = (flow.defaults.exhausted, *flow.defaults.on.values())
    yield from ((way.next, way.place) for way in inherited if way)
    for owner in (flow, *(step for step in flow.steps.values() if isinstance(step, Keyed))):
        yield from ((target, owner.places[f"keys.{key}"]) for key, target in owner.keys.items())
    for step in flow.steps.values():
        yield step.name, step.place
        choices = step.choices if isinstance(step, Menu) else ()
        yield from ((way.next, way.place) for way in (*step.ways.values(), *(choice.way for choice in choices)))
