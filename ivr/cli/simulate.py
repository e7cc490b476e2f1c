"""The command `ivr simulate`: a day in advance, with made-up callers and agents."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from ivr.cli.options import broken, config_option, configuration, now, put, stop
from ivr.cli.report import lines
from ivr.config import Config
from ivr.forecast.day import Plan, day_options, option_name, option_text, plan_of, read_day
from ivr.forecast.figures import COLUMNS, Forecast, advised, forecast, with_more
from ivr.forecast.page import page, summary
from ivr.forecast.run import NoWay, find_way, seconds_of, simulate_day

MOST_CHECKS = 2
"""How often the day is simulated with the agents who are needed, each time with more where they were too few."""


def _every_key(command: Callable[..., None]) -> Callable[..., None]:
    for key, doc in reversed(day_options()):
        command = click.option(option_name(key), key, metavar="TEXT", help=f"{doc[0].upper()}{doc[1:]}.")(command)
    return command


@click.command()
@click.argument("day_file", metavar="[DAY.yaml]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@_every_key
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file.")
@config_option
def simulate(day_file: Path | None, form: str, output: Path | None, config_path: Path, **options: str | None) -> None:
    """Simulate a day in advance: who waits how long, and how many agents each half hour needs for its target.

    Made-up callers dial this hotline, and made-up agents answer. What is expected of the day stands in DAY.yaml, or in
    options of the same names, such as --calls 300 --agents 4 --talk "2 min" --date wed. docs/simulating.md has more.
    """
    config = configuration(config_path)
    plan = _plan(config, day_file, {key: text for key, text in options.items() if text is not None})
    try:
        keys = find_way(config, plan)
    except NoWay as reason:
        stop(str(reason))
    found = _simulated(config, plan, keys, "simulating")
    checked, more = None, advised(found) if found.total["agents_needed"] else None
    for _ in range(MOST_CHECKS):
        if more is None or more.agents == plan.agents:
            break
        checked = _simulated(config, more, keys, "with the agents needed")
        more = with_more(checked)
    if checked is not None:
        found = found.with_needed(checked.plan.agents)
    put(_text(found, checked, form), output)


def _plan(config: Config, file: Path | None, options: dict[str, str]) -> Plan:
    try:
        text = file.read_bytes() if file is not None else b""
    except OSError as error:
        stop(f"{file} can not be read: {error.strerror}")
    sources: dict[str, str | bytes] = {option_name(key): option_text(key, words) for key, words in options.items()}
    sources |= {str(file): text} if file is not None else {}
    day, issues = read_day(text, str(file or ""), options)
    plan = None
    if day is not None:
        plan, issues = plan_of(day, config, now().date())
    if plan is None:
        broken(issues, sources)
    return plan


def _simulated(config: Config, plan: Plan, keys: tuple[str, ...], title: str) -> Forecast:
    """The days of a plan, with a bar that shows how far they are."""
    length = round(seconds_of(plan) * plan.day.days)
    with click.progressbar(length=length, label=title, file=sys.stderr) as bar:

        def tell(seconds: float) -> None:
            bar.update(round(seconds))

        days = [simulate_day(config, plan, keys, f"{plan.day.seed}/{one}", tell) for one in range(plan.day.days)]
    return forecast(plan, keys, days)


def _text(found: Forecast, checked: Forecast | None, form: str) -> str:
    match form:
        case "json":
            told = found.as_data() | {"with_agents_needed": dict(checked.total) if checked is not None else None}
            return json.dumps(told, ensure_ascii=False, indent=2) + "\n"
        case "html":
            return page(found, checked)
        case _:
            title, *sentences = summary(found, checked)
            return "\n".join((title, "", *lines(found.table, COLUMNS), "", *sentences)) + "\n"
