"""Forms to inputs: what a signed request of the carrier says.

Knows Twilio's field names and their shapes; must not know calls or flows. The other direction is `ivr.webhooks.twiml`.

Twilio signs names and values without separators, so whoever holds one signed request can move the borders between
its fields and keep the signature. `fields` is what refuses that: shapes, no field twice, and no field hidden in
the one before it.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from ivr.call import events
from ivr.call.redaction import redact
from ivr.hotline.hotline import Ringing
from ivr.store.vocabulary import is_final

Form = Mapping[str, str]

LONGEST_SPEECH = 1_000
"""Characters of recognised words that are kept; what was cut is marked with an ellipsis. Card numbers and codes that
callers read out where nobody asked for them are masked before anything else sees them."""

WRONG_KEYS = events.Digits("?")
"""Stands for keys that no telephone has: wrong input for every menu and question, never an error of ours."""

_SID = "[0-9a-fA-F]{32}"
_ADDRESS = r"\+?([0-9*#]{0,20}|[A-Za-z ]{1,30})|[a-z]+:[^\x00-\x20]{1,250}"
"""A number, an address such as `client:` or `sip:`, or a word for a number that is withheld."""
_SHAPES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(shape)
    for name, shape in {
        "AccountSid": f"AC{_SID}",
        "ApiVersion": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "ApplicationSid": f"(AP{_SID})?",
        "CallSid": f"CA{_SID}",
        "CallStatus": "[a-z-]{1,20}",
        "Called": _ADDRESS,
        "Caller": _ADDRESS,
        "DialBridged": "true|false",
        "DialCallSid": f"(CA{_SID})?",
        "DialCallStatus": "[a-z-]{1,20}",
        "Direction": "inbound|outbound-api|outbound-dial",
        "FinishedOnKey": "[0-9a-z*#]{0,20}",
        "From": _ADDRESS,
        "ParentCallSid": f"CA{_SID}",
        "QueueResult": "[a-z-]{1,30}",
        "QueueSid": f"(QU{_SID})?",
        "RecordingSid": f"(RE{_SID})?",
        "RecordingUrl": r"(https?://[^\s\"'<>\\\x7f-\U0010ffff]{1,500})?",
        "To": _ADDRESS,
    }.items()
}
_REQUIRED = ("AccountSid", "CallSid", "CallStatus")
_STANDARD = frozenset(_SHAPES) | {
    "AddOns", "AnsweredBy", "AvgQueueTime", "CallDuration", "CallToken", "CalledCity", "CalledCountry", "CalledState",
    "CalledVia", "CalledZip", "CallbackSource", "CallerCity", "CallerCountry", "CallerName", "CallerState",
    "CallerZip", "Confidence", "CurrentQueueSize", "DialCallDuration", "Digits", "Duration", "ErrorCode", "ErrorUrl",
    "ForwardedFrom", "FromCity", "FromCountry", "FromState", "FromZip", "MaxQueueSize", "QueuePosition", "QueueTime",
    "RecordingDuration", "SequenceNumber", "SipResponseCode", "SpeechResult", "StirVerstat", "Timestamp", "ToCity",
    "ToCountry", "ToState", "ToZip", "msg",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,60}([_.-][A-Za-z0-9_.-]{1,100})?")
_KEYS = re.compile(r"[0-9*#w]{1,100}")
_TURN_AT_END = re.compile(r"/voice(/[^/]+/turns/(?P<turn>[0-9]{1,4})(/poll)?)?(\?.*)?$", re.ASCII)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE, spelled on the keys of a telephone."""

_QUEUE_RESULTS: Mapping[str, events.QueueResult] = {
    "bridged": "answered",
    "leave": "left",
    "queue-full": "full",
    "hangup": "hangup",
}
_DIAL_RESULTS: Mapping[str, events.TransferResult] = {
    "completed": "answered",
    "answered": "answered",
    "busy": "busy",
    "no-answer": "no_answer",
}


class Refused(Exception):
    """A request that is not answered: the HTTP status, and why, for the log alone; for a signature that does not fit
    also the address that it was checked against."""

    def __init__(self, status: int, why: str, address: str | None = None) -> None:
        self.status = status
        self.why = why
        self.address = address
        super().__init__(f"{status}: {why}")


def pairs(body: bytes, most_fields: int) -> list[tuple[str, str]]:
    """The names and values of a form as they were sent, blank ones too. Bytes that are no UTF-8 are kept as lone
    surrogates, so that what was signed can be put together again. Raises Refused."""
    if body.count(b"&") >= most_fields:
        raise Refused(413, "too many fields")
    try:
        written = body.decode("ascii")
    except UnicodeDecodeError:
        raise Refused(400, "no form") from None
    # As `parse_qsl`, in a tenth of its time: most of the thirty fields of a request have nothing to decode.
    split = [pair.partition("=") for pair in written.replace("+", " ").split("&") if pair]
    return [(_unquoted(name) if "%" in name else name, _unquoted(value) if "%" in value else value)
            for name, _, value in split]  # fmt: skip


