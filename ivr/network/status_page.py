"""What happens on a network, as a page for people and as JSON for programs. Reads only; must be called while nothing
else runs (`Clock.apply`)."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from ivr.network.line.leg import Leg
from ivr.network.line.transcript import format_entry
from ivr.network.network import Network

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .2rem .8rem .2rem 0; }
pre { background: #f4f4f4; padding: .8rem; overflow-x: auto; } .error { color: #a00; } .warning { color: #850; }
form { display: inline-block; margin: 0 1rem .5rem 0; } input { width: 11rem; } small, footer { color: #666; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } pre { background: #242424; }
.error { color: #f77; } .warning { color: #fb5; } a { color: #8bf; } small, footer { color: #999; } }
"""
_RECENT = 50


def listing(net: Network) -> dict[str, Any]:
    """Everything on the network: numbers, calls with transcripts, messages, queues, debugger. Times are ISO, in UTC."""
    return {
        "account_sid": net.account_sid,
        "now": net.clock.now().isoformat(),
        "numbers": [{"number": app.number, "voice_url": app.voice_url} for app in net.numbers.values()],
        "calls": [call(leg) for leg in reversed(net.legs.values())],
        "messages": [
            {"at": sent.at.isoformat(), "from": sent.from_, "to": sent.to, "body": sent.body} for sent in net.messages
        ],
        "queues": [{"name": queue.name, "size": len(queue.members)} for queue in net.queues.values()],
        "debugger": [
            {
                "at": entry.at.isoformat(),
                "level": entry.level,
                "code": entry.code,
                "message": entry.message,
                "call_sid": entry.call_sid,
                "url": entry.url,
                "line": entry.line,
            }
            for entry in net.debugger
        ],
    }


def call(leg: Leg) -> dict[str, Any]:
    """One call with its transcript and requests."""
    return {
        "sid": leg.sid,
        "from": leg.from_,
        "to": leg.to,
        "direction": leg.direction,
        "status": leg.status,
        "began": leg.created.isoformat(),
        "duration": leg.duration,
        "transcript": [
            {"seconds": entry.seconds, "who": entry.who, "kind": entry.kind, "text": entry.text}
            for entry in leg.transcript
        ],
        "requests": [
            {"method": exchange.method, "url": exchange.url, "params": dict(exchange.params), "status": exchange.status,
             "error": exchange.error, "body": exchange.text}
            for exchange in leg.requests
        ],
    }  # fmt: skip


def overview(net: Network) -> str:
    """The page of the whole network."""
    numbers = _table(("number", "answered by"), ((app.number, app.voice_url) for app in net.numbers.values()))
    calls = _rows(
        ("began", "from", "to", "status", "seconds", "call"),
        (
            [
                *map(escape, (f"{leg.created:%H:%M:%S}", leg.from_, leg.to, leg.status, str(leg.duration))),
                f'<a href="/calls/{leg.sid}">{leg.sid[:10]}…</a>',
            ]
            for leg in list(reversed(net.legs.values()))[:_RECENT]
        ),
    )
    messages = _table(
        ("at", "from", "to", "text"),
        ((f"{sent.at:%H:%M:%S}", sent.from_, sent.to, sent.body) for sent in net.messages[-_RECENT:][::-1]),
    )
    queues = _table(("queue", "waiting"), ((q.name, str(len(q.members))) for q in net.queues.values()))
    log = "".join(
        f'<li class="{entry.level}"><small>{entry.at:%H:%M:%S}</small> {escape(str(entry))}</li>'
        for entry in net.debugger.entries[-_RECENT:][::-1]
    )
    first = next(iter(net.numbers), "")
    dial = _form("/dial", "Dial", to=first, **{"from": "+8613800138000"})
    return _html_page(
        "network",
        f"{dial}<h2>Calls</h2>{calls}<h2>Debugger</h2><ul>{log}</ul><h2>Messages</h2>{messages}"
        f"<h2>Queues</h2>{queues}<h2>Numbers</h2>{numbers}"
        f'<footer>Account {escape(net.account_sid)}. As data: <a href="/network.json">/network.json</a>.</footer>',
        refresh=2,
    )


def one_call(leg: Leg) -> str:
    """The page of one call: a telephone to act on while it lasts, its transcript and its requests."""
    lines = escape("\n".join(map(format_entry, leg.transcript)))
    forms = ""
    if not leg.over:
        forms = (
            _form(f"/calls/{leg.sid}/press", "Press", keys="")
            + _form(f"/calls/{leg.sid}/say", "Say", words="")
            + _form(f"/calls/{leg.sid}/hang-up", "Hang up")
        )
    requests = "".join(
        f"<details><summary>{escape(exchange.method)} {escape(exchange.url)} "
        f"{exchange.status or escape(exchange.error)}</summary>"
        f"<pre>{escape(chr(10).join(f'{name}={value}' for name, value in exchange.params))}</pre>"
        f"<pre>{escape(exchange.text)}</pre></details>"
        for exchange in leg.requests
    )
    title = f"{leg.from_} to {leg.to}: {leg.status}"
    # A page with a form being filled in must not be taken away under the fingers.
    return _html_page(
        title,
        f'<p><a href="/">All calls</a> <a href="/calls/{leg.sid}">Look again</a></p>'
        f"{forms}<pre>{lines}</pre>{requests}",
        refresh=0,
    )


def _form(action: str, button: str, **inputs: str) -> str:
    fields = "".join(
        f'<label>{name} <input name="{name}" value="{escape(value)}"></label> ' for name, value in inputs.items()
    )
    return f'<form method="post" action="{action}">{fields}<button>{button}</button></form>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    return _rows(heads, ([escape(cell) for cell in row] for row in rows))


def _rows(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{body}</table>"


def _html_page(title: str, body: str, *, refresh: int) -> str:
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{again}<title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
