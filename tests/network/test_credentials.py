"""Passwords in addresses, replies that are kept, and certificates."""

import shutil
import ssl
import subprocess
import threading
from wsgiref.simple_server import make_server

import pytest

from ivr.network import Network, Options
from ivr.network.wire.credentials import authorization
from tests.patience import PATIENCE_SECONDS

from .sockets import _Quiet
from .twiml_app import NUMBER, TwimlApp, network

DIGEST = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)


def test_digest_is_that_of_the_rfc():
    header = authorization(DIGEST, "GET", "http://www.nowhere.org/dir/index.html", "Mufasa:Circle Of Life", "0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in header
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in header


@pytest.mark.parametrize(("challenge", "begins"), [("Basic realm=x", "Basic "), (DIGEST, "Digest "), ("Bearer", None)])
def test_a_password_is_given_only_when_asked_for(challenge, begins):
    def guarded(request):
        if "Authorization" not in request.headers:
            return ("401 Unauthorized", {"WWW-Authenticate": challenge}, "")
        return "<Say>welcome</Say>"

    net, app = network({"/voice": guarded}, base="http://user:pass%20word@hotline.test")
    call = net.dial(NUMBER)
    call.listen()
    given = [request.headers.get("Authorization", "") for request in app.requests]
    if begins is None:
        assert (given, net.debugger.codes()) == ([""], [11217])
    else:
        assert (given[0], given[1].startswith(begins), call.heard) == ("", True, "welcome")
    assert all(request.valid for request in app.requests)


def kept(headers):
    """A document that a wait loop asks for by GET again and again, with these headers."""

    def page(request):
        if request.headers.get("If-None-Match") == '"1"':
            return ("304 Not Modified", {}, b"")
        return (
            "200 OK",
            {"Content-Type": "text/xml", **headers},
            "<Response><Pause length='10'/><Redirect method='GET'/></Response>",
        )

    return page


@pytest.mark.parametrize(
    ("headers", "conditions"),
    [
        ({}, [None, None, None]),
        ({"ETag": '"1"'}, [None, '"1"', '"1"']),
        ({"Cache-Control": "max-age=15"}, [None, None]),
        ({"Cache-Control": "no-store, max-age=15", "ETag": '"1"'}, [None, None, None]),
    ],
)
def test_replies_to_get_are_kept_as_the_app_says(headers, conditions):
    net, app = network({"/voice": "<Pause/><Redirect method='GET'>/page</Redirect>", "/page": kept(headers)})
    call = net.dial(NUMBER, wait=False)
    call.leg._fixed = {}  # the same address every time, as for a sound file
    call.wait(25)
    assert [a.headers.get("If-None-Match") for a in app.to("/page")] == conditions


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_an_own_authority_is_trusted_when_it_is_named(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    app = TwimlApp({"/voice": "<Say>hello</Say>"})
    server = make_server("127.0.0.1", 0, lambda e, s: app({**e, "wsgi.url_scheme": "https"}, s), handler_class=_Quiet)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=lambda: [server.handle_request() for _ in range(2)], daemon=True)
    thread.start()
    expected = []
    for ca_file in ("", str(cert), str(tmp_path / "none.pem")):
        with Network(auth_token="12345", options=Options(ca_file=ca_file)) as net:
            net.number(NUMBER, f"https://localhost:{server.server_port}/voice#rc=0")
            call = net.dial(NUMBER)
            call.listen()
            expected.append(net.debugger.codes() or call.heard)
    thread.join(PATIENCE_SECONDS)
    server.server_close()
    assert expected == [[11237], "hello", [11237]]
    assert [request.valid for request in app.requests] == [True]
