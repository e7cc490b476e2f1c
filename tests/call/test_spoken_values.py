"""What callers say for a value: rows of kind, language, words and what is understood (nothing if it is none).

`spoken_values.tsv` beside this file is UTF-8 with tabs. Amounts are compared as numbers, whatever their currency.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ivr.call.answers import understand

MONDAY = date(2026, 11, 23)
ROWS = [
    (*line.split("\t"), "")[:4]
    for line in Path(__file__).with_suffix(".tsv").with_stem("spoken_values").read_text("utf-8").splitlines()
]
GROUPS = sorted({row[:2] for row in ROWS})


def understood(kind: str, language: str, words: str) -> str:
    value = understand(kind, words=words, language=language, today=MONDAY)
    return value.text.partition(" ")[0] if value else ""


@pytest.mark.parametrize(("kind", "language"), GROUPS)
def test_spoken_values_are_understood(kind: str, language: str) -> None:
    rows = [row[2:] for row in ROWS if row[:2] == (kind, language)]
    wrong = {words: (right, understood(kind, language, words)) for words, right in rows}
    assert {words: pair for words, pair in wrong.items() if pair[0] != pair[1]} == {}
    assert len(rows) >= 60
