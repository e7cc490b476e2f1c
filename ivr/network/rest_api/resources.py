"""The JSON forms of what the network holds, field by field as Twilio's REST API has them. [L]"""

from __future__ import annotations

import json
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, assert_never

from ivr.network.line.leg import Conference, Leg, LegNetwork, Participant
from ivr.network.line.lines import App
from ivr.network.line.queues import Member, Queue
from ivr.network.line.records import Message, Recording
from ivr.network.network import Network
from ivr.network.wire.debugger import LogEntry
from ivr.network.wire.error_codes import Level

Json = dict[str, Any]
_SAME: dict[str, Json] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
"""Of each resource the fields that are always the same here."""


def _date(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at.replace(microsecond=0))


def _uri(net: LegNetwork, path: str) -> str:
    return f"/2010-04-01/Accounts/{net.account_sid}/{path}.json"


def account(net: Network) -> Json:
    """The account itself."""
    return {**_SAME["account"], "sid": net.account_sid}


def call(leg: Leg) -> Json:
    """A call; times are RFC 2822, the duration is seconds as text."""
    net = leg.net
    return {
        **_SAME["call"],
        "sid": leg.sid,
        "account_sid": net.account_sid,
        "parent_call_sid": leg.parent.sid if leg.parent is not None else None,
        "to": leg.to,
        "to_formatted": leg.to,
        "from": leg.from_,
        "from_formatted": leg.from_,
        "status": leg.status,
        "direction": leg.direction,
        "start_time": _date(leg.answered),
        "end_time": _date(leg.ended_at),
        "duration": str(leg.duration) if leg.over else None,
        "date_created": _date(leg.created),
        "date_updated": _date(leg.ended_at or leg.answered or leg.created),
        "answered_by": leg.annotations.get("AnsweredBy"),
        "caller_name": leg.caller_name,
        "forwarded_from": leg.forwarded_from or None,
        "uri": _uri(net, f"Calls/{leg.sid}"),
        "subresource_uris": {
            "recordings": _uri(net, f"Calls/{leg.sid}/Recordings"),
            "notifications": _uri(net, f"Calls/{leg.sid}/Notifications"),
        },
    }


def message(net: Network, sent: Message) -> Json:
    """A text message."""
    return {
        **_SAME["message"],
        "sid": sent.sid,
        "account_sid": net.account_sid,
        "from": sent.from_,
        "to": sent.to,
        "body": sent.body,
        "date_created": _date(sent.at),
        "date_sent": _date(sent.at),
        "date_updated": _date(sent.at),
        "uri": _uri(net, f"Messages/{sent.sid}"),
    }


def queue(net: Network, found: Queue) -> Json:
    """A queue."""
    return {
        "sid": found.sid,
        "account_sid": net.account_sid,
        "friendly_name": found.name,
        "current_size": len(found.members),
        "max_size": found.max_size,
        "average_wait_time": found.average_wait,
        "date_created": _date(found.created),
        "date_updated": _date(found.created),
        "uri": _uri(net, f"Queues/{found.sid}"),
        "subresource_uris": {"members": _uri(net, f"Queues/{found.sid}/Members")},
    }


def member(net: Network, found: Queue, waiting: Member) -> Json:
    """A call in a queue."""
    return {
        "call_sid": waiting.call_sid,
        "queue_sid": found.sid,
        "position": found.members.index(waiting) + 1,
        "wait_time": found.waited(waiting),
        "date_enqueued": _date(waiting.entered),
        "uri": _uri(net, f"Queues/{found.sid}/Members/{waiting.call_sid}"),
    }


def recording(net: Network, kept: Recording) -> Json:
    """A recording; its sound is at the same address without `.json`."""
    return {
        **_SAME["recording"],
        "sid": kept.sid,
        "account_sid": net.account_sid,
        "call_sid": kept.call_sid,
        "conference_sid": kept.conference_sid or None,
        "status": kept.status,
        "source": kept.source,
        "channels": kept.channels,
        "duration": str(kept.duration),
        "start_time": _date(kept.started),
        "date_created": _date(kept.started),
        "date_updated": _date(kept.started),
        "media_url": kept.url,
        "uri": _uri(net, f"Recordings/{kept.sid}"),
    }


