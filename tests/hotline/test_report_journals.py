"""Journals made by chance: every visit is left once, and the tally is what a naive recount finds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ivr.hotline.reports import Known, Period, Tally
from ivr.hotline.reports.path import walk
from ivr.hotline.reports.waits import Durations
from ivr.store.report_rows import SeenCall, SeenTurn

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = Period(date(2026, 11, 20), date(2026, 11, 26), SHANGHAI)

PLACES = {"hotline": ("main", "other"), "a": ("ask", "say"), "b": ("which",)}
RUNS = {"hotline.run_a": "a", "hotline.run_b": "b", "a.run_b": "b"}
ACTS = ("step", "step", "run", "end", "key", "back", "turn", "try", "text", "score", "hang up")
FLOWS = Known(topics={"a": "about a", "b": "about b"})


class Chance:
    """Plays the engine by the rules of its documentation, writes the journal, and notes each visit as it ends."""

    def __init__(self) -> None:
        self.turns: list[list[dict[str, object]]] = [[]]
        self.left: list[tuple[str, str]] = []
        self.stack: list[str] = []
        self.history: list[tuple[str, list[str]]] = []
        self.over = False
        self.enter("hotline.main")

    def enter(self, state: str, kind: str = "menu") -> None:
        self.here = state
        self.turns[-1].append({"type": "Entered", "state": state, "kind": kind})
        if kind == "menu":
            stand = (state, [*self.stack])
            if stand in self.history:
                self.history = self.history[: self.history.index(stand)]
            self.history.append(stand)

    def move(self, outcome: str, to: str, state: str = "") -> None:
        self.turns[-1].append({"type": "Moved", "state": state or self.here, "outcome": outcome, "to": to})

    def act(self, what: str, chosen: int) -> None:
        flow = self.here.partition(".")[0]
        if self.over:
            return
        match what:
            case "step":
                to = f"{flow}.{PLACES[flow][chosen % len(PLACES[flow])]}"
                self.move("next", to)
                self.left.append((self.here, "next"))
                self.enter(to)
            case "run":
                runs = [run for run in RUNS if run.startswith(f"{flow}.")]
                if runs:
                    run = runs[chosen % len(runs)]
                    self.move("key_1", run)
                    self.left.append((self.here, "key_1"))
                    self.enter(run, "run")
                    self.stack.append(run)
                    self.move("run", f"{RUNS[run]}.{PLACES[RUNS[run]][0]}")
                    self.enter(f"{RUNS[run]}.{PLACES[RUNS[run]][0]}")
            case "end":
                if self.stack:
                    run = self.stack.pop()
                    self.move("done", run)
                    self.left += [(self.here, "done"), (run, "done")]
                    outside = run.partition(".")[0]
                    to = f"{outside}.{PLACES[outside][chosen % len(PLACES[outside])]}"
                    self.move("done", to, run)
                    self.enter(to)
            case "key":
                self.move("key_0", "hotline.other")
                self.left.append((self.here, "key_0"))
                if flow != "hotline":
                    self.left += [(run, "(elsewhere)") for run in self.stack]
                    self.stack = []
                self.enter("hotline.other")
            case "back":
                if len(self.history) > 1:
                    state, stack = self.history[-2]
                    self.move("back", state)
                    self.left.append((self.here, "back"))
                    common = 0
                    while common < min(len(stack), len(self.stack)) and stack[common] == self.stack[common]:
                        common += 1
                    self.left += [(run, "(elsewhere)") for run in self.stack[common:]]
                    self.stack = [*stack]
                    self.enter(state)
            case "turn":
                self.turns.append([])
            case "try":
                self.turns[-1].append(
                    {"type": "TryUsed", "state": self.here, "cause": ("noinput", "nomatch")[chosen % 2]}
                )
            case "text":
                self.turns[-1].append({"type": "TextSent"})
            case "score":
                self.turns[-1].append({"type": "SurveyAnswered", "score": chosen % 5 + 1, "scale": 5})
            case "hang up":
                self.turns.append([{"type": "Ended", "why": "caller"}])
                self.left += [(self.here, "(hung up)"), *((run, "(over)") for run in self.stack)]
                self.over = True


played = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9)), max_size=40)


def chance(acts: Sequence[tuple[str, int]]) -> Chance:
    made = Chance()
    for what, chosen in acts:
        made.act(what, chosen)
    return made


def seen_turns(made: Chance) -> list[SeenTurn]:
    return [SeenTurn(n, 1000.0 + 10 * n, "digits", json.dumps(events)) for n, events in enumerate(made.turns)]


@given(played)
def test_every_visit_is_left_once_by_the_way_that_was_taken(acts: Sequence[tuple[str, int]]) -> None:
    made = chance(acts)
    walked = walk(seen_turns(made), live=not made.over)
    still = [(made.here, "(still there)"), *((run, "(still there)") for run in made.stack)] if not made.over else []
    assert Counter((visit.state, visit.way) for visit in walked.visits) == Counter([*made.left, *still])


calls_made = st.lists(
    st.tuples(played, st.integers(0, 7 * 24 * 3600 - 1), st.sampled_from(("zh", "en")), st.booleans()), max_size=8
)


@given(calls_made)
def test_a_tally_is_what_a_naive_recount_finds(
    made: Sequence[tuple[Sequence[tuple[str, int]], int, str, bool]],
) -> None:
    tally = Tally(WEEK, FLOWS)
    naive, by_day, steps = Counter[str](), Counter[date](), Counter[str]()
    for n, (acts, second, language, kept) in enumerate(made):
        one, began = chance(acts), WEEK.start + timedelta(seconds=second)
        turns = seen_turns(one) if kept or not one.over else []
        ended = began + timedelta(seconds=60) if one.over else None
        tally.add(SeenCall(f"CA{n}", began, ended, language, False, None, 1, turns, (), (), ()))
        by_day[began.astimezone(SHANGHAI).date()] += 1
        for event in (event for turn in turns for event in json.loads(turn.events)):
            naive[str(event["type"])] += 1
            naive[str(event.get("cause"))] += 1
            steps[str(event.get("state"))] += event["type"] == "Entered"
    assert tally.total.calls == len(made) == sum(tally.total.outcomes.values())
    assert {day: sums.calls for day, sums in tally.days.items() if sums.calls} == dict(by_day)
    assert tally.total.counts["texts"] == naive["TextSent"]
    assert tally.total.counts["scores"] == naive["SurveyAnswered"]
    for cause in ("noinput", "nomatch"):
        assert sum(step.tries[cause] for step in tally.steps.values()) == naive[cause]
    for state, entered in (+steps).items():  # a jump back into a flow begins its run step once more
        assert tally.steps[state].entered == entered or (state in RUNS and tally.steps[state].entered > entered)
    for name in ("outcomes", "languages", "counts"):
        added: Counter[str] = sum((getattr(sums, name) for sums in tally.days.values()), Counter())
        assert added == +getattr(tally.total, name)
    assert sum(sums.outcomes.total() for sums in tally.topics.values()) == len(made)


@given(st.lists(st.integers(0, 500), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_so_many_did_not_exceed(values: list[int], percent: int) -> None:
    spread = Durations()
    for value in values:
        spread.add(value)
    wanted = min(v for v in values if 100 * sum(other <= v for other in values) >= percent * len(values))
    assert spread.at(percent) == wanted
    assert (spread.longest, spread.total, spread.mean) == (max(values), sum(values), round(sum(values) / len(values)))
