"""The folders are as the plan says: who may import whom, and which file owns which library.

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
    "flow": ("flow/reading",),
    "flow/reading": ("flow",),
    "flow/checks": ("flow", "flow/reading", "flow/checks/rules"),
    "flow/checks/rules": ("flow", "flow/checks"),
    "flow/picture": ("flow", "flow/reading", "flow/checks"),
    "call": ("flow.model", "flow.issues", "call/languages", "call/steps", "call/understanding"),
    "call/languages": ("flow.model", "call", "texts"),
    "call/understanding": ("flow.model", "flow.cases", "flow.gc_pause", "call", "call/languages"),
    "call/steps": ("flow.model", "flow.cases", "call"),
    "store": (),
    "texts": (),
    "store/migrations": ("store",),
    "agents": ("flow", "call", "call/languages", "store", "texts"),
    "hotline": (
        "flow", "flow/reading", "flow/checks", "call", "call/languages", "call/steps", "call/understanding", "store",
        "agents",
    ),
    "hotline/reports": ("flow", "call", "store", "texts"),
    "wallet": ("flow.model", "flow.issues", "call", "hotline"),
    "wallet/handlers": ("call", "hotline", "texts", "wallet"),
    "voices": ("flow", "flow/reading", "call", "call/languages", "network/line"),
    "webhooks": (
        "call.events", "call/languages", "call.redaction", "call.session", "store", "agents", "hotline",
        "hotline/reports", "voices.recordings",
    ),
    "console": ("call.redaction", "store", "agents", "hotline", "hotline/reports", "texts"),
    "network": ("network/*",),
    "network/wire": (),
    "network/line": ("network/wire",),
    "network/verbs": ("network/wire", "network/line"),
    "network/rest_api": ("network", "network/wire", "network/line", "network/verbs"),
    "config": ("flow", "flow/reading", "call", "call/languages", "texts"),
    "app": (
        "flow", "flow/checks", "flow/picture", "flow/reading", "call", "config", "store", "agents", "hotline",
        "hotline/reports", "voices", "webhooks", "console", "network", "network/rest_api",
    ),
    "forecast": (
        "flow", "flow/reading", "call", "config", "store", "agents", "hotline", "hotline/reports", "network", "app",
        "console",
    ),
    "testing": (
        "flow", "flow/reading", "flow/checks", "flow/picture", "call", "call/understanding", "config", "store",
        "agents", "hotline", "network", "network/*", "app", "testing/explorer",
    ),
    "testing/explorer": (
        "flow", "flow/checks", "call", "hotline", "network/line", "network/wire",
        "testing/explorer/properties",
    ),
    "testing/explorer/properties": ("flow", "flow/checks", "call", "call/languages", "testing/explorer"),
    "phone": (
        "flow", "flow/picture", "call.session", "config", "store", "webhooks", "console", "hotline", "network",
        "network/line", "app", "testing", "texts", "voices",
    ),
    "studio": (
        "flow", "flow/picture", "flow/reading", "config", "store", "app", "console", "hotline", "hotline/reports",
        "phone", "testing", "testing/explorer", "texts", "voices",
    ),
    "cli": (
        "studio", "flow", "flow/*", "call", "call/languages", "config", "store", "hotline", "hotline/reports",
        "webhooks", "console", "network", "app", "forecast", "testing", "testing/explorer", "phone",
        "voices",
    ),
}  # fmt: skip
"""What each folder of `ivr` may import: a folder (its own files, not those of folders in it), all folders in one
(`network/*`), or a single module (`flow.model`). Its own files need no row."""

OWNERS: Mapping[str, tuple[str, ...]] = {
    "yaml": ("ivr/flow/reading/source.py", "ivr/texts/load.py", "ivr/wallet/demo_world.py"),
    "transitions": ("ivr/call/machine.py",),
    "sqlalchemy": ("ivr/store/*",),
    "psycopg": ("ivr/store/postgresql_driver.py",),
    "alembic": ("ivr/store/schema.py", "ivr/store/migrations/*"),
    "twilio.rest": ("ivr/hotline/senders.py",),
    "twilio.http": ("ivr/hotline/senders.py",),
    "twilio.base": ("ivr/hotline/senders.py",),
    "twilio.twiml": ("ivr/webhooks/twiml.py",),
    "flask": ("ivr/webhooks/*", "ivr/console/*", "ivr/phone/*", "ivr/studio/*"),
    "werkzeug": ("ivr/webhooks/*", "ivr/console/*", "ivr/phone/*", "ivr/studio/*"),
    "jinja2": ("ivr/flow/picture/page.py", "ivr/forecast/page.py", "ivr/phone/page.py", "ivr/studio/page.py"),
    "markupsafe": ("ivr/webhooks/*", "ivr/console/*", "ivr/phone/*", "ivr/studio/*"),
    "gunicorn": ("ivr/webhooks/server.py", "ivr/webhooks/worker.py"),
    "polib": ("ivr/cli/texts.py",),
    "openpyxl": ("ivr/cli/texts.py",),
    "prometheus_client": ("ivr/webhooks/metrics.py",),
    "click": ("ivr/cli/*",),
    "pytest": ("ivr/testing/pytest_plugin.py", "ivr/network/pytest_fixture.py"),
    "a2wsgi": ("ivr/network/line/directory.py",),
    "websockets": ("ivr/network/wire/websocket.py",),
    "babel": ("ivr/call/*", "ivr/config/languages.py", "ivr/cli/texts.py"),
    "num2words": ("ivr/call/languages/number_words.py",),
    "holidays": ("ivr/call/holiday_source.py",),
    "phonenumbers": (
        "ivr/call/answers.py",
        "ivr/call/countries.py",
        "ivr/call/languages/language.py",
        "ivr/hotline/numbers.py",
    ),
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
        """The folder that the file stands in, below `ivr`; "" for the package itself."""
        return "/".join(Path(self.file).parts[1:-1]).removesuffix("/versions")

    @property
    def target_room(self) -> str:
        """The folder that is imported from, below `ivr`; "" for a library."""
        path = self.target.replace(".", "/")
        return path if (HOUSE / "ivr" / path / "__init__.py").is_file() else path.rpartition("/")[0]

    @property
    def target(self) -> str:
        """What is imported, below `ivr`; "" for a library."""
        return self.module.removeprefix("ivr.") if self.module.startswith("ivr.") else ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A node and the statements in it, however deep: `ast.walk` without the expressions, nine in ten nodes."""
    yield node
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for inner in getattr(node, part, ()):
            yield from statements(inner)


