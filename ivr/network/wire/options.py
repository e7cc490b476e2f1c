"""The switches of the emulated network: what no page of Twilio settles.

The marks stand all over the network: [D] stated in Twilio's reference pages, [L] read out of a Twilio library, [O] seen
in a captured request, [C] told by other projects, [U] not verified. What is [U] is a field here and never a silent
assumption; the default is the reading that we recommend. The facts and their sources: docs/twilio-facts.md
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_type_hints


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the network behaves where no fact is known. All durations are seconds."""

    # -- speech and ringing (nobody's fact: a telephone has a pace, and this is ours) --
    chinese_characters_per_second: float = 4.5  # pace of Chinese speech; a digit counts as a character
    english_words_per_second: float = 2.6  # pace of other speech; a digit counts as a word
    play_seconds: float = 3.0  # length of a <Play> whose file is not fetched or has no readable length
    fetch_media: Literal["app", "all", "none"] = "app"  # which <Play> files are fetched: beside the app, all, none
    key_interval_seconds: float = 0.3  # between two keys of one `press`
    busy_after_seconds: float = 1.0  # from dialling a busy, failing or rejecting line to hearing so
    machine_detection_seconds: float = 4.0  # [U] how long machine detection listens before it decides
    machine_greeting_seconds: float = 8.0  # from then to the beep of an answering machine
    speech_end_seconds: float = 1.0  # what speechTimeout="auto" amounts to

    # -- requests --
    redirected_get_carries_parameters: bool = False  # [U] POST, then 302: does the GET get the form again?
    sign_each_hop: bool = True  # [U] follow-up requests of a redirect are signed for their own URL
    base_url_after_redirect: Literal["final", "requested"] = "final"  # [U] what relative URLs relate to
    cookies_per_call: bool = True  # [U] scope of the cookie jar; False: one jar for the account
    seconds_per_request: float = 0.0  # virtual seconds a reply takes when the app does not say (see spend)
    ca_file: str = ""  # a PEM file with the authority of your own https apps; Twilio trusts public ones only [D]
    tunnel: str = ""  # hosts reached without TLS, as behind a tunnel: `shop.example=127.0.0.1:5000 localhost:8765`
    late_callback_seconds: float = 0.0  # how late status callbacks leave
    callback_order: Literal["kept", "shuffled"] = "kept"  # callbacks of one call; Twilio promises no order [D]
    digits_when_empty: Literal["blank", "omitted"] = "blank"  # [U] actionOnEmptyResult: Digits= or none

    # -- documents --
    strict: bool = False  # [U] True: an unknown verb ends the call like a parse error; False: skip, log 12200
    bom_is_an_error: bool = True  # [C] "content is not allowed in prolog": a byte order mark is 12100
    wrong_voice: Literal["warn", "fail"] = "warn"  # [U] a voice that lacks the language: 13512, and with fail no words
    sms_action_fields: bool = True  # [U] whether an <Sms> action is told SmsSid and SmsStatus
    not_emulated: Literal["go on", "fail"] = "fail"  # what <Pay>, <Connect> and their like do to the call
    unexpected_error: Literal["fail", "log"] = "fail"  # what the pytest fixture does about an error nobody expected
    say_limit_counts: Literal["characters", "bytes"] = "bytes"  # [U] how Chinese counts towards Say limits

    # -- ConversationRelay --
    relay_answer_seconds: float = 15.0  # an app that has not answered the caller's words by then has failed
    relay_quiet_seconds: float = 1.0  # real seconds after which an app that owes no answer has no more to say
    relay_end: Literal["after speech", "at once"] = "after speech"  # [U] what `end` does to words sent before it

    # -- calls --
    first_request_failure: Literal["message", "busy"] = "message"  # [O] against [D]: what the caller hears
    typeahead: Literal["discard", "keep"] = "discard"  # [U] keys pressed before a Gather opened
    gather_action_on_hangup: bool = False  # [C] Twilio is silent; most say no request is made
    empty_recording: Literal["action", "fall through"] = "action"  # [D] now; fall through was the older rule
    caller_id: Literal["ours", "any"] = "ours"  # [D] whose numbers calls and messages may come from
    wrong_caller_id: Literal["fail", "go on"] = "fail"  # [C] <Dial> with a callerId that is not ours: 13214
    unknown_number: Literal["failed", "no-answer", "busy", "answers"] = "failed"  # a number nobody has on this network
    rejected_line_status: Literal["busy", "no-answer"] = "busy"  # [U] the callee presses "decline"
    dial_extra_seconds: float = 5.0  # [D] a Dial waits its timeout and about this much more
    missing_queue_status: str = "failed"  # [U] <Dial><Queue> of a queue nobody ever made
    empty_queue_status: str = "no-answer"  # [U] <Dial><Queue> that timed out
    call_limit_seconds: int = 14_400  # [D] four hours

    # -- the emulator's own guard: Twilio has no documented limit on documents --
    loop_guard_documents: int = 2_000  # documents of one call, not counting those of a queue's waiting
    loop_guard_instant: int = 50  # documents in a row without a second passing or the caller acting

    def __post_init__(self) -> None:
        for name, kind in _kinds().items():
            value, words = getattr(self, name), get_args(kind) or ((True, False) if kind is bool else ())
            if words and value not in words:
                raise ValueError(f"{name} is one of {', '.join(map(str, words))}, not {value!r}")
            least = 0.1 if name.endswith("_per_second") else 0  # a pace is never 0
            if kind in (int, float) and not least <= value <= _MOST:
                raise ValueError(f'{name} is a number from {least} to {_MOST}, not "{value}"')


_MOST = 1_000_000  # what a clock can count with


@cache
def _kinds() -> dict[str, Any]:
    return get_type_hints(Options)


def read_options(written: Mapping[str, str]) -> Options:
    """Give the options that `written` sets, by name and as text (`strict` = `true`); the rest keep their defaults.

    Raises ValueError with one sentence that names the option and what was expected.
    """
    return Options(**{name: _value(name, text) for name, text in written.items()})


def _value(name: str, text: str) -> Any:
    if name not in _kinds():
        near = difflib.get_close_matches(name, _kinds(), n=1)
        raise ValueError(f'"{name}" is no option' + (f'; did you mean "{near[0]}"?' if near else ""))
    kind = _kinds()[name]
    if kind is bool:
        if text not in ("true", "false"):
            raise ValueError(f'{name} is one of true, false, not "{text}"')
        return text == "true"
    try:
        return kind(text) if kind in (int, float) else text
    except ValueError:
        raise ValueError(f'{name} is a number, not "{text}"') from None
