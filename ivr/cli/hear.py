"""`ivr hear`: what the hotline understands when a caller says something, and how well it understands a whole corpus."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import BROKEN, Moment, config_option, configuration, now, stop

if TYPE_CHECKING:
    from ivr.call.turn import Edition
    from ivr.config import Config
    from ivr.testing.hearing import Figures


@click.command()
@click.argument("words", required=False)
@click.option("--language", metavar="CODE", help="The caller's language; the first one of the hotline if not given.")
@click.option("--at", "menu_name", metavar="MENU", default="", help="The menu they say it to, such as main.")
@click.option("--corpus", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Score a file instead.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--floor", "floors", metavar="GROUP=PERCENT", multiple=True, help="Least share understood at once.")
@click.option("--misses", is_flag=True, help="Also list what of the corpus was not understood.")
@click.option(
    "--on",
    "moment",
    type=Moment(),
    metavar="DATE",
    help="The day from which dates count; if not given, the one on which most dates of the file are right.",
)
@config_option
def hear(
    words: str | None, language: str | None, menu_name: str, corpus: Path | None, shape: str, floors: tuple[str, ...],
    misses: bool, moment: datetime | None, config_path: Path,
) -> None:  # fmt: skip
    """Say what WORDS mean to a menu, and why; or score a corpus: context, language, words, expected, note with tabs."""
    if (words is None) == (corpus is None):
        stop('write what is said, such as: ivr hear "where is my refund"; or a file: ivr hear --corpus callers.tsv')
    config = configuration(config_path)
    edition = _edition(config)
    if corpus is not None:
        _score(edition, corpus, shape, floors, misses, moment and moment.date())
    else:
        _explain(edition, words or "", language or config.hotline.languages[0], menu_name)


def _edition(config: Config) -> Edition:
    from ivr.app.edition import edition_of
    from ivr.call.machine import FlowMachine
    from ivr.cli.explore import flows_of

    flows = flows_of(config, config.flows)
    return edition_of(config, flows, FlowMachine(flows))


# --- one utterance ------------------------------------------------------------------------------------------


def _explain(edition: Edition, words: str, language: str, menu_name: str) -> None:
    from ivr.testing.hearing import BrokenCorpus, first_menu, menu_of, understood

    if language not in edition.flows.languages:
        stop(f'the hotline does not speak "{language}"; it speaks {", ".join(edition.flows.languages)}')
    try:
        flow, menu = menu_of(edition, menu_name) if menu_name else first_menu(edition)
    except BrokenCorpus as error:
        stop(str(error))
    meant = edition.wishes.understand(flow, menu, words, language)
    click.echo(f"at {flow}.{menu.name}: {understood(edition, flow, menu, meant, language)}")
    for need, scores, why in edition.wishes.reasons(flow, menu, words, language):
        click.echo(f'  "{need}"')
        for score in scores[:3]:
            click.echo(f"    {score.value:6.2f}  {score.wish}")
        click.echo(f"    because of {', '.join(why) or 'nothing that is known'}")


# --- a corpus -----------------------------------------------------------------------------------------------


def _score(
    edition: Edition, corpus: Path, shape: str, floors: tuple[str, ...], misses: bool, day: date | None
) -> None:  # fmt: skip
    from ivr.testing.hearing import BrokenCorpus, day_of, figures_of, judged_utterances, read_corpus

    try:
        utterances = read_corpus(corpus)
        day = day or day_of(edition, utterances) or now().date()
        judged = list(judged_utterances(edition, utterances, day))
    except (BrokenCorpus, UnicodeDecodeError) as error:
        stop(str(error))
    figures = figures_of(judged)
    if shape == "json":
        click.echo(json.dumps(figures, indent=2))
    else:
        click.echo(_table(figures), nl=False)
        if any("date" in groups for groups in figures.values()):
            click.echo(f"dates as said on {day}")
    for one in judged if misses else ():
        if one.verdict != "right":
            said = one.said
            click.echo(f"{corpus}:{said.line}: {one.verdict}: {said.words!r} is {one.understood}, not {said.expected}")
    if below := [line for floor in floors for line in _below(figures, floor)]:
        click.echo("\n".join(below), err=True)
        sys.exit(BROKEN)


def _table(figures: Figures) -> str:
    lines = [f"{'':12}{'':16}{'n':>5}{'right':>8}{'asked':>8}{'wrong':>8}{'rejected':>10}"]
    for language, groups in figures.items():
        for group, counts in groups.items():
            names = ("at_once", "asked") if group == "false_alarms" else ("right", "asked", "wrong", "rejected")
            shares = [f"{100 * counts[name] / counts['n']:.1f}" for name in names]
            widths = (8, 8, 8, 10)
            cells = "".join(f"{share:>{width}}" for share, width in zip(shares, widths, strict=False))
            lines.append(f"{language:12}{group:16}{counts['n']:>5}{cells}")
    return "\n".join(lines) + "\n"


def _below(figures: Figures, floor: str) -> list[str]:
    """What is said of a floor such as `main/security=75` that is not reached, by language."""
    group, _, percent = floor.partition("=")
    try:
        least = float(percent)
    except ValueError:
        stop(f'"{floor}" is no floor; write a group and a percentage, such as main/security=75')
    known = {name for groups in figures.values() for name in groups}
    if group not in known:
        stop(f'there is no group "{group}" in this corpus; it has {", ".join(sorted(known))}')
    shares = {
        language: 100 * groups[group]["right"] / groups[group]["n"]
        for language, groups in figures.items()
        if group in groups
    }
    return [
        f"ivr: {group} in {language}: {share:.1f} % is under {least:g} %"
        for language, share in shares.items()
        if share < least
    ]
