"""What callers say for a value: rows of kind, language, words and what is understood (nothing if it is none).

`spoken_values.tsv` beside this file is UTF-8 with tabs. Amounts are compared as numbers, whatever their currency.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from holidays import country_holidays

from ivr.call.answers import understand
from ivr.call.languages.named_days import NamedDay, clear_and_bright, easter, fixed, lunar, weekday_of_month

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


@pytest.mark.parametrize(
    ("day", "chinese"),
    [
        (lunar("spring"), "春节"), (lunar("dragon boat"), "端午节"), (lunar("mid-autumn"), "中秋节"),
        (clear_and_bright, "清明节"), (fixed(10, 1), "国庆节"),
    ],
)  # fmt: skip
def test_chinas_named_days_are_those_of_the_public_list(day: NamedDay, chinese: str) -> None:
    listed = country_holidays("CN", years=range(2024, 2030), language="zh_CN", expand=False)
    for year in range(2024, 2030):
        found = day(year)
        assert found
        assert chinese in listed.get(found, "")


def test_feasts_that_move_fall_on_their_days() -> None:
    assert [easter()(year) for year in (1961, 2000, 2024, 2025, 2026, 2038)] == [
        date(1961, 4, 2), date(2000, 4, 23), date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25),
    ]  # fmt: skip
    assert weekday_of_month(11, 3, 4)(2026) == date(2026, 11, 26)  # Thanksgiving
    assert weekday_of_month(5, 0, -1)(2026) == date(2026, 5, 25)  # Memorial Day
    assert lunar("spring")(2051) is None
