"""A flow as cards, one a step: what stands on each and where: a head, a line of words, rows for the ways out.

Keys that work in every menu are left out: they would be drawn from everywhere to everywhere.
Only ways that go on are arrows. A way that goes back, leaves the flow, or leads to a step where many ways meet ends in
the name of that place. So the arrows show what is special about a flow.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.flow.checks.graph import Edge, Graph, ResolvedFlow
from ivr.flow.model import Catalogue, Choice, Exit, Flow, FlowSet, Keyed, Menu, Step, Text, key_outcome, key_sign
from ivr.flow.picture.layout import Pair, find_back_edges


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a step: `to` a step of the same flow, or `leaves` it by an outcome or to another's `flow.step`."""

    outcome: str
    exit: Exit
    to: str = ""
    leaves: str = ""
    choice: Choice | None = None

    @property
    def key(self) -> str:
        return key_sign(self.outcome)

    def called(self, language: str) -> str:
        """The label of its choice in this language, else in any; "" without words."""
        text = self.choice.label or self.choice.say if self.choice else None
        if text is None:
            return ""
        sentence = text.sentences.get(language) or next(iter(text.sentences.values()))
        return sentence.source


@dataclass(frozen=True, slots=True)
class Card:
    step: Step
    about: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One flow, its steps in the order written. `start` is "" when it names no step."""

    flow: Flow
    start: str
    cards: tuple[Card, ...]


WIDTH, HEAD, LINE, ROW, PAD, FOOT = 270.0, 28.0, 18.0, 21.0, 10.0, 5.0
"""Of a card, in pixels: its width, the heights of its parts, and the space around words."""
SIGN = 18.0
"""The square around a telephone key."""
TAG = 110.0
"""The most that the name of a place takes at the end of a row."""
FIGURE = 40.0
BUSY = 5
"""A place that more steps than this lead to is named instead of drawn to."""
GAVE_UP = "(hung up)"
"""The outcome in `figures` of a step in which the caller hung up."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What a picture adds about steps (`flow.step`) and ways out (`flow.step/outcome`).

    `marks` are classes; `taken`, `partly` and `untaken` are coloured. `figures` count calls, also those of `GAVE_UP`.
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, int] = field(default_factory=dict)


NOTHING = Notes()


@dataclass(frozen=True, slots=True)
class CardRow:
    """One or more ways to the same place. `labels` are lines per language; the `key` stands before them.

    A row without a `tag` has an arrow. A row without ways says how many callers gave up.
    """

    top: float
    ways: tuple[Way, ...]
    labels: Mapping[str, tuple[str, ...]]
    key: str = ""
    tag: str = ""
    figure: int | None = None

    @property
    def height(self) -> float:
        return ROW + LINE * (max(map(len, self.labels.values())) - 1)

    @property
    def middle(self) -> float:
        """Where its arrow leaves and its first line stands, below the top of the card."""
        return self.top + ROW / 2


@dataclass(frozen=True, slots=True)
class CardFace:
    """Everything on a card. `words` is its second line: what the step names, or what it says."""

    state: str
    card: Card
    words: str | Text | None
    rows: tuple[CardRow, ...]
    figure: int | None

    @property
    def height(self) -> float:
        return (self.rows[-1].top + self.rows[-1].height if self.rows else _below_words(self.words)) + FOOT


def drawings(flow_set: FlowSet) -> Mapping[str, Drawing]:
    graph = Graph(flow_set, Catalogue())
    return {name: _drawing(graph.resolved[name]) for name in flow_set.flows}


def faces(drawing: Drawing, languages: Sequence[str], notes: Notes) -> Mapping[str, CardFace]:
    ways = successors(drawing)
    back = back_edges(drawing)
    led_to = Counter(to for all_to in ways.values() for to in set(all_to))
    busy = {to for to, count in led_to.items() if count > BUSY}
    return {card.step.name: _face(drawing.flow.name, card, languages, back, busy, notes) for card in drawing.cards}


def successors(drawing: Drawing) -> Mapping[str, list[str]]:
    return {card.step.name: [way.to for way in card.ways if way.to] for card in drawing.cards}


def back_edges(drawing: Drawing) -> set[Pair]:
    ways = successors(drawing)
    return find_back_edges([drawing.start, *ways] if drawing.start else ways, ways)