def imports(file: str, source: str) -> Iterator[Import]:
    """The imports of one file. `from ivr.flow import model` counts as `ivr.flow.model`."""
    nodes = [*statements(ast.parse(source))]
    for_types = {
        id(inner)
        for node in nodes
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body
        for inner in statements(statement)
    }
    for node in nodes:
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


@cache
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
    if not found.room:
        yield f"{found}: the package itself imports nothing"
        return
    if found.room not in ROOMS:
        yield f'{found}: there is no room "{found.room}" in the plan; give it a row in ROOMS and in docs/design.md'
        return
    if found.target_room != found.room and not any(_covers(name, found) for name in ROOMS[found.room]):
        may = ", ".join(ROOMS[found.room]) or "nothing of ours"
        yield f'{found}: the room "{found.room}" may import {may}'


def _covers(name: str, found: Import) -> bool:
    return name in (found.target, found.target_room) or (
        name.endswith("/*") and found.target_room.startswith(name.removesuffix("*"))
    )


def _of_libraries(found: Import) -> Iterator[str]:
    library = next((name for name in OWNERS if f"{found.module}.".startswith(f"{name}.")), "")
    if not library:
        yield f"{found}: this library has no owner; give it a row in OWNERS and in docs/design.md"
    elif not any(fnmatch(found.file, pattern) for pattern in OWNERS[library]):
        yield f"{found}: {library} belongs to {', '.join(OWNERS[library])}"


