"""Part B 9 to 12 on the wire: signatures against the official validator, real sockets, broken servers."""

import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from twilio.request_validator import RequestValidator

from ivr.network import Network, RealClock, VirtualClock
from ivr.network.wire.credentials import signature
from tests.patience import PATIENCE_SECONDS

from .twiml_app import NUMBER, TOKEN, TwimlApp, network

CALL = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}


def both(number):
    return [*({**CALL, "Caller": number, "From": number}).items()]


VECTORS = [
    ("https://example.com/myapp.php?foo=1&bar=2", both("+14158675310"), "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ("https://mycompany.com/myapp.php?foo=1&bar=2", both("+14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", both("+14158675309"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ("http://mycompany.com:80/myapp.php?foo=1&bar=2", both("+14158675309"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    (
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")],
        "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
    ),
    (
        "http://localhost:5000/voice",
        [("CallSid", "CA1"), ("Digits", "1"), ("From", "+8613800138000")],
        "p+UNWiwBh/nTbBMQgM+0m9X+y20=",
    ),
    ("https://example.com/voice?CallSid=CA1&Digits=1", [], "PTK4OOs2BWL8RgEgzdiwNi0Sk34="),
]


@pytest.mark.parametrize(("url", "form", "expected"), VECTORS)
def test_signature_vectors(url, form, expected):
    assert signature(TOKEN, url, form) == expected


def test_https_drops_the_port_http_keeps_it_and_both_drop_fragment_and_password():
    plain = signature(TOKEN, "https://example.com/a")
    assert signature(TOKEN, "https://example.com:8443/a#rc=2") == plain
    assert signature(TOKEN, "https://user:secret@example.com/a") == plain
    assert signature(TOKEN, "http://example.com:8080/a") != signature(TOKEN, "http://example.com/a")


@pytest.mark.parametrize("url", ["http://localhost:5000/v?a=%E4%B8%AD", "https://example.com/v", "http://h.test/v"])
def test_the_official_validator_accepts_and_refuses_one_changed_byte(url):
    form = {"SpeechResult": "我要退款", "Digits": "", "FromCity": "", "To": "+1 5"}
    signed = signature(TOKEN, url, form.items())
    validator = RequestValidator(TOKEN)
    assert validator.validate(url, form, signed)
    assert not validator.validate(url, {**form, "SpeechResult": "我要退錢"}, signed)
    assert not validator.validate(url + "x", form, signed)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        return


