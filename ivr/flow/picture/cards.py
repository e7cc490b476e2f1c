"""What stands on the card of a step, and where: a head, a line of words, a row for the ways to each place.

Only ways that go on are arrows. A way that goes back, leaves the flow, or leads to a step where many ways meet ends in
the name of that place. So the arrows show what is special about a flow.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.flow.model import Text
from ivr.flow.picture.drawing import Card, Drawing, Way
from ivr.flow.picture.layout import Pair, find_back_edges

WIDTH, HEAD, LINE, ROW, PAD, FOOT = 270.0, 28.0, 18.0, 21.0, 10.0, 5.0
"""Of a card, in pixels: its width, the heights of its parts, and the space around words."""
SIGN = 18.0
"""The square around a telephone key."""
TAG = 110.0
"""The most that the name of a place takes at the end of a row."""
FIGURE = 40.0
"""How much room a figure takes, beside the name."""
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


def faces(drawing: Drawing, languages: Sequence[str], notes: Notes) -> Mapping[str, CardFace]:
    """Every card of a flow, by the name of its step."""
    ways = successors(drawing)
    back = back_edges(drawing)
    led_to = Counter(to for all_to in ways.values() for to in set(all_to))
    busy = {to for to, count in led_to.items() if count > BUSY}
    return {card.step.name: _face(drawing.flow.name, card, languages, back, busy, notes) for card in drawing.cards}


def successors(drawing: Drawing) -> Mapping[str, list[str]]:
    """The steps of the flow that each step leads to."""
    return {card.step.name: [way.to for way in card.ways if way.to] for card in drawing.cards}


def back_edges(drawing: Drawing) -> set[Pair]:
    """The ways that go back."""
    ways = successors(drawing)
    return find_back_edges([drawing.start, *ways] if drawing.start else ways, ways)


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
    """The words, cut to the room there is."""
    if width(words, size) <= room:
        return words
    while words and width(words + "…", size) > room:
        words = words[:-1]
    return words.rstrip() + "…"
