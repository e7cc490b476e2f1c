"""Compares two versions of the flows in a caller's words: what leads elsewhere, which keys moved, which words changed.

Both are explored, and the same calls are made in both as long as the answers are alike. Names of files, flows and steps
are not compared, because nobody hears them. Where a call comes to something else in one version, this is reported once,
by a shortest call, and not followed further, because everything after it would differ.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from ivr.call.events import Check, Ended, Event, LookUp, Queueing, Transferring
from ivr.flow.checks.graph import said_on_ways, texts
from ivr.testing.explorer.search import ANY, Edge, Node, StateSpace, Words

ALIKE = 0.55
"""Words as similar as this (0 to 1) count as the same thing said differently."""

Kind = Literal["elsewhere", "moved", "gone", "new", "words", "effects", "unreachable"]
HEADINGS: Mapping[Kind, str] = {
    "elsewhere": "Calls that now go elsewhere",
    "moved": "Keys that moved",
    "gone": "What is no longer offered",
    "new": "What is new",
    "words": "What is said differently",
    "effects": "Text messages, tickets and calls back that changed",
    "unreachable": "What can no longer be reached",
}
"""The kinds of differences, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `call`: what the caller did until then. `old` and `new` are what is heard, or in words."""

    kind: Kind
    language: str
    call: tuple[str, ...]
    old: str
    new: str

    @property
    def after(self) -> str:
        return ", ".join(self.call) or "at the beginning"


def compare(old: StateSpace, new: StateSpace) -> list[Difference]:
    """All differences, those that change where calls go first; none for flows that sound and do the same.

    Both were explored in the same conditions, in the same order.
    """
    found = list(_Comparison(old, new).run())
    told = {sentence for one in found for sentence in one.old.split("\n")}
    found += _unreachable(old, new, told)
    order = list(HEADINGS)
    return sorted(dict.fromkeys(found), key=lambda one: (order.index(one.kind), len(one.call)))


@dataclass(frozen=True, slots=True)
class _Pair:
    old: Node
    new: Node
    call: tuple[str, ...]


@dataclass
class _Comparison:
    old: StateSpace
    new: StateSpace
    seen: set[tuple[int, int]] = field(default_factory=set)
    told: set[tuple[str, str, str]] = field(default_factory=set)
    waiting: deque[_Pair] = field(default_factory=deque)

    def run(self) -> Iterator[Difference]:
        for one, other in self._beginnings():
            yield from self._follow(one, other, ())
        while self.waiting:
            yield from self._at(self.waiting.popleft())

    def _beginnings(self) -> Iterator[tuple[Edge, Edge]]:
        """The calls with the caller's number shown, under every condition."""
        for one, other in zip(self.old.first, self.new.first, strict=True):
            if one.target >= 0 and other.target >= 0 and self.old.nodes[one.target].session.caller:
                yield one, other

    def _at(self, pair: _Pair) -> Iterator[Difference]:
        """Everything that can happen at a node, in both versions."""
        if _asks(pair.old.wait) != _asks(pair.new.wait):
            yield from self._tell(
                "elsewhere", pair.old.language, pair.call, _asks(pair.old.wait), _asks(pair.new.wait)
            )  # fmt: skip
            return
        before, after = self._acts(pair.old), self._acts(pair.new)
        same = {(label, condition) for (label, condition) in before if (label, condition) in after}
        partner = _moved(before, after, self.old, self.new)
        for label, condition in before:
            one = before[label, condition]
            if (label, condition) in partner:
                other_label = partner[label, condition]
                other = after[other_label, condition]
                yield from self._tell("moved", pair.old.language, pair.call, _offer(one), _offer(other))
                yield from self._follow(one, other, pair.call)
            elif (label, condition) in same and (label, condition) not in partner.keys_taken():
                yield from self._follow(one, after[label, condition], pair.call)
            elif (label, condition) not in same and one.action.by in ("key", "answer"):
                yield from self._tell("gone", pair.old.language, pair.call, _offer(one), "")
        taken = partner.keys_taken()
        for label, condition in after:
            other = after[label, condition]
            if (
                (label, condition) not in before
                and (label, condition) not in taken
                and other.action.by in ("key", "answer")
            ):
                yield from self._tell("new", pair.new.language, pair.call, "", _offer(other))

    def _acts(self, node: Node) -> dict[tuple[str, int], Edge]:
        """What can happen, by label and condition; ANY is written out where the other version may have asked."""
        found: dict[tuple[str, int], Edge] = {}
        for edge in node.edges:
            if edge.action.by in ("hang-up", "fault", "speech") or edge.target < 0:
                continue
            conditions = range(len(self.old.model.conditions)) if edge.condition == ANY else (edge.condition,)
            for condition in conditions:
                found[edge.action.label, condition] = edge
        return found

    def _follow(self, one: Edge, other: Edge, call: tuple[str, ...]) -> Iterator[Difference]:
        old, new = self.old.nodes[one.target], self.new.nodes[other.target]
        call = call if one.is_first else (*call, one.action.label)
        language = old.language
        if _texts(one.said) != _texts(other.said):
            if not _alike(old, new, one.said, other.said):
                yield from self._tell("elsewhere", language, call, _heard(one.said), _heard(other.said))
                return
            for before, after in _changes(_texts(one.said), _texts(other.said)):
                yield from self._tell("words", language, call, before, after)
        if one.effects != other.effects:
            yield from self._tell("effects", language, call, "\n".join(one.effects), "\n".join(other.effects))
        if isinstance(old.wait, Ended) != isinstance(new.wait, Ended):
            yield from self._tell("elsewhere", language, call, _asks(old.wait), _asks(new.wait))
        elif not isinstance(old.wait, Ended) and (old.index, new.index) not in self.seen:
            self.seen.add((old.index, new.index))
            self.waiting.append(_Pair(old, new, call))

    def _tell(self, kind: Kind, language: str, call: tuple[str, ...], old: str, new: str) -> Iterator[Difference]:
        """Keeps each difference once, with its shortest call."""
        if (kind, old, new) not in self.told and old != new:
            self.told.add((kind, old, new))
            yield Difference(kind, language, call, old, new)


