"""The index of fixtures in tests/README.md is whole; `--update` writes it anew, from the docstrings."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "tests" / "README.md"
BEGIN, END = "<!-- fixtures, written by `make docs` -->\n", "<!-- end -->\n"
SHARED = {"tests": ("tests/stores.py", "tests/trust_gates.py")}
"""Modules whose fixtures a conftest hands on, beside those of its own."""
PLUGINS = ("ivr/network/pytest_fixture.py",)
"""Fixtures that come with the package, for tests of other projects too."""

Fixture = tuple[str, str, str]
"""Name, how long it lives, and what it gives."""


def fixtures(path: Path) -> Iterator[Fixture]:
    """The fixtures of one file, in its order."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                call = decorator if isinstance(decorator, ast.Call) else None
                if ast.unparse(call.func if call else decorator) == "pytest.fixture":
                    options = {each.arg: ast.unparse(each.value).strip("'") for each in call.keywords} if call else {}
                    lives = options.get("scope", "test") + (", in every test" if options.get("autouse") else "")
                    yield node.name, lives, " ".join((ast.get_docstring(node) or "").split())


def index() -> Iterator[tuple[str, list[Fixture]]]:
    """Where fixtures can be used, and what they are."""
    for conftest in sorted((ROOT / "tests").rglob("conftest.py"), key=lambda path: path.parts):
        folder = conftest.parent.relative_to(ROOT).as_posix()
        files = (ROOT / each for each in SHARED.get(folder, ()))
        if found := [fixture for path in (conftest, *files) for fixture in fixtures(path)]:
            yield f"`{folder}/`", found
    yield "everywhere, with the package", [fixture for path in PLUGINS for fixture in fixtures(ROOT / path)]


def table() -> str:
    rows = "".join(
        f"| `{name}` | {where} | {lives} | {gives} |\n" for where, found in index() for name, lives, gives in found
    )
    return f"| fixture | can be used in | made anew for each | gives |\n| --- | --- | --- | --- |\n{rows}"


@pytest.mark.parametrize(("where", "found"), [*index()], ids=lambda value: value if isinstance(value, str) else "")
def test_every_fixture_says_what_it_gives(where: str, found: list[Fixture]) -> None:
    assert [name for name, _, gives in found if not gives] == [], f"{where}: give these a docstring"


def test_the_index_of_fixtures_is_whole() -> None:
    text = README.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    made = f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"
    if os.environ.get("IVR_UPDATE"):
        README.write_text(made, "utf-8")
    assert README.read_text("utf-8") == made, "tests/README.md shows other fixtures; run: make docs"


def test_what_a_conftest_hands_on_is_in_the_index() -> None:
    """Fixtures that are imported into a conftest work there too, so they have to be known by name."""
    for conftest in (ROOT / "tests").rglob("conftest.py"):
        folder = conftest.parent.relative_to(ROOT).as_posix()
        imported = {
            each.module.replace(".", "/") + ".py"
            for each in ast.parse(conftest.read_text("utf-8")).body
            if isinstance(each, ast.ImportFrom) and each.module and each.module.startswith("tests.")
        }
        with_fixtures = {path for path in imported if list(fixtures(ROOT / path))} - {"tests/cli/conftest.py"}
        assert with_fixtures == set(SHARED.get(folder, ())), f"name them in SHARED: {folder}"
