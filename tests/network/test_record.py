"""Part B 7: recording."""

import io
import wave

import pytest

from ivr.network import Options
from ivr.network.line.media import toned_wav

from .twiml_app import NUMBER, network

PAGES = {"/voice": '<Record action="/done"/><Say>unreachable</Say>', "/done": "<Say>saved</Say>"}


def test_hanging_up_in_a_recording_asks_the_action_with_hangup():
    net, app = network(PAGES)
    call = net.dial(NUMBER)
    call.listen()
    call.say("请给我回电", seconds=4)
    call.hang_up()
    ((sid, *rest),) = app.forms("/done", "RecordingSid", "Digits", "CallStatus", "RecordingDuration")
    assert rest == ["hangup", "completed", "4"]
    assert net.recordings[sid].words == "请给我回电"
    assert "saved" not in call.heard


@pytest.mark.parametrize("key", list("1234567890*#"))
def test_every_key_of_several_finishes(key):
    net, app = network(PAGES)
    call = net.dial(NUMBER)
    call.listen()
    call.say("hello", seconds=3)
    call.press(key)
    call.hears("saved")
    assert app.forms("/done", "Digits", "RecordingDuration") == [(key, "3")]


def test_other_keys_do_not_finish():
    net, app = network({**PAGES, "/voice": '<Record action="/done" finishOnKey="*" timeout="9"/>'})
    call = net.dial(NUMBER)
    call.listen()
    call.press("5")
    net.run(1)
    assert not app.to("/done")


def test_max_length_ends_it():
    net, app = network({**PAGES, "/voice": '<Record action="/done" maxLength="6"/>'})
    call = net.dial(NUMBER)
    call.listen()
    call.say("a long story", seconds=20)
    assert app.forms("/done", "RecordingDuration", "Digits") == [("6", "")]


def test_silence_ends_it_and_is_trimmed():
    net, app = network(PAGES)
    call = net.dial(NUMBER)
    call.listen()
    call.say("hello", seconds=2)
    call.silence()
    net.run(0)
    assert app.forms("/done", "RecordingDuration") == [("2",)]


def test_the_action_is_the_current_document_by_default():
    net, app = network({"/voice": lambda a: "<Hangup/>" if "RecordingUrl" in a.form else "<Record/>"})
    call = net.dial(NUMBER)
    call.listen()
    call.press("#")
    net.run(0)
    assert len(app.to("/voice")) == 2


def test_an_empty_recording_may_fall_through():
    net, app = network(PAGES, options=Options(empty_recording="fall through"))
    call = net.dial(NUMBER)
    call.silence()
    call.hears("unreachable")
    assert not app.to("/done")


def test_callbacks_and_the_sound_file():
    voice = '<Record action="/done" recordingStatusCallback="/rec" transcribe="true" transcribeCallback="/text"/>'
    net, app = network({**PAGES, "/voice": voice, "/rec": "", "/text": ""})
    call = net.dial(NUMBER)
    call.listen()
    call.say("please call me back", seconds=5)
    call.press("#")
    call.hears("saved")
    ((sid, *rest),) = app.forms("/rec", "RecordingSid", "RecordingStatus", "RecordingDuration", "RecordingSource")
    assert rest == ["completed", "5", "RecordVerb"]
    assert app.forms("/text", "TranscriptionText", "TranscriptionStatus") == [("please call me back", "completed")]
    kept = net.recordings[sid]
    assert kept.spans == ((0, 5),)
    with wave.open(io.BytesIO(toned_wav(kept.duration, kept.spans))) as sound:
        assert sound.getnframes() / sound.getframerate() == 5


def test_a_recording_sounds_where_somebody_spoke_and_nowhere_else():
    with wave.open(io.BytesIO(toned_wav(4, [(1, 2)]))) as sound:
        seconds = [any(sound.readframes(8000)) for _ in range(4)]
    assert seconds == [False, True, True, False]


def test_the_start_of_a_recording_is_reported_when_asked_for():
    voice = (
        '<Record action="/done" recordingStatusCallback="/rec" recordingStatusCallbackEvent="in-progress completed"/>'
    )
    net, app = network({**PAGES, "/voice": voice, "/rec": ""})
    call = net.dial(NUMBER)
    call.listen()
    call.say("hello", seconds=3)
    call.press("#")
    call.listen()
    first, last = app.forms("/rec", "RecordingSid", "RecordingStatus", "RecordingDuration")
    assert (first[1:], last[1:], first[0]) == (("in-progress", "0"), ("completed", "3"), last[0])


@pytest.mark.parametrize(
    ("wish", "expected"), [("", []), ('transcribe="true"', [("please call me back",)]),
                       ('transcribe="false"', [])],
)  # fmt: skip
def test_a_callback_for_the_words_does_not_ask_for_them(wish, expected):
    net, app = network({**PAGES, "/voice": f'<Record action="/done" {wish} transcribeCallback="/text"/>', "/text": ""})
    call = net.dial(NUMBER)
    call.listen()
    call.say("please call me back", seconds=5)
    call.press("#")
    call.hears("saved")
    assert app.forms("/text", "TranscriptionText") == expected
