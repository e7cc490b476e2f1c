"""The house is as its plan says: who may import whom, and which file owns which library.

Imports are read, never run. An import inside a function counts like any other; one that only names a type
(`if TYPE_CHECKING:`) counts between rooms, and is free for libraries, as it brings nothing in.
"""

from __future__ import annotations

import ast
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]

ROOMS: Mapping[str, tuple[str, ...]] = {
    "flow": (),
    "call": ("flow.model", "flow.issues"),
    "config": ("flow", "call"),
    "desk": ("flow", "call"),
    "web": ("desk", "call.events", "call.session"),
    "network": (),
    "assembly": ("flow", "call", "config", "desk", "web"),
    "simulation": ("assembly", "call.session", "config", "desk", "network"),
    "running": ("simulation", "config", "desk", "network"),
    "rehearsal": ("flow", "call", "config", "desk", "network", "assembly", "simulation", "running"),
    "speech": (),
    "booth": ("flow", "call.session", "config", "desk", "network", "simulation", "rehearsal", "speech"),
    "cli": (
        "flow", "call", "config", "desk", "web", "network", "assembly", "simulation", "running", "rehearsal",
        "speech", "booth",
    ),
}  # fmt: skip
"""What each room may import; a room is a package or a module directly in `ivr`."""

OWNERS: Mapping[str, tuple[str, ...]] = {
    "yaml": ("ivr/flow/source.py",),
    "transitions": ("ivr/call/machine.py",),
    "sqlalchemy": ("ivr/desk/store/*",),
    "alembic": ("ivr/desk/store/schema.py", "ivr/desk/store/migrations/*"),
    "twilio.rest": ("ivr/desk/outbox.py",),
    "twilio.http": ("ivr/desk/outbox.py",),
    "twilio.base": ("ivr/desk/outbox.py",),
    "twilio.twiml": ("ivr/web/twiml.py",),
    "flask": ("ivr/web/*",),
    "werkzeug": ("ivr/web/*",),
    "markupsafe": ("ivr/web/*",),
    "gunicorn": ("ivr/web/serve.py",),
    "prometheus_client": ("ivr/web/metrics.py",),
    "click": ("ivr/cli/*",),
    "pytest": ("ivr/rehearsal/plugin.py", "ivr/network/fixture.py"),
    "babel": ("ivr/call/*",),
    "holidays": ("ivr/call/holidays_of.py",),
    "phonenumbers": ("ivr/call/answers.py", "ivr/call/words/language.py", "ivr/desk/numbers.py"),
}
"""Every library in use, and the files that may import it."""


@dataclass(frozen=True)
class Import:
    """One import: the file it stands in, what is imported (in full), and whether only a type is named."""

    file: str
    line: int
    module: str
    typing_only: bool = False

    @property
    def room(self) -> str:
        return Path(self.file).parts[1].removesuffix(".py")

    @property
    def target(self) -> str:
        """What is imported, below `ivr`; "" for a library."""
        return self.module.removeprefix("ivr.") if self.module.startswith("ivr.") else ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def imports(file: str, source: str) -> Iterator[Import]:
    """The imports of one file. `from ivr.flow import model` counts as `ivr.flow.model`."""
    tree = ast.parse(source)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module), level=0, names=names):
                found = [_module(module, alias.name) for alias in names]
            case ast.ImportFrom():
                found = ["." * node.level + (node.module or "")]  # relative: told apart below
            case _:
                continue
        for module in dict.fromkeys(found):
            yield Import(file, node.lineno, module, id(node) in for_types)


def _module(package: str, name: str) -> str:
    """What `from package import name` brings in: a module of its own, or something that stands in the package."""
    return f"{package}.{name}" if _exists(f"{package}.{name}") else package


def _exists(module: str) -> bool:
    path = HOUSE.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def all_imports() -> tuple[Import, ...]:
    files = sorted((HOUSE / "ivr").rglob("*.py"))
    return tuple(
        found for path in files for found in imports(path.relative_to(HOUSE).as_posix(), path.read_text("utf-8"))
    )


def trespasses(found: Import) -> Iterator[str]:
    """What is wrong with one import, a sentence each."""
    if found.module.startswith("."):
        yield f"{found}: write imports in full, from ivr on"
    elif found.module == "ivr" or found.target:
        if not _exists(found.module):
            yield f"{found}, and there is no such module"
        yield from _between_rooms(found)
    elif found.module.partition(".")[0] not in sys.stdlib_module_names and not found.typing_only:
        yield from _of_libraries(found)


def _between_rooms(found: Import) -> Iterator[str]:
    if found.room == "__init__":
        yield f"{found}: the package itself imports nothing"
        return
    if found.room not in ROOMS:
        yield f'{found}: there is no room "{found.room}" in the plan; give it a row in ROOMS and in docs/design.md'
        return
    allowed = (found.room, *ROOMS[found.room])
    if not any(found.target == name or found.target.startswith(f"{name}.") for name in allowed):
        may = ", ".join(ROOMS[found.room]) or "nothing of ours"
        yield f'{found}: the room "{found.room}" may import {may}'


def _of_libraries(found: Import) -> Iterator[str]:
    library = next((name for name in OWNERS if f"{found.module}.".startswith(f"{name}.")), "")
    if not library:
        yield f"{found}: this library has no owner; give it a row in OWNERS and in docs/design.md"
    elif not any(fnmatch(found.file, pattern) for pattern in OWNERS[library]):
        yield f"{found}: {library} belongs to {', '.join(OWNERS[library])}"


def rooms_around(found: Iterable[Import]) -> tuple[str, ...]:
    """The rooms of a circle of imports, or none."""
    rooms = ((each.room, each.target.partition(".")[0]) for each in found)
    return _circle((room, target) for room, target in rooms if target and target != room)


