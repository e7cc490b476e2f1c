"""A call of the store written down as a script that can be replayed at once.

The store knows what kind of thing was heard in every turn and which way the call went, never what was keyed in or said.
So the script is made of keys that lead the same way, pressed by somebody made up: people are tried until the
call takes the recorded steps. No number, name, amount or word of the recorded call is copied; the sentences in the
script are those of the replay.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ivr.call.session import Session
from ivr.flow.model import Ask, Flow, Handle, Menu, Queue
from ivr.flow.reading.rewriting import quoted
from ivr.hotline.demo import DemoCaller
from ivr.store import Store
from ivr.testing.explorer.branches import keys_of
from ivr.testing.local_target import LocalTarget
from ivr.testing.reader import read_script
from ivr.testing.runner import ScriptRun, run_script
from ivr.testing.target import steps_taken
from ivr.testing.values import WITHHELD

WORDS = {"zh": "我想咨询一个问题。", "en": "I have a question, please."}
"""What is said in place of a caller's own words."""
AGENT_WORDS = {"zh": "好的，已经为您处理。", "en": "I see. That is done."}
ACCOUNT, PIN, WRONG_CODE = "{account}", "{pin}", "000000"
STRANGER = "13900139000"
"""Stands in for any number that was keyed in."""
MOST_TRIES = 400
"""How many people and numbers are tried before the search is given up."""
LOST = "# None of the made-up callers has a call like the recorded one: set up the world under `given`.\n"
STEPS_OF_AN_ANSWER = 5
"""An agent answers, says something that the caller hears, and hangs up: not at once, which would be a line cut off."""
_NAMES = {"star": "*", "hash": "#"}


class Unrecordable(Exception):
    """The call cannot be written down; the message says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A script, whether its replay takes the steps of the recorded call, and whether it passes."""

    text: str
    faithful: bool
    passes: bool


@dataclass(frozen=True, slots=True)
class CallerAct:
    """What the caller did in a turn: `press` or `say` something, `silence`, `hang up`, be `answered`, or `give up`
    waiting.

    `reference`: the keys are a number of the caller's, for which another may have to stand in.
    """

    does: str
    keys: str = ""
    reference: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """What is known of the call."""

    began: datetime
    language: str
    withheld: bool
    account: str
    path: tuple[str, ...]
    acts: tuple[CallerAct, ...]
    queues: Mapping[str, str]
    """What must be so of queues, as a script says it."""
    broken: frozenset[str] = frozenset()
    """Handlers that failed."""


def record(store: Store, call_id: str, target: LocalTarget, should_hear: str = "") -> Recorded:
    """The script of a call of this store. Raises Unrecordable.

    `should_hear` makes it the script of a complaint: words that should have been said after the caller's last act, and
    were not. It fails until the hotline says them.
    """
    row = store.call(call_id)
    turns = store.turns(call_id)
    if row is None:
        raise Unrecordable(f'there is no call "{call_id}"')
    if not turns or not row.session:
        raise Unrecordable(f"nothing but the bare record is left of {call_id}")
    events = [json.loads(turn.events or "[]") for turn in turns]
    session = Session.from_json(row.session)
    made = _CallerActs(
        session, target.flows, [(turn.input_kind, listed) for turn, listed in zip(turns, events, strict=True)]
    )
    call = _Call(
        began=row.started_at.astimezone(ZoneInfo(target.config.hotline.time_zone)),
        language=row.language,
        withheld=not row.from_number,
        account=session.account,
        path=steps_taken(event for listed in events for event in listed),
        acts=tuple(made.all()),
        queues=made.queues,
        broken=frozenset(made.broken),
    )
    found = _search(call, target)
    return _complaint(found, target, should_hear) if should_hear else found


_AFTERWARDS = ("- hear:", "- hang up", "- wait: 3 s")
"""How steps begin that are no act of the caller's, but for hanging up."""


def _complaint(found: Recorded, target: LocalTarget, should_hear: str) -> Recorded:
    """The call up to the caller's last act, and what should have come then instead of what did."""
    lines = found.text.partition("expect:\n")[0].replace("steps: []", "steps:").splitlines()
    while lines[-1].startswith(_AFTERWARDS):
        lines.pop()
    text = "\n".join([*lines, f"- hear: {quoted(should_hear)}  # what should have been said", ""])
    return Recorded(text, found.faithful, _run(text, target).passed)


def _search(call: _Call, target: LocalTarget) -> Recorded:
    first: tuple[str, ScriptRun] | None = None
    for tries, (person, reference) in enumerate(_stand_ins(call, target)):
        text = _written(call, person, reference, ())
        run = _run(text, target)
        if first is None:
            first = text, run
        if not run.failures and steps_taken(run.events) == call.path:
            full = _written(call, person, reference, run.heard, _endings(run, call))
            if _run(full, target).passed:
                return Recorded(full, True, True)
            bare = text + _endings(run, call)
            return Recorded(bare, True, _run(bare, target).passed)
        if tries == MOST_TRIES:
            break
    assert first is not None  # noqa: S101 - a made-up caller is always there
    text = first[0] + _endings(first[1], call, told=False)
    return Recorded(LOST + text, False, _run(text, target).passed)


