"""Events as the carrier reads them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import Gather, Say, VoiceResponse

from ivr.call.events import (
    Ended,
    Entered,
    Event,
    Gathering,
    LookUp,
    Moved,
    Played,
    Polling,
    Queueing,
    Recording,
    Said,
    Transferring,
    TryUsed,
)
from ivr.call.languages import learn
from ivr.call.redaction import keepable
from ivr.webhooks import twiml
from ivr.webhooks.sanitize import LONGEST_SAY, flaw, pieces
from ivr.webhooks.twiml import BadReply, TwimlWriter

from .sounds import VOICES

WRITER = TwimlWriter("https://line.example/", VOICES, {"bank": "+861012345678"}, caller_id="+8655501")

ZH = '<Say language="cmn-CN" voice="Polly.Zhiyu">'
EN = '<Say language="en-US" voice="Polly.Joanna">'
TURN = "https://line.example/voice/CA1/turns/8"
NET = f'<Redirect method="POST">{TURN}</Redirect>'
MENU = Gathering(6, 1, "", True, "zh", ("退款", "money, back"))

TABLE: list[tuple[str, list[Event], str]] = [
    (
        "words_before_a_gathering_can_be_interrupted",
        [Entered("main.menu", "menu"), Said("请选择。", "zh"), Said("Choose.", "en"), MENU],
        f'<Gather action="{TURN}" actionOnEmptyResult="true" finishOnKey="" hints="退款,money back" '
        f'input="dtmf speech" language="cmn-Hans-CN" method="POST" numDigits="1" speechTimeout="2" timeout="6">'
        f"{ZH}请选择。</Say>{EN}Choose.</Say></Gather>{NET}",
    ),
    (
        "what_is_repeated_is_said_slower_and_louder",
        [Said("请选择。", "zh", slow=True), Ended("hangup")],
        f'{ZH}<prosody rate="85%" volume="loud">请选择。</prosody></Say><Hangup />',
    ),
    (
        "without_barge_in_words_stand_before_the_gather",
        [Said("请听完。", "zh"), Gathering(5, 6, "#", False, "zh", barge_in=False)],
        f'{ZH}请听完。</Say><Gather action="{TURN}" actionOnEmptyResult="true" finishOnKey="#" input="dtmf" '
        f'method="POST" numDigits="6" timeout="5" />{NET}',
    ),
    (
        "no_limit_of_digits_is_no_attribute",
        [Gathering(5, 0, "#", False, "en")],
        f'<Gather action="{TURN}" actionOnEmptyResult="true" finishOnKey="#" input="dtmf" method="POST" '
        f'timeout="5" />{NET}',
    ),
    (
        "a_recording_keeps_its_length_and_ends_with_hash",
        [Said("Speak after the tone.", "en"), Recording(90)],
        f'{EN}Speak after the tone.</Say><Record action="{TURN}" finishOnKey="#" maxLength="90" method="POST" '
        f'playBeep="true" timeout="8" trim="trim-silence" />'
        f'<Redirect method="POST">{TURN}?empty=recording</Redirect>',
    ),
    (
        "keys_that_lead_elsewhere_work_before_the_tone_and_behind_it",
        [Said("Speak after the tone.", "en"), Recording(90, "09")],
        f'<Gather action="{TURN}" finishOnKey="" input="dtmf" method="POST" numDigits="1" timeout="1">'
        f'{EN}Speak after the tone.</Say></Gather><Record action="{TURN}" finishOnKey="#09" maxLength="90" '
        f'method="POST" playBeep="true" timeout="8" trim="trim-silence" />'
        f'<Redirect method="POST">{TURN}?empty=recording</Redirect>',
    ),
    (
        "a_queue_is_held_at_its_own_address",
        [Said("请稍候。", "zh"), Queueing("support", "1", "请继续等候。", "zh")],
        f'{ZH}请稍候。</Say><Enqueue action="{TURN}" method="POST" '
        f'waitUrl="https://line.example/voice/CA1/hold/8" waitUrlMethod="POST">support</Enqueue>',
    ),
    (
        "a_transfer_dials_the_configured_number",
        [Transferring("bank")],
        f'<Dial action="{TURN}" callerId="+8655501" method="POST" timeout="30"><Number>+861012345678</Number></Dial>',
    ),
    (
        "a_slow_look_up_is_asked_for_again",
        [Said("One moment.", "en"), LookUp("refund"), Polling(2)],
        f'{EN}One moment.</Say><Pause length="2" /><Redirect method="POST">{TURN}/poll</Redirect>',
    ),
    (
        "the_end_hangs_up",
        [TryUsed("a.b", "noinput", 3, 3), Moved("a.b", "exhausted", "a.c"), Said("再见。", "zh"), Ended("hangup")],
        f"{ZH}再见。</Say><Hangup />",
    ),
    (
        "recordings_of_ours_get_the_public_address",
        [Played("media/你好 1.mp3", "你好", "zh"), Played("https://cdn.example/a.mp3", "a", "en"), Ended("hangup")],
        "<Play>https://line.example/media/%E4%BD%A0%E5%A5%BD%201.mp3</Play>"
        "<Play>https://cdn.example/a.mp3</Play><Hangup />",
    ),
    ("blank_words_are_not_said", [Said(" \n", "zh"), Ended("hangup")], "<Hangup />"),
]


@pytest.mark.parametrize(("events", "body"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_events_as_twiml(events: list[Event], body: str) -> None:
    expected = f'<?xml version="1.0" encoding="UTF-8"?><Response>{body}</Response>'
    assert WRITER.write("CA1", 8, events) == expected


@pytest.mark.parametrize("events", [[], [Said("a", "en")], [LookUp("refund")]])
def test_a_turn_that_ends_with_no_wait_of_the_line_is_refused(events: list[Event]) -> None:
    with pytest.raises(BadReply):
        WRITER.write("CA1", 8, events)


def test_hold_takes_a_key_at_any_moment() -> None:
    document = ET.fromstring(WRITER.hold("CA1", 7, "Please hold.", "en", pause_seconds=12))
    assert [child.tag for child in document] == ["Gather"]
    assert document[0].get("action") == "https://line.example/voice/CA1/hold/7"
    assert document[0].get("numDigits") == "1"


def test_leaving_the_queue_says_nothing_more() -> None:
    assert [child.tag for child in ET.fromstring(WRITER.leave())] == ["Leave"]


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        (WRITER.ask_key("Press 1.", "en", "/floor/x/keyed", 8), ["Gather", "Say", "Redirect"]),
        (WRITER.go_on("A refund.", "en", "/floor/x/room"), ["Say", "Redirect"]),
        (WRITER.go_on("", "en", "/floor/x/room"), ["Redirect"]),
        (WRITER.room("", "en", "TK1", "/floor/x/left?room=TK1", ends=True), ["Dial", "Conference"]),
        (WRITER.on_hold("Please hold.", "en", "/floor/x/hold", ""), ["Say", "Pause", "Redirect"]),
        (WRITER.on_hold("Please hold.", "en", "/floor/x/hold", "media/a.mp3"), ["Say", "Play", "Redirect"]),
        (WRITER.farewell("Goodbye.", "en"), ["Say", "Hangup"]),
        (WRITER.farewell("", "en"), ["Hangup"]),
        (WRITER.wait_again("CA1", 7, "support", "Sorry.", "en"), ["Say", "Enqueue"]),
        (WRITER.nothing(), []),
    ],
)
def test_the_telephones_of_the_floor_are_answered_in_few_verbs(written: str, tags: list[str]) -> None:
    assert [element.tag for element in ET.fromstring(written).iter()][1:] == tags


@pytest.mark.parametrize("ends", [True, False])
def test_a_room_is_silent_beeps_at_nobody_and_ends_with_whom_it_is_told(ends: bool) -> None:
    room = ET.fromstring(WRITER.room("", "en", "TK1", "/floor/x/left?room=TK1", ends=ends)).find("Dial/Conference")
    assert room is not None
    assert room.attrib == {
        "beep": "false", "endConferenceOnExit": str(ends).lower(), "startConferenceOnEnter": "true", "waitUrl": "",
    }  # fmt: skip
    assert room.text == "TK1"


def test_a_caller_waits_again_for_the_turn_they_waited_for_before() -> None:
    again = ET.fromstring(WRITER.wait_again("CA1", 7, "support", "", "en")).find("Enqueue")
    assert again is not None
    assert again.get("action") == "https://line.example/voice/CA1/turns/7"
    assert again.get("waitUrl") == "https://line.example/voice/CA1/hold/7"


def test_last_words_come_in_every_language_and_lead_somewhere_else_in_the_end() -> None:
    first, last = ET.fromstring(WRITER.last_words(0)), ET.fromstring(WRITER.last_words(3))
    assert [say.get("language") for say in first.iter("Say")] == ["cmn-CN", "en-US"]
    assert first[-1].text == "https://line.example/voice/fallback?faults=1"
    assert last[-1].tag == "Hangup"


def test_last_words_lead_to_a_person_where_there_is_one() -> None:
    writer = TwimlWriter("https://line.example", VOICES, {"desk": "+861012345678"}, person="desk")
    assert ET.fromstring(writer.last_words(3))[-1].tag == "Dial"


# --- what must never leave ------------------------------------------------------------------------------------


HOSTILE = [
    "</Say><Dial>+19005550100</Dial>",
    "\x00\x0b\x1b\ufffe\ud800a",
    "]]>&amp;<![CDATA[",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "{{7*7}}{% for x in y %}${jndi:ldap://x}",
    "a" * 40_00,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_caller_text_never_becomes_markup(text: str) -> None:
    document = ET.fromstring(WRITER.write("CA1", 8, [Said(text, "zh"), Ended("hangup")]))
    assert {child.tag for child in document} == {"Say", "Hangup"}
    assert "".join(say.text or "" for say in document.iter("Say")) == keepable(text)


@given(st.text(alphabet=st.characters(codec=None), max_size=80), st.text(max_size=40))
def test_any_text_in_any_slot_keeps_the_verbs(words: str, other: str) -> None:
    events = [Said(words + ".", "en"), Gathering(6, 1, "", True, "zh", (words, other))]
    document = ET.fromstring(WRITER.write("CA1", 8, events))
    assert [element.tag for element in document.iter()] == ["Response", "Gather", "Say", "Redirect"]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=60), st.text("\"'<>& a", max_size=20))
def test_we_write_what_twilio_would_have_written(text: str, attribute: str) -> None:
    response, gather = VoiceResponse(), Gather(hints=attribute, action_on_empty_result=True, finish_on_key="")
    gather.append(Say(keepable(text), language="zh"))
    response.append(gather)
    parts: list[str] = []
    twiml._render(response, parts)
    assert ET.canonicalize("".join(parts)) == ET.canonicalize(response.to_xml(xml_declaration=False))


def test_a_long_text_is_cut_at_sentences() -> None:
    text = "".join(f"这是第{n}句话，说得不算短也不算长。" for n in range(200))
    parts = list(pieces(text))
    assert "".join(parts) == text
    assert all(len(part.encode()) <= LONGEST_SAY and part.endswith("。") for part in parts)


@given(st.text(alphabet="ab 。. ,，\n退", max_size=120), st.integers(8, 40))
def test_pieces_lose_nothing_but_space(text: str, limit: int) -> None:
    parts = list(pieces(text, limit))
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < len(part.encode()) <= limit for part in parts)


def test_a_decimal_point_is_no_end_of_a_sentence() -> None:
    assert list(pieces("It costs 128.50 yuan. Goodbye.", 24)) == ["It costs 128.50 yuan.", "Goodbye."]


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        ("<Response><Say>a</Say></Response>", ""),
        ("<Response><Say>a</Response>", "not well-formed at (1, 18)"),
        ("<Other/>", "no Response"),
        ("<Response><Pay/></Response>", "Pay in Response"),
        ("<Response><Gather><Dial>1</Dial></Gather></Response>", "Dial in Gather"),
        ("<Response><Say>a<break/></Say></Response>", "break in Say"),
        (f"<Response><Say>{'退' * 967}</Say></Response>", "a Say that is too long"),
        (f"<Response><Hangup/>{' ' * 32_000}</Response>", "larger than 32 kB"),
    ],
)
def test_a_reply_that_must_not_leave_is_named(document: str, wrong: str) -> None:
    assert flaw(document) == wrong


def test_a_reply_that_is_too_large_raises() -> None:
    with pytest.raises(BadReply, match="32 kB"):
        WRITER.write("CA1", 8, [Said("退款。" * 4_000, "zh"), Ended("hangup")])


def test_a_sentence_that_is_not_translated_is_said_once_in_english() -> None:
    learn("fr", {})
    document = TwimlWriter("https://line.example", {"fr": VOICES["zh"], "en": VOICES["en"]}).sorry()
    assert document.count("<Say") == 1
    assert 'language="en-US"' in document
