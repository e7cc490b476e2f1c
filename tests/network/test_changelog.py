"""Twilio's changelog of voice, entry by entry: what it changed is what the network does.

docs/twilio-facts.md#a12-changes

The table on that page names these tests.
"""

import re
from pathlib import Path

import pytest

import ivr.network
from tests.network.twiml_app import CALLER, NUMBER, network

FACTS = (Path(ivr.network.__file__).parents[2] / "docs" / "twilio-facts.md").read_text("utf-8")


def test_the_table_names_the_tests_of_this_module():
    named = re.findall(r"`(test_\w+)`", FACTS.partition("## A12 Changes")[2])
    ours = [name for name in globals() if name.startswith("test_") and not name.startswith("test_the_table")]
    assert sorted(named) == sorted(ours)


@pytest.mark.parametrize("silent", ['<Pause length="2"/>', "<Say></Say>", "<Redirect>/b</Redirect>"])
@pytest.mark.parametrize(
    ("then", "status"),
    [('<Reject reason="busy"/>', "busy"), ("<Reject/>", "no-answer"), ("<Hangup/>", "no-answer"), ("", "no-answer"),
     ("<Say>hi</Say>", "completed")],
)  # fmt: skip
def test_a_call_rings_until_something_is_heard(silent, then, status):
    net, app = network({"/voice": f"{silent}{then}<Redirect>/b</Redirect>" if "Redirect" not in silent else silent,
                        "/b": then, "/end": ""}, status_callback="http://hotline.test/end")  # fmt: skip
    call = net.dial(NUMBER, CALLER)
    net.run(5)
    assert call.status == status
    assert app.forms("/end", "CallStatus") == [(status,)]


@pytest.mark.parametrize("silent", ['<Pause length="2"/>', "<Say></Say>"])
def test_the_document_after_a_silent_one_is_told_ringing(silent):
    net, app = network({"/voice": f"{silent}<Redirect>/b</Redirect>", "/b": "<Say>hi</Say>"})
    net.dial(NUMBER).listen()
    assert app.forms("/b", "CallStatus") == [("ringing",)]


def test_a_first_hangup_answers():
    net, _ = network({"/voice": "<Hangup/>"})
    assert net.dial(NUMBER).status == "completed"


def test_the_first_wait_document_is_told_ringing():
    net, app = network({"/voice": '<Enqueue waitUrl="/wait">q</Enqueue>', "/wait": "<Say>wait</Say>"})
    net.dial(NUMBER).hears("wait wait")
    assert [status for (status,) in app.forms("/wait", "CallStatus")][:2] == ["ringing", "in-progress"]


def test_a_caller_who_gives_up_while_it_rings_was_not_answered():
    net, _ = network({"/voice": '<Pause length="9"/>'})
    call = net.dial(NUMBER, wait=False)
    call.wait(2)
    call.hang_up()
    assert call.status == "no-answer"


def test_an_invalid_voice_in_a_gather_is_a_failure():
    pages = {
        "/voice": '<Gather action="/a"><Say voice="nonsense">Press</Say></Gather>',
        "/fallback": "<Say>sorry</Say>",
    }
    net, app = network(pages, voice_fallback_url="http://hotline.test/fallback")
    net.dial(NUMBER).hears("sorry")
    assert app.forms("/fallback", "ErrorCode") == [("13511",)]


def test_the_finish_key_alone_ends_a_gather():
    page = '<Gather action="/a" timeout="20" numDigits="5"><Say>Press</Say></Gather><Say>next</Say>'
    net, _ = network({"/voice": page})
    call = net.dial(NUMBER)
    call.listen()
    call.press("#")
    call.hears("next", within=2)


def test_text_that_is_twiml_is_performed():
    net, _ = network({"/voice": ("200 OK", {"Content-Type": "text/plain"}, "<Response><Say>Hello</Say></Response>")})
    assert net.dial(NUMBER).listen() == "Hello"


def test_a_transcription_must_be_asked_for():
    net, app = network({"/voice": '<Record transcribeCallback="/text" action="/d"/>', "/d": "", "/text": ""})
    call = net.dial(NUMBER)
    call.listen()
    call.say("call me back please", seconds=5)
    call.press("#")
    call.listen()
    assert app.to("/text") == []


def test_documents_and_callbacks_share_no_cookies():
    page = ("200 OK", {"Content-Type": "text/xml", "Set-Cookie": "who=lin; Path=/"}, "<Response/>")
    net, app = network({"/voice": page, "/end": ""}, status_callback="http://hotline.test/end")
    net.dial(NUMBER).listen()
    assert "Cookie" not in app.to("/end")[0].headers


def test_completed_does_not_wait_for_a_document():
    def slow(request):
        net.spend(10)
        return ""

    net, app = network({"/voice": '<Gather numDigits="1" action="/slow"/>', "/slow": slow, "/end": ""},
                       status_callback="http://hotline.test/end")  # fmt: skip
    call = net.dial(NUMBER)
    call.press("1")
    call.hang_up()
    assert app.forms("/end", "CallStatus") == [("completed",)]
    assert net.clock.seconds < 5


def test_conferences_are_listed_while_they_last(rest_client):
    net, client = rest_client({"/voice": '<Dial><Conference waitUrl="">room</Conference></Dial>'})
    one, two = net.dial(NUMBER), net.dial(NUMBER, "+8613800138001")
    net.run(1)
    assert [room.status for room in client.conferences.list()] == ["in-progress"]
    one.hang_up()
    two.hang_up()
    assert client.conferences.list() == []
    assert len(client.conferences.list(status="completed")) == 1


@pytest.fixture
def rest_client():
    """A network with these pages, and the official client of it."""
    from twilio.rest import Client

    from ivr.network import rest
    from tests.network.test_rest import InProcess

    def make(pages):
        net, _ = network(pages)
        return net, Client(net.account_sid, net.auth_token, http_client=InProcess(rest(net)))

    return make