def _stand_ins(call: _Call, target: LocalTarget) -> Iterator[tuple[DemoCaller, str]]:
    """People and numbers to try: whoever called first, then everybody; their own keys, then numbers they have."""
    people = sorted(target.callers(call.began), key=lambda person: person.account != call.account)
    needed = any(act.reference for act in call.acts)
    for person in people:
        yield person, ""
        if needed:
            numbers = {
                given for attempt in person.tries for name, given in attempt.given.items() if name == "reference"
            }
            yield from ((person, number) for number in sorted(numbers))
    if needed:
        known = target.demo.references(call.began).values() if target.demo is not None else ()
        yield from ((people[0], reference) for reference in known)


def _run(text: str, target: LocalTarget) -> ScriptRun:
    scripts, issues = read_script(text, "recorded.call.yaml", target.names)
    assert scripts, "\n".join(map(str, issues))  # noqa: S101 - we wrote it
    return run_script(scripts[0], target)


# --- from events to acts ---------------------------------------------------------------------------------------


class _CallerActs:
    """Reads the turns of a call as what the caller did."""

    def __init__(
        self, session: Session, flows: Mapping[str, Flow], turns: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]
    ) -> None:
        self.session = session
        self.flows = flows
        self.turns = turns
        self.queues: dict[str, str] = {}
        self.broken: set[str] = set()
        self._asked: set[str] = set()

    def all(self) -> Iterator[CallerAct]:
        """In order; a turn in which the caller did nothing gives none."""
        state = ""
        wait: Mapping[str, Any] = {}
        for heard, events in self.turns:
            match heard:
                case "digits" | "spoken":
                    yield self._pressed(state, wait, events)
                case "silence":
                    yield CallerAct("silence")
                case "recorded":
                    outcome = next((str(event["outcome"]) for event in events if event["type"] == "Moved"), "")
                    if outcome.startswith("key_"):
                        yield self._pressed(state, wait, events)
                    else:
                        yield CallerAct("silence") if outcome == "empty" else CallerAct("say")
                case "hung-up":
                    yield CallerAct("give up" if wait.get("type") == "Queueing" else "hang up")
                    return
                case "queue-ended":
                    yield from self._queue(state, wait, events)
            if any(event["type"] == "Ended" for event in events):
                return
            for event in events:
                if event["type"] == "Entered":
                    state = event["state"]
                if event["type"] in ("Gathering", "Queueing", "Recording"):
                    wait = dict(event)
                if event["type"] == "Moved":
                    self._note_world(self._step(event["state"]), event["outcome"])

    def _queue(
        self, state: str, wait: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
    ) -> Iterator[CallerAct]:  # fmt: skip
        outcome = next((event["outcome"] for event in events if event["type"] == "Moved"), "")
        queue = str(wait.get("queue", ""))
        if outcome == "answered":
            yield CallerAct("answered")
        elif outcome == "left":
            self.queues[queue] = "answer_after: 30 min"
            yield CallerAct("press", str(wait.get("leave", "")))
        elif outcome.startswith("key_") or any(event["type"] == "LanguageChanged" for event in events):
            self.queues[queue] = "answer_after: 30 min"
            yield self._pressed(state, wait, events)
        elif outcome == "timeout":
            self.queues[queue] = "answer_after: 60 min"

    def _note_world(self, step: object, outcome: str) -> None:
        """What must be so in the world for this to come of a step."""
        match step, outcome:
            case Queue(queue=queue), "nobody":
                self.queues[queue] = "agents: 0"
            case Handle(handle=handler), "unavailable":
                self.broken.add(handler)

    def _step(self, state: str) -> object:
        flow, _, name = state.partition(".")
        return self.flows[flow].steps.get(name) if flow in self.flows else None

    def _pressed(
        self, state: str, wait: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
    ) -> CallerAct:  # fmt: skip
        end = str(wait.get("finish", ""))
        step = self._step(state)
        for event in events:
            match event:
                case {"type": "Moved", "outcome": str(outcome)} if outcome.startswith("key_"):
                    key = outcome.removeprefix("key_")
                    return CallerAct("press", _NAMES.get(key, key) + end)
                case {"type": "Moved", "outcome": "yes" | "no" as outcome}:
                    return CallerAct("press", {"yes": "1", "no": "2"}[outcome] + end)
                case {"type": "SurveyAnswered", "score": score}:
                    return CallerAct("press", f"{score}{end}")
                case {"type": "Check"}:
                    return self._proof(event, events, end)
                case {"type": "TryUsed"}:
                    return CallerAct("press", self._wrong_key(state, step) + end)
                case {"type": "Took", "name": str(name)}:
                    return self._value(name, wait, end)
                case {"type": "Moved"}:
                    break
        if isinstance(step, Ask) and step.confirm:
            if state in self._asked:
                return CallerAct("press", "1")
            self._asked.add(state)
            return self._value(step.into or state.partition(".")[2], wait, end)
        return CallerAct("press", f"*{end}")

    def _proof(self, check: Mapping[str, Any], events: Sequence[Mapping[str, Any]], end: str) -> CallerAct:
        factor, method = check.get("factor", ""), check.get("method", "")
        if not factor:
            again = "account" in self._asked
            self._asked.add("account")
            return CallerAct("press", f"*{end}" if again and method else f"{ACCOUNT}{end}")
        right = any(event["type"] == "Identified" for event in events)
        if not right:
            self._asked.discard("account")
        return CallerAct("press", (f"{{{factor}}}" if right else WRONG_CODE) + end)

    def _value(self, name: str, wait: Mapping[str, Any], end: str) -> CallerAct:
        value = self.session.values.get(name)
        if value is None:
            return CallerAct("press", f"1{end}")
        keys = STRANGER if value.kind == "phone" else keys_of(value)
        if not keys:
            return CallerAct("say") if wait.get("speech") else CallerAct("press", f"1{end}")
        end = "" if len(keys) == wait.get("most") else end  # entry ends by itself
        return CallerAct("press", keys + end, reference=value.kind in ("reference", "digits", "account", "phone"))

    def _wrong_key(self, state: str, step: object) -> str:
        """A key that nothing is assigned to there."""
        flow = self.flows.get(state.partition(".")[0])
        used = set(flow.keys) if flow else set()
        if isinstance(step, Menu):
            used |= {str(choice.key) for choice in step.choices} | set(step.keys)
        start = self.flows.get("hotline")
        used |= set(start.keys) if start else set()
        return next((key for key in "7654321" if key not in used), "7")