def _unquoted(ascii_text: str) -> str:
    return unquote_to_bytes(ascii_text).decode("utf-8", "surrogateescape")


def fields(sent: Collection[tuple[str, str]]) -> Form:
    """What was sent, by name, if it is what the carrier may send. New fields may come at any time and are kept.
    Raises Refused."""
    fitting, gaps = _expected(tuple([name for name, _ in sent]))
    form = dict(sent)
    for name, fits in fitting:
        if not fits(form[name]):
            raise Refused(400, f"{name} has no such shape")
    for names, absent in gaps:
        text = "".join([name + form[name] for name in names])
        for each in absent:
            if each in text:
                raise Refused(400, f"{each} within another field")
    return form


Fitting = Sequence[tuple[str, Callable[[str], object]]]
Gaps = Sequence[tuple[Sequence[str], Sequence[str]]]


@lru_cache(maxsize=256)
def _expected(sent: tuple[str, ...]) -> tuple[Fitting, Gaps]:
    """What is to be looked at in a form of these names, which the same requests have: the shapes of values, and what
    stands side by side in the order of signing, each with the carrier's names that would stand there and were not sent.

    None of these may be in the value before it, in a name that is none of the carrier's, or across the border of the
    two: then it was moved there. Raises Refused for names that are not a form of the carrier.
    """
    for name in sent:
        if name in _STANDARD and sent.count(name) > 1:
            raise Refused(400, f"{name} twice")
        if name not in _STANDARD and not _NAME.fullmatch(name):
            raise Refused(400, "a name that is no field's")
    for name in _REQUIRED:
        if name not in sent:
            raise Refused(400, f"no {name}")
    found: list[tuple[list[str], list[str]]] = [([], [])]
    for name in sorted(_STANDARD.union(sent)):
        names, absent = found[-1]
        if name not in sent:
            absent.append(name)
        elif name in _STANDARD:
            found.append(([name], []))
        else:
            names.append(name)
    fitting = [(name, _SHAPES[name].fullmatch) for name in sent if name in _SHAPES]
    return fitting, [(names, absent) for names, absent in found if names and absent]


def ringing(form: Form) -> Ringing:
    """Who calls whom. A number that is withheld, not E.164, or a client's or SIP name becomes ""."""
    return Ringing(
        call_id=form["CallSid"],
        from_number=phone(form.get("From", "")),
        to_number=phone(form.get("To", "")),
    )


def phone(text: str) -> str:
    """`text` if it is a number in E.164 that somebody has, else ""."""
    return text if _NUMBER.fullmatch(text) and text not in _WITHHELD else ""


def heard(form: Form, *, empty: events.Input | None = None) -> events.Input:
    """What happened, by the fields that only one kind of request has. `empty` is what a form without any of them
    means, silence if not given.

    A result is taken even when the caller has hung up since; the end of the call has its own report.
    """
    over = is_final(form["CallStatus"])
    if result := form.get("QueueResult"):
        return events.QueueEnded(_QUEUE_RESULTS.get(result, "failed"), whole(form.get("QueueTime", "")) or 0)
    if status := form.get("DialCallStatus"):
        ended = _DIAL_RESULTS.get(status, "failed")
        if ended == "answered" and form.get("DialBridged") == "false":
            ended = "no_answer"  # the other side heard the whisper and hung up
        return events.HungUp() if over and ended != "answered" else events.TransferEnded(ended)
    if "RecordingUrl" in form:
        seconds = whole(form.get("RecordingDuration", "")) or 0
        if over and not seconds:
            return events.HungUp()
        return events.Recorded(form["RecordingUrl"], seconds, form.get("RecordingSid", ""), key(form).strip("#"))
    if over:
        return events.HungUp()
    if keys := form.get("Digits"):
        return events.Digits(keys) if _KEYS.fullmatch(keys) else WRONG_KEYS
    if words := redact(form.get("SpeechResult", "").strip(), LONGEST_SPEECH + 1).strip():
        return events.Spoken(words)
    if form.get("FinishedOnKey") == "#":
        return events.Digits("#")
    return empty or events.Silence()


def failed_turn(form: Form) -> int | None:
    """The turn to which the carrier has no answer of ours, by the address that failed."""
    found = _TURN_AT_END.search(form.get("ErrorUrl", ""))
    return int(found["turn"] or 0) if found else None


def steered(form: Form) -> bool:
    """Whether a wait has ended because we moved the caller ourselves: then it is no input."""
    return form.get("QueueResult", "") in ("redirected", "redirected-from-bridged")


def key(form: Form) -> str:
    """The one key pressed while waiting in a queue or leaving a message, or ""."""
    pressed = form.get("Digits", "")
    return pressed if len(pressed) == 1 and _KEYS.fullmatch(pressed) else ""


def whole(text: str) -> int | None:
    """A number of ASCII digits, or None. `int()` would take "²" for a crash and "٣" for 3."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
