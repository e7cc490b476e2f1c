"""docs/network-api.md is made from the docstrings of what the network exports, and all that is given is exported."""

import dataclasses
import inspect
import os
import re
import types
import typing
from pathlib import Path

import pytest

from ivr import network

PAGE = Path(__file__).parents[2] / "docs" / "network-api.md"
HEAD = """# What the network gives

Everything that `from ivr.network import …` gives, from the docstrings of the code. How it is used stands in
[network.md](network.md). A test writes this page: `pytest tests/network/test_api_page.py --update`.
"""
NAMES = sorted(network.__all__)


def text_of(thing):
    """A docstring as paragraphs, with elements of TwiML in backticks."""
    written = inspect.cleandoc(thing.__doc__ or "")
    return re.sub(r"(?<!`)(<[A-Z]\w*(?: [^>]*)?>)", r"`\1`", written)


def signature(call, name):
    shown = re.sub(r"<factory>", "…", str(inspect.signature(call)))
    return name + re.sub(r"(: |-> )'([^']*)'", r"\1\2", shown)


def members(kind):
    """Public methods and properties of a class, in the order of the code."""
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if isinstance(plain, property):
            yield name, plain.fget, f"{kind.__name__}.{name}"
        elif inspect.isfunction(plain):
            yield (
                name,
                plain,
                signature(plain, f"{kind.__name__}.{name}").replace("(self, ", "(").replace("(self)", "()"),
            )


def section(name):
    thing = getattr(network, name)
    if not inspect.isclass(thing):
        yield from ("", f"## {name}", "", f"`{signature(thing, name)}`", "", text_of(thing))
        return
    yield from ("", f"## {name}", "", text_of(thing))
    if dataclasses.is_dataclass(thing):
        public = [field for field in dataclasses.fields(thing) if not field.name.startswith("_")]
        yield from ("", "Fields: " + ", ".join(f"`{field.name}`" for field in public) + ".")
    for _, plain, shown in members(thing):
        yield from ("", f"`{shown}`: {text_of(plain)}" if text_of(plain) else f"`{shown}`")


def page():
    return "\n".join([HEAD.rstrip("\n"), *(line for name in NAMES for line in section(name)), ""])


def test_the_page_is_that_of_the_code():
    if os.environ.get("IVR_UPDATE"):
        PAGE.write_text(page(), "utf-8")
    assert PAGE.read_text("utf-8") == page(), "run: pytest tests/network/test_api_page.py --update"


@pytest.mark.parametrize("name", NAMES)
def test_all_that_is_given_has_words_and_is_exported(name):
    thing = getattr(network, name)
    assert text_of(thing)
    calls = [plain for _, plain, _ in members(thing)] if inspect.isclass(thing) else [thing]
    for call in calls:
        told_there = name.endswith("Clock") and hasattr(network.Clock, call.__name__)
        assert text_of(call) or told_there, f"{name}.{call.__name__} has no words"
        given = typing.get_type_hints(call).get("return")
        for kind in (given, *typing.get_args(given)):
            if isinstance(kind, type) and not isinstance(kind, types.GenericAlias):
                ours = kind.__module__.startswith("ivr.network")
                assert not ours or kind.__name__ in NAMES, f"{name}.{call.__name__} gives a {kind.__name__}"


def test_a_star_import_gives_all_of_it():
    given = {}
    exec("from ivr.network import *", given)
    assert set(NAMES) <= set(given)
