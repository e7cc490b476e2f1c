"""TwiML's words: which element may stand where, with which attributes, ranges, defaults and error codes.

Only tables. The union of what Twilio documents [D] and what its library writes [L] counts as known; codes are
those of Twilio's dictionary. A reader turns an attribute's text into a value or raises ValueError with what was
expected. docs/twilio-facts.md#a10-elements-and-attributes, docs/twilio-facts.md#a4-1-failures
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

Reader = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: how its text is read, what it is when absent or bad, and the code logged when bad."""

    read: Reader
    default: object = None
    code: int = 12200


@dataclass(frozen=True, slots=True)
class ElementSchema:
    """One element: its attributes, the elements it may hold, whether it holds text, the code for strangers."""

    attributes: dict[str, Attribute]
    children: frozenset[str] = frozenset()
    text: bool = False
    nested_code: int = 12200


def words(listed: str) -> frozenset[str]:
    """Give the set of the blank-separated words of `listed`."""
    return frozenset(listed.split())


def _text(value: str) -> object:
    return value


def _flag(value: str) -> object:
    if value.lower() not in ("true", "false"):
        raise ValueError("true or false")
    return value.lower() == "true"


def _method(value: str) -> object:
    if value.upper() not in ("GET", "POST"):
        raise ValueError("GET or POST")
    return value.upper()


_DIGITS = 9  # of a number without a limit of its own; a clock cannot count further


def whole(low: int, high: int | None = None) -> Reader:
    """Read a whole number between `low` and `high`."""

    def read(value: str) -> object:
        digits = value.strip()
        valid = digits.isdecimal() and len(digits) <= _DIGITS
        if not valid or int(digits) < low or (high is not None and int(digits) > high):
            upto = f" to {high}" if high is not None else ""
            size = f" of at most {_DIGITS} digits" if len(digits) > _DIGITS else ""
            raise ValueError(f"a whole number from {low}{upto}{size}")
        return int(digits)

    return read


def one_of(*words: str) -> Reader:
    """Read one of `words`, whatever its case."""
    known = {word.lower(): word for word in words}

    def read(value: str) -> object:
        if value.lower() not in known:
            raise ValueError("one of " + ", ".join(words))
        return known[value.lower()]

    return read


def _keys(several: bool) -> Reader:
    def read(value: str) -> object:
        if set(value) - set("0123456789#*") or (not several and len(value) > 1):
            raise ValueError("keys of 0-9 # *" if several else "one key of 0-9 # *, or nothing")
        return value

    return read


def _seconds_or_auto(value: str) -> object:
    return "auto" if value == "auto" else whole(1)(value)


def _inputs(value: str) -> object:
    found = value.replace(",", " ").split()
    if not found or not set(found) <= {"dtmf", "speech"}:
        raise ValueError("dtmf, speech or both")
    return tuple(found)


def _hints(value: str) -> object:
    entries = value.split(",")
    if len(entries) > 500 or any(len(entry.strip()) > 100 for entry in entries):
        raise ValueError("at most 500 entries of at most 100 characters")
    return value


def _tones(value: str) -> object:
    if set(value) - set("0123456789ABCDabcdwW#*"):
        raise ValueError("0-9 A-D w W # *")
    return value


_VOICE = re.compile(r"(?:Polly|Google|Azure|ElevenLabs|Amazon)\.[\w.-]+")


def _voice(value: str) -> object:
    if value not in ("man", "woman", "alice", "") and not _VOICE.fullmatch(value):
        raise ValueError("man, woman, or a voice such as Polly.Joanna")
    return value


_MODELS = words(
    "default numbers_and_commands phone_call experimental_conversations experimental_utterances "
    "googlev2_long googlev2_short googlev2_telephony googlev2_telephony_short deepgram_nova-2 "
    "deepgram_nova-3"
)
_DIAL_RECORD_VALUES = (
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
    "true",
    "false",
)


def _callbacks(code: int = 12200) -> dict[str, Attribute]:
    return {
        "statusCallback": Attribute(_text),
        "statusCallbackMethod": Attribute(_method, "POST", code),
        "statusCallbackEvent": Attribute(_text, "completed"),
    }


def _recording(code: int) -> dict[str, Attribute]:
    return {
        "recordingStatusCallback": Attribute(_text),
        "recordingStatusCallbackMethod": Attribute(_method, "POST", code),
        "recordingStatusCallbackEvent": Attribute(_text, "completed"),
        "recordingConfigurationId": Attribute(_text),
    }


def _unread(names: str) -> dict[str, Attribute]:
    """Attributes that are known and carried, but that this network does nothing with."""
    return {name: Attribute(_text) for name in names.split()}


