"""The command that dials anybody's voice app: `ivr dial URL`. It knows the network and a terminal, and no hotline."""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import urlsplit

import click

from ivr.cli.keypad import CODE, Act, LiveTranscript, Unplayable, acts, converse, do, goes_on, one_key_at_a_time, polite
from ivr.cli.options import BROKEN, Moment, now, stop
from ivr.network import Call, Entry, Exchange, Network, Options, RealClock, VirtualClock, read_options

FROM = "+8613800138000"
TO = "+864001234567"
ACCOUNT = "AC" + "0" * 32
TEST_TOKEN = "0" * 32
"""What signs the requests when no token is given: a server that checks signatures refuses it."""

REACTION_SECONDS = 0.6
"""How long a caller thinks before pressing."""
LONGEST_WAIT_SECONDS = 300.0
"""How long a scripted caller who has nothing more to press stays on a line that does not ask."""
LONGEST_WAIT_FOR_TEXT_SECONDS = 60.0
AFTERWARDS_SECONDS = 2.0
"""What an app is still told when a call is over: its status callback."""

_CODE = re.compile(r"(?<!\d)\d{4,8}(?!\d)")
"""A one-time code in anybody's text message."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for on the command line."""

    url: str
    method: str
    from_: str
    to: str
    token: str
    fallback: str
    status_callback: str
    hang_up_after: float | None
    script: tuple[Act, ...] | None  # None: a person at the terminal
    at: datetime | None
    options: Options
    seed: str


class _Seconds(click.FloatRange):
    """A span of time; "nan" is inside of every range for click, and none for a clock."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a valid float range.", param, ctx)
        return seconds


@click.command()
@click.argument("url")
@click.option("--keys", help="What you do, group by group, each when the line next listens. See above.")
@click.option("--from", "from_", default=FROM, show_default=True, help="The number you call from, in E.164.")
@click.option("--to", default=TO, show_default=True, help="The number you dial, in E.164.")
@click.option("--method", type=click.Choice(["POST", "GET"]), default="POST", show_default=True)
@click.option("--fallback", default="", metavar="URL", help="Asked when the app fails.")
@click.option("--status-callback", default="", metavar="URL", help="Told when the call is over.")
@click.option("--token-env", metavar="NAME", help="Sign with the token in this environment variable.")
@click.option("--token", help="Sign with this test token; others see it in the list of processes.")
@click.option("--hang-up-after", type=_Seconds(0, 86_400, min_open=True), metavar="SECONDS", help="Of the call.")
@click.option(
    "--at", type=Moment(), help="When the call is made, such as 2026-10-01 10:00; UTC unless a zone is named."
)
@click.option(
    "--option", "switches", multiple=True, metavar="NAME=VALUE", help="A switch of docs/network.md; repeat it."
)
@click.option("--seed", metavar="TEXT", help="Calls with equal seeds have equal SIDs; without it each is new.")
@click.option("--verbose", is_flag=True, help="Show each request with its parameters, and each reply.")
@click.option("--json", "as_json", is_flag=True, help="Print the call as one JSON object when it is over.")
@click.option("--transcript", type=click.File("w", encoding="utf-8"), help="Also write the call down in this file.")
def dial(
    url: str, keys: str | None, from_: str, to: str, method: str, fallback: str, status_callback: str,
    token_env: str | None, token: str | None, hang_up_after: float | None, at: datetime | None,
    switches: tuple[str, ...], seed: str | None, verbose: bool, as_json: bool, transcript: TextIO | None,
) -> None:  # fmt: skip
    """Dial any voice app, as Twilio would call it: URL is where it answers calls with TwiML.

    At a terminal, press keys as on a phone; type words and Enter to say them; Ctrl-D hangs up.

    With --keys, or without a terminal, the call plays itself in virtual time: `--keys "2 1 300123# - 'money back'"`
    presses 2, then 1, then 300123 and hash, stays silent until the line asks again, and says "money back".
    `{code}` is the code of the latest text message.

    Ends with status 0 when the call went as the app said, 1 when the app failed, with the error's code and why, and 2
    when the command itself is wrong.
    """
    by_hand = keys is None and sys.stdin.isatty() and not as_json
    try:
        order = _Order(
            _address(url, "URL"), method, from_, to, _token(token, token_env),
            fallback and _address(fallback, "--fallback"),
            status_callback and _address(status_callback, "--status-callback"),
            hang_up_after, None if by_hand else acts(keys or ""),
            at if at is None or at.tzinfo else at.replace(tzinfo=UTC), read_options(_pairs(switches)),
            secrets.token_hex(8) if seed is None else seed,
        )  # fmt: skip
    except (Unplayable, ValueError) as wrong:
        stop(str(wrong))
    with _network(order) as net:
        streams = [] if as_json else [sys.stdout]
        play = LiveTranscript(*streams, *([transcript] if transcript else []))
        net.observe(play)
        if verbose and not as_json:
            net.observe_requests(lambda exchange: play.write(_told(exchange)))
        line = _converse(net, order, play)
        failed = net.debugger.failure()
        if as_json:
            click.echo(json.dumps(_data(net, line, verbose=verbose), ensure_ascii=False, indent=2))
        else:
            _close(net, line, play)
        if failed is not None:
            click.echo(f"ivr: the app failed: {failed}", err=True)
            sys.exit(BROKEN)


# --- what was asked for -------------------------------------------------------------------------------------


def _address(url: str, what: str) -> str:
    """The URL, with http:// where no scheme is written. Raises ValueError."""
    whole = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(whole)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(f'{what} "{url}" is no address; write http://127.0.0.1:5000/voice')
    return whole


