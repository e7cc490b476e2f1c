"""The forecast as text and as a page: one HTML file with charts, which needs no server, no script and no network."""

from collections.abc import Iterator

from jinja2 import ChoiceLoader, Environment, PackageLoader

from ivr.console.charts import Chart, nested, stacked
from ivr.forecast.figures import Forecast, number
from ivr.hotline.reports.format import cell_text, label, length


def summary(found: Forecast, checked: Forecast | None) -> Iterator[str]:
    """What was asked, and the answer in sentences. `checked` is the same day with the agents who are needed."""
    plan, day = found.plan, found.plan.day
    percent, seconds = plan.target
    calls = sum(plan.arrivals)
    yield f"{plan.date:%A %Y-%m-%d}, {plan.zone.key}: {calls:g} calls for {plan.queue}, {percent} % within {seconds} s"
    patience = f"hang up after {length(day.patience.mean)}" if day.patience else "never hang up"
    keys = f"press {', '.join(found.keys)}" if found.keys else "come at once"
    yield (
        f"Callers {keys}, talk for {length(day.talk.mean)} and {patience}; "
        f"agents write for {length(day.wrap_up.mean)}: "
        f"on average, over {day.days} such {'day' if day.days == 1 else 'days'}."
    )
    short = [
        f"{cells['half_hour']} ({cell_text('service_level', cells['service_level'])}, {cells['agents_needed']} needed)"
        for cells in found.rows.values()
        if number(cells["service_level"]) < percent and number(cells["agents_needed"]) > number(cells["agents"])
    ]
    level = cell_text("service_level", found.total["service_level"])
    if found.at_once > seconds:
        yield (
            f"Even with an agent free, a caller waits {length(found.at_once)} until the two hear each other: no number "
            f"of agents answers within {seconds} s. Those needed let {percent} % find an agent who is free."
        )
    else:
        yield f"Not enough at {', '.join(short)}." if short else "Enough in every half hour."
    yield f"Over the day, {level} of callers are answered within {seconds} s."
    formula = "Erlang A" if day.patience else "Erlang C"
    if checked is None:
        yield f"Agents needed are those of {formula}."
    else:
        more = ", with more where those were too few" if found.formula_was_too_low else ""
        yield (
            f"Agents needed are those of {formula}{more}; simulated with them, "
            f"{cell_text('service_level', checked.total['service_level'])} are answered in time."
        )
    if found.told:
        fits = sum(one.fits for one in found.told) / len(found.told)
        yield f"{len(found.told)} callers were told a wait; {fits:.0%} waited as long, give or take a third."


def page(found: Forecast, checked: Forecast | None) -> str:
    title, *sentences = summary(found, checked)
    templates = ChoiceLoader([PackageLoader(__package__, ""), PackageLoader("ivr.console")])
    environment = Environment(loader=templates, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("page.html").render(
        title=title,
        sentences=sentences,
        charts=_charts(found),
        heads=[label(column, "en") for column in found.table.columns],
        rows=[[cell_text(*cell) for cell in zip(found.table.columns, row, strict=True)] for row in found.table.rows],
    )


def _charts(found: Forecast) -> Iterator[tuple[Chart, str]]:
    staff, waits = [], []
    for cells in found.rows.values():
        name, there, needed = str(cells["half_hour"]), number(cells["agents"]), number(cells["agents_needed"])
        staff.append((name, [
            ("person", there, f"{name}: {there:g} agents"),
            ("lost", max(0.0, needed - there), f"{name}: {needed:g} are needed"),
        ]))  # fmt: skip
        waits.append((name, [
            (colour, number(cells[column]), f"{name}: {label(column, 'en')} {cell_text(column, cells[column])}")
            for colour, column in (("ninety", "wait_90"), ("contained", "wait_median"))
        ]))  # fmt: skip
    yield stacked(staff), "Agents who are there, and on top those who are missing"
    yield (
        nested(waits, lambda seconds: cell_text("wait_90", seconds)),
        "How long callers wait: nine of ten at most (light), half of them at most (dark)",
    )
