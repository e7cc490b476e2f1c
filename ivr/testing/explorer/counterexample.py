"""An explored call written down as a call script, so that anybody can replay it and hear for themselves.

Written as text, in the format of `ivr.testing.script`. The path that was explored is expected of the replay, so a
script that passes has shown what it was written for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from ivr.call.events import Check, Queueing, Recording
from ivr.testing.explorer.actions import Act
from ivr.testing.explorer.conditions import CANARY_NOTICE, Circumstance
from ivr.testing.explorer.demo_caller import Part, cast
from ivr.testing.explorer.distances import world_of
from ivr.testing.explorer.property import Finding
from ivr.testing.explorer.search import Place, Step, Walk

MOST_WAITING = 50
PATIENCE_SECONDS = 3600
"""How long people take to answer a queue in which a caller is to wait too long."""


def script_of(walk: Walk, finding: Finding, most_waiting: Mapping[str, int] | None = None) -> str:
    """The script of the call that shows a finding. `most_waiting`: how many callers each queue takes."""
    way = finding.way
    zone = walk.ground.edition.time_zone
    world = walk.ground.worlds[world_of(way)]
    part = cast(walk, way, world.now)
    withheld = any(not walk.places[step.target].session.caller for step in way if step.target >= 0)
    lines = [f"# Found by ivr explore: {finding.rule}", f"# {finding.message}."]
    lines += [f"# To be completed by hand: {gap}." for gap in (*part.gaps, *_unplayable(walk, way))]
    lines += [
        f"call: {_quoted(f'{finding.rule}: {finding.message}')}",
        f"from: {_quoted('withheld' if withheld else part.phone)}",
        f"at: {world.now.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}",
        *_given(walk, way, world, part, most_waiting or {}),
        "steps:",
    ]
    lines += [f"- {step}" for step in _steps(walk, way, part)] or ["- wait: 1 s"]
    lines += _expected(way)
    return "\n".join(lines) + "\n"


def told(way: Sequence[Step]) -> str:
    """The call in a line, for people: press 1, silence, refund overdue."""
    return ", ".join(step.act.label for step in way if not step.begins) or "nothing but calling"


# --- the world ------------------------------------------------------------------------------------------------------


def _given(walk: Walk, way: Sequence[Step], world: Circumstance, part: Part, most: Mapping[str, int]) -> Iterator[str]:
    queues = {name: {"agents": "0"} for name in sorted(world.unstaffed)}
    queues |= {name: {"waiting": str(most.get(name, MOST_WAITING))} for name in sorted(world.crowded)}
    for step in way:
        wait = walk.places[step.source].wait if step.source >= 0 else None
        if isinstance(wait, Queueing) and step.act.label in ("queue timeout", "press 1"):
            queues.setdefault(wait.queue, {})["answer_after"] = f"{PATIENCE_SECONDS} s"
    given: list[str] = []
    if queues:
        given.append("  queue:")
        given += [f"    {name}: {{{', '.join(f'{key}: {told}' for key, told in how.items())}}}"
                  for name, how in queues.items()]  # fmt: skip
    if fails := {**part.fails, **dict.fromkeys(_losing(walk, way), "always")}:
        given.append("  fails:")
        given += [f"    {_quoted(name)}: {how}" for name, how in fails.items()]
    if part.told:
        given.append("  answers:")
        given += [f"    {name}: [{', '.join(outcomes)}]" for name, outcomes in part.told.items()]
    languages = walk.ground.edition.flows.languages
    if world.notices:
        given.append(f"  notices: {{rehearsal: {_text(CANARY_NOTICE, languages)}}}")
    if world.emergency:
        given.append(f"  closures: {{all: {_text({'zh': '系统故障', 'en': 'an outage'}, languages)}}}")
    if given:
        yield "given:"
        yield from given


def _losing(walk: Walk, way: Sequence[Step]) -> Iterator[str]:
    """The queues that have to lose a caller."""
    for step in way:
        wait = walk.places[step.source].wait if step.source >= 0 else None
        if isinstance(wait, Queueing) and step.act.label == "queue failed":
            yield f"queue:{wait.queue}"


def _text(words: Mapping[str, str], languages: Sequence[str]) -> str:
    return "{" + ", ".join(f"{code}: {_quoted(words.get(code, words['en']))}" for code in languages) + "}"


# --- the caller's part ----------------------------------------------------------------------------------------------


def _steps(walk: Walk, way: Sequence[Step], part: Part) -> Iterator[str]:
    for index, step in enumerate(way):
        if step.begins:
            continue
        place = walk.places[step.source]
        following = way[index + 1].act.label if index + 1 < len(way) else ""
        yield from _step(place, step.act, following, part)


def _step(place: Place, act: Act, following: str, part: Part) -> Iterator[str]:
    match act.by, act.label:
        case "outcome" | "fault", _:
            return
        case "hang-up", _:
            yield "hang up"
        case _, "the code" | "the pin":
            yield from _proof(act.label, following == "identify wrong", part)
        case _, "an account":
            yield f"press: {_quoted(f'{part.account}#')}"
        case "answer", "an answer" if act.keys:
            finish = "#" if act.keys.endswith("#") else ""
            yield f"press: {_quoted(part.answers.get(place.state, act.keys.removesuffix('#')) + finish)}"
        case "silence", _:
            yield "silence"
        case "line", label if isinstance(place.wait, Queueing):
            yield f"wait: {PATIENCE_SECONDS if label == 'queue timeout' else 60} s"
        case "line", _ if isinstance(place.wait, Recording):
            yield f"say: {_quoted({'zh': '请给我回电话'}.get(place.language, 'Please call me back'))}"
        case _ if act.keys:
            yield f"press: {_quoted(act.keys)}"
        case "speech" | "wrong" | "answer", _:
            yield f"say: {_quoted(getattr(act.heard, 'words', ''))}"


def _proof(label: str, is_wrong: bool, part: Part) -> Iterator[str]:
    """A code or PIN; the other one for a caller who has no such."""
    if is_wrong:
        yield 'press: "000000#"'
        return
    factor = label.removeprefix("the ")
    if factor not in part.factors:
        yield 'press: "*#"'
        factor = "pin" if factor == "code" else "code"
    yield f"press: {_quoted(f'{part.pin}#' if factor == 'pin' else '{code}#')}"


def _unplayable(walk: Walk, way: Sequence[Step]) -> Iterator[str]:
    """What a script cannot bring about."""
    for index, step in enumerate(way):
        if step.source < 0:
            continue
        wait = walk.places[step.source].wait
        if step.act.by == "fault":
            yield "a fault of ours has to happen here"
        elif step.act.label in ("queue full", "queue nobody") and isinstance(wait, Queueing):
            yield f"the wait has to end with “{step.act.label.removeprefix('queue ')}”"
        elif step.act.label.startswith("transfer "):
            yield f"the number that is rung has to be “{step.act.label.removeprefix('transfer ')}”"
        elif step.act.label == "call back refused":
            yield "the call back has to be refused"
        elif isinstance(wait, Check) and step.act.label == "identify unavailable" and index and wait.factor:
            yield "the wallet has to fail after the account was keyed in"


def _expected(way: Sequence[Step]) -> Iterator[str]:
    path = [state for step in way for state in step.moves]
    if path:
        yield "expect:"
        yield f"  path: [{', '.join(path)}, …]"


def _quoted(text: str) -> str:
    """A YAML scalar between quotes; JSON's are YAML's."""
    return json.dumps(text, ensure_ascii=False)
