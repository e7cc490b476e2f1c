"""`ivr report`: a table to read, CSV and JSON for programs, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.cli.report import lines
from ivr.flow.issues import columns
from ivr.hotline.reports.tables import Table
from tests.cli.conftest import HOTLINE, Ivr, forget_account, write_house

UNTIL = ("--to", "2026-11-24")


@pytest.fixture(scope="module")
def monday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small hotline after three calls, one a while after the others."""
    folder = tmp_path_factory.mktemp("monday")
    write_house(folder)
    with pytest.MonkeyPatch.context() as patch:
        forget_account(patch)
        patch.chdir(folder)
        for keys, at in (("2 2", "2026-11-23 10:00"), ("2 3", "2026-11-23 11:00"), ("1 - - -", "2026-11-20 23:59")):
            assert CliRunner().invoke(main, ["call", "--keys", keys, "--at", at]).exit_code == 0
    return folder


@pytest.fixture
def called(monday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is where commands are given."""
    folder = shutil.copytree(monday, tmp_path / "house")
    monkeypatch.chdir(folder)
    return folder


def test_the_last_seven_days_are_told_by_day(called: Path, ivr: Ivr) -> None:
    shown = ivr("report", *UNTIL).output.splitlines()
    assert shown[0] == "Calls from Wed 2026-11-18 to Tue 2026-11-24, Asia/Shanghai"
    table = shown[shown.index("How calls came out") + 1 :]
    assert table[0].split("  ")[0] == "day"
    assert [line.split()[:2] for line in table[1:9]] == [
        ["2026-11-18", "0"], ["2026-11-19", "0"], ["2026-11-20", "1"], ["2026-11-21", "0"], ["2026-11-22", "0"],
        ["2026-11-23", "2"], ["2026-11-24", "0"], ["total", "3"],
    ]  # fmt: skip
    assert "promised" in table[0]
    assert "transferred" not in table[0], "a column without any figure is left out"


def test_the_map_tells_who_came_where_and_who_gave_up(called: Path, ivr: Ivr) -> None:
    shown = ivr("report", *UNTIL, "--format", "html").output
    assert "Calls from Wed 2026-11-18 to Tue 2026-11-24, Asia/Shanghai: 3." in shown
    card = shown.partition('data-state="hotline.main"')[2].partition("</g>\n")[0]
    told = json.loads(ivr("report", *UNTIL, "--by", "step", "--format", "json").output)["rows"]
    main = next(row for row in told if row["step"] == "hotline.main")
    figures = re.findall(r'class="figure"[^>]*>([\d,]+)<', card)
    ways = [main["ways"].get(way, 0) for way in ("key_1", "key_2", "key_3", "exhausted")]
    assert figures == [str(count) for count in (main["entered"], *ways)]
    assert sum(ways) == 3


def test_there_is_no_map_of_broken_flows(called: Path, ivr: Ivr) -> None:
    (called / "flows" / "hotline.yaml").write_text("flow: hotline\n", encoding="utf-8")
    refused = ivr("report", *UNTIL, "--format", "html")
    assert (refused.exit_code, refused.stderr) == (
        2, "ivr: the flows are broken, so there is nothing to draw; ivr check says what is wrong\n",
    )  # fmt: skip


def test_days_can_be_chosen(called: Path, ivr: Ivr) -> None:
    told = json.loads(ivr("report", "--from", "2026-11-23", "--to", "2026-11-23", "--format", "json").output)
    assert (told["from"], told["to"], told["time_zone"], told["by"]) == (
        "2026-11-23", "2026-11-23", "Asia/Shanghai", "day",
    )  # fmt: skip
    assert [(row["day"], row["calls"], row["tickets"]) for row in told["rows"]] == [
        ("2026-11-23", 2, 1),
        ("total", 2, 1),
    ]


@pytest.mark.parametrize(
    ("by", "row"),
    [
        ("step", "hotline.language"),
        ("queue", "support"),
        ("topic", "–"),
        ("agent", None),
        ("day", "2026-11-18"),
    ],
)
@pytest.mark.parametrize("form", ["text", "csv", "json"])
def test_every_report_comes_in_every_format(called: Path, ivr: Ivr, by: str, row: str | None, form: str) -> None:
    result = ivr("report", *UNTIL, "--by", by, "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    if form == "csv":
        read = list(csv.reader(io.StringIO(result.output, newline="")))
        assert read[0][0] == by
        names = [cells[0] for cells in read[1:]]
        assert {len(cells) for cells in read} == {len(read[0])}
    elif form == "json":
        names = [cells[by] for cells in json.loads(result.output)["rows"]]
    else:
        names = [line.split()[0] for line in result.output.splitlines() if line]
    assert row is None or row in names


def test_the_columns_of_a_table_line_up_in_any_script() -> None:
    found = Table("agent", ("agent", "offered", "talks"), (("小林", 12, 3), ("lin", 3, 1), ("Zoë", 4, None)))
    told = list(lines(found, found.columns))
    assert told == [
        "agent  offered  talks",
        "小林        12      3",
        "lin          3      1",
        "Zoë          4      –",
    ]
    assert len({columns(line) for line in told}) == 1


def test_a_step_that_is_no_longer_in_the_flows_is_marked(called: Path, ivr: Ivr) -> None:
    flow = called / "flows" / "hotline.yaml"
    flow.write_text(HOTLINE.replace("case_told", "told_case"), "utf-8")
    shown = ivr("report", *UNTIL, "--by", "step").output.splitlines()
    assert next(line for line in shown if line.startswith("hotline.case_told")).endswith("no longer in the flows")
    assert not next(line for line in shown if line.startswith("hotline.language")).endswith("no longer in the flows")


def test_broken_flows_keep_no_report_back(called: Path, ivr: Ivr) -> None:
    (called / "flows" / "hotline.yaml").write_text("flow: [", "utf-8")
    result = ivr("report", *UNTIL, "--by", "step")
    assert result.exit_code == 0
    assert "hotline.language" in result.output
    assert "no longer" not in result.output


def test_a_handler_that_cannot_be_loaded_keeps_no_report_back(called: Path, ivr: Ivr) -> None:
    (called / "config.yaml").write_text("hotline: {handlers: [not_there]}\n", "utf-8")
    result = ivr("report", *UNTIL, "--by", "step")
    assert result.exit_code == 0, result.output
    assert "hotline.language" in result.output


def test_only_a_file_begins_with_the_mark_by_which_spreadsheets_know_utf8(called: Path, ivr: Ivr) -> None:
    assert ivr("report", *UNTIL, "--format", "csv", "--output", "week.csv").output == ""
    written = (called / "week.csv").read_bytes()
    shown = ivr("report", *UNTIL, "--format", "csv").stdout_bytes
    assert written.startswith(b"\xef\xbb\xbfday,calls,")
    assert written == b"\xef\xbb\xbf" + shown
    assert written.count(b"\r\n") == written.count(b"\n") == 9
    ivr("report", *UNTIL, "--format", "json", "--output", "week.json")
    assert (called / "week.json").read_bytes().startswith(b"{")


def test_nothing_happened_is_said(house: Path, ivr: Ivr) -> None:
    result = ivr("report", *UNTIL, "--by", "queue")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "nothing happened in these days")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--from", "2026-11-24", "--to", "2026-11-23"), "ivr: --from 2026-11-24 is after --to 2026-11-23"),
        (("--from", "yesterday"), '"yesterday" is not a day; write 2026-11-22'),
        (("--by", "hour"), "hour"),
        (("--output", "no/such/folder.csv"), 'no/such/folder.csv" cannot be written: No such file or directory'),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_line(house: Path, ivr: Ivr, given: tuple[str, ...], told: str) -> None:
    result = ivr("report", *given)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
