"""What may be in a log line, and what never is."""

from __future__ import annotations

import io
import json
import logging

import pytest

from ivr.webhooks import logs

CALL = "CA" + "12" * 16


@pytest.fixture
def written() -> io.StringIO:
    """All that this process logs at DEBUG."""
    stream = io.StringIO()
    logs.configure(logging.DEBUG, stream)
    return stream


def only(stream: io.StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert isinstance(told, dict)
    return told


def test_an_event_is_one_line_with_its_fields(written: io.StringIO) -> None:
    logging.getLogger("ivr.webhooks").info("turn", extra={"call": CALL, "turn": 7, "ms": 1.5, "state": "refund.ask"})
    line = only(written)
    assert str(line.pop("at")).endswith("+00:00")
    assert line == {"level": "info", "event": "turn", "call": CALL, "turn": 7, "ms": 1.5, "state": "refund.ask"}


def test_a_field_without_a_value_is_left_out(written: io.StringIO) -> None:
    logging.getLogger("ivr.webhooks").info("fallback", extra={"call": None, "error": 11205})
    line = only(written)
    assert "call" not in line
    assert line["error"] == 11205


@pytest.mark.parametrize("field", ["digits", "speech", "words", "name", "from_number", "token", "body", "pin"])
def test_a_field_that_is_not_on_the_list_is_not_written(written: io.StringIO, field: str) -> None:
    try:
        logging.getLogger("ivr").debug("heard", extra={field: "canary"})
    except KeyError:  # `name` belongs to the logging module itself
        return
    assert "canary" not in written.getvalue()


def test_arguments_of_a_message_are_not_written(written: io.StringIO) -> None:
    logging.getLogger("ivr.call").debug("heard %s from %s", "canary", {"pin": "canary"})
    assert only(written)["event"] == "heard %s from %s"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("+8613800138000", "+…00"), ("138 0013 8000", "…00"), ("4111-1111-1111-1111", "…11"), ("pin 4711", "pin …11"),
        ("refund.ask_2", "refund.ask_2"), ("flows/a.yaml:120:9", "flows/a.yaml:120:9"), (CALL, CALL),
    ],
)  # fmt: skip
def test_long_numbers_keep_their_last_two_digits(text: str, seen: str) -> None:
    assert logs.masked(text) == seen


def test_a_fault_tells_where_but_not_what(written: io.StringIO) -> None:
    def inner() -> None:
        raise KeyError("canary")

    try:
        try:
            inner()
        except KeyError as error:
            raise ValueError("canary: +8613800138000") from error
    except ValueError:
        logging.getLogger("ivr").exception("turn failed")
    line = only(written)
    assert line["error"] == "ValueError"
    trace = line["trace"]
    assert isinstance(trace, list)
    assert [step for step in trace if ":" not in step] == ["KeyError", "ValueError"]
    assert any(step.endswith(" inner") for step in trace)
    assert "canary" not in written.getvalue()


@pytest.mark.parametrize("text", ["a\nb", "a\r\n{}", "\x1b[31mred", "a\u2028b", "\x00", "\x85", '"}\n{"level":"x"'])
def test_no_text_splits_a_line_or_speaks_to_a_terminal(written: io.StringIO, text: str) -> None:
    logging.getLogger("ivr").warning(text, extra={"state": text, "why": text})
    raw = written.getvalue()
    assert raw.count("\n") == 1
    assert raw.isascii()
    assert all(" " <= character <= "~" for character in raw[:-1])
    assert only(written)["state"] == text


def test_warnings_of_libraries_go_the_same_way(written: io.StringIO) -> None:
    logging.getLogger("some.library").warning("INSERT %r", ("canary",))
    line = only(written)
    assert (line["from"], line["event"]) == ("some.library", "INSERT %r")


def test_what_libraries_merely_tell_is_not_written(written: io.StringIO) -> None:
    """Twilio's client tells of each text in twelve lines, whose messages hold what was asked."""
    logging.getLogger("twilio.http_client").info("Query Params: {'To': 'canary'}")
    logging.getLogger("ivrish").info("canary")
    assert written.getvalue() == ""