def _settings(app: App) -> Json:
    """What numbers and TwiML Apps have alike."""
    return {
        "friendly_name": app.friendly_name,
        "voice_url": app.voice_url,
        "voice_method": app.voice_method,
        "voice_fallback_url": app.voice_fallback_url,
        "voice_fallback_method": app.voice_fallback_method,
        "voice_caller_id_lookup": app.caller_id_lookup,
        "status_callback": app.status_callback,
        "status_callback_method": app.status_callback_method,
    }


def number(net: Network, app: App) -> Json:
    """A telephone number and its settings."""
    return {
        "sid": app.sid,
        "account_sid": net.account_sid,
        "phone_number": app.number,
        **_settings(app),
        "voice_application_sid": app.application_sid or None,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "api_version": "2010-04-01",
        "uri": _uri(net, f"IncomingPhoneNumbers/{app.sid}"),
    }


def available(number: str, country: str) -> Json:
    """A number that can be had."""
    return {
        **_SAME["available"],
        "phone_number": number,
        "friendly_name": f"({number[2:5]}) {number[5:8]}-{number[8:]}",
        "iso_country": country,
    }


def application(net: Network, app: App) -> Json:
    """A TwiML App."""
    return {
        "sid": app.sid,
        "account_sid": net.account_sid,
        **_settings(app),
        "api_version": "2010-04-01",
        "uri": _uri(net, f"Applications/{app.sid}"),
    }


def notification(net: Network, entry: LogEntry) -> Json:
    """A line of the debugger; its log level is 0 for an error and 1 for a warning. [L]"""
    return {
        "account_sid": net.account_sid,
        "call_sid": entry.call_sid or None,
        "error_code": str(entry.code),
        "log": _log_level(entry.level),
        "message_text": entry.message,
        "message_date": _date(entry.at),
        "request_url": entry.url or None,
        "more_info": f"https://www.twilio.com/docs/errors/{entry.code}",
        "api_version": "2010-04-01",
    }


def _log_level(level: Level) -> str:
    match level:
        case "error":
            return "0"
        case "warning" | "notice":
            return "1"
        case _:
            assert_never(level)


def conference(conference: Conference) -> Json:
    """A conference."""
    return {
        **_SAME["conference"],
        "sid": conference.sid,
        "account_sid": conference.net.account_sid,
        "friendly_name": conference.name,
        "status": conference.status,
        "date_created": _date(conference.created),
        "date_updated": _date(conference.net.clock.now()),
        "reason_conference_ended": conference.ended_because or None,
        "uri": _uri(conference.net, f"Conferences/{conference.sid}"),
        "subresource_uris": {
            "participants": _uri(conference.net, f"Conferences/{conference.sid}/Participants"),
            "recordings": _uri(conference.net, f"Conferences/{conference.sid}/Recordings"),
        },
    }


def participant(conference: Conference, person: Participant) -> Json:
    """Somebody in a conference."""
    return {
        "call_sid": person.leg.sid,
        "account_sid": conference.net.account_sid,
        "conference_sid": conference.sid,
        "label": person.label or None,
        "muted": person.muted,
        "hold": person.hold,
        "coaching": bool(person.coaches),
        "call_sid_to_coach": person.coaches or None,
        "start_conference_on_enter": person.starts_conference,
        "end_conference_on_exit": person.ends_conference,
        "status": "connected",
        "queue_time": None,
        "date_created": _date(person.created),
        "date_updated": _date(person.created),
        "uri": _uri(conference.net, f"Conferences/{conference.sid}/Participants/{person.leg.sid}"),
    }


def joining(conference: Conference, leg: Leg, label: str) -> Json:
    """Somebody who is being called into a conference."""
    return {
        **_SAME["joining"],
        "call_sid": leg.sid,
        "account_sid": conference.net.account_sid,
        "conference_sid": conference.sid,
        "label": label or None,
        "status": leg.status,
        "uri": _uri(conference.net, f"Conferences/{conference.sid}/Participants/{leg.sid}"),
    }
