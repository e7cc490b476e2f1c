"""Telephones for a page: what is done at them, and what is told of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from itertools import count

import pytest

from ivr.phone import PhoneSession
from ivr.phone.transcript import MOST_LINES, Lines
from ivr.store import OutboxItem
from ivr.voices.recordings import RecordedSentence, SentenceRecordings
from tests.patience import PATIENCE_SECONDS
from tests.phone.conftest import CALLER, LIN, MONDAY, SPEED, Listener
from tests.voices.sounds import tone

LANGUAGE = "English, press 2"
MENU = "goodbye, press 3"
ACCOUNT = "Key in your account"
CODE = "Key in the code"


def test_what_is_said_is_told_when_it_begins_with_its_length_and_language(called, listener):
    sid = called(LANGUAGE, "2")
    line = listener.until("said", "How can we help?")
    assert (line["call"], line["phone"], line["rung"], line["language"]) == (sid, CALLER, False, "en-US")
    assert line["duration"] == pytest.approx(4 / 2.6, abs=0.1)
    assert line["heard"]
    assert 0 <= line["age"] < 5


def test_a_key_cuts_off_what_is_being_said(called, listener):
    called(LANGUAGE, "2", "How can we help?", "3")
    cut = listener.until("cut")
    assert "How can we help?".startswith(cut["text"])
    listener.until("said", "Goodbye.")
    assert listener.until("hung up")["by"] == "hotline"


def test_pins_and_codes_come_out_as_dots(called, phone_session, listener):
    sid = called(LANGUAGE, "2", MENU, "1", ACCOUNT, "62220001#")
    listener.until("said", CODE)
    sent = [line for line in listener.lines if line["kind"] == "text"]  # it may have been quicker than the voice
    text = sent[0] if sent else listener.until("text")
    code = "".join(filter(str.isdigit, text["text"]))[:6]
    assert (text["phone"], len(code)) == (CALLER, 6)
    assert phone_session.press(sid, f"{code}#")
    listener.until("said", "You have")
    pressed = "".join(line["text"] for line in listener.lines if line["kind"] == "pressed")
    assert pressed == "2162220001#••••••#"


def test_what_is_said_as_a_secret_comes_out_as_dots(called, phone_session, listener):
    sid = called(LANGUAGE, "2", MENU, "1", ACCOUNT, "62220001#")
    listener.until("said", CODE)
    assert phone_session.say(sid, "one two")
    assert listener.until("spoke", own=True)["text"] == "••• •••"


def test_words_that_are_said_are_heard(called, phone_session, listener):
    sid = called(LANGUAGE, "2")
    listener.until("said", "How can we help?")
    assert phone_session.say(sid, "  a   case ")
    assert listener.until("spoke", own=True)["text"] == "a case"
    listener.until("said", "Your number is")


def test_the_steps_of_the_flow_are_told_with_their_places(called, listener, config):
    called(LANGUAGE, "2")
    listener.until("said", "How can we help?")
    listener.until("steps")
    taken = [step for line in listener.lines if line["kind"] == "steps" for step in line["steps"]]
    assert [step["state"] for step in taken] == ["hotline.language", "hotline.main"]
    file, _, line = taken[1]["place"].rpartition(":")
    lines = (config.flows / "hotline.yaml").read_text("utf-8").splitlines()
    assert file.endswith("hotline.yaml")
    assert lines[int(line) - 1].strip() == "main:"


def test_a_call_that_is_over_is_told_with_its_tickets(called, listener):
    sid = called(LANGUAGE, "2", MENU, "2")
    over = listener.until("over", call=sid)
    assert (over["status"], over["by"]) == ("completed", "hotline")
    assert [(ticket["topic"], ticket["complete"]) for ticket in over["tickets"]] == [("case", True)]


def test_a_call_becomes_a_script_that_passes(called, phone_session, listener):
    sid = called(LANGUAGE, "2", MENU, "1", ACCOUNT, "62220001#", from_="+8613912345678")
    listener.until("said", CODE)
    phone_session.hang_up(sid)
    listener.until("over", call=sid)
    made = phone_session.script(sid)
    assert (made["faithful"], made["passes"]) == (True, True), made
    assert "{code}" not in made["text"]
    assert 'press: "62220001#"' in made["text"]


def test_a_call_becomes_a_complaint_that_fails(called, phone_session, listener):
    sid = called(LANGUAGE, "2", MENU, "3")
    listener.until("over", call=sid)
    made = phone_session.script(sid, "  Thank you\n for calling. ")
    assert (made["faithful"], made["passes"]) == (True, False)
    assert made["text"].splitlines()[-1].startswith('- hear: "Thank you for calling."')


def test_of_a_call_that_never_was_there_is_no_script(phone_session):
    assert phone_session.script("CA404") == {"why": 'there is no call "CA404"'}


def test_a_caller_can_stand_at_a_step_already(phone_session, listener):
    call = phone_session.dial(CALLER, "hotline.case_told")
    assert listener.until("said", call=call)["text"] == "编号是三零零，幺二三。"
    with pytest.raises(KeyError):
        phone_session.dial(CALLER, "hotline.nowhere")


@pytest.mark.parametrize(
    "number", ["", "110", "13800138000", "+0123456789", "+86 138", "client:x", LIN, "+864008200000"]
)
def test_some_numbers_cannot_dial(phone_session, number):
    assert phone_session.dial(number) == ""
    assert phone_session.overview()["calls"] == []


def test_a_withheld_number_can_dial(phone_session, listener):
    sid = phone_session.dial("anonymous")
    listener.until("answered", call=sid)


@pytest.mark.parametrize(
    "act",
    [
        lambda phone_session, call: phone_session.press(call, "1"),
        lambda phone_session, call: phone_session.say(call, "hello"),
        lambda phone_session, call: phone_session.hang_up(call),
        lambda phone_session, call: phone_session.pick_up(call),
        lambda phone_session, call: phone_session.decline(call),
    ],
    ids=["press", "say", "hang up", "pick up", "decline"],
)
def test_nothing_can_be_done_in_a_call_that_is_over_or_never_was(phone_session, listener, called, act):
    sid = called(LANGUAGE, "2", MENU, "3")
    listener.until("hung up", call=sid)
    assert not act(phone_session, sid)
    assert not act(phone_session, "CA404")


@pytest.mark.parametrize("key", ["", "A", "1A", "1" * 41, "１", "+"])
def test_what_is_on_no_telephone_cannot_be_pressed(phone_session, listener, key):
    sid = phone_session.dial(CALLER)
    listener.until("answered", call=sid)
    assert not phone_session.press(sid, key)


def test_nothing_cannot_be_said(phone_session, listener):
    sid = phone_session.dial(CALLER)
    listener.until("answered", call=sid)
    assert not phone_session.say(sid, " \n ")


def test_two_calls_are_two_calls(phone_session, listener):
    one, other = phone_session.dial(CALLER), phone_session.dial("+8613800138001")
    assert one != other
    listener.until("said", LANGUAGE, call=one)
    phone_session.hang_up(one)
    listener.until("said", LANGUAGE, call=other)
    assert phone_session.press(other, "2")
    listener.until("said", MENU, call=other)


# --- phones that ring -----------------------------------------------------------------------------------------


Rung = Callable[[str], str]


@pytest.fixture
def rung(phone_session: PhoneSession, listener: Listener) -> Rung:
    """Lets the hotline ring a number, from its outbox; gives the call's id."""
    keys = count()

    def ring(number: str) -> str:
        simulation = phone_session.simulation
        item = OutboxItem(
            key=f"test/{next(keys)}", kind="call", payload={"to": number, "path": "/nowhere"},
            not_before=simulation.network.clock.now(),
        )  # fmt: skip
        simulation.store.outbox.add(item)
        return str(listener.until("ringing", phone=number)["call"])

    return ring