def _token(token: str | None, variable: str | None) -> str:
    if variable is None:
        return token or TEST_TOKEN
    if token is not None:
        raise ValueError("--token and --token-env exclude each other; keep --token-env")
    if not os.environ.get(variable):
        raise ValueError(f"the environment variable {variable} of --token-env is not set")
    return os.environ[variable]


def _pairs(switches: tuple[str, ...]) -> Mapping[str, str]:
    for switch in switches:
        if "=" not in switch:
            raise ValueError(f'--option "{switch}" has no value; write NAME=VALUE')
    return dict(switch.split("=", 1) for switch in switches)


# --- the call -----------------------------------------------------------------------------------------------


def _network(order: _Order) -> Network:
    start = order.at or now()
    clock = RealClock(start=start) if order.script is None else VirtualClock(start=start)
    net = Network(clock, ACCOUNT, order.token, order.seed, order.options)
    net.number(
        order.to, order.url, voice_method=order.method, voice_fallback_url=order.fallback,
        status_callback=order.status_callback,
    )  # fmt: skip
    return net


def _converse(net: Network, order: _Order, play: LiveTranscript) -> Call:
    """Makes the call and has it; gives it when it is over."""
    texts: list[str] = []
    net.observe(lambda entry: texts.append(entry.text) if entry.kind == "text message" else None)
    line = net.dial(order.to, order.from_, wait=False)
    if order.hang_up_after is not None:
        net.clock.after(order.hang_up_after, lambda: line.leg.hang_up("caller"))
    asked_to_leave = threading.Event()
    try:
        with polite(asked_to_leave):
            if order.script is None:
                with one_key_at_a_time(sys.stdin):
                    converse(line, sys.stdin, play.echo, asked_to_leave.is_set)
            else:
                _follow(net, line, order.script, texts, hang_up=order.hang_up_after is None)
    except Unplayable as wrong:
        line.hang_up()
        stop(str(wrong))
    except KeyboardInterrupt:
        line.hang_up()
    net.clock.run(AFTERWARDS_SECONDS)
    return line


def _follow(net: Network, line: Call, script: tuple[Act, ...], texts: list[str], *, hang_up: bool) -> None:
    """Plays the caller's part; then hears the answer out and hangs up, unless it is known when the caller will."""
    for act in script:
        if not goes_on(line, act):
            line.listen()
        if line.ended:
            return
        net.clock.run(REACTION_SECONDS)
        if CODE in act.keys:
            net.clock.run_until(lambda: line.ended or bool(_codes(texts)), within=LONGEST_WAIT_FOR_TEXT_SECONDS)
            act = _with_code(act, texts)  # noqa: PLW2901 - the same act, now to be keyed in
        do(line, act, texts)
    if not hang_up:
        net.clock.run_until(lambda: line.ended)
        return
    line.listen()
    net.clock.run_until(lambda: _is_over(line), within=LONGEST_WAIT_SECONDS)
    if not line.ended:
        line.hang_up()


def _with_code(act: Act, texts: list[str]) -> Act:
    known = _codes(texts)
    if not known:
        raise Unplayable(f"{CODE} in --keys, but no text message with a code has arrived")
    return replace(act, keys=act.keys.replace(CODE, known[-1]))


def _codes(texts: list[str]) -> list[str]:
    return [code for text in texts for code in _CODE.findall(text)]


def _is_over(line: Call) -> bool:
    """The app hung up, or waits for the caller, who has nothing more to press."""
    waits = line.listening
    return line.ended or (waits is not None and waits.open and waits.kind in ("gather", "record"))


# --- how it is shown ----------------------------------------------------------------------------------------


def _told(exchange: Exchange) -> str:
    """A request and its reply, as --verbose shows them."""
    lines = [f"  > {exchange.method} {exchange.url}"]
    lines += [f"  >   {name}={value}" for name, value in exchange.params if value]
    lines.append(f"  < {exchange.status or exchange.error} in {exchange.duration:.3f} s")
    lines += [f"  <   {line}" for line in exchange.text.splitlines()]
    return "\n".join(lines)


def _close(net: Network, line: Call, play: LiveTranscript) -> None:
    """How it ended, and what the debugger says beside the error that ended it."""
    minutes, seconds = divmod(line.duration, 60)
    play.write(f"\n{line.status} after {minutes}:{seconds:02}; {line.ended_by or 'nobody'} hung up")
    failed = net.debugger.failure()
    for problem in net.debugger:
        if problem is not failed:
            play.write(f"debugger: {problem}")


def _data(net: Network, line: Call, *, verbose: bool) -> dict[str, Any]:
    """The call as data; `requests` only when asked for."""
    failed = net.debugger.failure()
    data: dict[str, Any] = {
        "call_sid": line.sid,
        "from": line.leg.from_,
        "to": line.leg.to,
        "status": line.status,
        "ended_by": line.ended_by,
        "started": line.started.isoformat(),
        "duration": line.duration,
        "failure": None if failed is None else {"code": failed.code, "message": failed.message, "url": failed.url},
        "transcript": [_entry(entry) for entry in line.transcript],
        "messages": [{"from": sent.from_, "to": sent.to, "body": sent.body} for sent in net.messages],
        "debugger": [
            {"code": e.code, "level": e.level, "message": e.message, "url": e.url, "line": e.line}
            for e in net.debugger
        ],
    }  # fmt: skip
    if verbose:
        data["requests"] = [
            {
                "at": exchange.at,
                "method": exchange.method,
                "url": exchange.url,
                "params": dict(exchange.params),
                "status": exchange.status,
                "error": exchange.error,
                "body": exchange.text,
            }
            for exchange in line.requests
        ]
    return data


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "seconds": entry.seconds,
        "who": entry.who,
        "kind": entry.kind,
        "text": entry.text,
        "language": entry.language,
        "cut": entry.cut,
        "url": entry.url,
    }
