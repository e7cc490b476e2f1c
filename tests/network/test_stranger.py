"""The network is a stranger to the rest of the project, and needs no library but Python's own."""

import ast
import sys
from pathlib import Path

import pytest

import ivr.network

ASKED_FOR = {"pytest_fixture": {"pytest"}, "websocket": {"websockets"}, "directory": {"a2wsgi"}}
"""What is imported only when somebody uses it, and is told in a sentence where it is missing."""
FILES = sorted(Path(ivr.network.__file__).parent.rglob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_imports_only_itself_and_the_standard_library(path):
    foreign = {
        name.partition(".")[0]
        for name in imported(path)
        if not name.startswith("ivr.network") and name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert foreign == ASKED_FOR.get(path.stem, set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_a_file_is_one_thing_of_at_most_400_lines(path):
    assert len(path.read_text().splitlines()) <= 400
