"""The network is a stranger to the rest of the project, and to every library but Python's own."""

import ast
import re
import sys
from pathlib import Path

import pytest

import ivr.network

FILES = sorted(Path(ivr.network.__file__).parent.glob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports_only_itself_and_the_standard_library(path):
    foreign = {
        name
        for name in imported(path)
        if not name.startswith("ivr.network") and name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert foreign == ({"pytest"} if path.stem == "fixture" else set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_one_thing_of_at_most_400_lines(path):
    assert len(path.read_text().splitlines()) <= 400


LAYERS = re.findall(r"`(\w+)`|\*(\w+)\*", ivr.network.__doc__.partition("stand in layers")[2])


def layers():
    """The layer of each module, as the package's own words have it."""
    rank, found = -1, {}
    for module, layer in LAYERS:
        rank += bool(layer)
        if module or layer == "exchange":
            found[module or layer] = rank
    return found


def loaded(path):
    """The modules of this package that a module imports when it runs, not when it is checked."""
    tree = ast.parse(path.read_text())
    checked = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    skipped = {id(inner) for node in checked for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and id(node) not in skipped
            and (node.module or "").startswith("ivr.network")
        ):
            below = node.module.split(".")[2:]
            yield from below or [alias.name for alias in node.names if (path.parent / f"{alias.name}.py").exists()]


def test_every_file_stands_in_a_layer():
    assert {path.stem for path in FILES} - {"__init__"} == set(layers())


@pytest.mark.parametrize("path", [path for path in FILES if path.stem != "__init__"], ids=lambda path: path.stem)
def test_a_file_imports_only_from_its_layer_and_those_before(path):
    known = layers()
    assert {name: known[name] for name in loaded(path) if known[name] > known[path.stem]} == {}
