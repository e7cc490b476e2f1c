"""`ivr dial`: an app dialled from the terminal, over a real socket, by keys."""

import json
import socket
import threading

import pytest
from click.testing import CliRunner

from ivr.cli import main

from .apps import faulty, flask_tutorial, raw_wsgi
from .sockets import served
from .twiml_app import TwimlApp

PIN = '<Gather numDigits="3" action="/done" timeout="4"><Say>three digits</Say></Gather><Say>none</Say>'
TYPED = '<Gather finishOnKey="#" action="/done" timeout="4"><Say>digits and hash</Say></Gather><Say>none</Say>'


def done(request):
    return f"<Say>got {request.form['Digits']}</Say>"


PAGES = {
    "/voice": PIN,
    "/typed": TYPED,
    "/done": done,
    "/late": '<Gather timeout="60"/><Say>late</Say>',
    "/reject": '<Reject reason="busy"/>',
    "/bad": "<Response",
    "/end": "",
    "/code": '<Sms>your code is 123456</Sms><Gather numDigits="6" action="/done"/>',
    "/safe": "<Say>saved</Say>",
    "/warned": "<Say loop='x'>hello</Say>",
}


@pytest.fixture(scope="module")
def app():
    pages = TwimlApp(PAGES)
    with served(pages) as base:
        pages.base = base
        yield pages


def dial(*arguments):
    return CliRunner().invoke(main, ["dial", *arguments])


def test_a_strangers_app_is_dialled_by_keys():
    with served(flask_tutorial.app) as base:
        result = dial(f"{base}/ivr/welcome", "--keys", "9 1")
    assert result.exit_code == 0
    assert "you" in result.output
    assert "To get to your extraction point" in result.output
    assert result.output.splitlines()[-1].startswith("completed after 0:")


def test_the_scheme_may_be_left_out():
    with served(raw_wsgi.application) as base:
        result = dial(f"{base.removeprefix('http://')}/start", "--keys", "- -")
    assert (result.exit_code, "再见" in result.output) == (0, True)


@pytest.mark.parametrize(
    ("path", "keys", "heard"),
    [
        ("/voice", "123", "got 123"),
        ("/voice", "1 2 3", "got 123"),
        ("/voice", "12 3", "got 123"),
        ("/voice", "12 -", "got 12"),
        ("/voice", "12", "got 12"),
        ("/voice", "-", "none"),
        ("/typed", "12 #", "got 12"),
        ("/typed", "12#", "got 12"),
        ("/code", "{code}", "got 123456"),
    ],
)
def test_groups_of_keys_continue_an_entry_or_wait_for_the_next(app, path, keys, heard):
    result = dial(app.base + path, "--keys", keys)
    assert (result.exit_code, heard in result.output) == (0, True), result.output


@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        ("crash", 1, "error 11217: HTTP 500"),
        ("broken", 1, "error 12100: not well-formed"),
        ("json", 1, "error 12300: Content-Type 'application/json'"),
        ("loop", 1, "error emulator: loop guard"),
        ("lower", 0, ""),
    ],
)
def test_a_failed_app_gives_status_1_and_says_why(fault, status, expected):
    with served(faulty.app) as base:
        result = dial(f"{base}/menu/{fault}", "--keys", "1")
    assert (result.exit_code, expected in result.stderr) == (status, True), result.output


def test_nobody_listens():
    result = dial("http://127.0.0.1:9/voice", "--keys", "1")
    assert (result.exit_code, "11202: 127.0.0.1:9 refused the connection" in result.stderr) == (1, True)


def test_a_rejected_call_is_no_failure(app):
    result = dial(f"{app.base}/reject", "--keys", "")
    assert (result.exit_code, "busy after 0:00; hotline hung up" in result.output) == (0, True)


def test_a_fallback_that_answers_is_no_failure(app):
    result = dial(f"{app.base}/nowhere", "--fallback", f"{app.base}/safe", "--keys", "")
    assert (result.exit_code, "saved" in result.output) == (0, True)
    assert (
        f"debugger: error 11217: HTTP 404; the app has nothing at this address ({app.base}/nowhere); "
        f"the fallback {app.base}/safe is asked" in result.output in result.output
    )


