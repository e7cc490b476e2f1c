"""`ivr call`: what `--keys` does on the line, what is shown, what is kept, and with which status it ends."""

from __future__ import annotations

import os
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.config import load_config
from ivr.store import Store
from tests.cli.conftest import Ivr

AT = ("--at", "2026-11-23 10:00")  # a Monday
GOLDEN = Path(__file__).parent / "demonstration.txt"


def said(output: str, speaker: str) -> list[str]:
    """What a speaker said, without the time."""
    return re.findall(rf"^\d\d:\d\d  {speaker} +(.*)$", output, re.MULTILINE)


# --- the demonstration -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shipped")
def test_without_a_terminal_the_demonstration_is_played_byte_for_byte(ivr: Ivr) -> None:
    result = ivr("call")
    assert result.exit_code == 0, result.output
    if os.environ.get("IVR_UPDATE"):
        GOLDEN.write_text(result.output, encoding="utf-8")
    assert result.output == GOLDEN.read_text(encoding="utf-8")


def test_the_demonstration_shows_off(shipped: Path) -> None:
    """It greets, changes the language, identifies, answers with an amount and a day, and is rated."""
    play = GOLDEN.read_text(encoding="utf-8")
    assert "left over" not in play
    assert "error" not in play
    assert said(play, "you")[-3:] == ["[••••••#]", "[2]", "[5]"]
    assert re.search(r"退款，一百二十八元五角.*11月26日星期四前到账", play)
    assert said(play, "message")[0].startswith("✉ to +8613800138000: 【云钱包】您的验证码是••••••")


def test_the_demonstration_keeps_nothing(house: Path, ivr: Ivr) -> None:
    assert ivr("call").exit_code == 0
    assert not (house / "data").exists()


# --- keys ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("2 3", ["[2]", "[3]", "(hung up)"]),
        ("2 - 3", ["[2]", "(silence)", "[3]"]),
        ("2 'a case'", ["[2]", "a case"]),
        ("1 '我有案件'", ["[1]", "我有案件"]),
        ("2 1 62220001# {code}#", ["[2]", "[1]", "[62220001#]", "[••••••#]"]),
        ("2 1 62220001# *# 220001#", ["[2]", "[1]", "[62220001#]", "[*#]", "[••••••#]"]),
        ("2", ["[2]", "(hung up)"]),
        ("", ["(hung up)"]),
    ],
)
@pytest.mark.usefixtures("house")
def test_each_group_is_done_when_the_line_next_listens(keys: str, expected: list[str], ivr: Ivr) -> None:
    result = ivr("call", "--fresh", *AT, "--keys", keys)
    assert result.exit_code == 0, result.output
    done = said(result.output, "you")
    assert done == expected if "(hung up)" in done else done == expected or done == expected[:-1]


@pytest.mark.usefixtures("house")
def test_silence_lasts_until_the_question_times_out(ivr: Ivr) -> None:
    output = ivr("call", "--fresh", *AT, "--keys", "2 - 3").output
    assert "I heard nothing." in said(output, "hotline")


@pytest.mark.parametrize(("language", "greeting"), [("1", "您好，我是客服小林。"), ("2", "Hello, this is Lin.")])
@pytest.mark.usefixtures("house")
def test_on_hold_and_in_a_talk_groups_are_done_too(language: str, greeting: str, ivr: Ivr) -> None:
    result = ivr("call", "--fresh", *AT, "--keys", f"{language} 0 - '谢谢'")
    assert result.exit_code == 0, result.output
    agent = said(result.output, "agent")
    assert agent[0] == "(phone rings)"
    assert agent[2].startswith(greeting), "the agent speaks the caller's language"
    done = [words for words in said(result.output, "you") if words != "(silence)"]  # nothing has to be said on hold
    assert done == [f"[{language}]", "[0]", "谢谢"]
    assert said(result.output, "to agent"), "what the agent hears before the caller is shown"


@pytest.mark.usefixtures("house")
def test_a_key_leaves_the_queue(ivr: Ivr) -> None:
    output = ivr("call", "--fresh", *AT, "--keys", "2 0 1 3").output
    assert not any("Hello" in words for words in said(output, "agent"))
    assert said(output, "hotline")[-2:] == ["Goodbye.", "(hung up)"]


