"""The JSON forms of what the network holds, field by field as Twilio's REST API has them. [L]

Moments are RFC 2822, and a duration is seconds as text.
"""

import json
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from ivr.network.line.leg import Conference, Leg, LegNetwork, Participant
from ivr.network.line.lines import App
from ivr.network.line.queues import Member, Queue
from ivr.network.line.records import Message, Recording
from ivr.network.network import Network
from ivr.network.wire.debugger import LogEntry

Json = dict[str, Any]
_SAME: dict[str, Json] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
"""Of each resource the fields that are always the same here, and the folders below its address."""


def _date(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at.replace(microsecond=0))


def _resource(net: LegNetwork, kind: str, path: str, created: datetime | None = None, **fields: object) -> Json:
    """Give the fields that resources share, with those that are the same for all of a kind, and the others."""
    uri = f"/2010-04-01/Accounts/{net.account_sid}/{path}"
    same = dict(_SAME[kind])
    if "subresource_uris" in same:
        below = same["subresource_uris"].items()
        same["subresource_uris"] = {name: f"{uri}/{folder}.json" for name, folder in below}
    if created is not None:
        same |= {"date_created": _date(created), "date_updated": _date(created)}
    return {**same, "account_sid": net.account_sid, "uri": f"{uri}.json", **fields}


def account(net: Network) -> Json:
    return {**_SAME["account"], "sid": net.account_sid}


def call(leg: Leg) -> Json:
    return _resource(
        leg.net,
        "call",
        f"Calls/{leg.sid}",
        leg.created,
        sid=leg.sid,
        parent_call_sid=leg.parent.sid if leg.parent is not None else None,
        to=leg.to,
        to_formatted=leg.to,
        from_formatted=leg.from_,
        status=leg.status,
        direction=leg.direction,
        start_time=_date(leg.answered),
        end_time=_date(leg.ended_at),
        duration=str(leg.duration) if leg.over else None,
        date_updated=_date(leg.ended_at or leg.answered or leg.created),
        answered_by=leg.annotations.get("AnsweredBy"),
        caller_name=leg.caller_name,
        forwarded_from=leg.forwarded_from or None,
        **{"from": leg.from_},
    )


def message(net: Network, sent: Message) -> Json:
    known = {"sid": sent.sid, "from": sent.from_, "to": sent.to, "body": sent.body, "date_sent": _date(sent.at)}
    return _resource(net, "message", f"Messages/{sent.sid}", sent.at, **known)


def queue(net: Network, found: Queue) -> Json:
    return _resource(
        net,
        "queue",
        f"Queues/{found.sid}",
        found.created,
        sid=found.sid,
        friendly_name=found.name,
        current_size=len(found.members),
        max_size=found.max_size,
        average_wait_time=found.average_wait,
    )


def member(net: Network, found: Queue, waiting: Member) -> Json:
    return _resource(
        net,
        "member",
        f"Queues/{found.sid}/Members/{waiting.call_sid}",
        call_sid=waiting.call_sid,
        queue_sid=found.sid,
        position=found.members.index(waiting) + 1,
        wait_time=found.waited(waiting),
        date_enqueued=_date(waiting.entered),
    )


def recording(net: Network, kept: Recording) -> Json:
    """A recording; its sound is at the same address without `.json`."""
    return _resource(
        net,
        "recording",
        f"Recordings/{kept.sid}",
        kept.started,
        sid=kept.sid,
        call_sid=kept.call_sid,
        conference_sid=kept.conference_sid or None,
        status=kept.status,
        source=kept.source,
        channels=kept.channels,
        duration=str(kept.duration),
        start_time=_date(kept.started),
        media_url=kept.url,
    )


def _settings(app: App) -> Json:
    same = (
        "friendly_name voice_url voice_method voice_fallback_url voice_fallback_method status_callback "
        "status_callback_method"
    )
    return {name: getattr(app, name) for name in same.split()} | {"voice_caller_id_lookup": app.caller_id_lookup}


def number(net: Network, app: App) -> Json:
    return _resource(
        net,
        "number",
        f"IncomingPhoneNumbers/{app.sid}",
        sid=app.sid,
        phone_number=app.number,
        voice_application_sid=app.application_sid or None,
        **_settings(app),
    )


def available(number: str, country: str) -> Json:
    shown = f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return {**_SAME["available"], "phone_number": number, "friendly_name": shown, "iso_country": country}


def application(net: Network, app: App) -> Json:
    return _resource(net, "application", f"Applications/{app.sid}", sid=app.sid, **_settings(app))


def notification(net: Network, entry: LogEntry) -> Json:
    """A line of the debugger; its log level is 0 for an error and 1 for a warning. [L]"""
    return {
        **_SAME["notification"],
        "account_sid": net.account_sid,
        "call_sid": entry.call_sid or None,
        "error_code": str(entry.code),
        "log": "0" if entry.level == "error" else "1",
        "message_text": entry.message,
        "message_date": _date(entry.at),
        "request_url": entry.url or None,
        "more_info": f"https://www.twilio.com/docs/errors/{entry.code}",
    }


def conference(conference: Conference) -> Json:
    return _resource(
        conference.net,
        "conference",
        f"Conferences/{conference.sid}",
        conference.created,
        sid=conference.sid,
        friendly_name=conference.name,
        status=conference.status,
        date_updated=_date(conference.changed or conference.created),
        reason_conference_ended=conference.ended_because or None,
    )


def participant(conference: Conference, person: Participant) -> Json:
    return {
        **joining(conference, person.leg, person.label, person.created),
        "muted": person.muted,
        "hold": person.hold,
        "coaching": bool(person.coaches),
        "call_sid_to_coach": person.coaches or None,
        "start_conference_on_enter": person.starts_conference,
        "end_conference_on_exit": person.ends_conference,
        "status": "connected",
    }


def joining(conference: Conference, leg: Leg, label: str, at: datetime | None = None) -> Json:
    """Somebody who is being called into a conference."""
    return _resource(
        conference.net,
        "participant",
        f"Conferences/{conference.sid}/Participants/{leg.sid}",
        at or leg.created,
        call_sid=leg.sid,
        conference_sid=conference.sid,
        label=label or None,
        status=leg.status,
    )
