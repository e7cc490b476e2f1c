"""Properties of what callers press and say: urgent words, keys that are announced, secrets that come late."""

import re
from collections.abc import Iterator, Mapping

from ivr.call import engine
from ivr.call.events import Digits, Entered, Event, Gathering, Queueing, Spoken, SurveyAnswered, Took, TryUsed
from ivr.call.identity import factor_named
from ivr.call.machine import queues_behind
from ivr.flow.checks.spoken import mentions
from ivr.flow.model import Ask, Identify, Menu, Run
from ivr.testing.explorer.actions import CANARY, Action
from ivr.testing.explorer.branches import COUNTED
from ivr.testing.explorer.distances import call_until
from ivr.testing.explorer.properties.reachability import in_lane
from ivr.testing.explorer.property import Bounds, Finding, space_property, tried, turn_property
from ivr.testing.explorer.search import ANY, Edge, Model, Node, ObservedTurn, StateSpace

ANY_TIME = {"zh": "随时", "en": "any time"}
"""How a sentence says that a key works wherever one is."""
_CLAUSE = re.compile("[.,;，。；]")
LATE = 6
"""Digits that a question must take for somebody's late PIN to be taken for an answer."""


@space_property("urgent-words")
def urgent_words(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """The words for danger lead from every menu to the security lane, at once.

    They are those that the first flow lists for the key of the lane (`also`). Hotlines without a lane (--lane), and
    menus that do not listen to words, are not concerned.
    """
    for node in _places(space):
        is_menu = isinstance(space.model.edition.flows.step(node.state), Menu)
        if not is_menu or in_lane(space, node, bounds.lane) or not isinstance(node.wait, Gathering):
            continue
        for key, words in _urgent(space.model, bounds.lane):
            by_key = _edge(space, node, Action(f"press {key}", "key", Digits(key))).entered
            for said in words.get(node.language, ()) if node.wait.speech else ():
                edge = _edge(space, node, Action(f"say “{said}”", "speech", Spoken(said)))
                in_the_lane = any(state.startswith(f"{bounds.lane}.") for state in edge.entered)
                if not in_the_lane and edge.entered != by_key:  # before a language is chosen, it is asked for first
                    message = f'in "{node.state}" “{said}” does not lead to the security lane "{bounds.lane}"'
                    yield Finding("urgent-words", message, (*call_until(space, node), edge))


def _urgent(model: Model, lane: str) -> Iterator[tuple[str, Mapping[str, tuple[str, ...]]]]:
    """The keys of the first flow that lead to the lane, and the words that it takes for them, by language."""
    first = model.edition.flows.flows[model.edition.flows.start]
    for key, target in first.keys.items():
        step = first.steps.get(target)
        if isinstance(step, Run) and step.run == lane:
            yield key, first.also.get(key, {})


@space_property("announced-keys")
def announced_keys(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """A key that is announced as working at any time works at every question and in every queue.

    It is neither a wrong key there nor an answer, but where an amount is asked for: 9 is one.
    """
    texts = {(said.text, said.language) for edge in space.edges() for said in edge.said}
    keys = {code: sorted({key for text, spoken in texts if spoken == code for key in _announced(text, code)})
            for code in ANY_TIME}  # fmt: skip
    for node in _places(space):
        wait = node.wait
        there = _keys_to(space.model, node, wait.queue) if isinstance(wait, Queueing) else frozenset()
        for key in keys.get(node.language, ()):
            if isinstance(wait, Queueing) and key not in wait.leave + wait.keys and key not in there:
                message = f'{key} is announced as working at any time, and does nothing in "{node.state}"'
                yield Finding("announced-keys", message, call_until(space, node))
            if not isinstance(wait, Gathering) or (key == wait.finish and wait.most != 1):
                continue
            action = Action(f"press {key}", "key", Digits(key), key + (wait.finish if wait.most != 1 else ""))
            events = tried(space, node, Digits(key))
            if any(isinstance(event, TryUsed) or _is_answer(event, space, node) for event in events):
                message = f'{key} is announced as working at any time, and does not work in "{node.state}"'
                yield Finding("announced-keys", message, (*call_until(space, node), _edge(space, node, action)))


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
    for mention in mentions(text, language) if ANY_TIME[language] in text else ():
        clause = _CLAUSE.split(mention.before)[-1] + _CLAUSE.split(mention.after)[0]
        if ANY_TIME[language] in clause:
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
        again = engine.answer(model.edition, turn.after, Digits(late), turn.world)
        if late in again.session.to_json() or any(late in str(event) for event in again.events):
            yield f'a late PIN or code is taken for an account in "{turn.after.state}"'
    elif isinstance(step, Ask) and step.as_ in COUNTED and step.least <= LATE <= step.most:
        yield f'a late PIN or code is taken for the answer to "{turn.after.state}"'


# --- trying -----------------------------------------------------------------------------------------------------------


def _places(space: StateSpace) -> Iterator[Node]:
    """The first node of each question, and queue in each language."""
    seen: set[tuple[str, str, bool]] = set()
    for node in space.nodes:
        key = (node.state, node.language, bool(node.session.scratch.get("account")))
        if isinstance(node.wait, Gathering | Queueing) and key not in seen:
            seen.add(key)
            yield node


def _edge(space: StateSpace, node: Node, action: Action) -> Edge:
    """What the engine makes of one more action, outside the search."""
    assert action.heard is not None  # noqa: S101 - somebody says or presses something
    events = tried(space, node, action.heard)
    return Edge(node.index, action, -1, ANY, (), tuple(event.state for event in events if isinstance(event, Entered)))