@pytest.mark.parametrize(
    ("keys", "told"), [("2 3 1", "1 group was left over"), ("2 3 1 2 3#", "3 groups were left over")]
)
@pytest.mark.usefixtures("house")
def test_keys_left_over_are_told_and_no_failure(keys: str, told: str, ivr: Ivr) -> None:
    result = ivr("call", "--fresh", *AT, "--keys", keys)
    assert told in result.output
    assert result.exit_code == 0


@pytest.mark.usefixtures("house")
def test_a_code_that_never_comes_ends_the_command(ivr: Ivr) -> None:
    result = ivr("call", "--fresh", *AT, "--keys", "2 1 99999999# {code}#")
    assert result.exit_code == 2
    assert "no text message with a code has arrived" in result.stderr
    assert "The call was completed" in result.stdout


# --- who, when -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["+447700900002", "anonymous", "Anonymous", "client:alice", "+86 138-0013 8000"])
@pytest.mark.usefixtures("house")
def test_anybody_can_call(number: str, ivr: Ivr) -> None:
    result = ivr("call", "--fresh", *AT, "--from", number, "--keys", "2 3")
    assert result.exit_code == 0, result.output
    assert result.output.split(" calls ")[0] == number.replace(" ", "").replace("-", "")


@pytest.mark.parametrize("number", ["12345", "13800138000", "+0123456789", "me", "client:", "+86138001380001234"])
@pytest.mark.usefixtures("house")
def test_what_is_no_number_is_refused_in_one_line(number: str, ivr: Ivr) -> None:
    result = ivr("call", "--from", number, "--keys", "1")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert f'"{number}" is no number; write + and the country code' in result.stderr


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-10-01 10:00", "Thursday 2026-10-01, 10:00 Asia/Shanghai"),
        ("2019-02-28T23:59", "Thursday 2019-02-28, 23:59 Asia/Shanghai"),
        ("2031-01-01", "Wednesday 2031-01-01, 00:00 Asia/Shanghai"),
        ("2026-11-22 10:00 Europe/London", "Sunday 2026-11-22, 18:00 Asia/Shanghai"),
        ("2026-11-22T10:00+00:00", "Sunday 2026-11-22, 18:00 Asia/Shanghai"),
    ],
)
@pytest.mark.usefixtures("house")
def test_a_call_is_made_at_any_moment(at: str, shown: str, ivr: Ivr) -> None:
    result = ivr("call", "--fresh", "--at", at, "--keys", "2 3")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[0].endswith(f" on {shown}")


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01", "2026-11-22 25:00", "2026-11-22 10:00 Asia/Shangai"])
@pytest.mark.usefixtures("house")
def test_what_is_no_moment_is_refused(at: str, ivr: Ivr) -> None:
    result = ivr("call", "--at", at, "--keys", "1")
    assert result.exit_code == 2
    assert f'"{at}" is not a moment' in result.stderr


# --- what is kept ----------------------------------------------------------------------------------------------


def test_the_call_ends_with_its_ticket_and_its_record(house: Path, ivr: Ivr) -> None:
    output = ivr("call", *AT, "--keys", "2 2").output
    told = re.search(r"^Ticket (\d+) \(“(.+)”\): case, normal priority\.$", output, re.MULTILINE)
    assert told is not None, output
    assert told[2].replace(" ", "").replace(",", "") == told[1], "as the caller heard it"
    assert f"Your number is {told[2]}." in output
    record = re.search(r"^Record: ivr show (CA[0-9a-f]{32})$", output, re.MULTILINE)
    assert record is not None
    shown = ivr("show", record[1])
    assert shown.exit_code == 0
    assert told[1] in shown.output
    assert "Goodbye." in shown.output


def test_the_record_is_found_with_another_configuration_too(house: Path, ivr: Ivr) -> None:
    (house / "config.yaml").rename(house / "other.yaml")
    output = ivr("call", *AT, "--config", "other.yaml", "--keys", "2 3").output
    command = re.search(r"^Record: ivr (.+)$", output, re.MULTILINE)
    assert command is not None
    assert ivr(*command[1].split()).exit_code == 0


