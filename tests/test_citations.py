"""What the code and the tests cite is there: `docs/twilio-facts.md#a6-gather`, `docs/trust.md#goal-39` and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.test_docs import ROOT, anchors

_CITATION = re.compile(r"\bdocs/([\w/-]+\.md)(?:#([\w-]+))?")
_PAPER = re.compile(r"facts sheet|\bTRUST\.md\b|\bTRUST row\b|(?<!\w)\(A\d+(?:\.\d+)?\)")
"""Names of papers that are not in the project."""
SOURCES = [path for folder in ("ivr", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]


def unresolved(source: str) -> Iterator[str]:
    """The citations in a source whose page or anchor does not exist, and those of papers that are elsewhere."""
    for found in _CITATION.finditer(source):
        page = ROOT / "docs" / found[1]
        if not page.is_file() or (found[2] and found[2] not in _anchors(page)):
            yield found[0]
    yield from _PAPER.findall(source)


@cache
def _anchors(page: Path) -> set[str]:
    return anchors(page)


def test_every_citation_resolves() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {citation}"
        for path in SOURCES
        if path != Path(__file__)
        for citation in unresolved(path.read_text("utf-8"))
    ]
    assert not broken, "\n".join(broken)


def test_every_fact_has_a_mark_and_says_what_kind_of_source_it_has() -> None:
    facts = [row for row in _rows((ROOT / "docs" / "twilio-facts.md").read_text("utf-8")) if "source" in row]
    assert len(facts) > 100
    for fact in facts:
        marks = set(fact["mark"].split(", "))
        assert marks <= set("DLOCU"), fact
        assert fact["source"] or marks == {"U"}, fact


def _rows(text: str) -> Iterator[dict[str, str]]:
    """The rows of a page's tables, each by the heads of its columns."""
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        head, _, *rows = ([cell.strip() for cell in row[1:-1].split("|")] for row in table.splitlines())
        yield from (dict(zip(head, row, strict=True)) for row in rows)


@pytest.mark.parametrize(
    ("source", "citations"),
    [
        ('"""docs/twilio-facts.md#a6-gather"""', []),
        ('"""docs/twilio-facts.md#a6-gathered"""', ["docs/twilio-facts.md#a6-gathered"]),
        ("# docs/no-such-page.md", ["docs/no-such-page.md"]),
        ('"""Knows life. (A1)"""', ["(A1)"]),
        ("# TRUST row 39", ["TRUST row"]),
    ],
)
def test_a_citation_that_does_not_resolve_is_found(source: str, citations: list[str]) -> None:
    assert list(unresolved(source)) == citations
