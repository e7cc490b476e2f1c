"""Words that statements look for or write are words of their columns, in which mypy sees text alone."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import ivr.store
from ivr.store import rows

SOURCES = sorted(Path(ivr.store.__file__).parent.glob("*.py"))


def _vocabularies() -> dict[str, set[str]]:
    """Per name of a column, the words that rows may hold in it, in whatever table."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in vars(rows).values():
        for name, hint in get_type_hints(row).items() if is_dataclass(row) else ():
            found[name] |= set(_words(hint))
    return {name: words for name, words in found.items() if words - {""}}


def _words(hint: Any) -> Iterator[str]:
    if get_origin(hint) is Literal:
        yield from (word for word in get_args(hint) if isinstance(word, str))
    else:
        for inner in get_args(hint):
            yield from _words(inner)


def _asked_for(tree: ast.AST) -> Iterator[tuple[str, int, str]]:
    """Each word that stands beside a column: the column, the line, the word."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=ast.Attribute(attr=name), comparators=[ast.Constant(value=str() as word)]):
                yield name, node.lineno, word
            case ast.keyword(arg=str() as name, value=ast.Constant(value=str() as word)):
                yield name, node.value.lineno, word


def test_statements_know_the_words_of_their_columns() -> None:
    known = _vocabularies()
    assert {"status", "state", "kind", "priority", "presence"} <= set(known)
    found = [
        (f"{path.name}:{line}", name, word)
        for path in SOURCES
        for name, line, word in _asked_for(ast.parse(path.read_text("utf-8")))
        if name in known
    ]
    assert len(found) > 40
    assert [one for one in found if one[2] not in known[one[1]]] == []
