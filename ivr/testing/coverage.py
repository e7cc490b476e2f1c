"""Coverage: which items of the flows some calls have taken: steps, ways out, keys.

Steps and ways count in every language apart, for each is said in each; a way that chooses a language counts in the
language in which the question was asked. A key that works everywhere counts once for the
flow that declares it, not in each of its menus. Fed with the events of calls, from the store or from replays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ivr.call.machine import way_out
from ivr.flow import model

KINDS: Mapping[str, str] = {
    "step": "steps",
    "way": "ways out",
    "key": "keys that work everywhere",
}
"""The kinds of items that are counted, with their titles."""
TELLING = frozenset({"LanguageChanged", "Entered", "Moved", "Gathering"})
"""The types of events that coverage is fed with; others may be left out."""


ItemKind = Literal["step", "way", "key"]


@dataclass(frozen=True, slots=True, order=True)
class CoverageItem:
    """One item that can be taken. `name` is `flow.step` or a flow; `how` the outcome.

    `language` is "" for what does not depend on it.
    """

    kind: ItemKind
    name: str
    how: str = ""
    language: str = ""

    def __str__(self) -> str:
        words = " ".join(filter(None, (self.name, self.how and f"→ {self.how}")))
        return f"{words} [{self.language}]" if self.language else words


@dataclass
class Coverage:
    """How often each item was taken. Calls are added one by one."""

    items: tuple[CoverageItem, ...]
    flows: model.FlowSet
    taken: Counter[CoverageItem] = field(default_factory=Counter)
    calls: int = 0

    @classmethod
    def of(cls, flows: model.FlowSet) -> Coverage:
        return cls(tuple(dict.fromkeys(_items(flows))), flows)

    def add(self, events: Iterable[Mapping[str, Any]]) -> None:
        """One call: all its events in order, as the journal keeps them (`type`, `state`, `outcome` …)."""
        language = self.flows.languages[0]
        asked_in = ""  # the language of the question, where the answer to it has just changed the language
        state = ""
        self.calls += 1
        for event in events:
            match event.get("type"):
                case "LanguageChanged":
                    asked_in = asked_in or language
                    language = str(event["language"])
                case "Entered":
                    state = str(event["state"])
                    self.taken[CoverageItem("step", state, "", language)] += 1
                case "Moved":
                    if item := self._moved(str(event["state"]), str(event["outcome"]), asked_in or language):
                        self.taken[item] += 1
                    asked_in = ""
                case "Gathering":
                    if asked_in:  # the caller stayed, and hears the step in the other language
                        self.taken[CoverageItem("step", state, "", language)] += 1
                    asked_in = ""

    def percent(self, *kinds: str) -> float:
        """How many of the items were taken, of these kinds or of all; 100 where there are none."""
        wanted = [item for item in self.items if not kinds or item.kind in kinds]
        return 100.0 * sum(item in self.taken for item in wanted) / len(wanted) if wanted else 100.0

    def missing(self, *kinds: str) -> tuple[CoverageItem, ...]:
        return tuple(item for item in self.items if item not in self.taken and (not kinds or item.kind in kinds))

    def _moved(self, state: str, outcome: str, language: str) -> CoverageItem | None:
        try:
            step = self.flows.step(state)
        except KeyError:  # a call of other flows
            return None
        flow = self.flows.flows[state.partition(".")[0]]
        if owner := _declares(self.flows, flow, step, outcome):
            return CoverageItem("key", owner, outcome)
        return CoverageItem("way", state, way_out(step, outcome), language)


# --- what there is --------------------------------------------------------------------------------------------------


def _items(flows: model.FlowSet) -> Iterator[CoverageItem]:
    """In the order of the flows; keys that work everywhere come again and again."""
    for flow in flows.flows.values():
        for step in flow.steps.values():
            state = f"{flow.name}.{step.name}"
            for language in flows.languages:
                yield CoverageItem("step", state, "", language)
            for outcome in step.ways:
                if owner := _declares(flows, flow, step, outcome):
                    yield CoverageItem("key", owner, outcome)
                    continue
                for language in flows.languages:
                    yield CoverageItem("way", state, outcome, language)


def _declares(flows: model.FlowSet, flow: model.Flow, step: model.Step, outcome: str) -> str:
    """The flow whose key this is, if it works everywhere and the step has not given it a meaning of its own."""
    if not isinstance(step, model.Keyed) or not outcome.startswith("key_"):
        return ""
    if isinstance(step, model.Menu) and any(model.key_outcome(choice.key) == outcome for choice in step.choices):
        return ""
    for owner in (flow, flows.flows[flows.start]):
        for key, target in owner.keys.items():
            if model.key_outcome(key) == outcome and target not in (model.REPEAT, model.BACK, model.SWITCH_LANGUAGE):
                meant = step.keys.get(key, target)
                return owner.name if meant in (target, f"{owner.name}.{target}") else ""
    return ""


# --- telling --------------------------------------------------------------------------------------------------------


def as_text(coverage: Coverage, most: int = 40) -> str:
    """The figures, and what is missing: up to `most` lines, then how many more."""
    lines = [f"{'':28}{'taken':>7}{'of':>7}"]
    for kind, called in KINDS.items():
        own = [item for item in coverage.items if item.kind == kind]
        if own:
            count = sum(item in coverage.taken for item in own)
            lines.append(f"{called:<28}{count:>7}{len(own):>7}{coverage.percent(kind):>8.1f} %")
    count = sum(item in coverage.taken for item in coverage.items)
    lines.append(f"{'everything':<28}{count:>7}{len(coverage.items):>7}{coverage.percent():>8.1f} %")
    missing = coverage.missing()
    if missing:
        lines += ["", "never taken:"]
        lines += [f"  {KINDS[item.kind]:<28}{item}" for item in missing[:most]]
        if len(missing) > most:
            lines.append(f"  and {len(missing) - most} more")
    return "\n".join(lines) + "\n"


def in_a_line(coverage: Coverage) -> str:
    return (
        f"{coverage.calls} calls have taken {coverage.percent():.1f} % of what callers can come to. "
        "Green: all of a step was taken; yellow: a part; red: nothing. Ways out that are missing are coloured likewise."
    )


def colours(coverage: Coverage) -> Mapping[str, str]:
    """Every `flow.step` as taken (all of it), partly, or untaken: green, yellow and red in pictures.

    And every `flow.step/outcome` that was not taken, or not in every language.
    """
    steps = {state: _colour(coverage, state) for state in coverage.flows.states()}
    taken = {(item.name, item.how) for item in coverage.taken if item.kind == "way"}
    missed = [(item.name, item.how) for item in coverage.missing() if item.kind == "way"]
    return steps | {f"{name}/{how}": "partly" if (name, how) in taken else "untaken" for name, how in missed}


def _colour(coverage: Coverage, state: str) -> str:
    own = [item for item in coverage.items if item.name == state and item.kind in ("step", "way")]
    count = sum(item in coverage.taken for item in own)
    return "taken" if count == len(own) else "partly" if count else "untaken"
