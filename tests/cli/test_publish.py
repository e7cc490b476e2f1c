"""`ivr publish`, `ivr editions`, `ivr rollback`: which flows callers hear, and who said so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr.cli.options import configuration
from ivr.store import Store
from tests.cli.conftest import HOTLINE, Ivr

BY = ("--by", "li")


def edit(house: Path, old: str, new: str) -> None:
    file = house / "flows" / "hotline.yaml"
    assert old in file.read_text("utf-8")
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


def published(ivr: Ivr, house: Path, word: str) -> None:
    """Publishes the hotline with this word instead of the goodbye."""
    (house / "flows" / "hotline.yaml").write_text(HOTLINE.replace("en: Goodbye.", f"en: {word}."), "utf-8")
    result = ivr("publish", "-m", f"say {word}", *BY)
    assert result.exit_code == 0, result.output


def starred(ivr: Ivr) -> str:
    return next(line for line in ivr("editions").output.splitlines() if line.startswith("*"))


def test_until_something_is_published_the_folder_is_what_callers_hear(house: Path, ivr: Ivr) -> None:
    assert ivr("editions").output == "nothing is published: callers hear flows as it is, each edit at once\n"
    assert "callers hear flows as it is" in ivr("doctor").output


def test_the_first_edition_says_what_is_different_from_now_on(house: Path, ivr: Ivr) -> None:
    result = ivr("publish", "-m", "the beginning", *BY)
    assert result.exit_code == 0, result.output
    first, then = result.output.splitlines()
    assert re.fullmatch(r"published edition 1, \w{3} \d{4}-\d\d-\d\d \d\d:\d\d, by li: the beginning", first)
    assert then == "  edits in flows reach callers with ivr publish only; see ivr editions"
    assert "callers hear what is published: edition 1" in ivr("doctor").output


def test_the_list_is_newest_first_with_a_star_at_what_callers_hear(house: Path, ivr: Ivr) -> None:
    published(ivr, house, "Bye")
    published(ivr, house, "Farewell")
    lines = ivr("editions").output.splitlines()
    assert [line[:11] for line in lines] == ["* edition 2", "  edition 1"]
    assert lines[0].endswith("by li: say Farewell")


def test_flows_with_errors_are_not_published(house: Path, ivr: Ivr) -> None:
    edit(house, "next: bye}\n", "next: by}\n")
    result = ivr("publish", "-m", "broken", *BY)
    assert result.exit_code == 1
    assert "flows/hotline.yaml:" in result.output
    assert ivr("editions").output.startswith("nothing is published")


def test_what_callers_hear_already_is_not_published_again(house: Path, ivr: Ivr) -> None:
    published(ivr, house, "Bye")
    result = ivr("publish", "-m", "again", *BY)
    assert (result.exit_code, result.output[:55]) == (
        2,
        "ivr: callers hear these flows already: edition 1, " + result.output[50:55],
    )
    assert len(ivr("editions").output.splitlines()) == 1


def test_taking_back_is_an_edition_of_its_own(house: Path, ivr: Ivr) -> None:
    published(ivr, house, "Bye")
    published(ivr, house, "Farewell")
    assert ivr("rollback", "1", "-m", "too solemn", *BY).exit_code == 0
    assert starred(ivr).startswith("* edition 3")
    with Store.open(configuration(Path("config.yaml")).store_url) as store:
        digests = [row.digest for row in store.editions.all()]
    assert digests[0] == digests[2] != digests[1]


def test_the_folder_can_be_served_as_it_is_again(house: Path, ivr: Ivr) -> None:
    published(ivr, house, "Bye")
    assert ivr("rollback", "folder", "-m", "we work on it together", *BY).exit_code == 0
    assert starred(ivr).startswith("* edition 2 (folder)")
    assert "callers hear flows as it is" in ivr("doctor").output
    assert ivr("editions", "show", "2").output.startswith("ivr: edition 2 has no files")


def test_an_edition_shows_which_lines_it_changed(house: Path, ivr: Ivr) -> None:
    published(ivr, house, "Bye")
    published(ivr, house, "Farewell")
    shown = ivr("editions", "show", "2").output.splitlines()
    assert shown[0].endswith("by li: say Farewell")
    assert [line for line in shown if line[:2] in ("- ", "+ ")] == [
        "-    hangup: {zh: 再见。, en: Bye.}",
        "+    hangup: {zh: 再见。, en: Farewell.}",
    ]


def test_the_files_of_an_edition_can_be_had_again(house: Path, ivr: Ivr) -> None:
    published(ivr, house, "Bye")
    published(ivr, house, "Farewell")
    assert ivr("editions", "show", "1", "--to", "old").output == "1 file in old\n"
    assert "en: Bye." in (house / "old" / "hotline.yaml").read_text("utf-8")
    assert ivr("editions", "show", "1", "--to", "old").exit_code == 2


def test_two_editions_are_compared_in_a_callers_words(house: Path, ivr: Ivr) -> None:
    published(ivr, house, "Bye")
    published(ivr, house, "Farewell")
    told = ivr("diff", "edition:1", "edition:2").output
    assert "Bye." in told
    assert "Farewell." in told
    assert ivr("diff", "edition:2", "flows").output == "Callers hear no difference.\n"


def test_an_edition_for_a_festival(house: Path, ivr: Ivr) -> None:
    published(ivr, house, "Bye")
    edit(house, "en: Bye.", "en: Happy new year.")
    festival = ("--at", "2099-02-05 18:00", "--until", "2099-02-12 09:00")
    assert ivr("publish", "-m", "spring festival", *BY, *festival).exit_code == 0
    told = ivr("editions").output.splitlines()
    assert told[0] == "  edition 2, from Thu 2099-02-05 18:00 until Thu 2099-02-12 09:00, by li: spring festival"
    assert starred(ivr).startswith("* edition 1")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--at", "2020-01-01 10:00"), "--at 2020-01-01 10:00 is over already"),
        (("--until", "2020-01-01 10:00"), "--until 2020-01-01 10:00 is not after the beginning"),
        (("--at", "2099-01-02 10:00", "--until", "2099-01-01 10:00"), "--until 2099-01-01 10:00 is not after"),
        (("--after", "7"), "edition 1 has been published since edition 7"),
    ],
)
def test_what_cannot_be_is_refused(given: tuple[str, ...], told: str, house: Path, ivr: Ivr) -> None:
    published(ivr, house, "Bye")
    edit(house, "en: Bye.", "en: Farewell.")
    result = ivr("publish", "-m", "later", *BY, *given)
    assert result.exit_code == 2
    assert told in result.output
    assert len(ivr("editions").output.splitlines()) == 1


@pytest.mark.parametrize(
    "command", [("editions", "show", "9"), ("rollback", "9", "-m", "no", *BY), ("diff", "edition:9", "flows")]
)
def test_a_number_that_was_never_published_is_told(command: tuple[str, ...], house: Path, ivr: Ivr) -> None:
    result = ivr(*command)
    assert (result.exit_code, result.output) == (2, 'ivr: there is no edition "9"; "ivr editions" lists them\n')
