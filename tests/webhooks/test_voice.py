"""The webhooks as a carrier, and as somebody who would like to be one, finds them."""

from __future__ import annotations

import io
import json
import logging
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import urlencode

import pytest

from ivr.call.events import Digits, HungUp, Input, QueueEnded, Recorded, Silence, Spoken
from ivr.hotline.hotline import Ringing
from ivr.webhooks import logs
from ivr.webhooks.app import create_app
from ivr.webhooks.framing import QUEUED_SECONDS
from ivr.webhooks.settings import Unsafe, WebhookSettings, names_this_machine, refuse_unsafe
from ivr.webhooks.twiml import TwimlWriter
from ivr.webhooks.voice import BUSY_SECONDS

from .carrier import ACCOUNT, ANSWER, CALL, PUBLIC, STALE, STANDARD, TOKEN, Remembers, dial, sign
from .sounds import VOICES

TURN = f"/voice/{CALL}/turns/7"
HOLD = f"/voice/{CALL}/hold/7"
ROUTES = [
    "/voice",
    "/voice/fallback",
    "/voice/status",
    TURN,
    f"{TURN}/poll",
    HOLD,
]

# --- what reaches the hotline ---------------------------------------------------------------------------------


def test_the_first_webhook_rings() -> None:
    line = dial()
    answer = line.post("/voice", CallStatus="ringing", CallerName="Li", StirVerstat="TN-Validation-Passed-A")
    ringing = Ringing(CALL, "+8613800138000", "+861012345678")
    assert line.desk.asked == [("ring", ringing)]
    assert (answer.status_code, answer.text, answer.content_type) == (200, ANSWER, "text/xml; charset=utf-8")


def test_a_new_call_that_had_to_wait_for_a_thread_is_told_that_we_are_busy() -> None:
    line = dial()
    line.client.environ_base[QUEUED_SECONDS] = 2 * BUSY_SECONDS
    answers = [line.post("/voice" + (f"?busy={times}" if times else "")).text for times in range(7)]
    assert line.desk.asked == [], "nothing is stored, and the store is not asked"
    assert all("<Say" in answer and "busy" in answer for answer in answers[:5])
    assert [f"https://line.example/voice?busy={times + 1}" in answer for times, answer in enumerate(answers)] == [
        *[True] * 5, False, False,
    ]  # fmt: skip
    assert "<Hangup" in answers[5]
    line.client.environ_base[QUEUED_SECONDS] = BUSY_SECONDS / 2
    assert line.post("/voice?busy=1").text == ANSWER, "who stayed is answered as soon as there is room"


def test_callers_who_are_in_a_call_already_are_never_told_that_we_are_busy() -> None:
    line = dial()
    line.client.environ_base[QUEUED_SECONDS] = 2 * BUSY_SECONDS
    assert line.post(TURN, Digits="1").text == ANSWER


@pytest.mark.parametrize(
    ("extra", "heard"),
    [
        ({"Digits": "1", "FinishedOnKey": "", "msg": "Gather End"}, Digits("1")),
        ({"Digits": "٣٤"}, Digits("?")),
        ({"SpeechResult": "退款", "Confidence": "0.5"}, Spoken("退款")),
        ({"Digits": ""}, Silence()),
        ({"QueueResult": "leave", "QueueTime": "9"}, QueueEnded("left", 9)),
        ({"CallStatus": "completed"}, HungUp()),
    ],
)
def test_a_turn_takes_what_was_heard(extra: dict[str, str], heard: Input) -> None:
    line = dial()
    assert line.post(TURN, **extra).status_code == 200
    assert line.desk.asked == [("take", CALL, 7, heard)]


def test_a_recording_that_fell_through_was_empty() -> None:
    line = dial()
    line.post(f"{TURN}?empty=recording")
    assert line.desk.asked == [("take", CALL, 7, Recorded("", 0))]


def test_the_other_addresses_ask_what_they_are_for() -> None:
    line = dial()
    line.post(f"{TURN}/poll")
    line.post(f"{HOLD}?heard=2-3", QueuePosition="3", QueueTime="20", Digits="1")
    line.post("/voice/fallback", ErrorCode="11205", ErrorUrl=PUBLIC + TURN)
    ringing = Ringing(CALL, "+8613800138000", "+861012345678")
    assert line.desk.asked == [
        ("poll", CALL, 7), ("hold", CALL, 7, 3, 20, "1", "2-3"), ("resume", ringing, 11205, 7),
    ]  # fmt: skip


