"""How long a <Play> takes, and which files are asked for."""

import pytest

from ivr.network import Options
from ivr.network.line.media import toned_wav

from .sockets import served
from .twiml_app import NUMBER, TwimlApp, network

WAV = toned_wav(7.5, ())
MP3 = b"\xff\xfb\x90\x00" + bytes(15_996)  # 128 kbit/s: 16 000 bytes a second
TAGGED = b"ID3\x03\x00\x00\x00\x00\x01\x00" + bytes(128) + MP3


def sound(kind, body):
    return ("200 OK", {"Content-Type": kind, "Content-Length": str(len(body))}, body)


@pytest.mark.parametrize(
    ("page", "seconds", "codes"),
    [
        (sound("audio/x-wav", WAV), 7.5, []),
        (sound("audio/wav", WAV), 7.5, []),
        (sound("audio/mpeg", MP3), 1.0, []),
        (sound("audio/mpeg", TAGGED), 1.009, []),
        (sound("audio/ulaw", bytes(16_000)), 2.0, []),
        (sound("audio/mpeg", b"odd"), 3.0, []),
        (sound("text/html", b"<p>"), 3.0, [13420]),
        (("404 Not Found", {}, b""), 0.0, [11217]),
    ],
)
def test_a_file_plays_as_long_as_it_is(page, seconds, codes):
    net, app = network({"/voice": "<Play>sound</Play><Play>sound</Play>", "/sound": page})
    call = net.dial(NUMBER)
    call.listen()
    assert call.transcript[-1].seconds == pytest.approx(2 * seconds, abs=0.01)
    assert net.debugger.codes() == codes
    assert [request.form for request in app.to("/sound")] == [{}]  # once, without call parameters [D]


@pytest.mark.parametrize(("switch", "paths"), [("app", ["/near"]), ("none", []), ("all", ["/near", "/far"])])
def test_a_switch_says_which_files_are_asked_for(switch, paths):

    far = TwimlApp({"/far": sound("audio/wav", WAV)})
    near = TwimlApp({"/near": sound("audio/wav", WAV)})
    with served(far) as elsewhere, served(near) as base:
        near.pages["/voice"] = f"<Play>/near</Play><Play>{elsewhere}/far</Play>"
        net, _ = network({}, options=Options(fetch_media=switch))
        net.number(NUMBER, f"{base}/voice")
        net.dial(NUMBER).listen()
        assert [a.path for a in (*near.requests, *far.requests) if a.path != "/voice"] == paths
