"""One call as its journal tells it: every visit to a step, the way out that was taken, and how the call ended.

Pure, and it needs no flows: the journal names each step that began (`Entered`) and each way out that was taken
(`Moved`). A `run` step is left when its flow has ended; it stays open meanwhile, and a key that works everywhere may
close several at once. Ways out that no flow has are written in brackets: how a visit ended that led nowhere.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ivr.call.events import EndReason
from ivr.call.machine import RUN
from ivr.store.report_rows import SeenTurn

HUNG_UP, OVER, ENDED, LIMIT, FAULT, STILL_THERE, ELSEWHERE = (
    "(hung up)", "(over)", "(ended)", "(limit)", "(fault)", "(still there)", "(elsewhere)",
)  # fmt: skip
"""The caller hung up there; the call was over when the flow came there; the hotline ended the call; a limit or a fault
led away; the call goes on there; a key led out of the whole flow."""

BACK = "back"
"""How the engine calls a jump to an earlier place, and to the way to a person after a limit or a fault."""


class Visit(NamedTuple):
    """One visit to a step: from when to when, in seconds since 1970, and the queue that was joined there, if any."""

    state: str
    kind: str
    way: str
    since: float
    until: float
    queue: str = ""

    @property
    def seconds(self) -> float:
        return self.until - self.since


@dataclass(slots=True)
class CallPath:
    """Everything a call did, in the order it was left."""

    visits: list[Visit] = field(default_factory=list)
    tries: list[tuple[str, str]] = field(default_factory=list)
    """A state and noinput or nomatch, for each try that was used up."""
    flows: list[str] = field(default_factory=list)
    """The flows it came through, each once, the latest last."""
    finished: set[str] = field(default_factory=set)
    """Flows that came to their own end."""
    stood: Visit | None = None
    """The step where it ended, or stands."""
    unfinished: bool = False
    """It stood in a flow that another flow runs, and that had not come to its end."""
    texts: int = 0
    scores: list[tuple[int, int]] = field(default_factory=list)
    """Answers to surveys, each with its scale."""
    ended: EndReason | Literal[""] = ""
    """Why the call ended, as `Ended` says; "" for one that goes on, or whose end was never heard of."""
    troubled: bool = False
    """A limit was reached, or something of ours failed."""


def walk(turns: Iterable[SeenTurn], *, live: bool) -> CallPath:
    """The walk of one call. `live`: it goes on, so its last step was not left."""
    walker = _Walker()
    for turn in turns:
        walker.take(turn)
    return walker.finish(live=live)


class _OpenVisit:
    """A visit that has not ended."""

    __slots__ = ("kind", "queue", "since", "state", "turn")

    def __init__(self, state: str, kind: str, since: float, turn: int) -> None:
        self.state, self.kind, self.since, self.turn = state, kind, since, turn
        self.queue = ""


class _Walker:
    """Follows the events of one call. What the journal leaves out is mended so that every visit is left once."""

    def __init__(self) -> None:
        self._told = CallPath()
        self._here: _OpenVisit | None = None
        self._open: list[_OpenVisit] = []
        """The `run` steps whose flow has not ended."""
        self._open_at: dict[str, list[str]] = {}
        """Which those were when a step was last entered: where a jump back to it leads."""
        self._left = ("", "")
        self._now = 0.0
        self._turn = -1
        self._guarded = False
        self._resumed = False

    def take(self, turn: SeenTurn) -> None:
        self._turn += 1
        self._now, self._guarded, self._resumed = turn.at, False, turn.heard == "resumed"
        for event in json.loads(turn.events):
            if self._told.ended:
                return
            match event["type"]:
                case "Entered":
                    self._entered(event["state"], event["kind"])
                case "Moved":
                    self._moved(event["state"], event["outcome"])
                case "TryUsed":
                    self._told.tries.append((event["state"], event["cause"]))
                case "Queueing":
                    self._queued(event["queue"])
                case "TextSent":
                    self._told.texts += 1
                case "SurveyAnswered":
                    self._told.scores.append((event["score"], event["scale"]))
                case "Guarded":
                    self._guarded = self._told.troubled = True
                case "Ended":
                    self._ended(event["why"])

    def finish(self, *, live: bool) -> CallPath:
        told = self._told
        if not told.ended and self._here is not None:
            self._leave(self._here, STILL_THERE if live else HUNG_UP)
        told.stood = told.visits[-1] if told.visits else None
        told.unfinished = bool(self._open)
        while self._open:
            self._leave(self._open.pop(), STILL_THERE if live else OVER)
        return told

    # --- events ---

    def _entered(self, state: str, kind: str) -> None:
        flow = _flow(state)
        if self._here is not None:
            self._leave(self._here, ELSEWHERE)
        self._follow(state)
        self._open_at[state] = [stay.state for stay in self._open]
        self._here = _OpenVisit(state, kind, self._now, self._turn)
        flows = self._told.flows
        if not flows or flows[-1] != flow:
            if flow in flows:
                flows.remove(flow)
            flows.append(flow)

    def _moved(self, state: str, outcome: str) -> None:
        here = self._here
        came_from, self._left = self._left[0], (state, outcome)
        if here is not None and here.state == state:
            self._here = None
            if here.kind == RUN and outcome == RUN:
                self._open.append(here)
            else:
                self._leave(here, self._way(outcome))
            return
        if here is not None:
            self._leave(here, ELSEWHERE)
            self._here = None
        while any(stay.state == state for stay in self._open):
            stay = self._open.pop()
            if stay.state == state:
                self._leave(stay, outcome)
                self._told.finished.add(_flow(came_from))
                return
            self._leave(stay, ELSEWHERE)
        self._leave(_OpenVisit(state, "", self._now, self._turn), self._way(outcome))  # nobody saw it begin

    def _queued(self, queue: str) -> None:
        if self._here is not None:
            if not self._here.queue:
                self._here.since = self._now  # said again after a lost answer, it is the same wait
            self._here.queue = queue

    def _ended(self, why: EndReason) -> None:
        here = self._here
        self._told.ended = why
        self._told.troubled |= why in ("limit", "fault")
        if here is not None:
            gone = OVER if here.turn == self._turn else HUNG_UP
            self._leave(here, {"caller": gone, "limit": LIMIT, "fault": FAULT}.get(why, ENDED))
            self._here = None

    # --- how steps hang together ---

    def _way(self, outcome: str) -> str:
        """A jump by the engine, not by the caller."""
        if outcome == BACK and self._guarded:
            return LIMIT
        if outcome == BACK and self._resumed:  # the engine's apology
            self._told.troubled = True
            return FAULT
        return outcome

    def _follow(self, state: str) -> None:
        """Closes, and after a jump back opens again, the `run` steps between the last step and this one."""
        came_from, outcome = self._left
        if not came_from or (self._open and self._open[-1].state == came_from and outcome == RUN):
            return
        opened = [stay.state for stay in self._open]
        if outcome == BACK and state in self._open_at:
            wanted = self._open_at[state]
        elif _flow(state) == _flow(came_from):
            return
        else:
            flows = [_flow(one) for one in opened]
            wanted = opened[: flows.index(_flow(state))] if _flow(state) in flows else []
        same = next((n for n, (a, b) in enumerate(zip(opened, wanted, strict=False)) if a != b), None)
        kept = min(len(opened), len(wanted)) if same is None else same
        while len(self._open) > kept:
            self._leave(self._open.pop(), ELSEWHERE)
        self._open += [_OpenVisit(one, RUN, self._now, self._turn) for one in wanted[kept:]]

    def _leave(self, stay: _OpenVisit, way: str) -> None:
        self._told.visits.append(Visit(stay.state, stay.kind, way, stay.since, max(self._now, stay.since), stay.queue))


def _flow(state: str) -> str:
    return state.partition(".")[0]
