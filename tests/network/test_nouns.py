"""What a Dial can ring beside a telephone number, and who is told that a machine answered."""

import base64

import pytest

from ivr.network import Line, Options, rest
from ivr.network.wire.transport import Meter, Timeouts, call_wsgi

from .twiml_app import NUMBER, TOKEN, network

OTHER = "+8613900000000"
DONE = "<Say>done</Say>"


@pytest.mark.parametrize(
    ("noun", "address"),
    [
        ("<Sip>sip:kate@example.com</Sip>", "sip:kate@example.com"),
        ("<Sip>sips:kate@example.com;transport=tls</Sip>", "sips:kate@example.com;transport=tls"),
        ("<Sip>kate@example.com</Sip>", "sip:kate@example.com"),
        ("<Sip>kate@example.com?x-ticket=1&amp;x-queue=vip</Sip>", "sip:kate@example.com"),
        ("<Sip><Uri priority='1'>kate@example.com</Uri></Sip>", "sip:kate@example.com"),
        ("<Client>kate</Client>", "client:kate"),
        ("<Client><Identity>kate</Identity></Client>", "client:kate"),
        ("<Sim>DE123</Sim>", "sim:DE123"),
        ("<WhatsApp>+15005550020</WhatsApp>", "whatsapp:+15005550020"),
        ("<Application>AP123</Application>", "app:AP123"),
        ("<Application><ApplicationSid>AP123</ApplicationSid></Application>", "app:AP123"),
    ],
)
def test_every_noun_is_a_line_at_its_address(noun, address):
    net, app = network({"/voice": f'<Dial action="/done">{noun}</Dial>', "/done": DONE})
    net.line(address, Line.answers(after=1, hangs_up_after=5))
    net.dial(NUMBER).hears("done")
    assert app.forms("/done", "DialCallStatus", "DialCallDuration") == [("completed", "5")]
    assert net.debugger.codes() == []


def test_a_noun_without_a_name_rings_nobody():
    net, app = network({"/voice": '<Dial action="/done"><Client/></Dial>', "/done": DONE})
    net.dial(NUMBER).hears("done")
    assert app.forms("/done", "DialCallStatus") == [("failed",)]
    assert net.debugger.codes() == [12200]


def test_an_application_is_called_by_its_sid():
    net, app = network({"/inner": "<Say>inner app</Say>", "/done": DONE})
    sid = net.application("http://hotline.test/inner").sid
    app.pages["/voice"] = f'<Dial action="/done"><Application>{sid}</Application></Dial>'
    net.dial(NUMBER).hears("done")
    assert len(app.to("/inner")) == 1
    assert app.forms("/done", "DialCallStatus") == [("completed",)]


def test_a_number_nobody_has_is_noted_and_may_answer():
    pages = {"/voice": f'<Dial action="/done">{OTHER}</Dial>', "/done": DONE}
    net, app = network(pages, options=Options(unknown_number="answers"))
    net.dial(NUMBER).hears("done")
    assert app.forms("/done", "DialCallStatus", "DialCallDuration") == [("completed", "20")]
    (noted,) = net.debugger
    assert (noted.code, noted.level) == (0, "notice")
    assert f"nobody has {OTHER}" in noted.message


def test_a_machine_is_told_beside_the_call():
    voice = (
        f'<Dial><Number machineDetection="Enable" amdStatusCallback="/amd">{OTHER}</Number></Dial><Say>next verb</Say>'
    )
    net, app = network({"/voice": voice, "/amd": ""})
    net.line(OTHER, Line("answer", 2.0, 20.0, says=("leave a message",), answered_by="machine_start"))
    call = net.dial(NUMBER)
    assert call.listen() == "leave a message"  # the two talk before it is known
    call.hears("next verb")
    assert app.forms("/amd", "AnsweredBy", "MachineDetectionDuration") == [("machine_start", "4000")]


def test_a_line_that_is_gone_is_no_machine():
    voice = f'<Dial><Number machineDetection="Enable" amdStatusCallback="/amd">{OTHER}</Number></Dial><Say>next</Say>'
    net, app = network({"/voice": voice, "/amd": ""})
    net.line(OTHER, Line.answers(after=1, hangs_up_after=2))
    net.dial(NUMBER).hears("next")
    net.run(10)
    assert app.to("/amd") == []


@pytest.mark.parametrize(
    ("beside", "first_second", "expected"),
    [("AsyncAmd=true&AsyncAmdStatusCallback=http://hotline.test/amd", 1, [("human",)]), ("AsyncAmd=false", 5, [])],
)
def test_an_outbound_call_waits_for_the_machine_unless_told_not_to(beside, first_second, expected):
    net, app = network({"/out": "<Say>good morning</Say><Pause length='9'/>", "/amd": ""})
    net.line(OTHER, Line.answers(after=1))
    body = f"To={OTHER}&From={NUMBER}&Url=http://hotline.test/out&MachineDetection=Enable&{beside}"
    ask(net, "POST", "Calls.json", body.replace("+", "%2B"))
    net.run(15)
    (call,) = net.calls
    assert next(int(e.seconds) for e in call.transcript if e.text == "good morning") == first_second
    assert app.forms("/amd", "AnsweredBy") == expected


@pytest.mark.parametrize(
    ("user", "secret", "status"),
    [("SK" + "0" * 32, TOKEN, 200), ("SK" + "0" * 32, "no", 401), ("SK1", TOKEN, 401), ("", "", 401)],
)
def test_an_api_key_is_good_with_the_token_as_its_secret(user, secret, status):
    net, _ = network({})
    assert ask(net, "GET", "Calls.json", user=user, secret=secret).status == status


def ask(net, method, path, body="", *, user="", secret=TOKEN):
    coded = base64.b64encode(f"{user or net.account_sid}:{secret}".encode()).decode()
    headers = (("Authorization", f"Basic {coded}"), ("Content-Type", "application/x-www-form-urlencoded"))
    url = f"https://api.twilio.com/2010-04-01/Accounts/{net.account_sid}/{path}"
    return call_wsgi(rest(net), method, url, headers, body.encode(), meter=Meter(), timeouts=Timeouts())


def test_an_application_is_told_what_is_handed_along():
    net, app = network({"/inner": "<Say>inner app</Say>"})
    sid = net.application("http://hotline.test/inner").sid
    noun = f'<ApplicationSid>{sid}</ApplicationSid><Parameter name="plan" value="gold"/>'
    app.pages["/voice"] = f"<Dial><Application>{noun}</Application></Dial>"
    net.dial(NUMBER).hears("inner app")
    assert app.forms("/inner", "plan") == [("gold",)]