def files_around(found: Iterable[Import]) -> tuple[str, ...]:
    """The files of a circle of imports, or none. A call and its network may each name the other's type."""
    files = ((Path(each.file).with_suffix("").as_posix().replace("/", "."), each) for each in found)
    return _circle((file, each.module) for file, each in files if each.target and not each.typing_only)


def _circle(arrows: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    graph: dict[str, set[str]] = defaultdict(set)
    for start, end in arrows:
        graph[start].add(end)
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        return tuple(circle.args[1])
    return ()


def test_every_import_keeps_to_the_plan_of_the_house():
    told = [sentence for found in all_imports() for sentence in trespasses(found)]
    assert not told, "\n".join(told)


def test_no_rooms_import_each_other_in_a_circle():
    circle = rooms_around(all_imports())
    assert not circle, f"these rooms import each other in a circle: {' -> '.join(circle)}"


def test_no_files_import_each_other_in_a_circle():
    circle = files_around(all_imports())
    assert not circle, f"these files import each other in a circle: {' -> '.join(circle)}"


def test_every_row_of_the_plan_is_in_use():
    found = all_imports()
    rooms = {path.stem for path in (HOUSE / "ivr").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - {"__init__"} == set(ROOMS)
    unused = [name for name in OWNERS if not any(f"{each.module}.".startswith(f"{name}.") for each in found)]
    assert not unused, f"nobody imports {', '.join(unused)} any more; take the row away"


def test_the_design_page_shows_both_tables():
    """`pytest tests/test_layers.py --update` writes them there."""
    page = HOUSE / "docs" / "design.md"
    text = page.read_text("utf-8")
    shown = _tables(text)
    if os.environ.get("IVR_UPDATE"):
        page.write_text(shown, "utf-8")
    assert page.read_text("utf-8") == shown, "docs/design.md shows other tables; run: make docs"


def _tables(text: str) -> str:
    """The page with its two tables as they are here."""
    for mark, rows in (
        ("<!-- rooms -->\n", {room: ", ".join(f"`{name}`" for name in may) for room, may in ROOMS.items()}),
        ("<!-- owners -->\n", {library: ", ".join(f"`{file}`" for file in files) for library, files in OWNERS.items()}),
    ):
        before, _, after = text.partition(mark)
        head, rest = "\n".join(after.split("\n", 2)[:2]), after.partition("\n\n")[2]
        body = "".join(f"| `{name}` | {told or 'nothing of ours'} |\n" for name, told in rows.items())
        text = f"{before}{mark}{head}\n{body}\n{rest}"
    return text


@pytest.mark.parametrize(
    ("file", "source", "told"),
    [
        (
            "ivr/network/leg.py",
            "from ivr.web import twiml",
            'ivr/network/leg.py:1 imports ivr.web.twiml: the room "network" may import nothing of ours',
        ),
        (
            "ivr/call/engine.py",
            "def late():\n    from ivr.flow.reader import read_flows",
            'ivr/call/engine.py:2 imports ivr.flow.reader: the room "call" may import flow.model, flow.issues',
        ),
        (
            "ivr/desk/wallets/wallet.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ivr.web.app import create_app",
            'ivr/desk/wallets/wallet.py:3 imports ivr.web.app: the room "desk" may import flow, call',
        ),
        (
            "ivr/call/prompts.py",
            "import yaml",
            "ivr/call/prompts.py:1 imports yaml: yaml belongs to ivr/flow/source.py",
        ),
        (
            "ivr/desk/identity.py",
            "from twilio.rest import Client",
            "ivr/desk/identity.py:1 imports twilio.rest: twilio.rest belongs to ivr/desk/outbox.py",
        ),
        (
            "ivr/desk/wallets/wallet.py",
            "import requests",
            "ivr/desk/wallets/wallet.py:1 imports requests: this library has no owner; give it a row in OWNERS and in "
            "docs/design.md",
        ),
        (
            "ivr/attic/box.py",
            "from ivr.flow.model import Flow",
            'ivr/attic/box.py:1 imports ivr.flow.model: there is no room "attic" in the plan; give it a row in ROOMS '
            "and in docs/design.md",
        ),
        (
            "ivr/desk/lookups.py",
            "from ivr.desk.warehouse import Store",
            "ivr/desk/lookups.py:1 imports ivr.desk.warehouse, and there is no such module",
        ),
        (
            "ivr/call/engine.py",
            "from . import scene",
            "ivr/call/engine.py:1 imports .: write imports in full, from ivr on",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("ivr/") and " " not in value else "",
)
def test_a_trespass_is_told_with_file_import_and_rule(file, source, told):
    assert [sentence for found in imports(file, source) for sentence in trespasses(found)] == [told]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("ivr/call/engine.py", "import json\nfrom ivr.call.scene import Scene\nfrom ivr.flow import model"),
        ("ivr/desk/store/migrations/versions/0002_next.py", "import sqlalchemy as sa\nfrom alembic import op"),
        (
            "ivr/desk/lookups.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from twilio.rest import Client",
        ),
    ],
)
def test_what_the_plan_allows_is_not_told(file, source):
    assert [sentence for found in imports(file, source) for sentence in trespasses(found)] == []


def test_a_circle_is_told():
    assert set(rooms_around([Import("ivr/flow/a.py", 1, "ivr.call.b"), Import("ivr/call/b.py", 1, "ivr.flow.a")])) == {
        "flow", "call",
    }  # fmt: skip


def test_a_circle_of_files_is_told():
    found = [
        *imports("ivr/flow/source.py", "import ivr.flow.issues"),
        *imports("ivr/flow/issues.py", "import ivr.flow.source"),
    ]
    assert set(files_around(found)) == {"ivr.flow.source", "ivr.flow.issues"}
