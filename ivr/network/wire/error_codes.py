"""The codes that this network logs: their level, their meaning, and how sure the number is.

docs/twilio-facts.md#a4-1-failures

A number is marked `guess` where the sources give a range of codes and a list of meanings, and the two were matched by
their order; level and meaning are facts there too.
"""

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "notice"]
Mark = Literal["fact", "guess"]


@dataclass(frozen=True, slots=True)
class Code:
    """One number of Twilio's dictionary, in our own words."""

    level: Level
    meaning: str
    mark: Mark = "fact"


def _row(first: int, level: Level, meanings: str, mark: Mark = "fact") -> dict[int, Code]:
    """Number the meanings, which stand between semicolons, from `first`; an empty one leaves its number out."""
    named = enumerate(meanings.split("; "), first)
    return {number: Code(level, meaning, mark) for number, meaning in named if meaning != "-"}


CODES: dict[int, Code] = {
    **_row(11100, "error", "malformed address"),
    **_row(11200, "error", "the app could not be asked; no connection in time; connection refused; no reply in time"),
    **_row(11205, "error", "the connection failed; not HTTP"),
    **_row(11210, "error", "no such host"),
    **_row(11215, "error", "more than 10 redirects; a redirect that is not followed; HTTP status 4xx or 5xx"),
    **_row(11220, "error", "TLS failed"),
    **_row(11237, "error", "the certificate is not trusted", "guess"),
    **_row(11240, "error", "unknown edge in a connection override"),
    **_row(11243, "error", "unknown retry policy in a connection override"),
    **_row(11750, "error", "the reply is over 64 kB"),
    **_row(11770, "error", "the reply is empty"),
    **_row(12100, "error", "the document is not well-formed; XML version other than 1.0; the root is not <Response>"),
    **_row(12200, "warning", "unknown verb or attribute, unexpected nesting"),
    **_row(12300, "error", "Content-Type is no TwiML"),
    **_row(13000, "warning", "<Conference> beside other nouns"),
    **_row(13201, "error", "<Dial> in a screening document"),
    **_row(13210, "warning", "<Dial> method"),
    **_row(
        13212,
        "warning",
        "<Dial> timeout; <Dial> hangupOnStar; <Dial> callerId; element in <Dial>; <Dial> timeLimit; <Dial> record; "
        "<Dial> sequential; <Dial> answerOnBridge; <Dial> ringTone; <Number> method; <Number> sendDigits; "
        "dialled number's format",
    ),
    **_row(13230, "warning", "<Conference> muted", "guess"),
    **_row(
        13232,
        "warning",
        "<Conference> beep; <Conference> startConferenceOnEnter; <Conference> endConferenceOnExit; "
        "<Conference> waitMethod; <Conference> maxParticipants; <Conference> statusCallbackMethod",
        "guess",
    ),
    **_row(13238, "error", "verb not allowed in a conference's wait document"),
    **_row(
        13310,
        "warning",
        "<Gather> finishOnKey; <Gather> finishOnKey of several keys; <Gather> method; <Gather> timeout; "
        "<Gather> numDigits",
    ),
    **_row(13320, "warning", "element in <Gather>"),
    **_row(13325, "error", "Content-Type of a <Play> in <Gather>"),
    **_row(
        13326,
        "warning",
        "<Gather> input; <Gather> speechTimeout; <Gather> maxSpeechTime; <Gather> partialResultCallbackMethod; "
        "<Gather> hints; <Gather> language; <Gather> bargeIn; <Gather> profanityFilter; <Gather> speechModel; "
        "<Gather> speechTimeout=auto with the default model",
        "guess",
    ),
    **_row(13338, "error", "<Gather> actionOnEmptyResult"),
    **_row(13410, "warning", "<Play> loop"),
    **_row(13420, "error", "Content-Type of a <Play>"),
    **_row(13430, "warning", "<Play> digits"),
    **_row(13510, "warning", "<Say> loop; <Say> voice; <Say> language"),
    **_row(13520, "warning", "<Say> text; <Say> too long"),
    **_row(
        13610,
        "warning",
        "<Record> method; <Record> maxLength; <Record> timeout; <Record> finishOnKey; <Record> playBeep; "
        "<Record> transcribe; <Record> recordingStatusCallbackMethod",
        "guess",
    ),
    **_row(13699, "warning", "<Record> trim", "guess"),
    **_row(13710, "warning", "<Redirect> method"),
    **_row(13801, "error", "<Refer> on a call that is not SIP"),
    **_row(13810, "warning", "<Reject> reason"),
    **_row(13910, "warning", "<Pause> length"),
    **_row(14101, "warning", "<Sms> to; -; <Sms> without text; <Sms> method", "guess"),
    **_row(
        14201,
        "error",
        "<Enqueue> method; -; -; <Enqueue> without a name; <Enqueue> name too long; <Enqueue> waitUrlMethod",
    ),
    **_row(14207, "warning", "the queue is full"),
    **_row(14210, "error", "<Queue> method"),
    **_row(14300, "error", "noun of <Start>"),
    **_row(15003, "warning", "bad reply to a callback; an address that must be absolute"),
    **_row(16020, "error", "the conference is full", "guess"),
}
CODES[15004] = Code("error", CODES[15004].meaning)


def level_of(code: int) -> Level:
    """Give the level of `code`; 0 is a remark of the emulator's own."""
    return "notice" if code == 0 else CODES[code].level
