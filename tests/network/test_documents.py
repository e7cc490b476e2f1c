"""Several hundred documents: all that the official library can write, and every attribute with good and bad values."""

import inspect
from itertools import chain

import pytest
from twilio.twiml import voice_response as library

from ivr.network import Options
from ivr.network.wire.twiml_parser import parse

from .twiml_app import NUMBER, network

PARTS = {
    name: kind for name, kind in vars(library).items() if inspect.isclass(kind) and kind.__module__ == library.__name__
}
SKIPPED = {"self", "kwargs", "nest", "body"}


def camel(name):
    first, *rest = {"from_": "from", "for_": "for"}.get(name, name).split("_")
    return first + "".join(word.title() for word in rest)


def written_by_the_library():
    """Each method of each element: (parent, child, attribute or nothing, the document)."""
    for parent, kind in PARTS.items():
        for method, function in inspect.getmembers(kind, inspect.isfunction):
            if method.startswith("_") or function.__module__ != library.__name__:
                continue
            names = [name for name in inspect.signature(function).parameters if name not in SKIPPED]
            for name in ["", *names]:
                yield parent, method, name


def document(parent, method, name):
    """The document in which `parent` holds what `method` writes, with one argument given; None when it cannot stand."""
    way = {
        "VoiceResponse": [], "Dial": ["dial"], "Gather": ["gather"], "Start": ["start"], "Stop": ["stop"],
        "Connect": ["connect"], "Enqueue": ["enqueue"], "Refer": ["refer"], "Pay": ["pay"], "Say": [("say", "text")],
        "Prompt": ["prompt"], "Hangup": ["hangup"], "Reject": ["reject"], "Client": ["dial", ("client", "x")],
        "Sip": ["dial", ("sip", "sip:x@y")],
    }.get(parent)  # fmt: skip
    if way is None:
        return None
    response = library.VoiceResponse()
    element = response
    for step in way:
        call, *arguments = (step,) if isinstance(step, str) else step
        element = getattr(element, call)(*arguments)
    function = getattr(element, method)
    needed = [
        p for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]  # fmt: skip
    arguments = {p.name: "x" for p in needed}
    if name:
        arguments[name] = "x"
    function(**arguments)
    return str(response)


WRITTEN = sorted({text for row in written_by_the_library() if (text := document(*row)) is not None})


def test_the_library_writes_several_hundred_documents():
    assert len(WRITTEN) > 300


def test_every_element_and_attribute_of_the_library_is_known():
    strange = {}
    for text in WRITTEN:
        for warning in parse(text.encode()).warnings:
            if (
                "has no attribute" in warning.message
                or "is no verb" in warning.message
                or "may not stand" in warning.message
            ):
                strange[warning.message] = text
    assert strange == {}


@pytest.mark.parametrize("start", range(10))
def test_every_document_of_the_library_is_performed_without_a_crash(start):
    for text in WRITTEN[start::10]:
        body = text[text.index("<Response") :].removeprefix("<Response>").removesuffix("</Response>")
        net, app = network(
            {"/voice": body if body != "<Response />" else "", "/x": ""},
            options=Options(
                loop_guard_documents=20, loop_guard_instant=5, call_limit_seconds=600, not_emulated="go on"
            ),
        )
        net.line("+1000", net.line_at("+1000"))
        call = net.dial(NUMBER)
        call.listen()
        if not call.ended:
            call.press("1#")
        if not call.ended:
            call.say("hello")
        net.run(700)
        assert call.ended, text
        assert all(request.valid for request in app.requests)


