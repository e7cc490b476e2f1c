"""What is kept, at the desk: the record of a call, tickets as a list and as CSV, and erasing a number."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.cli.records import COLUMNS, as_csv
from ivr.store import Store
from tests.cli.conftest import Ivr

AT = ("--at", "2026-11-23 10:00")
CALL = ("call", *AT, "--keys", "2 2")


def record(output: str) -> str:
    found = re.search(r"ivr show (CA[0-9a-f]{32})", output)
    assert found is not None, output
    return found[1]


@pytest.fixture
def called(house: Path, ivr: Ivr) -> str:
    """A call that left a ticket; gives its id."""
    return record(ivr(*CALL).output)


def test_the_record_shows_what_was_said_and_done(called: str, ivr: Ivr) -> None:
    shown = ivr("show", called).output
    lines = shown.splitlines()
    assert lines[0] == called
    assert re.fullmatch(r"2026-11-23 10:00 Asia/Shanghai, completed after 0:\d\d, from \+8613800138000", lines[1]), (
        lines[1]
    )
    assert "en        Your number is " in shown
    assert "ticket    reference " in shown
    assert "hotline.main → key_2 → hotline.case" in shown
    assert re.search(r"^ticket     \d+  case, normal, open$", shown, re.MULTILINE)


def test_a_record_never_shows_what_was_keyed_in_for_a_secret(house: Path, ivr: Ivr) -> None:
    output = ivr("call", *AT, "--keys", "2 1 62220001# *# 220001#").output
    shown = ivr("show", record(output)).output
    assert "account 62220001" in shown
    assert "220001" not in shown.replace("62220001", "")


def test_a_record_is_found_by_how_its_id_begins(called: str, ivr: Ivr) -> None:
    assert ivr("show", called[:8]).output == ivr("show", called).output
    assert ivr("show", called.lower()[:8]).exit_code == 0


def test_an_ambiguous_beginning_is_not_guessed(called: str, ivr: Ivr) -> None:
    ivr(*CALL)
    result = ivr("show", "CA")
    assert result.exit_code == 2
    assert result.stderr.startswith('ivr: 2 calls begin with "CA"; write more of the id')


def test_an_unknown_record_is_told(called: str, ivr: Ivr) -> None:
    result = ivr("show", "CAx")
    assert (result.exit_code, result.stderr) == (
        2, 'ivr: there is no call "CAx"; "ivr show" lists the latest ones\n',
    )  # fmt: skip


def test_the_latest_calls_are_listed(called: str, ivr: Ivr) -> None:
    assert re.fullmatch(rf"{called}  2026-11-23 10:00  completed\s+0:\d\d  en +\d+ turns\n", ivr("show").output), ivr(
        "show"
    ).output


def test_an_empty_store_says_what_to_do(house: Path, ivr: Ivr) -> None:
    assert ivr("show").output == 'no calls yet; "ivr call" makes one\n'
    assert ivr("tickets").output == "no tickets\n"


# --- tickets ---------------------------------------------------------------------------------------------------


def test_tickets_are_listed_and_chosen(called: str, ivr: Ivr) -> None:
    assert called in ivr("tickets").output
    assert called in ivr("tickets", "--status", "open", "--topic", "case").output
    assert ivr("tickets", "--topic", "refund").output == "no tickets\n"


def test_tickets_are_exported_with_no_formula_in_any_cell(called: str, ivr: Ivr) -> None:
    rows = list(csv.reader(io.StringIO(ivr("tickets", "--format", "csv").output)))
    assert rows[0] == list(COLUMNS)
    ticket = dict(zip(rows[0], rows[1], strict=True))
    assert ticket["call"] == called
    assert ticket["opened"] == "2026-11-23 10:00"
    assert ticket["phone"].startswith("'+86"), "a number that begins with + would be a formula"
    assert not any(cell[:1] in tuple("=+-@") for row in rows for cell in row if cell)


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_quoted(cell: str) -> None:
    assert next(csv.reader(io.StringIO(as_csv([[cell]]), newline=""))) == [f"'{cell}"]


def test_other_cells_stay_as_they_are() -> None:
    cells = ["退款", "a, b", 'say "hello"', "", "1-2"]
    assert next(csv.reader(io.StringIO(as_csv([cells])))) == cells


# --- erasing ---------------------------------------------------------------------------------------------------


def test_everything_about_a_number_is_erased(called: str, ivr: Ivr) -> None:
    result = ivr("erase", "+86 138 0013 8000")
    assert result.exit_code == 0
    assert re.match(r"\d+ records erased: .*1 calls", result.output), result.output
    assert "138" not in ivr("show", called).output.replace(called, "")
    assert ivr("tickets").output == "no tickets\n"


def test_everything_about_an_account_is_erased(called: str, ivr: Ivr) -> None:
    assert ivr("erase", "--account", "no-such-account").output == "0 records erased\n"


def test_erasing_an_unknown_number_erases_nothing_and_is_no_failure(called: str, ivr: Ivr) -> None:
    result = ivr("erase", "+447700900999")
    assert (result.exit_code, result.output) == (0, "0 records erased\n")
    assert ivr("show", called).exit_code == 0


@pytest.mark.parametrize("number", ["13800138000", "anonymous", "client:alice", "CA12"])
def test_only_numbers_are_erased(number: str, house: Path, ivr: Ivr) -> None:
    result = ivr("erase", number)
    assert result.exit_code == 2
    assert f'"{number}" is no number' in result.stderr


def test_a_call_that_goes_on_is_kept_and_told(called: str, house: Path, ivr: Ivr) -> None:
    with Store.open(f"sqlite:///{house / 'data' / 'ivr.db'}") as store:
        row = store.call(called)
        assert row is not None
        moment = datetime.now(UTC) + timedelta(seconds=1)
        with store.turn("CA" + "1" * 32) as page:
            from dataclasses import replace

            page.open_call(replace(row, id="CA" + "1" * 32, started_at=moment, ended_at=None, status="active"))
    told = ivr("erase", "+8613800138000").output
    assert told.endswith("1 call goes on and was kept; erase again when it has ended\n")


def test_of_a_postgresql_it_is_said_what_stays_in_its_files(
    house: Path, store: Store, store_url: str, ivr: Ivr
) -> None:
    """goal 39: its VACUUM leaves the bytes of deleted rows where they were."""
    store.claim("wrong-caller", "+8613800138000", 10, datetime.now(UTC), 3_600)
    config = house / "config.yaml"
    config.write_text(config.read_text() + f"\nstore: {{url: '{store_url}'}}\n")
    told = ivr("erase", "+8613800138000").output
    assert told.startswith("1 record erased: 1 hits")
    assert ("until VACUUM FULL" in told) is store_url.startswith("postgresql")
