"""Writes an explored call down as a call script, so that anybody can replay it.

Written as text, in the format of `ivr.testing.script`. Handlers are told what to answer, and somebody made up calls.
The path that was explored is expected of the replay, so a script that passes has shown what it was written for.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ivr.call.events import Booking, Check, LookedUp, LookUp, Queueing, Recording, Transferring, Wait
from ivr.hotline.demo import DemoCaller
from ivr.testing.explorer.actions import ACCOUNT, CALLER, Action
from ivr.testing.explorer.conditions import CANARY_NOTICE, Condition
from ivr.testing.explorer.distances import condition_of
from ivr.testing.explorer.property import Finding
from ivr.testing.explorer.search import ANY, Edge, Node, StateSpace

MOST_WAITING = 50
PATIENCE_SECONDS = 3600
"""How long people take to answer a queue in which a caller is to wait too long."""


def script_of(space: StateSpace, finding: Finding, most_waiting: Mapping[str, int] | None = None) -> str:
    """The script of the call that shows a finding. `most_waiting`: how many callers each queue takes."""
    path = finding.path
    zone = space.model.edition.time_zone
    world = space.model.conditions[condition_of(path)]
    demo = space.model.demo
    nobody = DemoCaller(phone=CALLER, language=space.model.edition.flows.languages[0], names={}, account=ACCOUNT)
    caller = next(iter(demo.callers(world.now) if demo else ()), nobody)
    withheld = any(not space.nodes[edge.target].session.caller for edge in path if edge.target >= 0)
    lines = [f"# Found by ivr explore: {finding.rule}", f"# {finding.message}."]
    lines += [f"# To be completed by hand: {gap}." for gap in _unplayable(space, path)]
    lines += [
        f"call: {_quoted(f'{finding.rule}: {finding.message}')}",
        f"from: {_quoted('withheld' if withheld else caller.phone)}",
        f"at: {world.now.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}",
        *_given(space, path, world, most_waiting or {}),
        "steps:",
    ]
    lines += [f"- {step}" for step in _steps(space, path, caller)] or ["- wait: 1 s"]
    lines += _expected(path)
    return "\n".join(lines) + "\n"


def described(path: Sequence[Edge]) -> str:
    """The call in a line, for people: press 1, silence, refund overdue."""
    return ", ".join(edge.action.label for edge in path if not edge.is_first) or "nothing but calling"


# --- the world ------------------------------------------------------------------------------------------------------


def _given(space: StateSpace, path: Sequence[Edge], world: Condition, most: Mapping[str, int]) -> Iterator[str]:
    queues = {name: {"agents": "0"} for name in sorted(world.unstaffed)}
    queues |= {name: {"waiting": str(most.get(name, MOST_WAITING))} for name in sorted(world.crowded)}
    for edge in path:
        wait = space.nodes[edge.source].wait if edge.source >= 0 else None
        if isinstance(wait, Queueing) and (edge.action.by == "key" or edge.action.label == "queue timeout"):
            queues.setdefault(wait.queue, {})["answer_after"] = f"{PATIENCE_SECONDS} s"
    given: list[str] = []
    if queues:
        given.append("  queue:")
        given += [f"    {name}: {{{', '.join(f'{key}: {told}' for key, told in how.items())}}}"
                  for name, how in queues.items()]  # fmt: skip
    if fails := tuple(dict.fromkeys(_failing(space, path))):
        given.append("  fails:")
        given += [f"    {_quoted(name)}: always" for name in fails]
    if answers := _answers(space, path):
        given.append("  answers:")
        given += [f"    {name}: [{', '.join(outcomes)}]" for name, outcomes in answers.items()]
    languages = space.model.edition.flows.languages
    if world.notices:
        given.append(f"  notices: {{explored: {_text(CANARY_NOTICE, languages)}}}")
    if world.emergency:
        given.append(f"  closures: {{all: {_text({'zh': '系统故障', 'en': 'an outage'}, languages)}}}")
    if given:
        yield "given:"
        yield from given


def _failing(space: StateSpace, path: Sequence[Edge]) -> Iterator[str]:
    """The queues that have to lose a caller, and a back office that does not know who calls."""
    for edge in path:
        wait = space.nodes[edge.source].wait if edge.source >= 0 else None
        if isinstance(wait, Queueing) and edge.action.label == "queue failed":
            yield f"queue:{wait.queue}"
        elif isinstance(wait, Check) and edge.action.label == "identify unavailable" and _customers_can_fail(space):
            yield "customer"


def _customers_can_fail(space: StateSpace) -> bool:
    return space.model.demo is not None and "customer" in space.model.demo.faults


def _answers(space: StateSpace, path: Sequence[Edge]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for edge in path:
        wait = space.nodes[edge.source].wait if edge.source >= 0 else None
        if isinstance(wait, LookUp) and isinstance(edge.action.heard, LookedUp):
            found[wait.handler].append(edge.action.heard.outcome)
    return found


def _text(words: Mapping[str, str], languages: Sequence[str]) -> str:
    return "{" + ", ".join(f"{code}: {_quoted(words.get(code, words['en']))}" for code in languages) + "}"


# --- what the caller does ---------------------------------------------------------------------------------------------


def _steps(space: StateSpace, path: Sequence[Edge], caller: DemoCaller) -> Iterator[str]:
    for index, edge in enumerate(path):
        if edge.is_first:
            continue
        node = space.nodes[edge.source]
        following = path[index + 1].action.label if index + 1 < len(path) else ""
        yield from _step(node, edge.action, following, caller)


def _step(node: Node, action: Action, following: str, caller: DemoCaller) -> Iterator[str]:
    match action.by, action.label:
        case "outcome" | "fault", _:
            return
        case "hang-up", _:
            yield "hang up"
        case _, "the code" | "the pin":
            yield from _proof(action.label, following == "identify wrong", caller)
        case _, "an account":
            yield f"press: {_quoted(f'{caller.account}#')}"
        case "silence", _:
            yield "silence"
        case "line", label if isinstance(node.wait, Queueing):
            yield f"wait: {PATIENCE_SECONDS if label == 'queue timeout' else 60} s"
        case "line", _ if isinstance(node.wait, Recording):
            yield f"say: {_quoted({'zh': '请给我回电话'}.get(node.language, 'Please call me back'))}"
        case _ if action.keys:
            yield f"press: {_quoted(action.keys)}"
        case "speech" | "wrong" | "answer", _:
            yield f"say: {_quoted(getattr(action.heard, 'words', ''))}"


def _proof(label: str, is_wrong: bool, caller: DemoCaller) -> Iterator[str]:
    """A code or PIN; the other one for a caller who has no such."""
    if is_wrong:
        yield 'press: "000000#"'
        return
    factor = label.removeprefix("the ")
    if factor not in caller.factors:
        yield 'press: "*#"'
        factor = "pin" if factor == "code" else "code"
    yield f"press: {_quoted(f'{caller.pin}#' if factor == 'pin' else '{code}#')}"


def _unplayable(space: StateSpace, path: Sequence[Edge]) -> Iterator[str]:
    names = dict.fromkeys(space.model.conditions[each.condition].name for each in path if each.condition != ANY)
    if len(names) > 1:
        yield f"the day has to change during the call: {', then '.join(names)}"
    for edge in path:
        if not edge.is_first:
            yield from _needed_by(edge.action, space.nodes[edge.source].wait, _customers_can_fail(space))


def _needed_by(action: Action, wait: Wait, customers_can_fail: bool) -> Iterator[str]:
    """What has to happen for this action that no call script can bring about."""
    match wait, action.label.split(" "):
        case _ if action.by == "fault":
            yield "a fault of ours has to happen here"
        case Queueing(), ["queue", ("full" | "nobody") as result]:
            yield f"the wait has to end with “{result}”"
        case Transferring(), ["transfer", *result]:
            yield f"the number that is rung has to be “{' '.join(result)}”"
        case Booking(), ["call", "back", "refused"]:
            yield "the call back has to be refused"
        case Check(), ["identify", "locked"]:
            yield "the account has to be locked before, by five wrong answers"
        case Check(), ["identify", "unavailable"] if not customers_can_fail:
            yield "the back office must not answer"
        case Check(factor=factor), ["identify", "unavailable"] if factor:
            yield "the back office has to fail after the account was keyed in"
        case LookUp(), _ if ", " in action.label:
            yield f"the look-up has to tell other values: {action.label}"


def _expected(path: Sequence[Edge]) -> Iterator[str]:
    entered = [state for edge in path for state in edge.entered]
    if entered:
        yield "expect:"
        yield f"  path: [{', '.join(entered)}, …]"


def _quoted(text: str) -> str:
    """A YAML scalar between quotes; JSON's are YAML's."""
    return json.dumps(text, ensure_ascii=False)
