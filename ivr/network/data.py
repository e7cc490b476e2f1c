"""What happened on a network as data for JSON: for the network's page, and for whoever dials. Times are ISO, in UTC."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from ivr.network.line.leg import Leg
from ivr.network.line.records import Message
from ivr.network.line.transcript import Entry, format_entry
from ivr.network.network import Network
from ivr.network.wire.carrier import Exchange
from ivr.network.wire.debugger import LogEntry

Json = dict[str, Any]


def network_data(net: Network) -> Json:
    """Everything on the network; must be called while nothing else runs (`Clock.apply`)."""
    return {
        "account_sid": net.account_sid,
        "now": net.clock.now().isoformat(),
        "numbers": [{"number": app.number, "voice_url": app.voice_url} for app in net.numbers.values()],
        "calls": [call_data(leg) for leg in reversed(net.legs.values())],
        "messages": [record(sent) for sent in net.messages],
        "queues": [{"name": queue.name, "size": len(queue.members)} for queue in net.queues.values()],
        "debugger": [record(entry) for entry in net.debugger],
    }


def call_data(leg: Leg) -> Json:
    """One call with its transcript, also in `lines` of text, and its requests."""
    return {
        "sid": leg.sid,
        "from": leg.from_,
        "to": leg.to,
        "direction": leg.direction,
        "status": leg.status,
        "over": leg.over,
        "began": leg.created.isoformat(),
        "duration": leg.duration,
        "transcript": [record(entry) for entry in leg.transcript],
        "lines": [format_entry(entry) for entry in leg.transcript],
        "requests": [exchange_data(exchange) for exchange in leg.requests],
    }


def record(written: Entry | LogEntry | Message) -> Json:
    return {
        name.rstrip("_"): value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(written).items()
    }


def exchange_data(exchange: Exchange) -> Json:
    return {
        "at": exchange.at,
        "method": exchange.method,
        "url": exchange.url,
        "params": dict(exchange.params),
        "status": exchange.status,
        "error": exchange.error,
        "body": exchange.text,
    }
