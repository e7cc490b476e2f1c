"""How a call is shown: the lines of the play, what is hidden in them, and where they are shown."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from ivr.cli.terminal import CLEAR_LINE, TINTS, Line, LiveTranscript, Screen, code_in, screen_on, without_code
from ivr.network import Entry, Message

NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CODE_MESSAGE = "【云钱包】您的验证码是123456，10分钟内有效。请只在电话按键中输入，切勿告诉任何人。"


def entry(seconds: float, who: str, kind: str, text: str = "", *, call: str = "CA1", own: bool = False) -> Entry:
    return Entry(NINE + timedelta(seconds=seconds), seconds, who, kind, text, call_sid=call, own=own, duration=5.0)


@dataclass
class Info:
    """A call that asks for a secret or not; text messages are handed in."""

    secret: bool = False
    messages: list[Message] = field(default_factory=list)

    def asks_secret(self, call_id: str) -> bool:
        return self.secret

    def latest_message(self) -> Message | None:
        return self.messages[-1] if self.messages else None


def played(*entries: Entry, info: Info | None = None) -> list[str]:
    written = io.StringIO()
    play = LiveTranscript(written, info, message_text=without_code)
    for each in entries:
        play(each)
    play.write("")
    return written.getvalue().rstrip("\n").split("\n")


def test_keys_in_a_row_stand_together() -> None:
    assert played(
        entry(0, "network", "ringing"),
        entry(1, "hotline", "said", "请选择。"),
        *(entry(2 + n / 10, "caller", "pressed", key) for n, key in enumerate("62#")),
        entry(3, "hotline", "said", "再见。"),
    ) == [
        "00:00  line      (ringing)",
        "00:01  hotline   请选择。",
        "00:02  you       [62#]",
        "00:03  hotline   再见。",
    ]


def test_a_card_that_is_keyed_in_is_masked() -> None:
    keys = (entry(n / 10, "caller", "pressed", key) for n, key in enumerate("4111111111111111#"))
    assert played(*keys) == ["00:00  you       [[card …1111]#]"]


def test_keys_that_cut_a_prompt_off_stay_together() -> None:
    assert played(
        entry(0, "hotline", "said", "For a refund, press 1."),
        entry(1, "caller", "pressed", "6"),
        entry(1, "hotline", "cut", "For a"),
        entry(1.3, "caller", "pressed", "2"),
        entry(2, "hotline", "said", "Goodbye."),
    ) == [
        "00:00  hotline   For a refund, press 1.",
        "00:01            For a —",
        "00:01  you       [62]",
        "00:02  hotline   Goodbye.",
    ]


def test_hold_music_that_ends_is_not_called_cut_off() -> None:
    assert played(entry(0, "hotline", "played", "hold music"), entry(9, "hotline", "cut", "hold music")) == [
        "00:00  hotline   ♪ hold music"
    ]


@pytest.mark.parametrize(("secret", "shown"), [(True, "[••••#]"), (False, "[1234#]")])
def test_what_is_keyed_in_for_a_secret_becomes_dots(secret: bool, shown: str) -> None:
    pressed = [entry(0, "caller", "pressed", key) for key in "1234#"]
    assert played(*pressed, info=Info(secret)) == [f"00:00  you       {shown}"]


def test_a_spoken_secret_becomes_dots() -> None:
    assert played(entry(0, "caller", "spoke", "one two", own=True), info=Info(secret=True)) == [
        "00:00  you       ••• •••"
    ]


def test_a_code_keyed_in_at_another_question_becomes_dots() -> None:
    info = Info(messages=[Message("SM1", "+86755", "+8613800138000", CODE_MESSAGE, NINE)])
    lines = played(
        entry(0, "network", "text message", CODE_MESSAGE),
        *(entry(1, "caller", "pressed", key) for key in "123456#"),
        info=info,
    )
    assert lines == [
        "00:00  message   ✉ to +8613800138000: 【云钱包】您的验证码是••••••，10分钟内有效。"
        "请只在电话按键中输入，切勿告诉任何人。",
        "00:01  you       [••••••#]",
    ]


def test_a_text_message_is_shown_once_and_to_whom() -> None:
    info = Info(messages=[Message("SM1", "+86755", "+447700900002", "Hello.", NINE)])
    message = entry(0, "network", "text message", "Hello.")
    assert played(message, message, info=info) == ["00:00  message   ✉ to +447700900002: Hello."]


def test_agents_are_shown_as_the_caller_has_them_and_with_what_they_alone_hear() -> None:
    assert played(
        entry(0, "hotline", "said", "请稍候。"),
        entry(1, "network", "ringing", call="CA2"),
        entry(2, "hotline", "said", "来电客户王小明。", call="CA2"),
        entry(3, "network", "connected", "+8613900000001"),
        entry(3, "network", "connected", "+8613800138000", call="CA2"),
        entry(4, "agent", "spoke", "您好。"),
        entry(4, "agent", "spoke", "您好。", call="CA2", own=True),
        entry(5, "caller", "spoke", "你好。", own=True),
        entry(5, "caller", "spoke", "你好。", call="CA2"),
        entry(6, "agent", "hung up", call="CA2"),
    ) == [
        "00:00  hotline   请稍候。",
        "00:01  agent     (phone rings)",
        "00:02  to agent  来电客户王小明。",
        "00:03  line      (connected: +8613900000001)",
        "00:04  agent     您好。",
        "00:05  you       你好。",
        "00:06  agent     (hung up)",
    ]


def test_a_room_of_the_hotline_is_not_told_by_its_name_and_one_of_another_app_is() -> None:
    ringing, room = entry(0, "network", "ringing"), entry(3, "network", "connected", "room 7")
    assert played(ringing, room, info=Info(messages=[]))[-1] == "00:03  line      (connected)"
    assert played(ringing, room)[-1] == "00:03  line      (connected: room 7)"


def test_a_message_after_the_call_keeps_the_calls_time() -> None:
    info = Info(messages=[Message("SM1", "+86755", "+447700900002", "Hello.", NINE)])
    late = Entry(NINE + timedelta(seconds=75), 4711.0, "network", "text message", "Hello.")
    assert played(entry(0, "network", "ringing"), late, info=info)[-1].startswith("01:15  message")


def test_codes_are_found_in_the_hotlines_own_sentences() -> None:
    assert code_in(CODE_MESSAGE) == "123456"
    assert code_in("您的受理编号是1234567。") == ""


# --- screens ------------------------------------------------------------------------------------------------


def test_speakers_of_any_letters_are_as_wide() -> None:
    heads = [Line(0, speaker, "").head for speaker in ("you", "客服", "hotline", "")]
    assert heads == ["00:00  you       ", "00:00  客服      ", "00:00  hotline   ", "00:00            "]


def test_what_is_being_typed_stays_below_what_is_said() -> None:
    written = io.StringIO()
    terminal = Screen(written, lambda: 50)
    terminal.draft(Line(1, "you", "退款"))
    terminal.show(Line(2, "hotline", "Hello."))
    terminal.draft(None)
    draft = "00:01  you       退款"
    assert written.getvalue() == f"{CLEAR_LINE}{draft}{CLEAR_LINE}00:02  hotline   Hello.\n{draft}{CLEAR_LINE}"


class FakeTerminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        (FakeTerminal(), {"TERM": "xterm"}, True),
        (FakeTerminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (FakeTerminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (FakeTerminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colours_are_for_terminals_alone(
    stream: io.StringIO, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    screen_on(stream).show(Line(0, "hotline", "Hello.", "hotline"))
    assert (TINTS["hotline"] in stream.getvalue()) is coloured


def test_a_file_has_one_line_for_one_line_and_no_drafts() -> None:
    written = io.StringIO()
    paper = Screen(written)
    paper.draft(Line(0, "you", "typing"))
    paper.show(Line(61, "you", "x" * 300))
    assert written.getvalue() == "01:01  you       " + "x" * 300 + "\n"
