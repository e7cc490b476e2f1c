"""What the requests of a call say of it. docs/twilio-facts.md#a2-1-standard-parameters"""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import assert_never

from ivr.network.line.statuses import SIP_RESPONSES, CallEvent, CallStatus, Direction, final_status
from ivr.network.wire.geography import Place, place_of


def standard_params(
    account_sid: str, call_sid: str, from_: str, to: str, *, direction: Direction, places: Mapping[str, Place]
) -> dict[str, str]:
    """Give the parameters that every request of a call carries; geography that is not known is blank. [O]"""
    fields = {
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "CallSid": call_sid,
        "Called": to,
        "Caller": from_,
        "Direction": direction,
        "From": from_,
        "To": to,
    }
    for sides, number in ((("Called", "To"), to), (("Caller", "From"), from_)):
        place = place_of(number, places)
        for side in sides:
            fields[f"{side}City"] = place.city
            fields[f"{side}Country"] = place.country
            fields[f"{side}State"] = place.state
            fields[f"{side}Zip"] = place.zip
    if direction == "inbound":
        fields["CallToken"] = f'{{"parentCallInfoToken":"{call_sid[2:]}"}}'
    return fields


def progress_params(
    event: CallEvent, sequence: int, at: datetime, duration: int, outbound: CallStatus | None
) -> dict[str, str]:
    """Give what a status callback adds; event `completed` carries the durations, and how an `outbound` call ended.

    [D][O] docs/twilio-facts.md#a2-3-extra-parameters
    """
    fields = {
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence),
        "Timestamp": format_datetime(at),
    }
    match event:
        case "completed":
            ended = {} if outbound is None else {"SipResponseCode": SIP_RESPONSES[final_status(outbound)]}
            return {**fields, "CallDuration": str(duration), "Duration": str(-(-duration // 60)), **ended}
        case "initiated" | "ringing" | "answered":
            return fields
        case _:
            assert_never(event)