def test_nothing_is_kept_in_the_store_of_a_hotline_on_twilio(
    house: Path, ivr: Ivr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its outbox is carried out by the server: a rehearsal there would text people."""
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "canary-token-of-the-account")
    (house / "config.yaml").write_text(
        "hotline: {public_url: 'https://hotline.example', number: '+8675512345678', handlers: [ivr.wallet.handlers]}\n",
        encoding="utf-8",
    )
    result = ivr("call", *AT, "--keys", "2 2")
    assert result.exit_code == 0, result.output
    assert "Record: nothing is kept" in result.output
    assert "canary" not in result.output
    assert not (house / "data").exists()


def test_the_transcript_is_the_play_without_secrets(house: Path, ivr: Ivr) -> None:
    written = ivr("call", "--fresh", *AT, "--keys", "2 1 62220001# *# 220001#").output
    assert "220001#" not in written.replace("62220001#", "")
    assert not re.search(r"Your code is \d", written)


def test_equal_calls_are_equal(house: Path, ivr: Ivr) -> None:
    first, second = (ivr("call", "--fresh", *AT, "--keys", "2 1 62220001# {code}#").output for _ in range(2))
    assert first == second


# --- when something is wrong -----------------------------------------------------------------------------------


def test_broken_flows_are_shown_with_their_lines(house: Path, ivr: Ivr) -> None:
    flow = house / "flows" / "hotline.yaml"
    flow.write_text(flow.read_text(encoding="utf-8").replace("next: case_told", "next: case_tolled"), encoding="utf-8")
    result = ivr("call", "--fresh", "--keys", "2")
    assert result.exit_code == 1
    assert '"case_tolled"' in result.stderr
    assert "did you mean" in result.stderr
    assert "    next: case_tolled" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"not a database at all, but long enough to be read as one" * 40, "not a database"), (None, "ivr.db")],
)
def test_a_store_that_cannot_be_used_ends_the_command_in_one_line(
    content: bytes | None, told: str, house: Path, ivr: Ivr
) -> None:
    (house / "data").mkdir()
    file = house / "data" / "ivr.db"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    for command in (("call", "--keys", "2"), ("show",), ("tickets",), ("hours", "support"), ("close",)):
        result = ivr(*command)
        assert result.exit_code == 2, result.output
        assert result.stderr.count("\n") == 1
    assert content is None or file.read_bytes() == content, "the file is untouched"


def test_a_store_of_a_newer_program_is_left_alone(house: Path, ivr: Ivr) -> None:
    assert ivr("call", *AT, "--keys", "2 3").exit_code == 0
    with sqlite3.connect(house / "data" / "ivr.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    result = ivr("call", "--keys", "2 3")
    assert result.exit_code == 2
    assert "made by a newer version of ivr" in result.stderr


@pytest.mark.parametrize("command", ["call", "demo", "hours support", "show", "doctor", "picture", "serve", "check"])
def test_in_a_folder_without_a_hotline_every_command_says_so(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ivr: Ivr
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ivr(*command.split())
    assert result.exit_code == 2
    assert result.stderr.startswith('ivr: there is no "config.yaml"')
    assert result.stderr.count("\n") == 1


def test_a_call_left_behind_by_a_killed_process_is_ended(house: Path, ivr: Ivr) -> None:
    """It would hold its place in the queue for ever."""
    ivr("call", "--at", "2026-11-23 09:00", "--keys", "2 0")
    config, _ = load_config(Path("config.yaml"), today=datetime(2026, 11, 23, tzinfo=UTC).date(), environ={})
    assert config is not None
    with Store.open(config.store_url) as store:
        assert not store.calls(live=True)


# --- what fails -------------------------------------------------------------------------------------------------


def test_a_handler_that_fails_is_one_line_and_the_call_is_as_good_as_its_flow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ivr: Ivr
) -> None:
    assert ivr("new", str(tmp_path / "shop"), "--languages", "en").exit_code == 0
    monkeypatch.chdir(tmp_path / "shop")
    Path("boom.py").write_text(
        "from ivr.hotline.handlers import handler\n\n"
        '@handler("boom", outcomes={"ok": {}}, identified=False)\n'
        'def boom(case):\n    """Fails."""\n    raise RuntimeError("no such\\nthing")\n',
        "utf-8",
    )
    config, flow = Path("config.yaml"), Path("flows/hotline.yaml")
    config.write_text(config.read_text("utf-8").replace("  time_zone:", "  handlers: [boom]\n  time_zone:"), "utf-8")
    step = "  address: {handle: boom, on: {ok: main, unavailable: person}}"
    flow.write_text(re.sub("^  address: .*$", step, flow.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    called = ivr("call", "--fresh", "--keys", "1", *AT)
    assert called.exit_code == 0
    assert called.stderr == (
        'ivr: the handler "boom" failed, boom.py line 6: RuntimeError: no such; the flow went on by "unavailable"\n'
    )