def test_everything_asked_for_reaches_the_app(app, monkeypatch):
    monkeypatch.setenv("TOKEN_OF_TEST", "12345")
    app.requests.clear()
    result = dial(
        f"{app.base}/late", "--keys", "-", "--from", "+15005550001", "--to", "+15005550002", "--method", "GET",
        "--status-callback", f"{app.base}/end", "--token-env", "TOKEN_OF_TEST",
        "--at", "2026-10-01 10:00 Asia/Shanghai",
    )  # fmt: skip
    assert result.exit_code == 0
    assert [(request.method, request.path, request.valid) for request in app.requests] == [
        ("GET", "/late", True),
        ("POST", "/end", True),
    ]
    assert [app.requests[0].form[name] for name in ("From", "To")] == ["+15005550001", "+15005550002"]
    assert [app.requests[1].form[name] for name in ("CallDuration", "Timestamp")] == [
        "60",
        "Thu, 01 Oct 2026 02:01:00 +0000",
    ]
    assert "completed after 1:00; hotline hung up" in result.output


def test_verbose_shows_requests_and_documents(app):
    result = dial(f"{app.base}/warned", "--keys", "", "--verbose")
    assert f"  > POST {app.base}/warned" in result.output
    assert "  >   CallStatus=ringing" in result.output
    assert "  <   <Response><Say loop='x'>hello</Say></Response>" in result.output
    assert "debugger: warning 13510: <Say loop='x'>: expected a whole number from 0; 1 is used instead" in result.output


def test_json_is_the_transcript_as_data(app):
    result = dial(f"{app.base}/voice", "--keys", "123", "--json", "--verbose")
    data = json.loads(result.stdout)
    assert (data["status"], data["ended_by"], data["failure"]) == ("completed", "hotline", None)
    said = [(entry["who"], entry["text"], entry["cut"]) for entry in data["transcript"] if entry["kind"] == "said"]
    assert said == [("hotline", "three digits", False), ("hotline", "got 123", False)]
    assert [(request["method"], request["status"]) for request in data["requests"]] == [("POST", 200), ("POST", 200)]
    failed = dial(f"{app.base}/nowhere", "--json")
    assert (failed.exit_code, json.loads(failed.stdout)["failure"]["code"]) == (1, 11217)


def test_a_switch_is_set_by_name(app):
    result = dial(f"{app.base}/nowhere", "--keys", "", "--option", "first_request_failure=busy")
    assert "busy after 0:00; network hung up" in result.output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["ftp://example.com/"], 'URL "ftp://example.com/" is no address'),
        (["http://[x/"], "is no address"),
        (["http://a.test/", "--fallback", "mailto:x"], '--fallback "mailto:x" is no address'),
        (["http://a.test/", "--keys", "1 x"], '"x" in "x" is no key'),
        (["http://a.test/", "--keys", "{code}"], "no text message"),
        (["http://a.test/", "--token-env", "NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE of --token-env is not set"),
        (["http://a.test/", "--option", "strikt=true"], '"strikt" is no option; did you mean "strict"?'),
        (["http://a.test/", "--option", "strict=perhaps"], 'strict is one of true, false, not "perhaps"'),
        (["http://a.test/", "--option", "strict"], "write NAME=VALUE"),
        (["http://a.test/", "--option", "call_limit_seconds=x"], 'call_limit_seconds is a number, not "x"'),
    ],
)
def test_a_wrong_command_gives_status_2(app, arguments, expected):
    url, *more = arguments
    result = dial(f"{app.base}/late" if url == "http://a.test/" and "{code}" in more else url, *more)
    assert (result.exit_code, expected in result.output) == (2, True), result.output


def test_every_call_is_a_new_one_unless_a_seed_says_which(app):
    def sid(*seed):
        return json.loads(dial(app.base + "/end", "--json", *seed).stdout)["call_sid"]

    assert sid() != sid()
    assert sid("--seed", "monday") == sid("--seed", "monday") != sid("--seed", "tuesday")


def test_an_app_that_drops_the_connection_is_told_in_words():
    def drop():
        with listener.accept()[0] as connection:
            while not connection.recv(65_536).endswith(b"ToZip="):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drop, daemon=True).start()
        result = dial(f"http://127.0.0.1:{listener.getsockname()[1]}/voice", "--keys", "")
    assert (result.exit_code, "closed the connection without a reply" in result.output) == (1, True)
