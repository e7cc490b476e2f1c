"""What all tests share: `pytest --update` writes goldens anew, and the generated pages of `docs/` with them."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache

from tests import trust_gates
from tests.stores import (
    empty_postgres,
    empty_url,
    patience,
    postgres_url,
    quick_passwords,
    statements_compiled_once,
    store,
    store_url,
)
from tests.trust_gates import amount, is_gate, measured

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = [
    "amount",
    "empty_postgres",
    "empty_url",
    "is_gate",
    "measured",
    "patience",
    "postgres_url",
    "quick_passwords",
    "statements_compiled_once",
    "store",
    "store_url",
]

MEMORY = Path("/dev/shm")
"""A file system in memory, where there is one."""

OF_ALL_LOGS = ("raiseExceptions", "logThreads", "logProcesses", "logMultiprocessing", "_srcfile")
"""What `logging` keeps beside its loggers."""

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # how long an example takes says how busy the machine is


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write goldens and generated pages anew, then compare")
    trust_gates.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    trust_gates.follow(config)
    gc.set_threshold(50_000, 20, 20)  # twelve thousand tests and all modules are looked through less often
    if config.getoption("--update"):
        os.environ["IVR_UPDATE"] = "1"
    if "TMPDIR" not in os.environ and _fits_in_memory():
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    pages = config.rootpath / ".pytest_cache" / "pages"
    pages.mkdir(parents=True, exist_ok=True)  # or each console that a test makes compiles anew the pages it shows
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(pages))}


def pytest_sessionfinish() -> None:
    gc.collect()  # whatever complains as it is thrown away does so now
    gc.freeze()  # and the five searches with which pytest ends have nothing to look through, which took 4 s a worker


def _fits_in_memory() -> bool:
    """Whether the stores of tests can lie in memory. They sync thousands of commits, 4 ms each on a common disk."""
    if not os.access(MEMORY, os.W_OK) or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(MEMORY).free > 2**30


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Takes back what a test has done to the logging of its process: a server that it starts there sets it up."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    whole: Any = logging  # `_srcfile` has no type
    before = {name: getattr(logging, name) for name in OF_ALL_LOGS}
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    for name, value in before.items():
        setattr(whole, name, value)


@pytest.fixture(autouse=True)
def hotlines_forgotten() -> Iterator[None]:
    """Forgets the modules of hotlines that a test has written: those of the next have the same names."""
    path, known = sys.path[:], set(sys.modules)
    yield
    sys.path[:] = path
    for name in sys.modules.keys() - known:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(tempfile.gettempdir()):
            del sys.modules[name]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser without a window: one for all tests of a worker, which takes seconds to start."""
    from tests.browsers import launched

    with launched() as browser:
        yield browser