class _Partners(dict[tuple[str, int], str]):
    """Keys of the old version by the key of the new one that does the same, per condition."""

    def keys_taken(self) -> set[tuple[str, int]]:
        return {(label, condition) for (_, condition), label in self.items()}


def _moved(
    before: Mapping[tuple[str, int], Edge], after: Mapping[tuple[str, int], Edge], old: StateSpace, new: StateSpace
) -> _Partners:
    """The keys that now do what another key did; a key that still does the same never moved."""
    found = _Partners()
    does = {at: _does(old, edge) for at, edge in before.items() if edge.action.by == "key"}
    does_now = {at: _does(new, edge) for at, edge in after.items() if edge.action.by == "key"}
    for (label, condition), what in does.items():
        if not any(what) or does_now.get((label, condition)) == what:
            continue
        for (other, other_condition), now in does_now.items():
            if other_condition == condition and now == what and does.get((other, condition)) != now:
                found[label, condition] = other
                break
    return found


def _does(space: StateSpace, edge: Edge) -> tuple[object, ...]:
    """What a caller notices of a step."""
    return _texts(edge.said), edge.effects, _asks(space.nodes[edge.target].wait)


# --- what is heard --------------------------------------------------------------------------------------------------


def _texts(words: Words) -> tuple[tuple[str, str], ...]:
    return tuple((said.language, said.text) for said in words)


def _heard(words: Words) -> str:
    return "\n".join(said.text for said in words) or "(nothing)"


def _offer(edge: Edge) -> str:
    return f"{edge.action.label}: {edge.said[0].text if edge.said else '(nothing is said)'}"


def _asks(wait: Event) -> str:
    """What the call waits for, where a caller could tell."""
    match wait:
        case LookUp(handler=name):
            return f"the look-up “{name}”"
        case Check():
            return "the check who is calling"
        case Queueing(queue=name):
            return f"the queue “{name}”"
        case Transferring(destination=name):
            return f"a transfer to “{name}”"
        case Ended():
            return "the end of the call"
        case _:
            return ""


def _alike(old: Node, new: Node, before: Words, after: Words) -> bool:
    """Whether it is the same thing said differently: in the same step, or in words that are much the same."""
    if old.state == new.state:
        return True
    one, other = "".join(said.text for said in before), "".join(said.text for said in after)
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE


def _changes(
    before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """The sentences that differ, side by side."""
    matcher = SequenceMatcher(None, list(before), list(after), autojunk=False)
    for what, first, last, start, end in matcher.get_opcodes():
        if what != "equal":
            yield _joined(before[first:last]), _joined(after[start:end])


def _joined(sentences: Sequence[tuple[str, str]]) -> str:
    return "\n".join(text for _, text in sentences)


def _unreachable(old: StateSpace, new: StateSpace, told: set[str]) -> Iterator[Difference]:
    """Words that are still written in the new flows, but that no call hears any more."""
    heard_before, heard_now = _all_heard(old), _all_heard(new)
    for step in new.model.edition.flows.steps():
        for text in (*texts(step), *said_on_ways(step)):
            for language, sentence in text.sentences.items():
                words = sentence.source
                key = (language, words)
                if not sentence.slots and key in heard_before and key not in heard_now and words not in told:
                    yield Difference("unreachable", language, (), words, "")


def _all_heard(space: StateSpace) -> set[tuple[str, str]]:
    return {(said.language, said.text) for edge in space.edges() for said in edge.said}


# --- telling --------------------------------------------------------------------------------------------------------


def as_text(found: Sequence[Difference]) -> str:
    if not found:
        return "Callers hear no difference.\n"
    lines: list[str] = []
    for kind, heading in HEADINGS.items():
        own = [one for one in found if one.kind == kind]
        if own:
            lines += ["", f"{heading} ({len(own)})"]
        for one in own:
            lines.append(
                f"  after {one.after} [{one.language}]" if one.call else f"  at the beginning [{one.language}]"
            )
            lines += [f"    - {line}" for line in one.old.split("\n") if line]
            lines += [f"    + {line}" for line in one.new.split("\n") if line]
    return "\n".join(lines).lstrip("\n") + "\n"