def _drawing(resolved: ResolvedFlow) -> Drawing:
    steps = resolved.flow.steps
    cards = tuple(Card(step, _about(step), tuple(_ways(resolved, step))) for step in steps.values())
    return Drawing(resolved.flow, resolved.start if resolved.start in steps else "", cards)


def _ways(resolved: ResolvedFlow, step: Step) -> Iterator[Way]:
    """Choices as they are spoken, then keys, then outcomes."""
    choices = {key_outcome(choice.key): choice for choice in step.choices} if isinstance(step, Menu) else {}
    order = list(choices)
    ways = [
        Way(edge.outcome, edge.way, edge.to, edge.leaves, choices.get(edge.outcome))
        for edge in resolved.edges[step.name]
        if edge.outcome in choices or not _is_everywhere(resolved, step, edge)
    ]
    yield from sorted(ways, key=lambda way: (order.index(way.outcome) if way.choice else len(order), not way.key))


def _is_everywhere(resolved: ResolvedFlow, step: Step, edge: Edge) -> bool:
    """Whether a way is only a key that works in every menu: of this flow, of the hotline, or of a flow that is run."""
    if not edge.outcome or "." in edge.leaves:
        return True
    sign = key_sign(edge.outcome)
    if not sign or not isinstance(step, Keyed):
        return False
    return sign not in step.keys or step.keys[sign] == resolved.flow.keys.get(sign)


def _about(step: Step) -> str:
    about = getattr(step, step.kind, None)
    return about if isinstance(about, str) and about != step.name else ""


def _face(  # noqa: PLR0917 - one place calls it
    flow: str, card: Card, languages: Sequence[str], back: set[Pair], busy: set[str], notes: Notes
) -> CardFace:
    state = f"{flow}.{card.step.name}"
    said = getattr(card.step, card.step.kind, None)
    words = card.about or (said if isinstance(said, Text) else None)
    rows: list[CardRow] = []
    top = _below_words(words)
    for group in _groups(card):
        tag = _tag(card, group[0], back, busy)
        if not tag and [way.outcome for way in group] == ["next"]:
            continue  # the arrow leaves from the head: this is the only way out
        figure = sum(notes.figures.get(f"{state}/{way.outcome}", 0) for way in group) if notes.figures else None
        room = WIDTH - 2 * PAD - (TAG if tag else 12.0) - (FIGURE if notes.figures else 0.0)
        labels = {code: _label(group, code, room) for code in languages}
        rows.append(CardRow(top, tuple(group), labels, group[0].key, tag, figure))
        top += rows[-1].height
    if gone := notes.figures.get(f"{state}/{GAVE_UP}"):
        rows.append(CardRow(top, (), dict.fromkeys(languages, ("gave up",)), figure=gone))
    return CardFace(state, card, words, tuple(rows), notes.figures.get(state, 0) if notes.figures else None)


def _below_words(words: str | Text | None) -> float:
    return HEAD + (LINE if words else 0.0)


def _groups(card: Card) -> Iterator[list[Way]]:
    """Each choice and each key has a row; other ways to the same place share one."""
    groups: dict[object, list[Way]] = {}
    for way in card.ways:
        groups.setdefault(way.outcome if way.key else (way.to, way.leaves), []).append(way)
    yield from groups.values()


def _tag(card: Card, way: Way, back: set[Pair], busy: set[str]) -> str:
    if way.leaves:
        return f"{way.leaves} ⇥"
    if (card.step.name, way.to) in back:
        return f"↩ {way.to}"
    return f"→ {way.to}" if way.to in busy else ""


def _label(group: Sequence[Way], language: str, room: float) -> tuple[str, ...]:
    if group[0].key:
        return (cut(group[0].called(language) or group[0].to or group[0].leaves, room - SIGN - 6),)
    lines = [""]
    for way in group:
        more = f"{lines[-1]} · {way.outcome}" if lines[-1] else way.outcome
        if lines[-1] and width(more) > room:
            lines.append(way.outcome)
        else:
            lines[-1] = more
    return tuple(cut(line, room) for line in lines)


def width(words: str, size: float = 12.0) -> float:
    """The width of words in pixels, estimated: a Chinese character fills its square, a letter a little over half."""
    return size * sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.53 for sign in words)


def cut(words: str, room: float, size: float = 12.0) -> str:
    if width(words, size) <= room:
        return words
    while words and width(words + "…", size) > room:
        words = words[:-1]
    return words.rstrip() + "…"