def rooms_around(found: Iterable[Import]) -> tuple[str, ...]:
    """The folders of a circle of imports, or none. A folder and one inside it are one thing in this."""
    rooms = ((each.room, each.target_room) for each in found if each.target)
    return _circle((room, target) for room, target in rooms if not _inside(room, target))


def _inside(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def files_around(found: Iterable[Import]) -> tuple[str, ...]:
    """The files of a circle of imports, or none. An import that only names a type counts like any other."""
    return _circle((_module_of(each.file), each.module) for each in found if each.target)


def _module_of(file: str) -> str:
    return Path(file).with_suffix("").as_posix().removesuffix("/__init__").replace("/", ".")


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
    folders = {each.parent.relative_to(HOUSE / "ivr").as_posix() for each in (HOUSE / "ivr").rglob("*.py")}
    assert folders - {".", "store/migrations/versions"} == set(ROOMS)
    assert [each.name for each in (HOUSE / "ivr").glob("*.py")] == ["__init__.py"], "a module beside the rooms"
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
            "ivr/network/line/leg.py",
            "from ivr.webhooks import twiml",
            'ivr/network/line/leg.py:1 imports ivr.webhooks.twiml: the room "network/line" may import network/wire',
        ),
        (
            "ivr/call/engine.py",
            "def late():\n    from ivr.flow.reading.reader import read_flows",
            'ivr/call/engine.py:2 imports ivr.flow.reading.reader: the room "call" may import flow.model, '
            "flow.issues, call/languages, call/steps, call/understanding",
        ),
        (
            "ivr/hotline/back_office.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ivr.webhooks.app import create_app",
            'ivr/hotline/back_office.py:3 imports ivr.webhooks.app: the room "hotline" may import flow, flow/reading, '
            "flow/checks, call, call/languages, call/steps, call/understanding, store, agents",
        ),
        (
            "ivr/call/prompts.py",
            "import yaml",
            "ivr/call/prompts.py:1 imports yaml: yaml belongs to ivr/flow/reading/source.py, ivr/texts/load.py, "
            "ivr/wallet/demo_world.py",
        ),
        (
            "ivr/hotline/identity.py",
            "from twilio.rest import Client",
            "ivr/hotline/identity.py:1 imports twilio.rest: twilio.rest belongs to ivr/hotline/senders.py",
        ),
        (
            "ivr/hotline/back_office.py",
            "import requests",
            "ivr/hotline/back_office.py:1 imports requests: this library has no owner; give it a row in OWNERS and in "
            "docs/design.md",
        ),
        (
            "ivr/attic/box.py",
            "from ivr.flow.model import Flow",
            'ivr/attic/box.py:1 imports ivr.flow.model: there is no room "attic" in the plan; give it a row in ROOMS '
            "and in docs/design.md",
        ),
        (
            "ivr/hotline/lookups.py",
            "from ivr.hotline.warehouse import Store",
            "ivr/hotline/lookups.py:1 imports ivr.hotline.warehouse, and there is no such module",
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
        ("ivr/call/engine.py", "import json\nfrom ivr.call.turn import Scene\nfrom ivr.flow import model"),
        ("ivr/store/migrations/versions/0002_next.py", "import sqlalchemy as sa\nfrom alembic import op"),
        (
            "ivr/hotline/lookups.py",
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
        *imports("ivr/flow/reading/source.py", "import ivr.flow.issues"),
        *imports("ivr/flow/issues.py", "import ivr.flow.reading.source"),
    ]
    assert set(files_around(found)) == {"ivr.flow.reading.source", "ivr.flow.issues"}
