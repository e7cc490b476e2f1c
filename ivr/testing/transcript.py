"""A call as a transcript: when, who, what was said or pressed, in which step of the flow, what was texted."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ivr.call.redaction import redact
from ivr.network import Call, Entry, Network, clock_text, entry_text

SUFFIX = ".play.txt"
"""How the file of a golden transcript ends, beside a script's `.call.yaml`."""
_NOISE = frozenset({"ringing", "answered", "connected"})
"""Entries that are left out, because every call has them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript. `at` is aware; `states` are the steps entered since the line before, if any."""

    at: datetime
    who: str
    what: str
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherCall:
    """A call of somebody else in the transcript. `hidden` as in `transcript_of`."""

    call: Call
    name: str
    customer: bool = False
    hidden: Collection[int] = ()


def transcript_of(  # noqa: PLR0917 - what belongs to the caller first, then everybody else
    call: Call,
    network: Network,
    events: Iterable[Mapping[str, Any]] = (),
    hidden: Collection[int] = (),
    codes: Collection[str] = (),
    others: Sequence[OtherCall] = (),
) -> tuple[Line, ...]:
    """The lines of a call, with what happened at agents' phones and in text messages.

    `events` are those the hotline recorded, for the steps; `hidden` are the places in the transcript of keys and words
    that must not be shown; `codes` are one-time codes, which become dots. `others` are the calls of everybody else.
    """
    lines = list(_of_caller(call.transcript, _steps_entered(call.transcript, events), hidden))
    known = {(entry.at, entry.text) for entry in call.transcript if entry.kind == "spoke"}
    voices = {
        (entry.at, entry_text(entry)): other.name
        for other in others
        for entry in other.call.transcript
        if entry.kind == "spoke" and entry.own
    }
    lines = [replace(line, who=voices.get((line.at, line.what), line.who)) for line in lines]
    for other in others:
        lines += _of_customer(other) if other.customer else _of_agent(other, known)
    lines += [Line(message.at, "text", f"to {message.to}: {message.body}") for message in network.messages]
    lines.sort(key=lambda line: line.at)
    return tuple(replace(line, what=_dotted(line.what, codes)) for line in lines)


def as_text(lines: Sequence[Line], began: datetime, title: str = "") -> str:
    """The transcript as text; ends with a line feed. `began` is when the call was made (aware)."""
    written = [title, ""] if title else []
    for line in lines:
        if line.states:
            written.append(" → ".join(line.states))
        written.append(f"  {clock_text((line.at - began).total_seconds())}  {line.who:<8} {line.what}")
    return "\n".join([*written, ""])


def _of_caller(
    transcript: Sequence[Entry], steps: Mapping[int, tuple[str, ...]], hidden: Collection[int]
) -> Iterator[Line]:
    keys: list[str] = []
    first: Entry | None = None
    for index, entry in enumerate(transcript):
        if entry.kind == "pressed":
            first = first or entry
            keys.append("•" if index in hidden and entry.text.isdigit() else entry.text)
            continue
        if first is not None:
            yield Line(first.at, first.who, entry_text(replace(first, text=redact("".join(keys)))))
            first, keys = None, []
        if entry.kind not in _NOISE and entry.kind != "text message":
            hides = index in hidden and entry.kind == "spoke"
            shown = replace(entry, text=re.sub(r"\w", "•", entry.text)) if hides else entry
            yield Line(entry.at, entry.who, entry_text(shown), steps.get(index, ()))
    if first is not None:
        yield Line(first.at, first.who, entry_text(replace(first, text=redact("".join(keys)))))


def _of_agent(other: OtherCall, known: Collection[tuple[datetime, str]]) -> Iterator[Line]:
    """What happens at an agent's telephone; `known` was said to the caller, whose line has it."""
    for entry in other.call.transcript:
        match entry.kind:
            case "ringing":
                yield Line(entry.at, other.name, "(the phone rings)")
            case "answered":
                yield Line(entry.at, other.name, "(picks up)")
            case "said":
                yield Line(entry.at, "whisper" if other.name == "agent" else f"to {other.name}", entry_text(entry))
            case "spoke" if entry.own and (entry.at, entry.text) not in known:
                yield Line(entry.at, other.name, entry_text(entry))
            case "pressed" | "hung up" if entry.who == "agent":
                yield Line(entry.at, other.name, entry_text(entry))


def _of_customer(other: OtherCall) -> Iterator[Line]:
    for line in _of_caller(other.call.transcript, {}, other.hidden):
        mine = line.who in ("caller", "agent") and line.what.startswith(("[", "("))
        yield replace(line, who=other.name if mine or line.who == "caller" else f"to {other.name}")


def _steps_entered(transcript: Sequence[Entry], events: Iterable[Mapping[str, Any]]) -> Mapping[int, tuple[str, ...]]:
    """The steps entered before each thing that was said, by its place in the transcript.

    The hotline's record has what was to be said in which step, the transcript what was heard. Both are aligned here.
    """
    script: list[tuple[str, str]] = []
    for event in events:
        if event["type"] == "Entered":
            script.append(("entered", event["state"]))
        elif event["type"] in ("Said", "ScriptRun"):
            script.append(("said", str(event.get("text", ""))))
    steps: dict[int, tuple[str, ...]] = {}
    done = 0
    for index, entry in enumerate(transcript):
        if entry.kind not in ("said", "played") or entry.who != "hotline":
            continue
        for place in range(done, len(script)):
            kind, text = script[place]
            if kind == "said" and (text == entry.text or (entry.cut and text.startswith(entry.text))):
                entered = tuple(state for kind, state in script[done:place] if kind == "entered")
                if entered:
                    steps[index] = entered
                done = place + 1
                break
    return steps


def _dotted(text: str, codes: Collection[str]) -> str:
    for code in codes:
        text = text.replace(code, "•" * len(code))
    return text
