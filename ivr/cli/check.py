"""Commands about documents: check, schema, picture."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

import click

from ivr.app.checking import check_flows, flow_schema_text, teach_editors
from ivr.cli.options import BROKEN, config_option, configuration, now, stop, usable
from ivr.config import Config, config_schema, load_config, redacted
from ivr.flow.examples import load_example, load_texts
from ivr.flow.issues import Issue, as_json, as_text, did_you_mean
from ivr.flow.model import FlowSet, HandlerSpec
from ivr.flow.reading.reader import flow_sources
from ivr.flow.schema import flow_schema
from ivr.hotline.handlers import load_handlers, specs_of
from ivr.voices.recordings import LIST

SCHEMAS = ("flow", "config", "script")
WATCH_SECONDS = 0.3


_NO_CONFIG = "back_office: {module: unknown}"
"""What flows without a configuration count on: the defaults, and somebody to ask who callers are."""


@dataclass
class Checked:
    issues: list[Issue] = field(default_factory=list)
    sources: dict[str, str | bytes] = field(default_factory=dict)
    flows: FlowSet | None = None
    config: Config | None = None
    handlers: Mapping[str, HandlerSpec] = field(default_factory=dict)


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--explain", metavar="RULE", help="Say what a rule is about, with an example, and check nothing.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@config_option
def check(paths: tuple[Path, ...], form: str, explain: str | None, watch: bool, config_path: Path) -> None:
    """Check flows and configuration.

    PATHS are folders of flows, single files of one, configurations, or folders that hold both; without any,
    the configuration and its flows. With --watch the schema for editors, schemas/flow.schema.json, learns the names of
    steps, queues and calendars as they are written.
    Exit status: 0 all is well (warnings included), 1 errors, 2 the command cannot be carried out.
    """
    if explain is not None:
        explain_rule(explain)
        return
    while watch:
        _watched(paths, form, config_path)
    checked = _check_all(paths, config_path)
    _tell(checked, form)
    sys.exit(BROKEN if any(issue.is_error for issue in checked.issues) else 0)


def _check_all(paths: tuple[Path, ...], config_path: Path) -> Checked:
    checked = Checked()
    if not paths:
        if not config_path.is_file():
            stop(f'there is no "{config_path}"; name the folder of your flows, or a configuration with --config')
        _check_hotline(config_path, checked)
    for path in paths:
        _check_path(path, config_path, checked)
    return checked


def _tell(checked: Checked, form: str) -> None:
    told = as_json(checked.issues) if form == "json" else as_text(checked.issues, checked.sources)
    click.echo(told, nl=False)


def _watched(paths: tuple[Path, ...], form: str, config_path: Path) -> None:
    """One round of checking, which ends when a file has changed. What stops a check is told, and may be mended."""
    seen = _stamps(paths or (config_path.parent,))
    click.echo(f"--- {now():%H:%M:%S}")
    try:
        checked = _check_all(paths, config_path)
        if not paths and checked.flows is not None and checked.config is not None:
            teach_editors(checked.config, checked.handlers, checked.flows)
        _tell(checked, form)
    except SystemExit:
        pass
    while _stamps(paths or (config_path.parent,)) == seen:
        time.sleep(WATCH_SECONDS)


def _stamps(paths: tuple[Path, ...]) -> dict[Path, int]:
    """When each file was written that a check may read: beside the configuration, and one folder deeper."""
    files = [file for path in paths for file in (path, *path.glob("*.*"), *path.glob("*/*.*"))]
    return {file: file.stat().st_mtime_ns for file in files if file.is_file() and "schemas" not in file.parts}


def _check_hotline(config_path: Path, checked: Checked) -> None:
    config = _check_config(config_path, checked)
    if config is not None:
        add_flows(config.flows, config, checked)


def _check_path(path: Path, config_path: Path, checked: Checked) -> None:
    if not path.exists():
        stop(f'there is no "{path}"')
    if path.is_file() and _is_config(path):
        _check_config(path, checked)
        return
    if (path / "config.yaml").is_file():  # the folder of a whole hotline
        _check_hotline(path / "config.yaml", checked)
        return
    folder = path if path.is_dir() else path.parent
    beside = folder.parent / "config.yaml" if not config_path.is_file() else config_path
    config = configuration(beside) if beside.is_file() else None
    found = Checked()
    add_flows(folder, config, found)
    if not found.sources:
        stop(found.issues[0].message + f" ({path})" if found.issues else f'no flows in "{path}"')
    if path.is_file() and path not in map(Path, found.sources):
        stop(f'"{path}" is no file of flows; their names end in .yaml')
    # One file of a hotline can only be checked with the others; only its own problems are shown.
    own = [issue for issue in found.issues if path.is_dir() or Path(issue.place.file) == path]
    checked.issues += own
    checked.sources |= found.sources


def _is_config(path: Path) -> bool:
    """A YAML file is a flow if a line of it begins with `flow:`."""
    try:
        return not any(line.startswith(b"flow:") for line in path.read_bytes().splitlines())
    except OSError as error:
        stop(f'"{path}" cannot be read: {error.strerror}')


def _check_config(path: Path, checked: Checked) -> Config | None:
    config, issues = load_config(path, today=now().date(), environ=os.environ)
    checked.issues += issues
    if path.is_file():
        checked.sources[str(path)] = redacted(path.read_bytes())
    return config


def add_flows(folder: Path, config: Config | None, checked: Checked) -> None:
    """Adds the flows of a folder, their sources and what is wrong with them to `checked`."""
    if config is None:
        from ivr.config import read_config

        config, _ = read_config(_NO_CONFIG, "config.yaml", folder=folder.parent, today=now().date(), environ={})
        assert config is not None  # noqa: S101 - it has all defaults
    with usable(config):
        handlers = load_handlers(config.hotline.handlers, config.folder)
    checked.config, checked.handlers = config, specs_of(handlers)
    sources, issues = flow_sources(folder)
    checked.sources |= sources
    checked.issues += issues
    if sources:
        checked.flows, found = check_flows(config, checked.handlers, sources)
        checked.issues += found
    if (recordings := config.folder / LIST).is_file():
        checked.sources[str(recordings)] = recordings.read_bytes()


@click.command()
@click.argument("what", type=click.Choice(SCHEMAS), default="flow")
@config_option
def schema(what: str, config_path: Path) -> None:
    """Print the JSON Schema of a flow file, of the configuration or of a call script, for editors.

    That of a flow file has the names of the hotline's own steps, queues and calendars.
    """
    from ivr.testing.reader import script_schema

    config = configuration(config_path) if config_path.is_file() else None
    languages = config.hotline.languages if config else ("zh", "en")
    if what == "flow" and config is not None:
        checked = Checked()
        add_flows(config.flows, config, checked)
        click.echo(flow_schema_text(config, checked.handlers, checked.flows), nl=False)
        return
    schema_of = {"flow": flow_schema, "config": config_schema, "script": script_schema}[what]
    click.echo(json.dumps(schema_of(languages), indent=2, ensure_ascii=False))


@click.command()
@click.argument("flow", required=False)
@click.option("--language", metavar="CODE", help="The language of a picture; without it the hotline's first.")
@config_option
def picture(flow: str | None, language: str | None, config_path: Path) -> None:
    """Draw all flows, as a page with every word in every language; or one FLOW, as SVG.

    A page for your browser: ivr picture > hotline.html
    """
    from ivr.flow.picture import STYLE, drawings, page, svg

    checked = Checked()
    config = configuration(config_path)
    add_flows(config.flows, config, checked)
    flows = checked.flows
    if flows is None:
        click.echo(as_text(checked.issues, checked.sources), err=True, nl=False)
        sys.exit(BROKEN)
    if flow is not None and flow not in flows.flows:
        names = ", ".join(flows.flows)
        stop(f'there is no flow "{flow}"{did_you_mean(flow, flows.flows) or f"; there are {names}"}')
    if language is not None and language not in flows.languages:
        stop(f'the hotline does not speak "{language}", but {" and ".join(flows.languages)}')
    if flow is not None:
        shown = (language,) if language else flows.languages[:1]
        click.echo(svg(drawings(flows)[flow], shown, style=STYLE), nl=False)
        return
    from ivr.call.prompts import choice_source

    click.echo(page(flows, choice_source))


@cache
def rules_by_package() -> Mapping[str, Mapping[str, str]]:
    """Every rule by the package whose `examples` folder holds its example: what it is about, in plain text."""
    return {
        package: load_texts(files(package) / "rules.yaml")
        for package in ("ivr.flow.reading", "ivr.flow.checks", "ivr.config", "ivr.voices")
    }


def explain_rule(rule: str) -> None:
    known = {name for rules in rules_by_package().values() for name in rules}
    if rule not in known:
        stop(f'there is no rule "{rule}"{did_you_mean(rule, known)}')
    click.echo("\n".join((rule, *_explanations(rule))))


def _explanations(rule: str) -> Iterator[str]:
    """One explanation, or several where flows and `config.yaml` have a rule of the same name."""
    for package, rules in rules_by_package().items():
        if rule not in rules:
            continue
        yield f"\n{rules[rule]}"
        if example := load_example(files(package) / "examples", rule):
            yield f"\nWrong:\n{example.answer}\nMended:"
            yield from example.repairs or ("(the lines are left out)",)