@pytest.mark.parametrize("result", ["redirected", "redirected-from-bridged"])
def test_a_wait_that_we_ended_ourselves_is_news_to_nobody(result: str) -> None:
    line = dial()
    answer = line.post(TURN, QueueResult=result, QueueTime="9")
    assert (answer.status_code, line.desk.asked) == (200, [])
    assert answer.text.endswith("<Response />")


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"CallStatus": "completed", "CallDuration": "10", "SequenceNumber": "0"}, ("completed", 0, 10)),
        ({"CallStatus": "no-answer"}, ("no-answer", None, None)),
        ({"CallStatus": "banana", "CallDuration": "-1", "SequenceNumber": "abc"}, ("banana", None, None)),
    ],
)
def test_W23_a_status_is_passed_on_and_answered_with_nothing(
    extra: dict[str, str], told: tuple[str, int | None, int | None]
) -> None:
    line = dial()
    answer = line.post("/voice/status", **extra)
    assert (answer.status_code, answer.data) == (204, b"")
    assert line.desk.asked == [("report", CALL, *told)]


# --- who is believed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ROUTES)
def test_W1_without_a_signature_nothing_is_done(path: str) -> None:
    line = dial()
    answer = line.client.post(path, data=dict(STANDARD))
    assert (answer.status_code, answer.data) == (403, b"")
    assert line.desk.asked == []


def mutations() -> list[tuple[str, str, dict[str, str]]]:
    """(what was changed, path, form) of a request signed for TURN with Digits=1."""
    form = {**STANDARD, "Digits": "1"}
    changed = [("another turn", TURN.replace("/7", "/8"), form), ("a query", TURN + "?a=1", form)]
    changed += [(f"{name} changed", TURN, {**form, name: value + "x"}) for name, value in form.items()]
    changed += [(f"{name} left out", TURN, {k: v for k, v in form.items() if k != name}) for name in form if form[name]]
    changed += [("a field more", TURN, {**form, "Extra": "1"}), ("two swapped", TURN, {**form, "From": form["To"]})]
    return changed


@pytest.mark.parametrize(("path", "form"), [row[1:] for row in mutations()], ids=[row[0] for row in mutations()])
def test_a_request_that_was_changed_is_refused(path: str, form: dict[str, str]) -> None:
    line = dial()
    signature = sign(PUBLIC + TURN, {**STANDARD, "Digits": "1"})
    answer = line.send(path, urlencode(form), signature)
    assert (answer.status_code, answer.data) == (403, b"")
    assert line.desk.asked == []


@pytest.mark.parametrize(
    ("public", "signed", "valid"),
    [
        ("https://line.example", "https://line.example/voice", True),
        ("https://line.example", "https://line.example:443/voice", True),
        ("https://line.example", "http://line.example/voice", False),
        ("https://line.example", "https://evil.example/voice", False),
        ("https://line.example/", "https://line.example/voice", True),
        ("https://line.example/ivr", "https://line.example/ivr/voice", True),
        ("https://line.example/ivr", "https://line.example/voice", False),
        ("https://line.example", "https://line.example/voice/", False),
        ("https://line.example:8443", "https://line.example:8443/voice", True),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000/voice", True),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5001/voice", False),
    ],
)
def test_W2_only_the_public_address_counts(public: str, signed: str, valid: bool) -> None:
    line = dial(public_url=public)
    answer = line.send("/voice", urlencode(STANDARD), sign(signed, STANDARD))
    assert answer.status_code == (200 if valid else 403)


def test_W3_forwarded_headers_change_nothing() -> None:
    line = dial()
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/x"}
    answer = line.send("/voice", urlencode(STANDARD), sign(PUBLIC + "/voice", STANDARD), **headers)
    assert answer.status_code == 200
    assert "evil" not in answer.text


def test_both_tokens_are_accepted_while_one_is_changed() -> None:
    line = dial(auth_tokens=("new", "old"))
    assert line.post("/voice", token="new").status_code == 200
    assert line.post("/voice", token="old").status_code == 200
    assert line.post("/voice", token=TOKEN).status_code == 403


def test_a_query_that_is_not_ascii_is_signed_as_it_was_sent() -> None:
    assert dial().post("/voice?campaign=%E9%80%80%E6%AC%BE&b=%2f").status_code == 200


