"""TwiML's words: which element may stand where, with which attributes, ranges, defaults and error codes.

Only tables. The union of what Twilio documents [D] and what its library writes [L] counts as known; codes are
those of A4.1. A reader turns an attribute's text into a value or raises ValueError with what was expected.
"""

from collections.abc import Callable
from dataclasses import dataclass

Reader = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Attr:
    """One attribute: how its text is read, what it is when absent or bad, and the code logged when bad."""

    read: Reader
    default: object = None
    code: int = 12200


@dataclass(frozen=True, slots=True)
class Word:
    """One element: its attributes, the elements it may hold, whether it holds text, the code for strangers."""

    attributes: dict[str, Attr]
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
        sound = digits.isdecimal() and len(digits) <= _DIGITS
        if not sound or int(digits) < low or (high is not None and int(digits) > high):
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


def some_of(*words: str) -> Reader:
    """Read a blank-separated list of `words`."""

    def read(value: str) -> object:
        found = value.split()
        if not found or not set(found) <= set(words):
            raise ValueError("one or more of " + " ".join(words))
        return tuple(found)

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


_MODELS = words(
    "default numbers_and_commands phone_call experimental_conversations experimental_utterances "
    "googlev2_long googlev2_short googlev2_telephony googlev2_telephony_short deepgram_nova-2 "
    "deepgram_nova-3"
)
_MIXED = (
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
    "true",
    "false",
)


def _callbacks(code: int = 12200) -> dict[str, Attr]:
    return {
        "statusCallback": Attr(_text),
        "statusCallbackMethod": Attr(_method, "POST", code),
        "statusCallbackEvent": Attr(_text, "completed"),
    }


def _recording(code: int) -> dict[str, Attr]:
    return {
        "recordingStatusCallback": Attr(_text),
        "recordingStatusCallbackMethod": Attr(_method, "POST", code),
        "recordingStatusCallbackEvent": Attr(_text, "completed"),
        "recordingConfigurationId": Attr(_text),
    }


def _unread(names: str) -> dict[str, Attr]:
    """Attributes that are known and carried, but that this network does nothing with."""
    return {name: Attr(_text) for name in names.split()}


_AMD = {
    "machineDetection": Attr(one_of("Enable", "DetectMessageEnd", "true", "false")),
    "amdStatusCallback": Attr(_text),
    "amdStatusCallbackMethod": Attr(_method, "POST"),
    **_unread(
        "machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold "
        "machineDetectionSilenceTimeout"
    ),
}
_ACTION = {"action": Attr(_text)}
SSML = words("break emphasis lang p phoneme prosody s say-as sub w")
_SPOKEN = frozenset({"Say", "Play", "Pause"})

