"""What a request says, and what is refused although its signature is right."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.events import Digits, HungUp, Input, QueueEnded, Recorded, Silence, Spoken, TransferEnded
from ivr.webhooks.form import Refused, fields, heard, key, pairs, phone, ringing

from .carrier import CALL, STANDARD

GATHER = {"FinishedOnKey": "", "msg": "Gather End"}
URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"
OVER = {"CallStatus": "completed"}

TABLE: list[tuple[str, dict[str, str], Input]] = [
    ("keys", {**GATHER, "Digits": "300123"}, Digits("300123")),
    ("star_and_hash_are_keys", {"Digits": "*1#"}, Digits("*1#")),
    ("W12_blank_digits_are_silence", {**GATHER, "Digits": ""}, Silence()),
    ("W12_no_digits_are_silence", GATHER, Silence()),
    ("a_finish_key_alone_is_that_key", {"Digits": "", "FinishedOnKey": "#"}, Digits("#")),
    ("W13_the_word_hangup_is_no_key", {"Digits": "hangup"}, Digits("?")),
    ("W13_arabic_digits_are_no_keys", {"Digits": "٣٤"}, Digits("?")),
    ("W13_superscripts_are_no_keys", {"Digits": "²"}, Digits("?")),
    ("W13_a_line_end_is_no_key", {"Digits": "1234\n"}, Digits("?")),
    ("W13_400_digits_are_no_answer", {"Digits": "1" * 400}, Digits("?")),
    ("words", {"SpeechResult": " 我要退款 ", "Confidence": "0.93"}, Spoken("我要退款")),
    ("words_without_confidence", {"SpeechResult": "refund"}, Spoken("refund")),
    ("a_confidence_that_is_no_number_does_no_harm", {"SpeechResult": "a", "Confidence": "nan"}, Spoken("a")),
    ("blank_words_are_silence", {"SpeechResult": " \x00"}, Silence()),
    ("W16_forbidden_characters_are_removed", {"SpeechResult": "a\x00\x0b\x1b\ufffe\udc80b"}, Spoken("ab")),
    ("W20_cards_and_codes_are_masked", {"SpeechResult": "card 4111 1111 1111 1111 code 123"},
     Spoken("card [card …1111] code [code]")),
    ("numbers_of_ours_are_not_masked", {"SpeechResult": "退款300123"}, Spoken("退款300123")),
    ("W17_templates_are_words", {"SpeechResult": "{{7*7}}${jndi:x}"}, Spoken("{{7*7}}${jndi:x}")),
    ("W18_long_speech_is_cut_with_a_mark", {"SpeechResult": "退" * 5000}, Spoken("退" * 1000 + "…")),
    ("a_recording", {"RecordingUrl": URL, "RecordingDuration": "12", "Digits": "#"}, Recorded(URL, 12)),
    (
        "a_recording_with_a_key",
        {"RecordingUrl": URL, "RecordingDuration": "12", "Digits": "9"},
        Recorded(URL, 12, "", "9"),
    ),
    (
        "a_recording_ended_by_hanging_up_is_kept",
        {**OVER, "RecordingUrl": URL, "RecordingDuration": "12", "Digits": "hangup"},
        Recorded(URL, 12),
    ),
    ("an_empty_recording_of_a_caller_who_left", {**OVER, "RecordingUrl": URL, "RecordingDuration": "0"}, HungUp()),
    ("a_recording_of_unknown_length_is_empty", {"RecordingUrl": URL, "RecordingDuration": "²"}, Recorded(URL, 0)),
    ("queue_bridged", {"QueueResult": "bridged", "QueueTime": "40"}, QueueEnded("answered", 40)),
    ("queue_left", {"QueueResult": "leave", "QueueTime": "4"}, QueueEnded("left", 4)),
    ("queue_full", {"QueueResult": "queue-full"}, QueueEnded("full")),
    ("queue_hangup", {**OVER, "QueueResult": "hangup"}, QueueEnded("hangup")),
    ("queue_error", {"QueueResult": "system-error"}, QueueEnded("failed")),
    ("queue_of_tomorrow", {"QueueResult": "something-new"}, QueueEnded("failed")),
    ("transfer_answered", {"DialCallStatus": "completed", "DialBridged": "true"}, TransferEnded("answered")),
    ("transfer_answered_and_caller_gone", {**OVER, "DialCallStatus": "completed"}, TransferEnded("answered")),
    (
        "transfer_hung_up_in_the_whisper",
        {"DialCallStatus": "completed", "DialBridged": "false"},
        TransferEnded("no_answer"),
    ),
    ("transfer_busy", {"DialCallStatus": "busy"}, TransferEnded("busy")),
    ("transfer_no_answer", {"DialCallStatus": "no-answer"}, TransferEnded("no_answer")),
    ("transfer_canceled", {"DialCallStatus": "canceled"}, TransferEnded("failed")),
    ("transfer_given_up_by_the_caller", {**OVER, "DialCallStatus": "canceled"}, HungUp()),
    ("an_ended_call_is_hung_up", {**OVER, "Digits": "1"}, HungUp()),
]  # fmt: skip


@pytest.mark.parametrize(("extra", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_form_as_an_input(extra: dict[str, str], expected: Input) -> None:
    assert heard({**STANDARD, **extra}) == expected


def test_nothing_means_what_the_address_says_it_means() -> None:
    assert heard(STANDARD, empty=Recorded("", 0)) == Recorded("", 0)
    assert heard({**STANDARD, "Digits": "1"}, empty=Recorded("", 0)) == Digits("1")


@pytest.mark.parametrize(("digits", "pressed"), [("1", "1"), ("#", "#"), ("12", ""), ("", ""), ("٣", ""), ("x", "")])
def test_a_queue_is_left_by_one_key(digits: str, pressed: str) -> None:
    assert key({**STANDARD, "Digits": digits}) == pressed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+8613800138000", "+8613800138000"), ("", ""), ("anonymous", ""), ("unknown", ""), ("+266696687", ""),
        ("+86282452253", ""), ("client:bob", ""), ("sip:x@y", ""), ("+000", ""), ("13800138000", ""),
        ("+٨٦13800138000", ""), ("+8613800138000\n", ""),
    ],
)  # fmt: skip
def test_W14_a_caller_without_a_number_is_nobody(text: str, number: str) -> None:
    assert phone(text) == number


def test_W14_a_call_without_from_still_rings() -> None:
    form = fields([(name, value) for name, value in STANDARD.items() if name != "From"])
    assert ringing(form).from_number == ""


# --- borders that were moved --------------------------------------------------------------------------------

REFUSED: list[tuple[str, dict[str, str], set[str], int]] = [
    ("W4_a_field_swallowed_by_the_digits", {"Digits": "1Directioninbound"}, {"Direction"}, 400),
    ("W5_all_fields_in_one_name", {"".join(k + v for k, v in STANDARD.items()): ""}, set(STANDARD), 400),
    ("no_call", {}, {"CallSid"}, 400),
    ("a_call_that_is_none", {"CallSid": "CA42"}, set(), 400),
    ("a_name_cut_short", {"Digit": "s1"}, set(), 400),
    ("a_name_that_swallowed_its_value", {"Digits1": ""}, set(), 400),
    ("a_name_torn_apart", {"From": "+8613800138000T", "o+8675512345678": ""}, {"To"}, 400),
    ("a_number_that_is_none", {"From": "+8613800138000T"}, set(), 400),
    ("a_name_that_is_none", {"o+8675512345678": ""}, set(), 400),
    ("a_name_of_half_a_character", {"New\udc80": ""}, set(), 400),
    ("an_attestation_hidden_in_speech", {"SpeechResult": "xStirVerstatTN-Validation-Passed-A"}, set(), 400),
    ("a_recording_at_half_a_character", {"RecordingUrl": "https://api.twilio.com/\udc80"}, set(), 400),
    ("a_recording_elsewhere_than_on_the_web", {"RecordingUrl": "file:///etc/passwd"}, set(), 400),
]


@pytest.mark.parametrize(("extra", "without", "status"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_form_that_is_refused(extra: dict[str, str], without: set[str], status: int) -> None:
    form = {name: value for name, value in {**STANDARD, **extra}.items() if name not in without}
    with pytest.raises(Refused) as refused:
        fields(form.items())
    assert refused.value.status == status


@pytest.mark.parametrize("values", [("1", "1"), ("1", "2")])
def test_W6_a_field_sent_twice_is_refused(values: tuple[str, str]) -> None:
    with pytest.raises(Refused):
        fields([*STANDARD.items(), ("Digits", values[0]), ("Digits", values[1])])


KINDS: list[dict[str, str]] = [
    {"CallToken": "%7B%7D", "CallerName": "BOB", "StirVerstat": "TN-Validation-Passed-A", "CallStatus": "ringing"},
    {**GATHER, "Digits": "1"},
    {"SpeechResult": "hello", "Confidence": "0.9"},
    {"RecordingUrl": URL, "RecordingDuration": "12", "RecordingSid": "RE" + "3d" * 16, "Digits": "#"},
    {"QueueResult": "bridged", "QueueSid": "QU" + "3d" * 16, "QueueTime": "40"},
    {"DialCallStatus": "completed", "DialCallSid": "CA" + "3d" * 16, "DialCallDuration": "3", "DialBridged": "true"},
    {"CallDuration": "10", "Duration": "1", "SequenceNumber": "0", "Timestamp": "Fri, 20 Aug 2010 01:13:42 +0000",
     "CallbackSource": "call-progress-events", "CallStatus": "completed"},
    {"ErrorCode": "11205", "ErrorUrl": "https://line.example/voice"},
]  # fmt: skip


@pytest.mark.parametrize("extra", KINDS)
def test_no_field_can_hide_in_the_one_before_it(extra: dict[str, str]) -> None:
    """Every merge of two neighbours in signing order has the same signature, and none is accepted."""
    form = sorted({**STANDARD, **extra}.items())
    assert fields(form) == dict(form)
    for at in range(1, len(form)):
        (name, value), (swallowed, its_value) = form[at - 1], form[at]
        merged = [*form[: at - 1], (name, value + swallowed + its_value), *form[at + 1 :]]
        with pytest.raises(Refused):
            fields(merged)


@pytest.mark.parametrize("extra", KINDS)
def test_no_border_between_two_fields_can_be_moved(extra: dict[str, str]) -> None:
    """Every other place for every border has the same signature, and none takes a field of ours away."""
    form = sorted({**STANDARD, **extra}.items())
    for at in range(1, len(form)):
        (name, value), (torn, its_value) = form[at - 1], form[at]
        if torn in ("CallToken", "Timestamp"):  # nothing reads them
            continue
        text, needed = name + value + torn + its_value, dict(form)
        for border in range(len(name), len(text)):
            for end in range(border + 1, len(text) + 1):
                moved = (name, text[len(name) : border]), (text[border:end], text[end:])
                signed = [*moved, *form[at + 1 : at + 2]]
                if moved == (form[at - 1], form[at]) or sorted(signed) != signed:
                    continue
                try:
                    read = fields([*form[: at - 1], *moved, *form[at + 1 :]])
                except Refused:
                    continue
                assert read.keys() >= needed.keys(), moved


def test_W24_new_fields_are_accepted() -> None:
    new = {f"NewField{n}": f"value {n}" for n in range(20)}
    assert fields({**STANDARD, **new}.items())["NewField7"] == "value 7"


def test_a_body_of_too_many_fields_is_never_parsed() -> None:
    assert len(pairs(b"&".join([b"a="] * 200), 200)) == 200
    with pytest.raises(Refused) as refused:
        pairs(b"&".join([b"a="] * 201), 200)
    assert refused.value.status == 413


@given(st.text("ab%20+Eé=&;", max_size=60))
def test_names_and_values_are_read_as_the_standard_library_reads_them(text: str) -> None:
    body = text.replace("é", "%C3%A9%E9")
    assert pairs(body.encode(), 200) == parse_qsl(body, keep_blank_values=True, errors="surrogateescape")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    try:
        form = fields(pairs(body, 200))
    except Refused:
        return
    assert form["CallSid"] == CALL


@given(st.dictionaries(st.sampled_from(["Digits", "SpeechResult", "Confidence", "QueueTime"]), st.text(max_size=30)))
def test_any_text_in_a_field_is_some_input(extra: dict[str, str]) -> None:
    assert heard({**STANDARD, **extra}) is not None