@pytest.mark.parametrize(
    ("extra", "drop", "status"),
    [
        ({"Digits": "1Directioninbound"}, "Direction", 400),  # W4
        ({}, "CallSid", 400),
        ({"CallSid": "CA" + "9" * 32}, "", 400),  # another call than the address says
        ({"AccountSid": "AC" + "9" * 32}, "", 403),  # W11
        ({f"New{n}": "x" for n in range(20)}, "", 200),  # W24
        ({}, "From", 200),  # W14
    ],
)
def test_signed_fields_still_have_to_fit(extra: dict[str, str], drop: str, status: int) -> None:
    line = dial()
    assert line.post(TURN, drop=drop, **extra).status_code == status
    assert len(line.desk.asked) == (status == 200)


@pytest.mark.parametrize("second", ["Digits=1", "Digits=2"])
def test_W6_a_repeated_field_is_refused_although_it_is_signed(second: str) -> None:
    line = dial()
    one, two = {**STANDARD, "Digits": "1"}, second.removeprefix("Digits=")
    text = {**one, "Digits": "1" if two == "1" else "1Digits2"}  # equal values are signed once
    answer = line.send(TURN, urlencode(one) + "&" + second, sign(PUBLIC + TURN, text))
    assert (answer.status_code, line.desk.asked) == (400, [])


def test_W16_bytes_that_are_no_text_are_believed_and_cleaned() -> None:
    import base64
    import hmac

    line = dial()
    form = sorted({**STANDARD, "SpeechResult": ""}.items())
    signed = (PUBLIC + TURN).encode()
    for name, value in form:
        signed += name.encode() + (b"a\xed\xa0\x80b" if name == "SpeechResult" else value.encode())
    signature = base64.b64encode(hmac.digest(TOKEN.encode(), signed, "sha1")).decode()
    body = urlencode(form).replace("SpeechResult=", "SpeechResult=a%ED%A0%80b")
    assert line.send(TURN, body, signature).status_code == 200
    assert line.desk.asked == [("take", CALL, 7, Spoken("ab"))]


# --- limits, methods, types -----------------------------------------------------------------------------------


def test_W29_a_large_body_is_refused_before_it_is_read() -> None:
    line = dial()
    assert line.send("/voice", b"a=" + b"x" * 66_000, "").status_code == 413


def test_W29_many_fields_are_refused_before_the_signature() -> None:
    line = dial()
    assert line.send("/voice", b"&".join([b"a="] * 201), "").status_code == 413


def test_a_body_without_a_length_is_counted_as_it_comes() -> None:
    answer = dial().client.post(
        "/voice",
        input_stream=io.BytesIO(b"a=" + b"x" * 70_000),
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert (answer.status_code, answer.data) == (413, b"")


@pytest.mark.parametrize("kind", ["application/json", "", "text/plain", "multipart/form-data; boundary=x"])
def test_W28_what_is_no_form_is_refused(kind: str) -> None:
    answer = dial().client.post("/voice", data=b"{}", content_type=kind)
    assert (answer.status_code, answer.data) == (415, b"")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
def test_W32_another_method_is_refused(path: str, method: str) -> None:
    answer = dial().client.open(path, method=method)
    assert (answer.status_code, answer.data, answer.headers["Allow"]) == (405, b"", "POST")


@pytest.mark.parametrize(
    "path",
    [
        "/", "/voice/", "/voice/nothing", "//voice", "/voice/CA42/turns/1", f"/voice/{CALL}/turns/-1",
        f"/voice/{CALL}/turns/10000", f"/voice/{CALL}/turns/x", "/console", "/simulator", "/debug", "/static/x",
    ],
)  # fmt: skip
def test_W32_an_unknown_address_is_short(path: str) -> None:
    answer = dial().client.post(path)
    assert (answer.status_code, answer.data) == (404, b"")


# --- when something goes wrong --------------------------------------------------------------------------------


def test_W9_a_stale_turn_is_refused_with_nothing() -> None:
    line = dial()
    line.desk.fails = STALE
    answer = line.post(TURN)
    assert (answer.status_code, answer.data) == (409, b"")


@pytest.mark.parametrize("path", [path for path in ROUTES if path != "/voice/status"])
def test_a_fault_of_ours_is_heard_as_an_apology(path: str) -> None:
    line = dial()
    line.desk.fails = RuntimeError("canary")
    answer = line.post(path)
    document = ET.fromstring(answer.text)
    assert answer.status_code == 200
    assert [child.tag for child in document] == ["Say", "Say", "Pause", "Redirect"]
    assert "canary" not in answer.text


def test_a_desk_that_stays_broken_does_not_keep_the_caller() -> None:
    line = dial()
    line.desk.fails = RuntimeError("canary")
    path, heard = TURN, 0
    while True:
        document = ET.fromstring(line.post(path).text)
        heard += 1
        if document[-1].tag != "Redirect":
            break
        path = str(document[-1].text).removeprefix(PUBLIC)
    assert document[-1].tag == "Hangup"
    assert heard == 4


def test_a_report_that_is_lost_is_told_again_by_the_carrier() -> None:
    line = dial()
    line.desk.fails = RuntimeError("canary")
    answer = line.post("/voice/status")
    assert (answer.status_code, answer.data) == (500, b"")


# --- how we are -----------------------------------------------------------------------------------------------


def test_health_says_nothing_but_that_we_are_up() -> None:
    line = dial()
    line.desk.fails = RuntimeError("canary")
    answer = line.client.get("/health")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_ready_names_what_is_wrong_and_where() -> None:
    line = dial()
    assert line.client.get("/ready").json == {"status": "ready", "problems": {}}
    line.desk.problems = {"flows": "flows/refund.yaml:14:9: no such step"}
    answer = line.client.get("/ready")
    assert (answer.status_code, answer.json) == (
        503, {"status": "not ready", "problems": {"flows": "flows/refund.yaml:14:9: no such step"}},
    )  # fmt: skip


def test_ready_survives_its_own_fault_without_telling_it() -> None:
    line = dial()
    line.desk.fails = RuntimeError("canary")
    answer = line.client.get("/ready")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "problems": {"hotline": "RuntimeError"}})


