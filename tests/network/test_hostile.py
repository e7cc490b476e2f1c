"""Whatever an app answers, the network neither crashes nor hangs, and every request stays signed."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.network import Options
from ivr.network.wire.twiml_parser import Unreadable, parse
from ivr.network.wire.twiml_schema import ELEMENTS

from .twiml_app import NUMBER, network

NAMES = [*ELEMENTS, "Stream", "say", "Message", "Nonsense"]
LEGAL = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters='<>&"\ufffe\uffff')
USUAL = ["", "0", "1", "-1", "true", "auto", "#", "*", "GET", "/voice", "/done", "\u4e2d", "dtmf speech", "9" * 11]
VALUES = st.one_of(st.sampled_from(USUAL), st.text(LEGAL, max_size=8))


def elements(children):
    def write(name, attributes, text, inner):
        written = "".join(f' {key}="{value}"' for key, value in attributes.items())
        return f"<{name}{written}>{text}{''.join(inner)}</{name}>"

    known = sorted({attribute for word in ELEMENTS.values() for attribute in word.attributes})
    attributes = st.dictionaries(st.sampled_from([*known, "odd"]), VALUES, max_size=4)
    text = st.sampled_from(["", "hello", "/voice", "+8613900000000", "support"])
    return st.builds(write, st.sampled_from(NAMES), attributes, text, st.lists(children, max_size=3))


DOCUMENTS = st.lists(st.recursive(st.just(""), elements, max_leaves=6), max_size=5).map("".join)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(DOCUMENTS, DOCUMENTS, st.text("0123456789*#", max_size=4))
def test_any_document_ends(voice, done, keys):
    net, app = network(
        {"/voice": voice, "/done": done},
        options=Options(loop_guard_documents=20, loop_guard_instant=5, call_limit_seconds=300),
        status_callback="http://hotline.test/end",
    )
    call = net.dial(NUMBER)
    call.listen()
    if not call.ended:
        call.press(keys)
    if not call.ended:
        call.say("hello")
    net.run(400)
    assert call.ended
    assert all(request.valid for request in app.requests)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_unreadable(body):
    with suppress(Unreadable):
        parse(body)


def test_an_app_may_use_the_network_while_it_answers():
    def page(request):
        net.send_message(NUMBER, request.form["From"], "hello")
        net.place_call(NUMBER, "+8613900000000", url="http://hotline.test/out")
        net.legs[request.form["CallSid"]].redirect(ask)
        return "<Say>never heard</Say>"

    from ivr.network.line.documents import Webhook

    ask = Webhook("http://hotline.test/new")
    net, _ = network({"/voice": page, "/new": "<Say>new</Say>", "/out": ""})
    net.person("+8613900000000")
    call = net.dial(NUMBER)
    call.hears("new")
    net.run(10)
    assert "never heard" not in call.heard
    assert [c.status for c in net.calls] == ["completed", "completed"]
    assert len(net.messages) == 1


@pytest.mark.parametrize("digits", ["9" * 10, "9" * 400, "9" * 5000])
@pytest.mark.parametrize(("verb", "attribute"), [("Pause", "length"), ("Gather", "timeout"), ("Record", "timeout")])
def test_a_number_no_clock_can_count_is_a_warning(verb, attribute, digits):
    net, _ = network({"/voice": f'<{verb} {attribute}="{digits}"/>'})
    net.dial(NUMBER).listen()
    net.run(60)
    assert len(set(net.debugger.codes())) == 1
    assert "of at most 9 digits" in str(net.debugger.entries[0])


@pytest.mark.parametrize("charset", ["bogus", "hex", "idna", "unicode_escape", "raw_unicode_escape", "utf-7", "a\0b"])
@pytest.mark.parametrize("kind", ["text/xml", "text/plain"])
def test_a_charset_that_is_none_is_told(kind, charset):
    reply = ("200 OK", {"Content-Type": f"{kind}; charset={charset}"}, b"hello \\ud800 \xff")
    net, _ = network({"/voice": reply})
    assert "application error" in net.dial(NUMBER).listen()
    assert net.debugger.codes() == [12100]
    assert "charset" in str(net.debugger.failure())


def test_an_encoding_that_only_python_has_is_none():
    with pytest.raises(Unreadable, match="encoding 'unicode_escape' cannot be read"):
        parse(b'<?xml version="1.0" encoding="unicode_escape"?><Response/>')