# --- writing ----------------------------------------------------------------------------------------------------


def _written(
    call: _Call, person: DemoCaller, reference: str, heard: Sequence[Sequence[str]], endings: str = ""
) -> str:  # fmt: skip
    """The script with this person; `heard` is what the caller heard before the first step, after it, and so on."""
    number = WITHHELD if call.withheld else person.phone
    lines = [
        f"call: a call recorded on {call.began:%Y-%m-%d}",
        f"from: {quoted(number)}",
        f"at: {call.began:%Y-%m-%d %H:%M:%S}",
        f"language: {call.language}",
    ]
    if call.queues or call.broken:
        lines.append("given:")
    if call.queues:
        lines.append(f"  queue: {{{', '.join(f'{name}: {{{what}}}' for name, what in call.queues.items())}}}")
    if call.broken:
        lines.append(f"  fails: {{{', '.join(f'handler:{name}: always' for name in sorted(call.broken))}}}")
    lines.append("steps:" if call.acts else "steps: []")
    known = list(heard)
    # Who is to hang up hears the line out first, so that there is something to be heard.
    hangs_up = call.acts[-1:] == (CallerAct("hang up"),)
    for act in call.acts[: -1 if hangs_up else None]:
        if known and (sentence := next(iter(known.pop(0)), "")) and act.does in ("press", "say"):
            lines.append(f"- hear: {quoted(sentence)}")
        known = known[STEPS_OF_AN_ANSWER - 1 :] if act.does == "answered" else known
        lines.append(_step_written(act, call, person, reference))
    if known and (sentence := next(iter(known.pop(0)), "")):
        lines.append(f"- hear: {quoted(sentence)}")
    if heard and hangs_up:
        lines.append("- hang up")
    return "\n".join([*lines, ""]) + endings


def _step_written(act: CallerAct, call: _Call, person: DemoCaller, reference: str) -> str:
    words = WORDS.get(call.language, WORDS["en"])
    match act.does:
        case "press":
            keys = act.keys
            if act.reference and reference:
                keys = reference + keys[len(keys.rstrip("#*")) :]
            keys = keys.replace(ACCOUNT, person.account).replace(PIN, person.pin)
            return f"- press: {quoted(keys)}"
        case "say":
            return f"- say: {quoted(words)}"
        case "give up":
            return "- wait: 3 s\n- hang up"
        case "answered":
            told = quoted(AGENT_WORDS.get(call.language, AGENT_WORDS["en"]))
            return f"- agent: answer\n- agent: {{say: {told}}}\n- hear: {told}\n- wait: 10 s\n- agent: hang up"
    return f"- {act.does}"


def _endings(run: ScriptRun, call: _Call, *, told: bool = True) -> str:
    """What is expected at the end: the recorded steps, and what the replay left."""
    lines = ["expect:", f"  path: [{', '.join(call.path)}]"]
    opened = [event for event in run.events if event["type"] == "TicketOpened"]
    if told:
        tickets = ", ".join(f"{{topic: {ticket['topic']}, priority: {ticket['priority']}}}" for ticket in opened)
        lines.append(f"  ticket: [{tickets}]")
    return "\n".join([*lines, ""])