METHODS = (["GET", "POST"], ["PUT", "", "get it"])
FLAGS = (["true", "false"], ["yes", "1", ""])
COUNTS = (["1", "20"], ["0", "-1", "1.5", "many", ""])
TIMES = (["1", "60"], ["-1", "soon", ""])
ANY = (["", "http://hotline.test/x", "x"], [])
# element, attribute, the code of the debugger, (good values, bad values): docs/twilio-facts.md#a4-1-failures
ATTRIBUTES = [
    ("Say", "loop", 13510, (["0", "1", "3"], ["-1", "x", ""])),
    ("Play", "loop", 13410, (["0", "1"], ["-1", "x", ""])),
    ("Play", "digits", 13430, (["1", "ww1#*", "ABCD", "W0"], ["x", "1 2", "+"])),
    ("Pause", "length", 13910, COUNTS),
    ("Redirect", "method", 13710, METHODS),
    ("Reject", "reason", 13810, (["busy", "rejected"], ["later", ""])),
    ("Gather", "input", 13326, (["dtmf", "speech", "dtmf speech", "speech dtmf"], ["keys", ""])),
    ("Gather", "finishOnKey", 13310, (["", "#", "*", "5"], ["a", "+"])),
    ("Gather", "finishOnKey", 13311, ([], ["12", "#*"])),
    ("Gather", "method", 13312, METHODS),
    ("Gather", "timeout", 13313, (["1", "30", "auto"], ["0", "-1", "x", ""])),
    ("Gather", "numDigits", 13314, COUNTS),
    ("Gather", "speechTimeout", 13327, (["1", "auto"], ["0", "x"])),
    ("Gather", "maxSpeechTime", 13328, COUNTS),
    ("Gather", "partialResultCallbackMethod", 13329, METHODS),
    ("Gather", "hints", 13330, (["a, b", "x" * 100], ["x" * 101, ",".join("a" * 501)])),
    ("Gather", "bargeIn", 13332, FLAGS),
    ("Gather", "profanityFilter", 13333, FLAGS),
    ("Gather", "speechModel", 13334, (["default", "phone_call", "deepgram_nova-3"], ["best"])),
    ("Gather", "actionOnEmptyResult", 13338, FLAGS),
    ("Gather", "language", 0, ANY),
    ("Gather", "action", 0, ANY),
    ("Record", "method", 13610, METHODS),
    ("Record", "maxLength", 13611, COUNTS),
    ("Record", "timeout", 13612, TIMES),
    ("Record", "finishOnKey", 13613, (["", "#", "123*"], ["a", "+1"])),
    ("Record", "playBeep", 13614, FLAGS),
    ("Record", "transcribe", 13615, FLAGS),
    ("Record", "trim", 13699, (["trim-silence", "do-not-trim"], ["yes"])),
    ("Dial", "method", 13210, METHODS),
    ("Dial", "timeout", 13212, (["5", "600"], ["601", "x", ""])),
    ("Dial", "hangupOnStar", 13213, FLAGS),
    ("Dial", "timeLimit", 13216, (["1", "14400"], ["0", "x"])),
    ("Dial", "record", 13217, (["do-not-record", "record-from-answer", "record-from-ringing-dual"], ["please"])),
    ("Dial", "sequential", 13218, FLAGS),
    ("Dial", "answerOnBridge", 13219, FLAGS),
    ("Enqueue", "method", 14201, METHODS),
    ("Enqueue", "waitUrlMethod", 14206, METHODS),
    ("Sms", "method", 14104, METHODS),
    ("Dial/Number", "method", 13221, METHODS),
    ("Dial/Number", "sendDigits", 13222, (["1234#", "wW1"], ["x"])),
    ("Dial/Queue", "method", 14210, METHODS),
    ("Dial/Conference", "muted", 13230, FLAGS),
    ("Dial/Conference", "beep", 13232, (["true", "false", "onEnter", "onExit"], ["loud"])),
    ("Dial/Conference", "startConferenceOnEnter", 13233, FLAGS),
    ("Dial/Conference", "endConferenceOnExit", 13234, FLAGS),
    ("Dial/Conference", "waitMethod", 13235, METHODS),
    ("Dial/Conference", "maxParticipants", 13236, (["2", "250"], ["1", "251", "x"])),
    ("Dial/Conference", "statusCallbackMethod", 13237, METHODS),
]  # fmt: skip


def rows():
    for element, attribute, code, (good, bad) in ATTRIBUTES:
        for value, codes in chain(((value, []) for value in good), ((value, [code]) for value in bad)):
            yield pytest.param(element, attribute, value, codes, id=f"{element}-{attribute}-{value[:12]}")


@pytest.mark.parametrize(("element", "attribute", "value", "codes"), list(rows()))
def test_a_good_value_is_silent_and_a_bad_one_has_its_number(element, attribute, value, codes):
    outer, _, inner = element.rpartition("/")
    text = {"Say": "hello", "Redirect": "/end", "Sms": "hello", "Enqueue": "a", "Number": "+1000"}.get(inner, "")
    body = f'<{inner} {attribute}="{value}">{text or ("a" if outer else "")}</{inner}>'
    if inner == "Play" and attribute == "loop":
        body = f'<Play loop="{value}">http://elsewhere.test/a.mp3</Play>'
    net, _ = network(
        {"/voice": f"<{outer}>{body}</{outer}>" if outer else body, "/end": "", "/x": ""},
        options=Options(call_limit_seconds=120, unknown_number="busy"),
    )
    call = net.dial(NUMBER)
    call.wait(130)
    found = [code for code in net.debugger.codes() if code not in (0, 11217)]
    assert found[:1] == codes
    assert set(found) <= {*codes, 11100} | ({13430} if attribute == "digits" else set())