def test_a_phone_that_is_taken_rings_until_somebody_picks_it_up(phone_session, listener, rung):
    assert phone_session.take(LIN)
    sid = rung(LIN)
    assert (listener.lines[-1]["rung"], listener.lines[-1]["status"]) == (True, "ringing")
    assert phone_session.pick_up(sid)
    listener.until("answered", call=sid)


def test_a_call_to_a_phone_that_is_taken_can_be_declined(phone_session, listener, rung):
    phone_session.take(LIN)
    sid = rung(LIN)
    assert phone_session.decline(sid)
    assert listener.until("over", call=sid)["status"] == "busy"


def test_a_phone_that_is_not_taken_is_answered_by_somebody_made_up(phone_session, listener, rung):
    listener.until("answered", call=rung(LIN))
    assert phone_session.take(LIN)
    assert phone_session.give_back(LIN)
    assert next((phone["number"], phone["taken"]) for phone in phone_session.overview()["phones"]) == (LIN, False)
    listener.until("answered", call=rung(LIN))


def test_who_has_called_can_be_rung_back(called, phone_session, listener, rung):
    listener.until("over", call=called(LANGUAGE, "2", MENU, "3"))
    sid = rung(CALLER)
    assert phone_session.pick_up(sid)
    listener.until("answered", call=sid)


@pytest.mark.parametrize("number", ["", CALLER])
def test_only_phones_of_the_desk_are_taken(phone_session, number):
    assert not phone_session.take(number)
    assert not phone_session.give_back(number)


# --- time -------------------------------------------------------------------------------------------------------


def told(phone_session: PhoneSession) -> datetime:
    return datetime.fromisoformat(phone_session.overview()["now"])


