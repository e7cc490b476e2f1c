"""A flow as an SVG: one card a step with its ways out as rows, arrows to what comes next. Needs nothing to be shown.

Only ways that go on are arrows. A way that goes back, that leaves the flow or that leads to a place many steps lead to
is told by the name at the end of its row, so that the arrows show what is particular about a flow.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from ivr.flow.model import FlowSet, Text
from ivr.flow.picture.drawing import Card, Drawing, Way, drawings
from ivr.flow.picture.layout import Arrow, Box, Layout, Pair, Point, backward, place

STYLE = files(__package__).joinpath("static/picture.css").read_text("utf-8")

ABOUT: Mapping[str, str] = {
    "menu": "asks", "ask": "asks", "identify": "asks", "survey": "asks",
    "hours": "branches", "choose": "branches",
    "handle": "looks", "run": "looks",
    "queue": "people", "callback": "people", "transfer": "people", "voicemail": "people",
    "ticket": "leaves", "sms": "leaves",
    "hangup": "ends",
}  # fmt: skip
"""What a kind of step is about, which gives it its colour; all others say something."""

WIDTH, HEAD, LINE, ROW, PAD, MARGIN = 270.0, 28.0, 18.0, 21.0, 10.0, 26.0
BUSY = 5
"""A place that more steps than this lead to is named instead of drawn to."""
_TAG = 110.0
_SIGN = 18.0


@dataclass(frozen=True, slots=True)
class _Row:
    """One or more ways to the same place. `label` is per language; `key` stands before it."""

    ways: tuple[Way, ...]
    key: str
    labels: Mapping[str, tuple[str, ...]]
    tag: str
    top: float

    @property
    def height(self) -> float:
        return ROW + LINE * (max(map(len, self.labels.values())) - 1)

    @property
    def port(self) -> float:
        return self.top + ROW / 2


def svg(
    flow_set: FlowSet,
    flow: str,
    languages: Sequence[str] = (),
    *,
    link: Callable[[str], str] | None = None,
    marks: Mapping[str, str] | None = None,
) -> str:
    """The text of an SVG of one flow. Raises KeyError for an unknown one.

    `languages` are those the words are given in (without any: the first of the hotline); with several, each text has
    the class `l-` and its language, and the page decides which is seen. `link` gives the address behind a step,
    `marks` a class for steps by `flow.step` and for ways out by `flow.step/outcome`: `taken`, `partly` or `untaken` are
    coloured.
    """
    drawing = drawings(flow_set)[flow]
    return "".join(_svg(drawing, tuple(languages) or flow_set.languages[:1], link, marks or {}, STYLE))


def inline(
    drawing: Drawing,
    languages: Sequence[str],
    *,
    link: Callable[[str], str] | None = None,
    marks: Mapping[str, str] | None = None,
) -> str:
    """As `svg`, for a page that has `STYLE` once for all its maps."""
    return "".join(_svg(drawing, languages, link, marks or {}, ""))


def _svg(
    drawing: Drawing,
    languages: Sequence[str],
    link: Callable[[str], str] | None,
    marks: Mapping[str, str],
    style: str,
) -> Iterator[str]:
    ways = {card.step.name: [way.to for way in card.ways if way.to] for card in drawing.cards}
    back = backward([drawing.start, *ways] if drawing.start else ways, ways)
    busy = {to for to, count in Counter(to for all_to in ways.values() for to in set(all_to)).items() if count > BUSY}
    rows = {card.step.name: _rows(card, languages, back, busy) for card in drawing.cards}
    boxes = [
        Box(name, WIDTH, _height(card, rows[name]), HEAD / 2) for card in drawing.cards for name in [card.step.name]
    ]
    arrows = [arrow for card in drawing.cards for arrow in _arrows(card, rows[card.step.name])]
    rest = [(name, to) for name, all_to in ways.items() for to in all_to if (name, to) not in back]
    layout = place(boxes, arrows, rest)
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    name = escape(drawing.flow.name)
    yield f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" role="img" aria-label="{name}" '
    yield f'width="{width:.0f}" height="{height:.0f}" viewBox="{-MARGIN:g} {-MARGIN:g} {width:.0f} {height:.0f}">\n'
    yield f"<style>{style}</style>\n" if style else ""
    yield f'<defs><marker id="tip-{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    yield 'orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>\n'
    yield from _lines(drawing, arrows, layout)
    for card, box in zip(drawing.cards, boxes, strict=True):
        state = f"{drawing.flow.name}.{card.step.name}"
        kind = " ".join(filter(None, ("card", ABOUT.get(card.step.kind, "says"), marks.get(state, ""))))
        x, y = layout.corners[box.name]
        yield f'<g class="{kind}" data-state="{escape(state)}" transform="translate({x:.1f} {y:.1f})">'
        yield f'<a href="{escape(link(state))}">' if link else ""
        told = {way.outcome: mark for way in card.ways if (mark := marks.get(f"{state}/{way.outcome}"))}
        yield from _card(card, box, rows[box.name], languages, told)
        yield "</a></g>\n" if link else "</g>\n"
    yield "</svg>\n"


# --- what stands on a card --------------------------------------------------------------------------------------


def _rows(card: Card, languages: Sequence[str], back: set[Pair], busy: set[str]) -> list[_Row]:
    """Choices each for themselves; other ways to the same place together."""
    groups: dict[object, list[Way]] = {}
    for way in card.ways:
        groups.setdefault(way.outcome if way.key else (way.to, way.leaves), []).append(way)
    rows: list[_Row] = []
    top = HEAD + (LINE if _words(card) else 0.0)
    for group in groups.values():
        way = group[0]
        tag = _tag(card, way, back, busy)
        if not tag and [way.outcome for way in group] == ["next"]:
            continue  # the arrow leaves from the head: nothing else could come of this step
        row = _Row(tuple(group), way.key, {code: _label(group, code, bool(tag)) for code in languages}, tag, top)
        top += row.height
        rows.append(row)
    return rows


def _tag(card: Card, way: Way, back: set[Pair], busy: set[str]) -> str:
    if way.leaves:
        return f"{way.leaves} ⇥"
    if (card.step.name, way.to) in back:
        return f"↩ {way.to}"
    return f"→ {way.to}" if way.to in busy else ""


def _label(group: Sequence[Way], language: str, tagged: bool) -> tuple[str, ...]:
    """The lines of a row, as wide as its tag leaves them."""
    room = WIDTH - 2 * PAD - (_TAG if tagged else 12.0) - (_SIGN + 6 if group[0].key else 0.0)
    if group[0].key:
        return (_cut(group[0].called(language) or group[0].to or group[0].leaves, room),)
    lines = [""]
    for way in group:
        more = f"{lines[-1]} · {way.outcome}" if lines[-1] else way.outcome
        if lines[-1] and _width(more) > room:
            lines.append(way.outcome)
        else:
            lines[-1] = more
    return tuple(_cut(line, room) for line in lines)


def _words(card: Card) -> str | Text | None:
    """What the second line is about: what the step names, or what it says."""
    said = getattr(card.step, card.step.kind, None)
    return card.about or (said if isinstance(said, Text) else None)


def _height(card: Card, rows: Sequence[_Row]) -> float:
    return (rows[-1].top + rows[-1].height if rows else HEAD + (LINE if _words(card) else 0.0)) + 5.0


def _arrows(card: Card, rows: Sequence[_Row]) -> Iterator[Arrow]:
    name = card.step.name
    told = {id(way) for row in rows for way in row.ways}
    for way in card.ways:
        if way.to and id(way) not in told:
            yield Arrow(name, way.to, HEAD / 2)
    for row in rows:
        if not row.tag:
            yield Arrow(name, row.ways[0].to, row.port)


# --- writing it ---------------------------------------------------------------------------------------------------


def _lines(drawing: Drawing, arrows: Sequence[Arrow], layout: Layout) -> Iterator[str]:
    flow = escape(drawing.flow.name)
    if drawing.start:
        x, y = layout.corners[drawing.start]
        yield f'<circle class="start port" cx="{x - 18:.1f}" cy="{y + HEAD / 2:.1f}" r="4"/>'
        yield f'<path class="arrow" marker-end="url(#tip-{flow})" d="M{x - 14:.1f} {y + HEAD / 2:.1f}H{x:.1f}"/>\n'
    for arrow, route in zip(arrows, layout.routes, strict=True):
        ends = f'data-from="{flow}.{escape(arrow.source)}" data-to="{flow}.{escape(arrow.target)}"'
        yield f'<path class="arrow" marker-end="url(#tip-{flow})" {ends} d="{_curve(route)}"/>\n'


def _curve(route: Sequence[Point]) -> str:
    """Level where it leaves and enters, straight across the columns it passes."""
    (x, y), *others = route
    drawn = f"M{x:.1f} {y:.1f}"
    for index, (to_x, to_y) in enumerate(others):
        bend = (to_x - x) / 2
        across = index % 2 == 1
        drawn += (
            f"H{to_x:.1f}" if across else f"C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        )
        x, y = to_x, to_y
    return drawn


def _card(
    card: Card, box: Box, rows: Sequence[_Row], languages: Sequence[str], marks: Mapping[str, str]
) -> Iterator[str]:
    step = card.step
    yield f"<title>{escape(f'{step.name} ({step.kind})')}</title>"
    yield f'<rect class="box" width="{box.width:g}" height="{box.height:g}" rx="6"/>'
    yield f'<path class="stripe" d="M0 6a6 6 0 0 1 6-6v{box.height:g}a6 6 0 0 1-6-6z"/>'
    kind = _width(step.kind) * 0.9
    yield f'<text class="name" x="{PAD + 3:g}" y="18.5">{escape(_cut(step.name, WIDTH - 3 * PAD - kind, 13.5))}</text>'
    yield f'<text class="kind" x="{WIDTH - PAD:g}" y="18.5" text-anchor="end">{escape(step.kind)}</text>'
    if words := _words(card):
        for code in languages:
            said = words if isinstance(words, str) else f"“{_sentence(words, code)}”"
            yield _text("second", code, languages, (PAD + 3, HEAD + 9.5), _cut(said, WIDTH - 2 * PAD - 4))
    for row in rows:
        marked = sorted({marks[way.outcome] for way in row.ways if way.outcome in marks})
        yield f'<g class="{" ".join(marked)}">' if marked else ""
        yield from _row(row, languages)
        yield "</g>" if marked else ""


def _row(row: _Row, languages: Sequence[str]) -> Iterator[str]:
    x, base = PAD + 3, row.port + 4
    yield f'<path class="rule" d="M7 {row.top:g}H{WIDTH - 1:g}"/>'
    if row.key:
        yield f'<rect class="key" x="{x:g}" y="{row.port - 8:g}" width="{_SIGN:g}" height="16" rx="4"/>'
        yield f'<text class="sign" x="{x + _SIGN / 2:g}" y="{base:g}">{escape(row.key)}</text>'
        x += _SIGN + 6
    kind = "label" if row.ways[0].choice else "outcome"
    for code in languages:
        for index, line in enumerate(row.labels[code]):
            yield _text(kind, code, languages, (x, base + index * LINE), line)
    if row.tag:
        yield f'<text class="tag" x="{WIDTH - PAD:g}" y="{base:g}">{escape(_cut(row.tag, _TAG - 6, 11))}</text>'
    else:
        yield f'<circle class="port" cx="{WIDTH:g}" cy="{row.port:g}" r="3"/>'


def _text(kind: str, code: str, languages: Sequence[str], at: Point, words: str) -> str:
    seen = f" l-{code}" if len(languages) > 1 else ""
    return f'<text class="{kind}{seen}" lang="{code}" x="{at[0]:g}" y="{at[1]:g}">{escape(words)}</text>'


def _sentence(text: Text, language: str) -> str:
    return (text.sentences.get(language) or next(iter(text.sentences.values()))).source


def _width(words: str, size: float = 12.0) -> float:
    """About how wide words are, in pixels: a Chinese character fills its square, a letter a little over half."""
    return size * sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.53 for sign in words)


def _cut(words: str, room: float, size: float = 12.0) -> str:
    if _width(words, size) <= room:
        return words
    while words and _width(words + "…", size) > room:
        words = words[:-1]
    return words.rstrip() + "…"
