"""The closed vocabularies of a call, in Twilio's own words. [D] docs/twilio-facts.md#a1-life-of-a-call"""

from collections.abc import Collection
from typing import Literal, assert_never, get_args

FinalStatus = Literal["completed", "busy", "failed", "no-answer", "canceled"]
CallStatus = Literal["queued", "initiated", "ringing", "in-progress"] | FinalStatus
Direction = Literal["inbound", "outbound-api", "outbound-dial"]
CallEvent = Literal["initiated", "ringing", "answered", "completed"]
"""What a status callback may ask to be told of."""


def call_events(words: Collection[str]) -> tuple[CallEvent, ...]:
    """Give the events of these names; raises ValueError for a word that is none."""
    events: tuple[CallEvent, ...] = get_args(CallEvent)
    if unknown := sorted(set(words) - set(events)):
        raise ValueError(f"status_callback_event {unknown[0]!r} is none of {', '.join(events)}")
    return tuple(event for event in events if event in words)


FINAL_STATUSES: frozenset[CallStatus] = frozenset(get_args(FinalStatus))


def final_status(status: CallStatus) -> FinalStatus:
    """Give the status of a call that is over; raises ValueError for one that is not."""
    match status:
        case "completed" | "busy" | "failed" | "no-answer" | "canceled":
            return status
        case "queued" | "initiated" | "ringing" | "in-progress":
            raise ValueError(f"a call that is {status} is not over")
        case _:
            assert_never(status)


SIP_RESPONSES: dict[FinalStatus, str] = {
    "completed": "200",
    "busy": "486",
    "no-answer": "487",
    "canceled": "487",
    "failed": "404",
}
"""What an outbound call's last callback tells of it: 200 was captured [O], the others are those of SIP. [U]"""

DialCallStatus = Literal["answered"] | FinalStatus
"""What a <Dial> tells its action. [D] docs/twilio-facts.md#a8-dial"""

AnsweredBy = Literal["human", "machine_start", "machine_end_beep", "fax", "unknown"]
"""What machine detection can find."""
