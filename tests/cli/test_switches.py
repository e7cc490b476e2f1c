"""The commands of a support lead: what a calendar says, and what can be switched while calls run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Ivr

pytestmark = pytest.mark.usefixtures("house")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (
            "2026-11-23 10:00",
            [
                "support on Mon 2026-11-23 10:00 Asia/Shanghai: open, by its weekly hours",
                "  until Mon 2026-11-23 18:00",
                "  zh: 现在是服务时间。",
                "  en: We are open now.",
            ],
        ),
        (
            "2026-11-22 10:00",
            [
                "support on Sun 2026-11-22 10:00 Asia/Shanghai: closed, by its weekly hours",
                "  opens Mon 2026-11-23 09:00",
                "  zh: 现在是非服务时间。我们将于11月23日星期一上午9点开始服务。",
                "  en: We are closed at the moment. We open again on Monday, November 23 at 9 AM.",
            ],
        ),
        (
            "2026-10-01 10:00",
            [
                "support on Thu 2026-10-01 10:00 Asia/Shanghai: holiday, for a public holiday",
                "  opens Thu 2026-10-08 09:00",
                "  zh: 今天是国庆节假期，暂停服务。我们将于10月8日星期四上午9点开始服务。",
                "  en: We are closed today for National Day. We open again on Thursday, October 8 at 9 AM.",
            ],
        ),
    ],
)
def test_a_calendar_is_asked_as_callers_hear_it(at: str, expected: list[str], ivr: Ivr) -> None:
    result = ivr("hours", "support", "--at", at)
    assert result.exit_code == 0
    assert result.output.splitlines() == expected


def test_a_time_that_the_clock_shows_twice_says_which_it_is(house: Path, ivr: Ivr) -> None:
    (house / "config.yaml").write_text(
        "hotline: {time_zone: Europe/Berlin, country: DE}\ncalendars:\n  night: {weekly: {mon-sun: 22:00-02:30}}\n",
        "utf-8",
    )
    assert ivr("hours", "--at", "2026-10-25 02:45").output.splitlines()[:2] == [
        "night on Sun 2026-10-25 02:45 CEST Europe/Berlin: open, by its weekly hours",
        "  until Sun 2026-10-25 02:30 CET",
    ]


def test_a_worked_saturday_is_open(ivr: Ivr) -> None:
    assert "open, as this weekend day is worked" in ivr("hours", "support", "--at", "2026-10-10 10:00").output


def test_without_a_name_every_calendar_is_told(house: Path, ivr: Ivr) -> None:
    (house / "config.yaml").write_text("calendars:\n  early: {weekly: {mon: 08:00-09:00}}\n  late: {}\n", "utf-8")
    told = ivr("hours", "--at", "2026-11-22 10:00").output.splitlines()
    assert [line.split()[0] for line in told if not line.startswith(" ")] == ["early", "late"]


@pytest.mark.parametrize(("name", "hint"), [("suport", 'did you mean "support"?'), ("xyzzy", "there is support")])
@pytest.mark.parametrize("command", ["hours", "close", "open"])
def test_an_unknown_calendar_is_told_with_a_hint(command: str, name: str, hint: str, ivr: Ivr) -> None:
    result = ivr(command, name)
    assert result.exit_code == 2
    assert result.stderr == f'ivr: there is no calendar "{name}"; {hint}\n'


def test_a_notice_that_no_caller_would_hear_is_told(house: Path, ivr: Ivr) -> None:
    words = ("--text", "zh=今晚维护。", "--text", "en=Maintenance tonight.")
    silent = "but no flow says it: a step with {notices: night} or {notices: all} does\n"
    assert ivr("notice", "on", "night", *words).stderr == silent
    flow = house / "flows" / "hotline.yaml"
    text = flow.read_text(encoding="utf-8")
    for says in ("all", "night", "other"):
        more = f"  first: {{notices: {says}, next: language}}\n"
        flow.write_text(text.replace("start: language", "start: first").replace("steps:\n", f"steps:\n{more}"), "utf-8")
        assert ivr("notice", "on", "night", *words).stderr == (silent if says == "other" else "")


def test_a_notice_is_switched_on_listed_and_off(ivr: Ivr) -> None:
    words = ("--text", "zh=今晚维护。", "--text", "en=Maintenance tonight.")
    assert ivr("notice", "on", "night", *words).stdout == "night is on: 今晚维护。 / Maintenance tonight.\n"
    assert "night           今晚维护。 / Maintenance tonight." in ivr("notice", "list").output
    assert ivr("notice", "off", "night").output == "night is off\n"
    assert ivr("notice", "off", "night").output == "night was not on\n"
    assert ivr("notice", "list").output == "no notice is on, and nothing is closed by hand\n"


def test_no_card_or_code_in_a_notice_or_a_closing_is_kept(ivr: Ivr) -> None:
    told = "en=Card 4111 1111 1111 1111, PIN is 2468.", "zh=卡号4111111111111111，密码是2468。"
    for command in (("notice", "on", "night"), ("close",)):
        option = "--text" if command[0] == "notice" else "--reason"
        ivr(*command, option, told[0], option, told[1])
    assert ivr("notice", "list").output.splitlines() == [
        "notice   night           Card [card …1111], PIN is [code]. / 卡号[card …1111]，密码是[code]。",
        "closure  all             Card [card …1111], PIN is [code]. / 卡号[card …1111]，密码是[code]。",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("notice", "on"), "name the notice"),
        (("notice", "off"), "name the notice"),
        (("notice", "on", "night", "--text", "zh=维护。"), "write --text zh=… --text en=…"),
        (("notice", "on", "night", "--text", "zh=维护。", "--text", "en="), "write --text zh=… --text en=…"),
        (("notice", "on", "night", "--text", "zh=维护。", "--text", "en=x", "--text", "fr=x"), "--text zh=…"),
        (("notice", "on", "Night.", "--text", "zh=x", "--text", "en=x"), '"Night." is not a name'),
        (("notice", "on", "night", "--area", "a b", "--text", "zh=x", "--text", "en=x"), '"a b" is not an area'),
        (("close", "--from", "2099-01-05 12:00", "--until", "2099-01-05 11:00"), "is before --from 2099-01-05 12:00"),
        (("close", "--reason", "typhoon"), "write --reason zh=… --reason en=…"),
        (("close", "support", "--until", "2020-01-01 00:00"), "--until 2020-01-01 00:00 is over already"),
        (("close", "support", "--until", "soon"), '"soon" is not a moment'),
        (("close", "support", "--until", "9999-12-31 23:00 America/New_York"), "is too far away; leave --until out"),
    ],
)
def test_what_cannot_be_switched_is_told_in_one_line(arguments: tuple[str, ...], told: str, ivr: Ivr) -> None:
    result = ivr(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_closing_by_hand_holds_until_it_is_opened(ivr: Ivr) -> None:
    assert ivr("close", "support").output == 'support is closed, until "ivr open support"\n'
    assert "emergency" in ivr("hours", "support").output
    assert ivr("open", "support").output == "support keeps its own hours again\n"
    assert ivr("open", "support").output == "nothing was closed by that name\n"
    assert "emergency" not in ivr("hours", "support").output


def test_a_notice_is_planned_for_an_area_and_taken_back(ivr: Ivr) -> None:
    words = ("--text", "zh=停电。", "--text", "en=No power.")
    span = ("--from", "2099-01-05 18:00", "--until", "2099-01-06 06:00")
    told = ", from Mon 2099-01-05 18:00 until Tue 2099-01-06 06:00 Asia/Shanghai"
    result = ivr("notice", "on", "outage", "--area", "200001", *span, *words)
    assert result.output.startswith(f"outage.200001 is planned{told}: 停电。 / No power.\n")
    assert "a step with {notices: outage, area: …} does" in result.stderr
    assert f"outage.200001   停电。 / No power.{told}" in ivr("notice").output
    assert ivr("notice", "off", "outage").output == "outage was not on\n"
    assert ivr("notice", "off", "outage", "--area", "200001").output == f"outage.200001{told}, is taken back\n"
    assert ivr("notice", "list").output == "no notice is on, and nothing is closed by hand\n"


def test_a_planned_closing_is_known_to_the_calendar_before_it_begins(ivr: Ivr) -> None:
    span = ("--from", "2099-01-05 12:00", "--until", "2099-01-06 12:00")
    told = "from Mon 2099-01-05 12:00 until Tue 2099-01-06 12:00 Asia/Shanghai"
    assert ivr("close", "support", *span).output == f"support is closed, {told}\n"
    lines = ivr("hours", "support", "--at", "2099-01-05 10:00").output.splitlines()
    assert lines[1:3] == ["  until Mon 2099-01-05 12:00", f"  closed by hand, {told}"]
    inside = ivr("hours", "support", "--at", "2099-01-05 13:00").output.splitlines()
    assert inside[0].endswith("emergency, closed by hand")
    assert inside[1] == "  opens Tue 2099-01-06 12:00"
    assert ivr("open", "support").output == f"support, {told}, is taken back\n"


def test_closing_everything_is_ended_by_opening_everything(ivr: Ivr) -> None:
    reasons = ("--reason", "zh=因台风暂停服务。", "--reason", "en=We are closed because of a typhoon.")
    until = ("--until", "2099-01-05 09:00")
    assert ivr("close", *reasons, *until).output == (
        "every calendar is closed, until Mon 2099-01-05 09:00 Asia/Shanghai\n"
    )
    told = ivr("hours", "support").output
    assert "zh: 因台风暂停服务。" in told
    assert "en: We are closed because of a typhoon." in told
    assert ivr("open", "support").output == (
        'nothing was closed by that name\nstill closed by hand: all; "ivr open all" ends it\n'
    )
    assert ivr("open").output == "every calendar keeps its own hours again\n"


def test_a_closing_is_heard_in_a_call(house: Path, ivr: Ivr) -> None:
    flow = house / "flows" / "hotline.yaml"
    text = flow.read_text(encoding="utf-8").replace(
        "  main:\n", "  open_now: {hours: support, on: {open: main, closed: bye}}\n  main:\n", 1
    )
    flow.write_text(
        text.replace("next: main}\n      - {key: 2", "next: open_now}\n      - {key: 2", 1), encoding="utf-8"
    )
    script = ("call", "--at", "2026-11-23 10:00", "--keys", "1")
    assert "请选择。" in ivr(*script).output
    ivr("close")
    # The call is made at another moment than the closing, which began now.
    assert "请选择。" not in ivr("call", "--keys", "1").output


def test_a_hotline_of_one_language_takes_a_notice_without_its_code(tmp_path: Path, ivr: Ivr) -> None:
    (tmp_path / "config.yaml").write_text("hotline: {languages: [en]}\n", "utf-8")
    config = ("--config", str(tmp_path / "config.yaml"))
    assert "x is on: Hello" in ivr("notice", "on", "x", "--text", "Hello", *config).output
    assert "x is on: 1+1=2" in ivr("notice", "on", "x", "--text", "1+1=2", *config).output
    assert "x is on: Good day" in ivr("notice", "on", "x", "--text", "en=Good day", *config).output
    assert "so write --text en=…" in ivr("notice", "on", "x", "--text", "fr=Bonjour", *config).output
