"""Numbers belong to somebody: whose number a call or a text message may come from."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.network import Options, rest
from tests.network.test_rest import InProcess
from tests.network.twiml_app import CALLER, NUMBER, network

OTHER, STRANGER = "+15005550020", "+15005550099"
ASKS = {
    "call": (21210, lambda client, number: client.calls.create(to=OTHER, from_=number, twiml="<Response/>")),
    "participant": (21210, lambda client, number: client.conferences("r").participants.create(to=OTHER, from_=number)),
    "message": (21606, lambda client, number: client.messages.create(to=OTHER, from_=number, body="hello")),
}


@pytest.mark.parametrize("ask", ASKS)
def test_calls_and_messages_come_from_our_own_numbers(ask):
    code, create = ASKS[ask]
    net, _ = network({"/voice": ""})
    client = Client(net.account_sid, net.auth_token, http_client=InProcess(rest(net)))
    create(client, NUMBER)
    with pytest.raises(TwilioRestException) as refused:
        create(client, STRANGER)
    assert refused.value.code == code
    net.verify(STRANGER)
    create(client, STRANGER)


def test_a_message_comes_from_a_service_where_one_is_named():
    net, _ = network({"/voice": ""})
    client = Client(net.account_sid, net.auth_token, http_client=InProcess(rest(net)))
    service = "MG" + "0" * 32
    assert client.messages.create(to=OTHER, messaging_service_sid=service, body="hello").sid
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=OTHER, from_=service, body="hello")
    assert refused.value.code == 21606


def test_a_switch_lets_anybodys_number_be_used():
    net, _ = network({"/voice": ""}, options=Options(caller_id="any"))
    client = Client(net.account_sid, net.auth_token, http_client=InProcess(rest(net)))
    assert client.messages.create(to=OTHER, from_=STRANGER, body="hello").sid


DIAL = '<Dial action="/done"{}><Number>{}</Number></Dial>'


@pytest.mark.parametrize(
    ("caller", "caller_id", "rings_from"),
    [
        (CALLER, "", CALLER),
        (CALLER, f' callerId="{CALLER}"', CALLER),
        (CALLER, f' callerId="{NUMBER}"', NUMBER),
        (CALLER, f' callerId="{STRANGER}"', None),
        ("client:kate", "", None),
        ("client:kate", f' callerId="{NUMBER}"', NUMBER),
    ],
)
def test_a_dial_rings_from_a_number_of_ours_or_of_the_call(caller, caller_id, rings_from):
    net, app = network({"/voice": DIAL.format(caller_id, OTHER), "/done": ""})
    person = net.person(OTHER, answers_after=1, hangs_up_after=2)
    net.dial(NUMBER, caller)
    net.run(60)
    assert [call.leg.from_ for call in person.calls] == ([rings_from] if rings_from else [])
    assert net.debugger.codes() == ([] if rings_from else [13214])
    assert app.forms("/done", "DialCallStatus") == [("completed" if rings_from else "failed",)]


def test_a_client_may_call_a_client_without_a_number():
    net, _ = network({"/voice": "<Dial><Client>lin</Client></Dial>"})
    person = net.person("client:lin", answers_after=1, hangs_up_after=2)
    net.dial(NUMBER, "client:kate").listen()
    assert len(person.calls) == 1


def test_a_switch_dials_with_a_strangers_number_all_the_same():
    net, _ = network({"/voice": DIAL.format(f' callerId="{STRANGER}"', OTHER), "/done": ""},
                     options=Options(wrong_caller_id="go on"))  # fmt: skip
    person = net.person(OTHER, answers_after=1, hangs_up_after=2)
    net.dial(NUMBER).listen()
    assert len(person.calls) == 1
    assert net.debugger.codes() == [13214]