@contextmanager
def served(app):
    """Serve a WSGI app on a real socket; gives its base address."""
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def answering(reply):
    """A raw server that sends `reply`, piece by piece, and never closes by itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_SECONDS)
        over = threading.Event()

        def serve():
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        for piece in reply:
                            connection.sendall(piece)
                            over.wait(0.05)
                        over.wait(2)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
    thread.join(timeout=3)


def test_a_call_over_a_real_socket_is_the_same_call():
    pages = {"/voice": '<Gather numDigits="1" action="/key"><Say>press 1</Say></Gather>', "/key": "<Say>bye</Say>"}
    app = TwimlApp(pages)
    with served(app) as base:
        net = Network(auth_token=TOKEN)
        net.number(NUMBER, f"{base}/voice")
        call = net.dial(NUMBER)
        call.hears("press 1")
        call.press("1")
        call.hears("bye")
    assert [(request.path, request.valid) for request in app.requests] == [("/voice", True), ("/key", True)]
    assert all(exchange.status == 200 for exchange in call.requests)


def dial(url):
    net = Network(auth_token=TOKEN)
    net.number(NUMBER, url)
    call = net.dial(NUMBER)
    call.listen()
    return net, call


def test_a_refused_connection_is_tried_twice():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    net, call = dial(f"http://127.0.0.1:{port}/voice")
    assert net.debugger.codes() == [11202]
    assert len(call.requests) == 2


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ([], 11203),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 60], 11203),
        ([*[b"X-Slow: 1\r\n"] * 60], 11206),
        ([b"SSH-2.0-OpenSSH\r\n\r\n"], 11206),
    ],
)
def test_a_server_that_is_silent_trickles_or_talks_nonsense_ends_in_time(reply, code):
    with answering(reply) as base:
        net, _ = dial(f"{base}/voice#rt=300&tt=400")
    assert net.debugger.codes() == [code]


def test_ten_megabytes_are_not_read():
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 10000000\r\n\r\n"
    with answering([head + b"<Response>" + b" " * 100_000]) as base:
        net, call = dial(f"{base}/voice#tt=2000")
    assert net.debugger.codes() == [11750]
    assert len(call.requests[0].body) < 70_000


def test_an_unknown_host_is_11210():
    net, _ = dial("http://no-such-host.invalid/voice")
    assert net.debugger.codes() == [11210]


def test_a_chinese_address_is_escaped_on_the_wire_and_in_the_signature():
    app = TwimlApp({"/voice": "<Redirect>/中 文?lang=中文&amp;a=%20</Redirect>"})
    net = Network(auth_token=TOKEN)
    net.number(NUMBER, "http://hotline.test/voice", app=app)
    call = net.dial(NUMBER)
    call.listen()
    url = "http://hotline.test/%E4%B8%AD%20%E6%96%87?lang=%E4%B8%AD%E6%96%87&a=%20"
    request = call.requests[-1]
    assert request.url == url
    assert RequestValidator(TOKEN).validate(url, request.fields, dict(request.headers)["X-Twilio-Signature"])
    assert app.requests[-1].query == url.partition("?")[2]


def test_an_address_without_a_path_is_asked_and_signed_with_one():
    app = TwimlApp({"/": "<Say>root</Say>"})
    net = Network(auth_token=TOKEN)
    net.number(NUMBER, "http://hotline.test", app=app)
    net.dial(NUMBER).hears("root")
    assert app.requests[0].valid


def test_a_password_in_the_address_is_sent_after_401():
    def page(request):
        if "Authorization" not in request.headers:
            return "401 Unauthorized", {"WWW-Authenticate": "Basic"}, ""
        return "<Say>in</Say>"

    app = TwimlApp({"/voice": page})
    net = Network(auth_token=TOKEN)
    net.number(NUMBER, "http://me:secret@hotline.test/voice", app=app)
    net.dial(NUMBER).hears("in")
    assert app.requests[1].headers["Authorization"] == "Basic bWU6c2VjcmV0"
    assert all(request.valid for request in app.requests)


def test_real_time_is_the_same_network():
    app = TwimlApp(
        {"/voice": '<Gather numDigits="1" action="/k"><Say>press one</Say></Gather>', "/k": "<Say>bye</Say>"}
    )
    with Network(clock=RealClock(speed=200), auth_token=TOKEN) as net:
        net.number(NUMBER, "http://hotline.test/voice", app=app)
        seen = []
        net.observe(lambda entry: seen.append(entry.kind))
        call = net.dial(NUMBER)
        assert call.listen() == "press one"
        presser = threading.Thread(target=call.press, args=("1",))
        presser.start()
        presser.join()
        call.hears("bye")
        call.wait(2)
        assert call.status == "completed"
        assert "pressed" in seen


def test_virtual_time_starts_where_it_is_told():
    clock = VirtualClock(datetime(2026, 11, 22, 10, tzinfo=UTC))
    clock.run(90)
    assert clock.now() == datetime(2026, 11, 22, 10, 1, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="time zone"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake being tested


def test_an_edge_nobody_knows_is_11240():
    net, app = network({"/voice": ""}, voice_path="/voice#e=ashburn,moon")
    net.dial(NUMBER)
    assert (net.debugger.codes(), len(app.requests)) == ([11240], 1)


def test_a_fault_of_ours_on_a_real_clock_is_told_to_whoever_waits():
    with Network(clock=RealClock(speed=200)) as net:
        net.carrier.observers.append(lambda exchange: 1 / 0)
        net.number(NUMBER, "http://hotline.test/voice", app=TwimlApp({"/voice": ""}))
        with pytest.raises(ZeroDivisionError):
            net.dial(NUMBER)


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ("Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""), ("Expires=Thu, 01-Jan-1970 00:00:01 GMT", ""),
        ("Max-Age=0", ""), ("Max-Age=-1", ""), ("Max-Age=00", ""),
        ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "seen=2"), ("Max-Age=soon", "seen=2"),
        ("Expires=Fri, 31 Dec 2099 23:59:59 GMT", "seen=2"),
    ],
)  # fmt: skip
def test_a_cookie_is_taken_back_as_frameworks_do(attributes, kept):
    def page(cookie, then):
        return ("200 OK", {"Content-Type": "text/xml", "Set-Cookie": cookie}, f"<Response>{then}</Response>")

    net, app = network({
        "/voice": page("seen=1", "<Redirect>/two</Redirect>"),
        "/two": page(f"seen=2; {attributes}", "<Redirect>/three</Redirect>"),
        "/three": "",
    })  # fmt: skip
    net.dial(NUMBER)
    net.run(1)
    assert [request.headers.get("Cookie", "") for request in app.requests] == ["", "seen=1", kept]