_AMD = {
    "machineDetection": Attribute(one_of("Enable", "DetectMessageEnd", "true", "false")),
    "amdStatusCallback": Attribute(_text),
    "amdStatusCallbackMethod": Attribute(_method, "POST"),
    **_unread(
        "machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold "
        "machineDetectionSilenceTimeout"
    ),
}
_ACTION = {"action": Attribute(_text)}
SSML = words("break emphasis lang p phoneme prosody s say-as sub w")
_SPOKEN = frozenset({"Say", "Play", "Pause"})

ELEMENTS: dict[str, ElementSchema] = {
    "Response": ElementSchema(
        {},
        words(
            "Say Play Pause Gather Record Redirect Reject Hangup Dial Enqueue Leave Refer Connect Start "
            "Stop Pay Prompt Sms Echo Queue"
        ),
    ),
    "Say": ElementSchema(
        {
            "voice": Attribute(_voice, "man", 13511),
            "language": Attribute(_text, "", 13512),
            "loop": Attribute(whole(0), 1, 13510),
        },
        SSML,
        text=True,
        nested_code=13520,
    ),
    "Play": ElementSchema({"loop": Attribute(whole(0), 1, 13410), "digits": Attribute(_tones, None, 13430)}, text=True),
    "Pause": ElementSchema({"length": Attribute(whole(1), 1, 13910)}),
    "Gather": ElementSchema(
        {
            "input": Attribute(_inputs, ("dtmf",), 13326),
            "action": Attribute(_text),
            "method": Attribute(_method, "POST", 13312),
            "timeout": Attribute(_seconds_or_auto, 5, 13313),
            "numDigits": Attribute(whole(1), None, 13314),
            "finishOnKey": Attribute(_keys(several=False), "#", 13310),
            "actionOnEmptyResult": Attribute(_flag, False, 13338),
            "speechTimeout": Attribute(_seconds_or_auto, None, 13327),
            "maxSpeechTime": Attribute(whole(1), None, 13328),
            "partialResultCallback": Attribute(_text),
            "partialResultCallbackMethod": Attribute(_method, "POST", 13329),
            "hints": Attribute(_hints, "", 13330),
            "language": Attribute(_text, "en-US", 13331),
            "bargeIn": Attribute(_flag, True, 13332),
            "profanityFilter": Attribute(_flag, True, 13333),
            "speechModel": Attribute(one_of(*sorted(_MODELS)), "default", 13334),
            "enhanced": Attribute(_flag, False),
            "debug": Attribute(_flag, False),
        },
        _SPOKEN,
        nested_code=13320,
    ),
    "Record": ElementSchema(
        {
            **_ACTION,
            "method": Attribute(_method, "POST", 13610),
            "timeout": Attribute(whole(0), 5, 13612),
            "finishOnKey": Attribute(_keys(several=True), "1234567890*#", 13613),
            "maxLength": Attribute(whole(1, 86_400), None, 13611),
            "playBeep": Attribute(_flag, True, 13614),
            "trim": Attribute(one_of("trim-silence", "do-not-trim"), "trim-silence", 13699),
            "transcribe": Attribute(_flag, False, 13615),
            "transcribeCallback": Attribute(_text),
            **_recording(13616),
        }
    ),
    "Redirect": ElementSchema({"method": Attribute(_method, "POST", 13710)}, text=True),
    "Reject": ElementSchema(
        {"reason": Attribute(one_of("rejected", "busy"), "rejected", 13810)}, frozenset({"Parameter"})
    ),
    "Hangup": ElementSchema({}, frozenset({"Parameter"})),
    "Leave": ElementSchema({}),
    "Dial": ElementSchema(
        {
            **_ACTION,
            "method": Attribute(_method, "POST", 13210),
            "timeout": Attribute(whole(1, 600), 30, 13212),
            "hangupOnStar": Attribute(_flag, False, 13213),
            "callerId": Attribute(_text, None, 13214),
            "timeLimit": Attribute(whole(1, 86_400), None, 13216),
            "record": Attribute(one_of(*_DIAL_RECORD_VALUES), "do-not-record", 13217),
            "sequential": Attribute(_flag, False, 13218),
            "answerOnBridge": Attribute(_flag, False, 13219),
            "ringTone": Attribute(_text, None, 13220),
            "trim": Attribute(one_of("trim-silence", "do-not-trim"), "do-not-trim"),
            "referMethod": Attribute(_method, "POST", 13210),
            **_recording(12200),
            **_unread("recordingTrack referUrl callReason events passports"),
        },
        frozenset({"Number", "Client", "Sip", "Queue", "Conference", "Sim", "Application", "WhatsApp"}),
        text=True,
        nested_code=13215,
    ),
    "Number": ElementSchema(
        {
            "url": Attribute(_text),
            "method": Attribute(_method, "POST", 13221),
            "sendDigits": Attribute(_tones, "", 13222),
            **_callbacks(13221),
            **_unread("byoc"),
            **_AMD,
        },
        text=True,
    ),
    "Client": ElementSchema(
        {"url": Attribute(_text), "method": Attribute(_method, "POST"), **_callbacks()},
        frozenset({"Identity", "Parameter"}),
        text=True,
    ),
    "Sip": ElementSchema(
        {
            "url": Attribute(_text),
            "method": Attribute(_method, "POST"),
            **_callbacks(),
            **_unread("username password"),
            **_AMD,
        },
        frozenset({"Uri", "Headers"}),
        text=True,
    ),
    "Sim": ElementSchema({}, text=True),
    "Application": ElementSchema(
        {
            "url": Attribute(_text),
            "method": Attribute(_method, "POST"),
            **_callbacks(),
            **_unread("customerId copyParentTo"),
        },
        frozenset({"ApplicationSid", "Parameter"}),
        text=True,
    ),
    "WhatsApp": ElementSchema(
        {"url": Attribute(_text), "method": Attribute(_method, "POST"), **_callbacks()}, text=True
    ),
    "Queue": ElementSchema(
        {
            "url": Attribute(_text),
            "method": Attribute(_method, "POST", 14210),
            **_unread("reservationSid postWorkActivitySid"),
        },
        text=True,
    ),
    "Conference": ElementSchema(
        {
            "muted": Attribute(_flag, False, 13230),
            "beep": Attribute(one_of("true", "false", "onEnter", "onExit"), "true", 13232),
            "startConferenceOnEnter": Attribute(_flag, True, 13233),
            "endConferenceOnExit": Attribute(_flag, False, 13234),
            "waitUrl": Attribute(_text),
            "waitMethod": Attribute(_method, None, 13235),
            "maxParticipants": Attribute(whole(2, 250), 250, 13236),
            "record": Attribute(one_of("do-not-record", "record-from-start", "true", "false"), "do-not-record"),
            "participantLabel": Attribute(_text),
            "coach": Attribute(_text),
            "trim": Attribute(one_of("trim-silence", "do-not-trim"), "trim-silence"),
            **_callbacks(13237),
            **_recording(12200),
            **_unread("region jitterBufferSize eventCallbackUrl"),
        },
        text=True,
    ),
    "Enqueue": ElementSchema(
        {
            **_ACTION,
            "method": Attribute(_method, "POST", 14201),
            "waitUrl": Attribute(_text),
            "waitUrlMethod": Attribute(_method, None, 14206),
            "maxQueueSize": Attribute(whole(1, 5000), None),
            "workflowSid": Attribute(_text),
        },
        frozenset({"Task"}),
        text=True,
    ),
    "Task": ElementSchema({"priority": Attribute(whole(0), None), "timeout": Attribute(whole(0), None)}, text=True),
    "Sms": ElementSchema(
        {
            **_ACTION,
            **_unread("to from statusCallback"),
            "method": Attribute(_method, "POST", 14104),
        },
        text=True,
    ),
    "Refer": ElementSchema({**_ACTION, "method": Attribute(_method, "POST")}, frozenset({"Sip"})),
    "Connect": ElementSchema(
        {**_ACTION, "method": Attribute(_method, "POST")},
        words("AiSession Autopilot Conversation ConversationRelay ConversationRelaySession Room Stream VirtualAgent"),
    ),
    "Start": ElementSchema(
        {**_ACTION, "method": Attribute(_method, "POST")},
        frozenset({"Recording", "Siprec", "Stream", "Transcription"}),
        nested_code=14300,
    ),
    "Stop": ElementSchema({}, frozenset({"Siprec", "Stream", "Transcription"})),
    "Pay": ElementSchema(
        _unread(
            "input action bankAccountType statusCallback statusCallbackMethod timeout maxAttempts securityCode "
            "postalCode minPostalCodeLength paymentConnector paymentMethod tokenType chargeAmount currency "
            "description validCardTypes language"
        ),
        frozenset({"Parameter", "Prompt"}),
    ),
    "Prompt": ElementSchema(_unread("for errorType cardType attempt requireMatchingInputs"), _SPOKEN),
    "Echo": ElementSchema({}),
}

# Elements whose inside is not looked at: nouns of what is not emulated, and speech markup.
UNREAD = words(
    "AiSession Autopilot Conversation ConversationRelay ConversationRelaySession Room Stream "
    "VirtualAgent Recording Siprec Transcription Parameter Identity Uri Headers ApplicationSid"
)
