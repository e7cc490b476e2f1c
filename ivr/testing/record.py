"""A call that was made on this machine, written down as a script that can be replayed at once.

What the caller pressed and said is in the transcript of the simulated network; a one-time code becomes `{code}`. The
sentences in the script are those of its replay, because numbers of tickets are new in each call.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from ivr.flow.model import Handle, Queue
from ivr.flow.reading.rewriting import yaml_quoted
from ivr.network import Entry, Network
from ivr.store import Store
from ivr.testing.local_target import LocalTarget
from ivr.testing.reader import read_script
from ivr.testing.runner import CODE_IN_TEXT, ScriptRun, run_script
from ivr.testing.script import WITHHELD
from ivr.testing.target import Events, steps_taken

QUEUES = {"nobody": "agents: 0", "left": "answer_after: 30 min", "timeout": "answer_after: 60 min"}
"""What must be so of a queue, as a script says it, for a wait in it to end so."""


class Unrecordable(Exception):
    """The call cannot be written down; the message says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class RecordedScript:
    """A script, whether its replay takes the steps of the call, and whether it passes."""

    text: str
    faithful: bool
    passes: bool


def record(network: Network, store: Store, call_id: str, target: LocalTarget, should_hear: str = "") -> RecordedScript:
    """The script of a call of this network, whose hotline has this store. Raises Unrecordable.

    `should_hear` makes it the script of a complaint: words that should have been said after the caller's last act, and
    were not. It fails until the hotline says them.
    """
    leg, row = network.legs.get(call_id), store.call(call_id)
    if leg is None or row is None:
        raise Unrecordable(f'there is no call "{call_id}"')
    if target.config.has_real_back_office:
        raise Unrecordable("a real back office was asked, and what was keyed in may be private")
    events: Events = tuple(event for turn in store.turns(call_id) for event in json.loads(turn.events or "[]"))
    began = row.started_at.astimezone(ZoneInfo(target.config.hotline.time_zone))
    head = [
        f"call: a call recorded on {began:%Y-%m-%d}",
        f"from: {yaml_quoted(row.from_number or WITHHELD)}",
        f"at: {began:%Y-%m-%d %H:%M:%S}",
        f"language: {row.language}",
        *_given(events, target),
    ]
    codes = {code for message in network.messages for code in CODE_IN_TEXT.findall(message.body)}
    acts = list(_acts(leg.transcript, codes))
    stood = [event["type"] for event in events if event["type"] in ("Queueing", "Moved")]
    if stood[-1:] == ["Queueing"]:  # the caller did not wait for the end
        acts += ["wait: 3 s", "hang up"]
    expected = ["expect:", f"  path: [{', '.join(steps_taken(events))}]", _tickets(events)]
    bare = _run(_written(head, acts, (), expected), target)
    if should_hear:
        heard = f"- hear: {yaml_quoted(should_hear)}  # what should have been said"
        text = _written(head, acts, bare.heard[:-1], [heard])
        return RecordedScript(text, bare.passed, _run(text, target).passed)
    text = _written(head, acts, bare.heard, expected)
    if not _run(text, target).passed:
        return RecordedScript(_written(head, acts, (), expected), bare.passed, bare.passed)
    return RecordedScript(text, True, True)


def _given(events: Events, target: LocalTarget) -> Iterator[str]:
    """What must be so in the world for the call to go this way."""
    queues: dict[str, str] = {}
    broken: set[str] = set()
    for event in events:
        if event["type"] == "Moved":
            flow, _, name = event["state"].partition(".")
            match target.flows[flow].steps.get(name) if flow in target.flows else None:
                case Queue(queue=queue) if event["outcome"] in QUEUES:
                    queues[queue] = QUEUES[event["outcome"]]
                case Handle(handle=handler) if event["outcome"] == "unavailable":
                    broken.add(handler)
    if queues or broken:
        yield "given:"
    if queues:
        yield f"  queue: {{{', '.join(f'{name}: {{{what}}}' for name, what in queues.items())}}}"
    if broken:
        yield f"  fails: {{{', '.join(f'handler:{name}: always' for name in sorted(broken))}}}"


def _acts(transcript: Sequence[Entry], codes: Collection[str]) -> Iterator[str]:
    """The caller's own part: keys that were pressed in a row are one act."""
    keys = ""
    for entry, after in zip_longest(transcript, transcript[1:]):
        if keys and entry.kind != "pressed":
            yield f"press: {yaml_quoted(_with_code(keys, codes))}"
            keys = ""
        match entry.kind:
            case "pressed":
                keys += entry.text
            case "spoke" if entry.own:
                yield f"say: {yaml_quoted(entry.text)}"
            case "silence" if after is None or after.text != "beep":  # the message follows
                yield "silence"
    if keys:
        yield f"press: {yaml_quoted(_with_code(keys, codes))}"


def _with_code(keys: str, codes: Collection[str]) -> str:
    return re.sub("[0-9]+", lambda digits: "{code}" if digits[0] in codes else digits[0], keys)


def _tickets(events: Sequence[Mapping[str, Any]]) -> str:
    opened = (event for event in events if event["type"] == "TicketOpened")
    told = (f"{{topic: {ticket['topic']}, priority: {ticket['priority']}}}" for ticket in opened)
    return f"  ticket: [{', '.join(told)}]"


def _written(head: Sequence[str], acts: Sequence[str], heard: Sequence[Sequence[str]], end: Sequence[str]) -> str:
    """`heard` is what the hotline said before the first act, after it, and so on."""
    lines = [*head, "steps:" if acts or heard else "steps: []"]
    for place in range(max(len(acts), len(heard))):
        act = acts[place] if place < len(acts) else ""
        sentence = next(iter(heard[place]), "") if place < len(heard) else ""
        if sentence and act.partition(":")[0] not in ("silence", "wait", "hang up"):
            lines.append(f"- hear: {yaml_quoted(sentence)}")
        if act:
            lines.append(f"- {act}")
    return "\n".join([*lines, *end, ""])


def _run(text: str, target: LocalTarget) -> ScriptRun:
    scripts, issues = read_script(text, "recorded.call.yaml", target.names)
    assert scripts, "\n".join(map(str, issues))  # noqa: S101 - we wrote it
    return run_script(scripts[0], target)