@pytest.mark.parametrize("path", ["/health", "/ready", "/nothing", "/voice"])
def test_every_answer_carries_the_headers_of_a_careful_server(path: str) -> None:
    headers = dial().client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_recordings_are_served_from_their_folder_alone(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    for file in (
        media / "你好.mp3",
        media / "waiting.mp3",
        media / "notes.mp3",
        media / ".env.mp3",
        tmp_path / "secret",
    ):
        file.write_bytes(b"ID3" if file.name in ("你好.mp3", "waiting.mp3") else b"canary")
    (media / "link.mp3").symlink_to(tmp_path / "secret")
    (media / "alias.mp3").symlink_to(media / "你好.mp3")
    line = dial(media=media, music=frozenset({"media/waiting.mp3"}))
    line.desk.recordings = tuple(
        f"media/{name}" for name in ("你好.mp3", "link.mp3", "alias.mp3", ".env.mp3", "../secret")
    )
    client = line.client
    for name in ("alias.mp3", "waiting.mp3"):
        with client.get(f"/media/{name}") as answer:
            assert answer.data == b"ID3"
    with client.get("/media/你好.mp3") as answer:
        assert answer.data == b"ID3"
    no_names = ("%00", "a%00.mp3", f"{'a' * 300}.mp3", "%ff")
    refused = ("../secret", "%2e%2e/secret", "nothing.mp3", "link.mp3", ".env.mp3", "notes.mp3", *no_names)
    for path in (f"/media/{name}" for name in refused):
        assert client.get(path).status_code == 404
    assert dial().client.get("/media/你好.mp3").status_code == 404


def refusals(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """The lines that the log has for refused requests, without what all lines have."""
    lines = [json.loads(logs.OneLine().format(record)) for record in caplog.records if record.msg == "refused"]
    return [{name: line[name] for name in line if name not in ("at", "level", "event")} for line in lines]


def test_a_wrong_signature_is_told_with_the_address_that_it_was_checked_against(
    caplog: pytest.LogCaptureFixture,
) -> None:
    line = dial(public_url="https://line.example:8443/ivr/")
    assert line.post(f"{TURN}?empty=recording", token="wrong").status_code == 403
    address = f"https://line.example:8443/ivr{TURN}?empty=recording"
    assert refusals(caplog) == [
        {"status": 403, "why": "wrong signature", "address": address, "route": "voice.take"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "status", "why"),
    [
        ("POST", "/voice/", 404, "POST: Not Found"),
        ("GET", "/voice", 405, "GET: Method Not Allowed"),
        ("GET", "/media/none.mp3", 404, "GET: Not Found"),
    ],
)
def test_what_is_not_answered_leaves_one_line(
    method: str, path: str, status: int, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert dial().client.open(path, method=method).status_code == status
    assert refusals(caplog) == [{"status": status, "why": why, "path": path}]


# --- what is refused before anything is served ----------------------------------------------------------------

GOOD = WebhookSettings(PUBLIC, ACCOUNT, (TOKEN,))


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        (WebhookSettings(PUBLIC), "127.0.0.1"),
        (WebhookSettings(PUBLIC, auth_tokens=("",)), "127.0.0.1"),
        (WebhookSettings(PUBLIC, auth_tokens=(" ",), dev=True), "127.0.0.1"),
        (WebhookSettings(PUBLIC, auth_tokens=("a", "b", "c")), "127.0.0.1"),
        (WebhookSettings(PUBLIC, dev=True), "0.0.0.0"),
        (WebhookSettings(PUBLIC, dev=True), "line.example"),
        (WebhookSettings("line.example", auth_tokens=(TOKEN,)), "127.0.0.1"),
        (WebhookSettings("ftp://line.example", auth_tokens=(TOKEN,)), "127.0.0.1"),
        (WebhookSettings("https://line.example?x=1", auth_tokens=(TOKEN,)), "127.0.0.1"),
        (WebhookSettings("", auth_tokens=(TOKEN,)), "127.0.0.1"),
    ],
)
def test_unsafe_settings_are_refused(settings: WebhookSettings, host: str) -> None:
    with pytest.raises(Unsafe):
        refuse_unsafe(settings, host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_without_a_token_this_machine_is_served_in_development(host: str) -> None:
    refuse_unsafe(WebhookSettings(PUBLIC, dev=True), host)
    refuse_unsafe(GOOD, "0.0.0.0")


def test_no_app_is_made_from_unsafe_settings() -> None:
    with pytest.raises(Unsafe):
        create_app(Remembers(), TwimlWriter(PUBLIC, VOICES), WebhookSettings(PUBLIC))


def test_without_a_token_strangers_are_refused_wherever_we_listen() -> None:
    line = dial(auth_tokens=(), dev=True)
    form = dict(STANDARD)
    assert line.client.post("/voice", data=form, environ_overrides={"REMOTE_ADDR": "127.0.0.1"}).status_code == 200
    assert line.client.post("/voice", data=form, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:8000"},
        {"Host": "127.0.0.1.evil.example"},
        {"X-Forwarded-For": "203.0.113.9"},
    ],
    ids=str,
)
def test_without_a_token_pages_of_other_sites_and_tunnels_are_refused(header: dict[str, str]) -> None:
    line = dial(auth_tokens=(), dev=True)
    here = {"REMOTE_ADDR": "127.0.0.1"}
    answer = line.client.post("/voice", data=dict(STANDARD), environ_overrides=here, headers=header)
    assert answer.status_code == 403


@pytest.mark.parametrize(("host", "here"), [("[::1]:8000", True), ("localhost", True), ("[", False), ("", False)])
def test_a_host_that_is_no_name_is_not_this_machine(host: str, here: bool) -> None:
    assert names_this_machine(host) is here


def test_a_token_in_development_is_still_asked_for() -> None:
    assert dial(dev=True).client.post("/voice", data=dict(STANDARD)).status_code == 403


def test_settings_do_not_show_their_tokens() -> None:
    assert TOKEN not in repr(GOOD)


# --- what is logged -------------------------------------------------------------------------------------------


def test_nothing_a_caller_sends_is_in_the_log() -> None:
    stream = io.StringIO()
    logs.configure(logging.DEBUG, stream)
    for fault in (None, RuntimeError("canary-90210"), STALE):
        line = dial()
        line.desk.fails = fault
        for path in ROUTES:
            line.post(
                path, Digits="90210", SpeechResult="canary-speech", CallerName="canary-name", From="+8613955590210",
                RecordingUrl="https://canary.example/90210", Confidence="0.5",
            )  # fmt: skip
            line.post(path, token="wrong", Digits="90210canary")
            line.post(path, CallStatus="canary90210!")
    raw = stream.getvalue()
    assert "canary" not in raw
    assert "90210" not in raw
    assert TOKEN not in raw
    events = {json.loads(text)["event"] for text in raw.splitlines()}
    assert {"webhook", "refused", "no answer", "stale turn"} <= events
