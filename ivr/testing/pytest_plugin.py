"""The pytest plugin: every file called `*.call.yaml` is collected, every call in it is an item.

The hotline is that of the nearest `config.yaml` above the script, or of the ini option `ivr_config`. The rest of ivr is
imported only when there is a script.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ivr.testing.local_target import LocalTarget
    from ivr.testing.remote_target import RemoteTarget
    from ivr.testing.suite import Item, Outcome
    from ivr.testing.target import Target

SUFFIX = ".call.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("ivr_config", "The config.yaml of the hotline that call scripts are run against.", default="")
    parser.addini("ivr_url", "The address of the voice app that call scripts are run against instead.", default="")
    group = parser.getgroup("ivr", "call scripts of a hotline")
    group.addoption("--update-plays", action="store_true", help="Write the transcripts beside call scripts anew.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not file_path.name.endswith(SUFFIX):
        return None
    return ScriptFile.from_parent(parent, path=file_path)


class ScriptFile(pytest.File):
    """One file of a call, in one language or several."""

    def collect(self) -> Iterable[pytest.Item]:
        from ivr.flow.issues import as_text
        from ivr.testing.suite import read

        name = _shown(self.path, self.config.rootpath)
        url = str(self.config.getini("ivr_url"))
        try:
            target = _remote_target(url) if url else _local_target(_config_of(self.path, self.config))
        except UnusableScript as why:
            yield BrokenScript.from_parent(self, name=self.path.name, why=str(why))
            return
        suite = read([name], target.names) if name.is_file() else read([self.path], target.names)
        if any(issue.is_error for issue in suite.issues):
            yield BrokenScript.from_parent(self, name=self.path.name, why=as_text(suite.issues, suite.sources))
            return
        for item in suite.items:
            source = suite.sources[item.script.file]
            yield CallItem.from_parent(self, name=item.name, item=item, target=target, source=source)


class WentWrong(Exception):
    """A call that did not go as written; carries the report."""


class UnusableScript(Exception):
    """There is nothing that a script could be run against; says why."""


class BrokenScript(pytest.Item):
    """A file that cannot be run: it fails alone, and the other tests run."""

    def __init__(self, *, why: str, **more: Any) -> None:
        super().__init__(**more)
        self.why = why

    def runtest(self) -> None:
        raise WentWrong(self.why)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


class CallItem(pytest.Item):
    """One call."""

    def __init__(self, *, item: Item, target: Target, source: bytes, **more: Any) -> None:
        super().__init__(**more)
        self.call_item = item
        self.target = target
        self.source = source
        self.outcome: Outcome | None = None
        """How it came out, once it was run; coverage of all calls is made from it."""

    def runtest(self) -> None:
        from ivr.testing.suite import run_item

        update = self.config.getoption("update_plays")
        outcome = run_item(self.call_item, self.target, self.source, golden="rewrite" if update else "compare")
        self.outcome = outcome
        if outcome.result == "skipped":
            pytest.skip(outcome.report)
        if outcome.result in ("failed", "broken"):
            raise WentWrong(outcome.report)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, WentWrong):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.call_item.script.place.line - 1, self.name


def _shown(path: Path, root: Path) -> Path:
    """The path as places show it: from where pytest runs, if that is above it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _config_of(path: Path, config: pytest.Config) -> Path:
    """Which config.yaml a script is about. Raises UnusableScript if there is none."""
    named = str(config.getini("ivr_config"))
    if named:
        return config.rootpath / named
    for folder in path.parents:
        if (folder / "config.yaml").is_file():
            return folder / "config.yaml"
    raise UnusableScript(
        f"{path}: no config.yaml in a folder above this call script; name it in the pytest settings, ivr_config = …, "
        "or the address of the voice app that it calls: ivr_url = http://127.0.0.1:5000/voice"
    )


@cache
def _remote_target(url: str) -> RemoteTarget:
    """A voice app at an address. Raises UnusableScript for what is none."""
    from ivr.testing.remote_target import RemoteTarget

    try:
        return RemoteTarget(url)
    except ValueError as wrong:
        raise UnusableScript(f"ivr_url: {wrong}") from None


@cache
def _local_target(path: Path) -> LocalTarget:
    """One hotline for all scripts of a configuration. Raises UnusableScript for one that cannot be used."""
    import os
    from datetime import date

    from ivr.config import load_config
    from ivr.flow.issues import BrokenDocument, as_text
    from ivr.testing.local_target import LocalTarget

    config, issues = load_config(path, today=date.today(), environ=os.environ)  # noqa: DTZ011 - decides on warnings only
    try:
        if config is not None:
            return LocalTarget(config)
    except BrokenDocument as broken:
        issues = list(broken.issues)
    raise UnusableScript(as_text(issues, {}))