def test_it_is_the_time_that_was_asked_for(phone_session):
    assert 0 <= (told(phone_session) - MONDAY).total_seconds() < 60 * SPEED


def test_it_can_become_another_time_local_to_the_hotline(phone_session):
    assert phone_session.begin_at(datetime(2026, 10, 1, 3, 0)) == ""  # noqa: DTZ001 - as the page sends it
    assert told(phone_session).isoformat().startswith("2026-10-01T03:0")
    assert phone_session.begin_at(None) == ""
    assert told(phone_session).year >= 2026


def test_time_stays_while_somebody_telephones(phone_session, listener):
    sid = phone_session.dial(CALLER)
    assert phone_session.begin_at(None) == "busy"
    phone_session.hang_up(sid)
    listener.until("hung up", call=sid)
    assert phone_session.begin_at(None) == ""


def test_a_broken_edit_is_told_on_the_page_and_in_the_terminal_at_the_next_call(phone_session, config, listener):
    told: list[str] = []
    phone_session.tell_broken_edit = told.append
    file = config.flows / "hotline.yaml"
    good = file.read_text("utf-8")
    for text in (good.replace("next: case}", "next: caze}"), good + "\n"):
        file.write_text(text, "utf-8")
        phone_session.hang_up(phone_session.dial(CALLER))
        phone_session.hang_up(phone_session.dial(CALLER))
    assert [line.partition(": ")[0] for line in told] == [f"{file}:19:85", ""]
    assert '"caze" is not a step' in told[0]
    assert listener.until("flows")["text"] == told[0]
    assert listener.until("flows")["text"] == ""


def test_time_stays_while_the_flows_are_broken(phone_session, config):
    (config.flows / "hotline.yaml").write_text("flow: hotline\n", encoding="utf-8")
    before = phone_session.simulation
    assert phone_session.begin_at(None) == "broken"
    assert phone_session.simulation is before


def test_at_another_time_the_hotline_can_be_dialled(phone_session, listener):
    phone_session.begin_at(datetime(2026, 10, 1, 3, 0))  # noqa: DTZ001
    listener.until("said", LANGUAGE, call=phone_session.dial(CALLER))


# --- what there is ------------------------------------------------------------------------------------------------


def test_the_people_are_those_of_the_back_offices_demo(phone_session):
    first = phone_session.overview()["people"][0]
    assert (first["account"], first["pin"], first["phone"]) == ("62220001", "220001", CALLER)
    assert set(first["names"]) == set(first["situation"]) == {"zh", "en"}


def test_a_recording_is_the_sound_of_its_words(called, phone_session, listener, config):
    recordings = SentenceRecordings(config.folder, config.hotline.languages)
    kept = recordings.keep(tone(1.5), "wav", RecordedSentence(file="", words="How can we help?", language="en"))
    called(LANGUAGE, "2")
    said = listener.until("said", "How can we help?")
    assert (said["recorded"], said["duration"]) == (kept.file, 1.5)
    assert phone_session.sound(said["n"]) == tone(1.5)


def test_sound_is_there_for_what_is_heard_alone(called, phone_session, listener):
    """And for nothing where nobody can read aloud."""
    called(LANGUAGE, "2")
    said = listener.until("said", MENU)
    assert phone_session.sound(said["n"]) == b""
    read: list[tuple[str, str, float, str]] = []

    class Reader:
        def say(self, *asked):
            read.append(asked)
            return b"RIFF"

    phone_session.speaker = Reader()
    assert [phone_session.sound(line["n"]) for line in listener.lines if line["kind"] != "said"] == [b""] * (
        sum(line["kind"] != "said" for line in listener.lines)
    )
    assert phone_session.sound(said["n"]) == b"RIFF"
    assert read == [(said["text"], "en-US", said["duration"] / SPEED, "")]
    assert phone_session.sound(0) == phone_session.sound(99_999) == b""


def test_readers_wait_for_lines_and_are_let_go():
    lines = Lines()
    heard: list[int] = []
    reader = threading.Thread(target=lambda: heard.extend(line["n"] for line in lines.after(0, 20)))
    reader.start()
    lines.add({"kind": "x"})
    reader.join(PATIENCE_SECONDS)
    assert heard == [1]
    waiting = threading.Thread(target=lambda: lines.after(1, 60))
    waiting.start()
    lines.close()
    waiting.join(PATIENCE_SECONDS)
    assert not waiting.is_alive()


def test_old_lines_are_forgotten():
    lines = Lines()
    for _ in range(MOST_LINES + 5):
        lines.add({"kind": "x"})
    kept = lines.after(0, 0)
    assert (len(kept), kept[0]["n"], lines.last) == (MOST_LINES, 6, MOST_LINES + 5)
    with pytest.raises(KeyError):
        lines[5]
