"""What the requests of a call say of it, and where a number is. docs/twilio-facts.md#a2-1-standard-parameters"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import assert_never

from ivr.network.line.statuses import SIP_RESPONSES, CallEvent, CallStatus, Direction, final_status


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number is: the country by calling code, the state by area code. `country` is two letters.

    City and postal code are known of large cities that have an area code for themselves; of others a network is told.
    What is not known is blank.
    """

    country: str = ""
    state: str = ""
    city: str = ""
    zip: str = ""


_NOWHERE = Place()


def _read(file: Path) -> dict[str, Place]:
    written = tomllib.loads(file.read_text("utf-8"))
    places = {f"+{entry[2:]}": Place(entry[:2]) for entry in written["countries"].split()}
    for country, areas in written["areas"].items():
        for line in areas.split(";"):
            region, *codes = line.split()
            place = Place(region) if country == "elsewhere" else Place(country, region)
            places.update((f"+1{code}", place) for code in codes)
    for code, city, postal_code in re.findall(r"(\d+) ([A-Z ]+) (\w*\d\w*(?: \w+)?)", written["cities"]):
        places[f"+1{code}"] = replace(places[f"+1{code}"], city=city, zip=postal_code)
    return places


_PLACES = _read(Path(__file__).with_name("places.toml"))


def place_of(number: str, told: Mapping[str, Place]) -> Place:
    """Give where a number is; `told` are places by number or its beginning, and the longest that fits is taken."""
    fitting = [start for start in told if number.startswith(start)]
    return told[max(fitting, key=len)] if fitting else _known(number)


@lru_cache(maxsize=4096)
def _known(number: str) -> Place:
    return next((_PLACES[number[:end]] for end in (5, 4, 3, 2) if number[:end] in _PLACES), _NOWHERE)


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
