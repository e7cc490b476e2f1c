"""The forecast as text and as a page: one HTML file with charts, which needs no server, no script and no network."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from ivr.console.charts import NARROW, Chart, nested, stacked
from ivr.forecast.figures import Forecast, advised, number
from ivr.hotline.reports.format import cell_text, label

_CHARTS = (
    ("Agents who are there, and on top those who are missing", "person", "lost"),
    ("How long callers wait: nine of ten at most (light), half of them at most (dark)", "ninety", "contained"),
)


def summary(found: Forecast, checked: Forecast | None) -> Iterator[str]:
    """What was asked, and the answer in sentences. `checked` is the same day with the agents who are needed."""
    plan, day = found.plan, found.plan.day
    percent, seconds = plan.target
    calls = sum(plan.arrivals)
    yield f"{plan.date:%A %Y-%m-%d}, {plan.zone.key}: {calls:g} calls for {plan.queue}, {percent} % within {seconds} s"
    patience = f"hang up after {_time(day.patience.mean)}" if day.patience else "never hang up"
    keys = f"press {', '.join(found.keys)}" if found.keys else "come at once"
    yield (
        f"Callers {keys}, talk for {_time(day.talk.mean)} and {patience}; agents write for {_time(day.wrap_up.mean)}: "
        f"on average, over {day.days} such {'day' if day.days == 1 else 'days'}."
    )
    short = [
        f"{cells['half_hour']} ({cell_text('service_level', cells['service_level'])}, {cells['agents_needed']} needed)"
        for cells in found.rows
        if number(cells["service_level"]) < percent and number(cells["agents_needed"]) > number(cells["agents"])
    ]
    level = cell_text("service_level", found.total["service_level"])
    yield f"Not enough at {', '.join(short)}." if short else "Enough in every half hour."
    yield f"Over the day, {level} of callers are answered within {seconds} s."
    formula = "Erlang A" if day.patience else "Erlang C"
    if checked is None:
        yield f"Agents needed are those of {formula}."
    else:
        more = " and one more where that was too few" if checked.plan.agents != advised(found).agents else ""
        yield (
            f"Agents needed are those of {formula}{more}; simulated with them, "
            f"{cell_text('service_level', checked.total['service_level'])} are answered in time."
        )
    if found.told:
        fits = sum(one.fits for one in found.told) / len(found.told)
        yield f"{len(found.told)} callers were told a wait; {fits:.0%} waited as long, give or take a third."


def page(found: Forecast, checked: Forecast | None) -> str:
    """The text of the HTML page."""
    title, *sentences = summary(found, checked)
    return "".join(_page(found, title, sentences))


def _page(found: Forecast, title: str, sentences: Sequence[str]) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{escape(title)}</title>\n<style>{files(__package__).joinpath('page.css').read_text('utf-8')}</style>"
    yield f"</head>\n<body><main>\n<h1>{escape(title)}</h1>\n"
    for sentence in sentences:
        yield f"<p>{escape(sentence)}</p>\n"
    for chart, (name, *_) in zip(_charts(found), _CHARTS, strict=True):
        yield f"<h2>{escape(name)}</h2>\n{_svg(chart, name)}\n"
    columns = found.table.columns
    yield '<h2>All figures</h2>\n<div class="scroll"><table><thead><tr>'
    yield from (f'<th scope="col">{escape(label(column, "en"))}</th>' for column in columns)
    yield "</tr></thead>\n<tbody>\n"
    for row in found.table.rows:
        yield f'<tr><th scope="row">{escape(str(row[0]))}</th>'
        for column, cell in zip(columns[1:], row[1:], strict=True):
            yield f"<td>{escape(cell_text(column, cell))}</td>"
        yield "</tr>\n"
    yield "</tbody></table></div>\n</main></body></html>\n"


def _charts(found: Forecast) -> Iterator[Chart]:
    staff, waits = [], []
    for cells in found.rows:
        name, there, needed = str(cells["half_hour"]), number(cells["agents"]), number(cells["agents_needed"])
        staff.append((name, [
            ("person", there, f"{name}: {there:g} agents"),
            ("lost", max(0.0, needed - there), f"{name}: {needed:g} are needed"),
        ]))  # fmt: skip
        waits.append((name, [
            (colour, number(cells[column]), f"{name}: {label(column, 'en')} {cell_text(column, cells[column])}")
            for colour, column in (("ninety", "wait_90"), ("contained", "wait_median"))
        ]))  # fmt: skip
    yield stacked(staff)
    yield nested(waits, lambda seconds: cell_text("wait_90", seconds))


def _svg(chart: Chart, title: str) -> str:
    """A chart as SVG, with its title for those who do not see it."""
    shape = "wide" if chart.width > NARROW else "narrow"
    lines = [
        f'<svg class="{shape}" viewBox="0 0 {chart.width} {chart.height}" role="img">',
        f"<title>{escape(title)}</title>",
    ]
    for mark in chart.scale:
        lines.append(f'<line x1="44" x2="{chart.width - 16}" y1="{mark.y}" y2="{mark.y}"></line>')
        lines.append(f'<text class="scale" x="{mark.x}" y="{mark.y + 4}">{escape(mark.text)}</text>')
    lines += [
        f'<rect class="{part.name}" x="{part.x}" y="{part.y}" width="{part.width}" height="{part.height}">'
        f"<title>{escape(part.told)}</title></rect>"
        for part in chart.parts
    ]
    lines += [f'<text class="day" x="{mark.x}" y="{mark.y}">{escape(mark.text)}</text>' for mark in chart.labels]
    return "\n".join([*lines, "</svg>"])


def _time(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
