"""A small hotline for scripts, built once."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from ivr.config import Config, load_config
from ivr.flow.issues import Issue
from ivr.testing import reader
from ivr.testing.explorer.conditions import conditions
from ivr.testing.explorer.explore import ORDER, PROPERTIES, Explored, judge, monitor
from ivr.testing.explorer.property import Bounds, Property
from ivr.testing.explorer.search import Model, search
from ivr.testing.local_target import LocalTarget
from ivr.testing.report import as_text
from ivr.testing.runner import ScriptRun, run_script
from ivr.testing.script import Script
from ivr.wallet.back_office import demo
from ivr.webhooks.twiml import TwimlWriter
from tests import shipped_hotline
from tests.shipped import SPECS
from tests.testing.engine_properties import ENGINE_PROPERTIES, valid_documents

HOTLINE = Path(__file__).parent / "hotline"
FILE = "x.call.yaml"


@pytest.fixture(scope="session")
def config() -> Config:
    """The configuration of the small hotline beside the tests of call scripts."""
    config, issues = load_config(HOTLINE / "config.yaml", today=date(2026, 11, 22), environ={})
    assert config is not None, issues
    return config


@pytest.fixture(scope="session")
def target(config: Config) -> Iterator[LocalTarget]:
    """That hotline and its network in one process, for all scripts of a session."""
    with LocalTarget(config) as target:
        yield target


@pytest.fixture(scope="session")
def shipped() -> Explored:
    """The shipped hotline, explored once, with what must hold of its flows and of our own engine."""
    edition, config = shipped_hotline.edition(), shipped_hotline.config()
    writer = TwimlWriter("https://hotline.example.com", config.voices, config.numbers.destinations)
    documents = valid_documents(lambda events: writer.write("CA0", 1, events))
    properties = (
        *(PROPERTIES[name] for name in ORDER),
        *ENGINE_PROPERTIES,
        Property("valid_documents", valid_documents.__doc__ or "", turn=documents),
    )
    model = Model.of(edition, SPECS, conditions(edition, shipped_hotline.WEDNESDAY), demo)
    return judge(search(model, monitor(model, properties)), Bounds(lane="security"), properties)


@pytest.fixture
def read(target: LocalTarget) -> Callable[[str], tuple[tuple[Script, ...], list[Issue]]]:
    """Reads the text of a script into calls and problems."""
    return lambda text: reader.read_script(dedent(text), FILE, target.names)


@pytest.fixture
def run(target: LocalTarget) -> Callable[[str], ScriptRun]:
    """Runs a script of one call; fails where it cannot be read."""

    def run_text(text: str) -> ScriptRun:
        scripts, issues = reader.read_script(dedent(text), FILE, target.names)
        assert not issues, "\n".join(map(str, issues))
        return run_script(scripts[0], target)

    return run_text


@pytest.fixture
def report(run: Callable[[str], ScriptRun]) -> Callable[[str], str]:
    """What is told of a script that fails; "" for one that does not."""

    def report_of(text: str) -> str:
        result = run(text)
        if result.passed:
            return ""
        return as_text(result.failures, {FILE: dedent(text)}, result.lines, result.began)

    return report_of