WORDS: dict[str, Word] = {
    "Response": Word(
        {},
        words(
            "Say Play Pause Gather Record Redirect Reject Hangup Dial Enqueue Leave Refer Connect Start "
            "Stop Pay Prompt Sms Echo Queue"
        ),
    ),
    "Say": Word(
        {
            "voice": Attr(_text, "man", 13511),
            "language": Attr(_text, "", 13512),
            "loop": Attr(whole(0), 1, 13510),
        },
        SSML,
        text=True,
        nested_code=13520,
    ),
    "Play": Word({"loop": Attr(whole(0), 1, 13410), "digits": Attr(_tones, None, 13430)}, text=True),
    "Pause": Word({"length": Attr(whole(1), 1, 13910)}),
    "Gather": Word(
        {
            "input": Attr(_inputs, ("dtmf",), 13326),
            "action": Attr(_text),
            "method": Attr(_method, "POST", 13312),
            "timeout": Attr(_seconds_or_auto, 5, 13313),
            "numDigits": Attr(whole(1), None, 13314),
            "finishOnKey": Attr(_keys(several=False), "#", 13310),
            "actionOnEmptyResult": Attr(_flag, False, 13338),
            "speechTimeout": Attr(_seconds_or_auto, None, 13327),
            "maxSpeechTime": Attr(whole(1), None, 13328),
            "partialResultCallback": Attr(_text),
            "partialResultCallbackMethod": Attr(_method, "POST", 13329),
            "hints": Attr(_hints, "", 13330),
            "language": Attr(_text, "en-US", 13331),
            "bargeIn": Attr(_flag, True, 13332),
            "profanityFilter": Attr(_flag, True, 13333),
            "speechModel": Attr(one_of(*sorted(_MODELS)), "default", 13334),
            "enhanced": Attr(_flag, False),
            "debug": Attr(_flag, False),
        },
        _SPOKEN,
        nested_code=13320,
    ),
    "Record": Word(
        {
            **_ACTION,
            "method": Attr(_method, "POST", 13610),
            "timeout": Attr(whole(0), 5, 13612),
            "finishOnKey": Attr(_keys(several=True), "1234567890*#", 13613),
            "maxLength": Attr(whole(1, 86_400), None, 13611),
            "playBeep": Attr(_flag, True, 13614),
            "trim": Attr(one_of("trim-silence", "do-not-trim"), "trim-silence", 13699),
            "transcribe": Attr(_flag, False, 13615),
            "transcribeCallback": Attr(_text),
            **_recording(13616),
        }
    ),
    "Redirect": Word({"method": Attr(_method, "POST", 13710)}, text=True),
    "Reject": Word({"reason": Attr(one_of("rejected", "busy"), "rejected", 13810)}, frozenset({"Parameter"})),
    "Hangup": Word({}, frozenset({"Parameter"})),
    "Leave": Word({}),
    "Dial": Word(
        {
            **_ACTION,
            "method": Attr(_method, "POST", 13210),
            "timeout": Attr(whole(1, 600), 30, 13212),
            "hangupOnStar": Attr(_flag, False, 13213),
            "callerId": Attr(_text, None, 13214),
            "timeLimit": Attr(whole(1, 86_400), None, 13216),
            "record": Attr(one_of(*_MIXED), "do-not-record", 13217),
            "sequential": Attr(_flag, False, 13218),
            "answerOnBridge": Attr(_flag, False, 13219),
            "ringTone": Attr(_text, None, 13220),
            "trim": Attr(one_of("trim-silence", "do-not-trim"), "do-not-trim"),
            "referMethod": Attr(_method, "POST", 13210),
            **_recording(12200),
            **_unread("recordingTrack referUrl callReason events passports"),
        },
        frozenset({"Number", "Client", "Sip", "Queue", "Conference", "Sim", "Application", "WhatsApp"}),
        text=True,
        nested_code=13215,
    ),
    "Number": Word(
        {
            "url": Attr(_text),
            "method": Attr(_method, "POST", 13221),
            "sendDigits": Attr(_tones, "", 13222),
            **_callbacks(13221),
            **_unread("byoc"),
            **_AMD,
        },
        text=True,
    ),
    "Client": Word(
        {"url": Attr(_text), "method": Attr(_method, "POST"), **_callbacks()},
        frozenset({"Identity", "Parameter"}),
        text=True,
    ),
    "Sip": Word(
        {
            "url": Attr(_text),
            "method": Attr(_method, "POST"),
            **_callbacks(),
            **_unread("username password"),
            **_AMD,
        },
        frozenset({"Uri", "Headers"}),
        text=True,
    ),
    "Sim": Word({}, text=True),
    "Application": Word(
        {
            "url": Attr(_text),
            "method": Attr(_method, "POST"),
            **_callbacks(),
            **_unread("customerId copyParentTo"),
        },
        frozenset({"ApplicationSid", "Parameter"}),
        text=True,
    ),
    "WhatsApp": Word({"url": Attr(_text), "method": Attr(_method, "POST"), **_callbacks()}, text=True),
    "Queue": Word(
        {
            "url": Attr(_text),
            "method": Attr(_method, "POST", 14210),
            **_unread("reservationSid postWorkActivitySid"),
        },
        text=True,
    ),
    "Conference": Word(
        {
            "muted": Attr(_flag, False, 13230),
            "beep": Attr(one_of("true", "false", "onEnter", "onExit"), "true", 13232),
            "startConferenceOnEnter": Attr(_flag, True, 13233),
            "endConferenceOnExit": Attr(_flag, False, 13234),
            "waitUrl": Attr(_text),
            "waitMethod": Attr(_method, None, 13235),
            "maxParticipants": Attr(whole(2, 250), 250, 13236),
            "record": Attr(one_of("do-not-record", "record-from-start", "true", "false"), "do-not-record"),
            "participantLabel": Attr(_text),
            "coach": Attr(_text),
            "trim": Attr(one_of("trim-silence", "do-not-trim"), "trim-silence"),
            **_callbacks(13237),
            **_recording(12200),
            **_unread("region jitterBufferSize eventCallbackUrl"),
        },
        text=True,
    ),
    "Enqueue": Word(
        {
            **_ACTION,
            "method": Attr(_method, "POST", 14201),
            "waitUrl": Attr(_text),
            "waitUrlMethod": Attr(_method, None, 14206),
            "maxQueueSize": Attr(whole(1, 5000), None),
            "workflowSid": Attr(_text),
        },
        frozenset({"Task"}),
        text=True,
    ),
    "Task": Word({"priority": Attr(whole(0), None), "timeout": Attr(whole(0), None)}, text=True),
    "Sms": Word(
        {
            **_ACTION,
            **_unread("to from statusCallback"),
            "method": Attr(_method, "POST", 14104),
        },
        text=True,
    ),
    "Refer": Word({**_ACTION, "method": Attr(_method, "POST")}, frozenset({"Sip"})),
    "Connect": Word(
        {**_ACTION, "method": Attr(_method, "POST")},
        words("AiSession Autopilot Conversation ConversationRelay ConversationRelaySession Room Stream VirtualAgent"),
    ),
    "Start": Word(
        {**_ACTION, "method": Attr(_method, "POST")},
        frozenset({"Recording", "Siprec", "Stream", "Transcription"}),
        nested_code=14300,
    ),
    "Stop": Word({}, frozenset({"Siprec", "Stream", "Transcription"})),
    "Pay": Word(
        _unread(
            "input action bankAccountType statusCallback statusCallbackMethod timeout maxAttempts securityCode "
            "postalCode minPostalCodeLength paymentConnector paymentMethod tokenType chargeAmount currency "
            "description validCardTypes language"
        ),
        frozenset({"Parameter", "Prompt"}),
    ),
    "Prompt": Word(_unread("for errorType cardType attempt requireMatchingInputs"), _SPOKEN),
    "Echo": Word({}),
}

# Elements whose inside is not looked at: nouns of what is not emulated, and speech markup.
UNREAD = words(
    "AiSession Autopilot Conversation ConversationRelay ConversationRelaySession Room Stream "
    "VirtualAgent Recording Siprec Transcription Parameter Identity Uri Headers ApplicationSid"
)
