"""A flow as an SVG: one card a step, arrows to what comes next. Needs nothing to be shown."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from importlib.resources import files

from ivr.flow.model import Text
from ivr.flow.picture.cards import (
    HEAD,
    LINE,
    NOTHING,
    PAD,
    SIGN,
    TAG,
    WIDTH,
    CardFace,
    CardRow,
    Drawing,
    Notes,
    back_edges,
    cut,
    faces,
    successors,
    width,
)
from ivr.flow.picture.layout import Arrow, Box, Layout, Point, place

STYLE = files(__package__).joinpath("static/picture.css").read_text("utf-8")

MARGIN = 26.0
THIN, THICK = 1.3, 6.0
"""How wide an arrow is that nobody took, and one that every call took."""


def svg(
    drawing: Drawing,
    languages: Sequence[str],
    *,
    link: Callable[[str], str] | None = None,
    notes: Notes = NOTHING,
    style: str = "",
) -> str:
    """The text of an SVG of one flow, for a page that has `STYLE`; to stand alone it is given as `style`.

    `languages` are those the words are given in; with several, each text has the class `l-` and its language, and the
    page decides which is seen. `link` gives the address behind a step.
    """
    return "".join(_svg(drawing, languages, link, notes, style))


def _svg(
    drawing: Drawing, languages: Sequence[str], link: Callable[[str], str] | None, notes: Notes, style: str
) -> Iterator[str]:
    shown, back = faces(drawing, languages, notes), back_edges(drawing)
    boxes = [Box(name, WIDTH, face.height, HEAD / 2) for name, face in shown.items()]
    arrows = [(arrow, figure) for name, face in shown.items() for arrow, figure in _arrows(name, face)]
    after = [(name, to) for name, all_to in successors(drawing).items() for to in all_to if (name, to) not in back]
    layout = place(boxes, [arrow for arrow, _ in arrows], after)
    wide, high = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    name = escape(drawing.flow.name)
    role = "group" if link else "img"
    yield f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" role="{role}" aria-label="{name}" '
    yield f'width="{wide:.0f}" height="{high:.0f}" viewBox="{-MARGIN:g} {-MARGIN:g} {wide:.0f} {high:.0f}">\n'
    yield f"<style>{style}</style>\n" if style else ""
    yield f'<defs><marker id="tip-{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    yield 'markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>\n'
    yield from _start(drawing, layout)
    most = max([1, *notes.figures.values()])
    for (arrow, figure), route in zip(arrows, layout.routes, strict=True):
        thick = f' style="stroke-width:{THIN + (THICK - THIN) * figure / most:.1f}"' if figure else ""
        ends = f'data-from="{name}.{escape(arrow.source)}" data-to="{name}.{escape(arrow.target)}"'
        yield f'<path class="arrow" marker-end="url(#tip-{name})" {ends}{thick} d="{_curve(route)}"/>\n'
    for box in boxes:
        face = shown[box.name]
        kind = " ".join(filter(None, ("card", face.card.step.group, notes.marks.get(face.state, ""))))
        x, y = layout.corners[box.name]
        yield f'<g class="{kind}" data-state="{escape(face.state)}" transform="translate({x:.1f} {y:.1f})">'
        yield f'<a href="{escape(link(face.state))}">' if link else ""
        yield from _card(face, languages, notes)
        yield "</a></g>\n" if link else "</g>\n"
    yield "</svg>\n"


def _arrows(name: str, face: CardFace) -> Iterator[tuple[Arrow, int | None]]:
    """The arrows of a card, and how many calls took each: from the head for a way that has no row."""
    in_rows = {way.outcome for row in face.rows for way in row.ways}
    for way in face.card.ways:
        if way.to and way.outcome not in in_rows:
            yield Arrow(name, way.to, HEAD / 2), face.figure
    for row in face.rows:
        if row.ways and not row.tag:
            yield Arrow(name, row.ways[0].to, row.middle), row.figure


def _start(drawing: Drawing, layout: Layout) -> Iterator[str]:
    if drawing.start:
        x, y = layout.corners[drawing.start]
        tip = f'marker-end="url(#tip-{escape(drawing.flow.name)})"'
        yield f'<circle class="start port" cx="{x - 18:.1f}" cy="{y + HEAD / 2:.1f}" r="4"/>'
        yield f'<path class="arrow" {tip} d="M{x - 14:.1f} {y + HEAD / 2:.1f}H{x:.1f}"/>\n'


def _curve(route: Sequence[Point]) -> str:
    """Level where it leaves and enters, straight across the columns it passes."""
    (x, y), *others = route
    drawn = f"M{x:.1f} {y:.1f}"
    for index, (to_x, to_y) in enumerate(others):
        if index % 2:
            drawn += f"H{to_x:.1f}"
        else:
            bend = (to_x - x) / 2
            drawn += f"C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    return drawn


def _card(face: CardFace, languages: Sequence[str], notes: Notes) -> Iterator[str]:
    step, right = face.card.step, WIDTH - PAD
    yield f"<title>{escape(f'{step.name} ({step.kind})')}</title>"
    yield f'<rect class="box" width="{WIDTH:g}" height="{face.height:g}" rx="6"/>'
    yield f'<path class="stripe" d="M0 6a6 6 0 0 1 6-6v{face.height:g}a6 6 0 0 1-6-6z"/>'
    kind = width(step.kind)
    room = right - PAD - 13 - kind
    if face.figure is not None:
        yield f'<text class="figure" x="{right - kind - 8:g}" y="18.5">{face.figure:,}</text>'
        room -= width(f"{face.figure:,}") + 8
    yield f'<text class="name" x="{PAD + 3:g}" y="18.5">{escape(cut(step.name, room, 13.5))}</text>'
    yield f'<text class="kind" x="{right:g}" y="18.5">{escape(step.kind)}</text>'
    for code in languages if face.words else ():
        said = f"“{_said(face.words, code)}”" if isinstance(face.words, Text) else str(face.words)
        yield _text("second", code, languages, (PAD + 3, HEAD + 9.5), cut(said, WIDTH - 2 * PAD - 4))
    for row in face.rows:
        classes = {notes.marks.get(f"{face.state}/{way.outcome}", "") for way in row.ways} if row.ways else {"gone"}
        marks = " ".join(sorted(classes - {""}))
        yield f'<g class="{marks}">' if marks else ""
        yield from _row(row, languages)
        yield "</g>" if marks else ""


def _row(row: CardRow, languages: Sequence[str]) -> Iterator[str]:
    x, base, right = PAD + 3, row.middle + 4, WIDTH - PAD
    yield f'<path class="rule" d="M7 {row.top:g}H{WIDTH - 1:g}"/>'
    if row.key:
        yield f'<rect class="key" x="{x:g}" y="{row.middle - 8:g}" width="{SIGN:g}" height="16" rx="4"/>'
        yield f'<text class="sign" x="{x + SIGN / 2:g}" y="{base:g}">{escape(row.key)}</text>'
        x += SIGN + 6
    kind = "label" if row.ways and row.ways[0].choice else "outcome"
    for code in languages:
        for index, line in enumerate(row.labels[code]):
            yield _text(kind, code, languages, (x, base + index * LINE), line)
    if row.tag:
        tag = cut(row.tag, TAG - 6, 11)
        yield f'<text class="tag" x="{right:g}" y="{base:g}">{escape(tag)}</text>'
        right -= width(tag, 11) + 8
    elif row.ways:
        yield f'<circle class="port" cx="{WIDTH:g}" cy="{row.middle:g}" r="3"/>'
    if row.figure is not None:
        yield f'<text class="figure" x="{right:g}" y="{base:g}">{row.figure:,}</text>'


def _text(kind: str, code: str, languages: Sequence[str], at: Point, words: str) -> str:
    seen = f" l-{code}" if len(languages) > 1 else ""
    return f'<text class="{kind}{seen}" lang="{code}" x="{at[0]:g}" y="{at[1]:g}">{escape(words)}</text>'


def _said(text: Text, language: str) -> str:
    return (text.sentences.get(language) or next(iter(text.sentences.values()))).source
