"""How issues look to people, programs and GitHub."""

from __future__ import annotations

import json

import pytest

from ivr.flow.issues import WIDTH, Issue, Place, Severity, as_json, as_text, columns, summary

SOURCE = "flow: hotline\nsay: {zh: 您好, en: Hello}\n\tnext: bye\n"


def issue(line: int, column: int, length: int = 1, *, file: str = "f.yaml", **values: object) -> Issue:
    return Issue("some-rule", "what is wrong", Place(file, line, column, length), **values)  # type: ignore[arg-type]


def shown(place: Issue, text: str | bytes = SOURCE) -> list[str]:
    return as_text([place], {"f.yaml": text}).splitlines()[1:-1]


def test_an_issue_shows_its_line_and_a_caret() -> None:
    assert as_text([issue(1, 7, 7)], {"f.yaml": SOURCE}) == (
        "f.yaml:1:7: what is wrong [some-rule]\n"
        "    1 | flow: hotline\n"
        "      |       ^^^^^^^\n"
        "1 error in 1 file\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("place", "caret"),
    [
        (issue(2, 11, 2), "      |           ^^^^"),
        (issue(2, 15, 2), "      |                 ^^"),
        (issue(2, 20, 99), "      |                      ^^^^^"),
        (issue(3, 2, 4), "      |  ^^^^"),
        (issue(1, 14), "      |              ^"),
    ],
)
def test_the_caret_stands_under_its_word_in_a_terminal(place: Issue, caret: str) -> None:
    assert shown(place)[1] == caret


def test_a_chinese_character_takes_two_columns() -> None:
    assert [columns(text) for text in ("abc", "您好", "ＡＢ", "e\u0301", "。")] == [3, 4, 4, 1, 2]


def test_a_line_that_is_not_there_is_left_out() -> None:
    assert shown(issue(9, 1)) == []
    assert as_text([issue(1, 1, file="other.yaml")], {"f.yaml": SOURCE}).splitlines()[1:-1] == []


def test_a_long_line_is_cut_around_the_problem() -> None:
    line, caret = shown(issue(1, 501, 3), "x" * 500 + "abc" + "y" * 500)
    assert len(line) < WIDTH + 12
    assert line[caret.index("^") : caret.rindex("^") + 1] == "abc"
    assert line.count("…") == 2


def test_bytes_are_shown_as_far_as_they_are_text() -> None:
    assert shown(issue(1, 4), b"\xef\xbb\xbfa: \xe9\r\nb: 1") == ["    1 | a: \ufffd", "      |    ^"]


def test_nothing_in_a_file_moves_the_terminal() -> None:
    assert shown(issue(1, 1), "a: \x1b[31mred")[0] == "    1 | a: \ufffd[31mred"


@pytest.mark.parametrize(
    ("issues", "files", "expected"),
    [
        ([], 1, "no problems in 1 file"),
        ([], 5, "no problems in 5 files"),
        ([issue(1, 1)], 5, "1 error in 1 file"),
        ([issue(1, 1, severity=Severity.WARNING)], 5, "1 warning in 1 file"),
        (
            [issue(1, 1), issue(2, 1, file="b"), issue(1, 1, file="c", severity=Severity.WARNING)],
            5,
            "2 errors, 1 warning in 3 files",
        ),
    ],
)
def test_the_summary_counts(issues: list[Issue], files: int, expected: str) -> None:
    assert summary(issues, files) == expected


def test_a_warning_says_so() -> None:
    line = as_text([issue(1, 1, severity=Severity.WARNING)], {}).splitlines()[0]
    assert line == "f.yaml:1:1: warning: what is wrong [some-rule]"


def test_json_has_every_part() -> None:
    assert json.loads(as_json([issue(2, 3, 4)])) == [
        {
            "file": "f.yaml",
            "line": 2,
            "column": 3,
            "length": 4,
            "severity": "error",
            "rule": "some-rule",
            "message": "what is wrong",
        }
    ]
    assert json.loads(as_json([])) == []
