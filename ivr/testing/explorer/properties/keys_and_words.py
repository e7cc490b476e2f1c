"""Properties of what callers press and say: urgent words, keys that are announced, secrets that come late."""

import re
from collections.abc import Iterator, Mapping

from ivr.call.events import (
    Digits,
    Entered,
    Event,
    Gathering,
    Queueing,
    Recording,
    Spoken,
    SurveyAnswered,
    Took,
    TryUsed,
)
from ivr.call.identity import factor_named
from ivr.call.machine import queues_behind
from ivr.flow.checks.spoken import mentions, speech_of
from ivr.flow.model import BACK, REPEAT, Ask, Identify, Menu
from ivr.testing.explorer.actions import CANARY, Action
from ivr.testing.explorer.branches import COUNTED
from ivr.testing.explorer.distances import call_until
from ivr.testing.explorer.properties.reachability import in_lane
from ivr.testing.explorer.property import Bounds, Finding, one_more, space_property, tried, turn_property
from ivr.testing.explorer.search import ANY, Edge, Model, Node, ObservedTurn, StateSpace

_CLAUSE = re.compile("[.,;，。；]")
LATE = 6
"""Digits that a question must take for somebody's late PIN to be taken for an answer."""


@space_property("urgent-words")
def urgent_words(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """The words for danger lead from every menu to the security lane, at once.

    They are those that the first flow lists for the key of the lane (`also`), by which calls come to it at once or by
    way of a few words. Hotlines without a lane (`urgent: yes`), and menus that do not listen to words, are not
    concerned.
    """
    urgent = tuple(_urgent(space, bounds.lane))
    for node in _places(space):
        is_menu = isinstance(space.model.edition.flows.step(node.state), Menu)
        if not is_menu or in_lane(space, node, bounds.lane) or not isinstance(node.wait, Gathering):
            continue
        for key, words in urgent:
            by_key = _edge(space, node, Action(f"press {key}", "key", Digits(key))).entered
            for said in words.get(node.language, ()) if node.wait.speech else ():
                edge = _edge(space, node, Action(f"say “{said}”", "speech", Spoken(said)))
                # before a language is chosen, it is asked for first
                if not _enters(edge, bounds.lane) and edge.entered != by_key:
                    message = f'in "{node.state}" “{said}” does not lead to the security lane "{bounds.lane}"'
                    yield Finding("urgent-words", message, (*call_until(space, node), edge))


def _urgent(space: StateSpace, lane: str) -> Iterator[tuple[str, Mapping[str, tuple[str, ...]]]]:
    """The keys of the first flow that lead to the lane, and the words that it takes for them, by language."""
    flows = space.model.edition.flows
    first = flows.flows[flows.start]
    leading = {
        edge.action.label for node in space.nodes if not in_lane(space, node, lane)
        for edge in node.edges if _enters(edge, lane)
    }  # fmt: skip
    for key, target in first.keys.items():
        if target in first.steps and f"press {key}" in leading:
            yield key, first.also.get(key, {})


def _enters(edge: Edge, lane: str) -> bool:
    return any(state.startswith(f"{lane}.") for state in edge.entered)


@space_property("announced-keys")
def announced_keys(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """A key that is announced as working at any time works at every question, in every queue and in every voicemail.

    It is neither a wrong key there nor an answer, but where an amount is asked for: 9 is one.
    """
    texts = {(said.text, said.language) for edge in space.edges() for said in edge.said}
    keys = {code: sorted({key for text, spoken in texts if spoken == code for key in _announced(text, code)})
            for code in space.model.edition.flows.languages}  # fmt: skip
    for node in _places(space):
        wait = node.wait
        there = _keys_to(space.model, node, wait.queue) if isinstance(wait, Queueing) else frozenset()
        for key in keys.get(node.language, ()):
            waiting = isinstance(wait, Queueing) and key not in wait.leave + wait.keys and key not in there
            recording = isinstance(wait, Recording) and key not in wait.keys + "#"
            if waiting or recording or (not isinstance(wait, Queueing) and _only_repeats(space, node, key)):
                message = f'{key} is announced as working at any time, and does nothing in "{node.state}"'
                yield Finding("announced-keys", message, call_until(space, node))
            if not isinstance(wait, Gathering) or (key == wait.finish and wait.most != 1):
                continue
            action = Action(f"press {key}", "key", Digits(key), key + (wait.finish if wait.most != 1 else ""))
            events = tried(space, node, Digits(key))
            if any(isinstance(event, TryUsed) or _is_answer(event, space, node) for event in events):
                message = f'{key} is announced as working at any time, and does not work in "{node.state}"'
                yield Finding("announced-keys", message, (*call_until(space, node), _edge(space, node, action)))


def _only_repeats(space: StateSpace, node: Node, key: str) -> bool:
    """Whether a key that leads somewhere in the first flow only says things again here."""
    flows = space.model.edition.flows
    leads = flows.flows[flows.start].keys.get(key, REPEAT)
    here = getattr(flows.step(node.state), "keys", {}).get(key)
    return here in (REPEAT, BACK) and leads not in (REPEAT, BACK)


def _keys_to(model: Model, node: Node, queue: str) -> frozenset[str]:
    """The keys that lead to a queue, in the first flow and in those that are open: there they have nothing to do."""
    flows = model.edition.flows
    names = {flows.start, *(state.partition(".")[0] for state in (node.state, *node.session.stack))}
    return frozenset(
        key for name in names for key, target in flows.flows[name].keys.items()
        if queue in queues_behind(flows, name, target)
    )  # fmt: skip


def _announced(text: str, language: str) -> Iterator[str]:
    """The keys that a text says work at any time."""
    speech = speech_of(language)
    if speech is None or not speech.any_time.search(text):
        return
    for mention in mentions(text, language):
        clause = _CLAUSE.split(mention.before)[-1] + _CLAUSE.split(mention.after)[0]
        if speech.any_time.search(clause):
            yield mention.key


def _is_answer(event: Event, space: StateSpace, node: Node) -> bool:
    """Whether the question, or the survey, took what was pressed for its answer."""
    if isinstance(event, SurveyAnswered):
        return True
    step = space.model.edition.flows.step(node.state)
    asks = isinstance(step, Ask) and step.as_ != "amount" and (step.into or step.name)
    return isinstance(event, Took) and event.name == asks


@turn_property("late-secrets")
def late_secrets(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A PIN or code that comes late is taken for nothing else: neither for an account nor for another number.

    Where a secret was asked for, the caller may still be keying it in when the next question begins. An account that is
    asked for again takes nothing that looks like a secret, and no question for digits follows at once.
    """
    before = turn.before.session if turn.before is not None else None
    flows = model.edition.flows
    if before is None or not before.scratch.get("account") or turn.after.account:
        return
    if not isinstance(turn.events[-1], Gathering) or turn.action.by not in ("outcome", "wrong", "silence"):
        return
    asking, step = flows.step(before.state), flows.step(turn.after.state)
    if not isinstance(asking, Identify):
        return
    if isinstance(step, Identify) and not turn.after.scratch.get("account"):
        length = model.edition.policies[asking.identify].length(factor_named(before.scratch.get("method", "code")))
        late = (CANARY * 2)[:length]
        again = one_more(model.edition, turn.after, Digits(late), turn.world)
        if isinstance(again, Exception):  # told as a turn that fails
            return
        if late in again.session.to_json() or any(late in str(event) for event in again.events):
            yield f'a late PIN or code is taken for an account in "{turn.after.state}"'
    elif isinstance(step, Ask) and step.as_ in COUNTED and step.least <= LATE <= step.most:
        yield f'a late PIN or code is taken for the answer to "{turn.after.state}"'


# --- trying -----------------------------------------------------------------------------------------------------------


def _places(space: StateSpace) -> Iterator[Node]:
    """The first node of each question, queue and voicemail in each language."""
    seen: set[tuple[str, str, bool]] = set()
    for node in space.nodes:
        key = (node.state, node.language, bool(node.session.scratch.get("account")))
        if isinstance(node.wait, Gathering | Queueing | Recording) and key not in seen:
            seen.add(key)
            yield node


def _edge(space: StateSpace, node: Node, action: Action) -> Edge:
    """What the engine makes of one more action, outside the search."""
    assert action.heard is not None  # noqa: S101 - somebody says or presses something
    events = tried(space, node, action.heard)
    return Edge(node.index, action, -1, ANY, (), tuple(event.state for event in events if isinstance(event, Entered)))
