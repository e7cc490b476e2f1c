"""The command that dials anybody's voice app: `ivr dial URL`. It knows the network and a terminal, and no hotline."""

import itertools
import json
import os
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import urlsplit

import click

from ivr.cli.keypad import AFTERWARDS_SECONDS, CODE, Codes, UnusableKeys, acts, have_call
from ivr.cli.options import BROKEN, Moment, network_options, now, stop, switch_option
from ivr.cli.terminal import LiveTranscript
from ivr.network import (
    Call,
    CallerLost,
    Entry,
    Exchange,
    LogEntry,
    Message,
    Network,
    RealClock,
    VirtualClock,
    restless_callers,
)

FROM = "+8613800138000"
TO = "+864001234567"
ACCOUNT = "AC" + "0" * 32
TEST_TOKEN = "0" * 32
"""Signs the requests when no token is given. A server that checks signatures refuses them."""


@click.command()
@click.argument("url")
@click.option("--keys", help="What you do, group by group, each when the line next listens. See above.")
@click.option("--from", "from_", default=FROM, show_default=True, help="The number you call from, in E.164.")
@click.option("--to", default=TO, show_default=True, help="The number you dial, in E.164.")
@click.option("--method", type=click.Choice(["POST", "GET"]), default="POST", show_default=True)
@click.option("--fallback", default="", metavar="URL", help="Asked when the app fails.")
@click.option("--status-callback", default="", metavar="URL", help="Told when the call is over.")
@click.option("--token-env", metavar="NAME", help="Sign with the token in this environment variable.")
@click.option(
    "--at", type=Moment(), help="When the call is made, such as 2026-10-01 10:00; UTC unless a zone is named."
)
@switch_option
@click.option("--seed", metavar="TEXT", help="Calls with equal seeds have equal SIDs; without it each is new.")
@click.option(
    "--restless", metavar="SEED", help="Call as somebody who dithers; 1-200: so many, told is the first lost."
)
@click.option(
    "--ends-with", multiple=True, metavar="TEXT", help="With --restless: how the app says goodbye; repeat it."
)
@click.option("--verbose", is_flag=True, help="Show each request with its parameters, and each reply.")
@click.option("--json", "as_json", is_flag=True, help="Print the call as one JSON object when it is over.")
@click.option(
    "--record",
    "record_file",
    type=click.File("w", encoding="utf-8"),
    help="Write the call into this file as a call script.",
)
def dial(
    url: str, keys: str | None, from_: str, to: str, method: str, fallback: str, status_callback: str,
    token_env: str | None, at: datetime | None, switches: tuple[str, ...], seed: str | None, restless: str | None,
    ends_with: tuple[str, ...], verbose: bool, as_json: bool, record_file: TextIO | None,
) -> None:  # fmt: skip
    """Dial any voice app, as Twilio would call it: URL is where it answers calls with TwiML.

    At a terminal, press keys as on a phone; type words and Enter to say them; Ctrl-D hangs up.

    With --keys, or without a terminal, the call plays itself in virtual time: `--keys "2 1 300123# - 'money back'"`
    presses 2, then 1, then 300123 and hash, stays silent until the line asks again, and says "money back".
    `{code}` is the code of the latest text message.

    With --restless the caller presses into prompts, too late, twice and wrong, mumbles, and hangs up at odd moments.
    `--restless 1-200` makes that many calls; the first that ends in an error, in circles, or without what --ends-with
    says, is shown with the shortest script that goes wrong.

    Ends with status 0 when the call went as the app said, 1 when the app failed, with the error's code and why, and 2
    when the command itself is wrong.
    """
    by_hand = keys is None and restless is None and sys.stdin.isatty() and not as_json
    try:
        url, secret = _address(url, "URL"), _token(token_env)
        fallback = fallback and _address(fallback, "--fallback")
        status_callback = status_callback and _address(status_callback, "--status-callback")
        script, options = None if by_hand else acts(keys or ""), network_options(switches)
    except (UnusableKeys, ValueError) as wrong:
        stop(str(wrong))
    start = now() if at is None else at if at.tzinfo else at.replace(tzinfo=UTC)
    seed = secrets.token_hex(8) if seed is None else seed

    def network(seed: str) -> Network:
        net = Network(RealClock(start=start) if by_hand else VirtualClock(start), ACCOUNT, secret, seed, options)
        net.number(
            to, url, voice_method=method, voice_fallback_url=fallback, status_callback=status_callback,
        )  # fmt: skip
        return net

    if many := re.fullmatch(r"(\d+)-(\d+)", restless or ""):
        seeds, count = range(int(many[1]), int(many[2]) + 1), itertools.count()
        _many_restless(lambda: network(f"{seed} {next(count)}").dial(to, from_), seeds, ends_with)
        return
    with network(seed) as net:
        live = LiveTranscript(sys.stdout)
        if not as_json:
            net.observe(live)
        if verbose and not as_json:
            net.observe_requests(lambda exchange: live.write(_told(exchange)))
        messages: list[str] = []
        net.observe(lambda entry: messages.append(entry.text) if entry.kind == "text message" else None)
        line = net.dial(to, from_, wait=False)
        if restless:
            _restless(line, restless)
        else:
            outcome = have_call(line, script, messages, live.echo, ANY_CODES)
            if outcome.unusable:
                stop(outcome.unusable)
        if record_file is not None:
            record_file.write(_script(url, line))
        if as_json:
            click.echo(json.dumps(_data(net, line, verbose=verbose), ensure_ascii=False, indent=2))
        else:
            _close(net, line, live)
        if failed := net.debugger.failure():
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


def _token(variable: str | None) -> str:
    if variable is None:
        return TEST_TOKEN
    if not os.environ.get(variable):
        raise ValueError(f"the environment variable {variable} of --token-env is not set")
    return os.environ[variable]


# --- the call -----------------------------------------------------------------------------------------------


def _restless(call: Call, seed: str) -> None:
    steps = call.restless(seed)
    if not call.ended:
        call.hang_up()
    call.leg.net.clock.run(AFTERWARDS_SECONDS)
    click.echo("\n".join(["what the caller did:", *(f"  {step}" for step in steps)]), err=True)


def _many_restless(dial: Callable[[], Call], seeds: range, ends_with: tuple[str, ...]) -> None:
    """Makes a call for each seed; ends the command at the first that is lost."""
    try:
        restless_callers(dial, seeds, ends_with=ends_with)
    except CallerLost as lost:
        click.echo(f"ivr: {lost}", err=True)
        sys.exit(BROKEN)
    click.echo(f"{len(seeds)} restless callers came to a good end")


def _code_in(body: str) -> str:
    """The last group of digits that could be a one-time code, in anybody's text message; "" if there is none."""
    return next(reversed(re.findall(r"(?<!\d)\d{4,8}(?!\d)", body)), "")


ANY_CODES = Codes(_code_in, f"{CODE} in --keys, but no text message with a code has arrived")


# --- how it is shown ----------------------------------------------------------------------------------------


def _told(exchange: Exchange) -> str:
    lines = [f"  > {exchange.method} {exchange.url}"]
    lines += [f"  >   {name}={value}" for name, value in exchange.params if value]
    lines.append(f"  < {exchange.status or exchange.error} in {exchange.duration:.3f} s")
    lines += [f"  <   {line}" for line in exchange.text.splitlines()]
    return "\n".join(lines)


def _close(net: Network, line: Call, live: LiveTranscript) -> None:
    """How it ended, and what the debugger says beside the error that ended it."""
    minutes, seconds = divmod(line.duration, 60)
    live.write(f"\n{line.status} after {minutes}:{seconds:02}; {line.ended_by or 'nobody'} hung up")
    failed = net.debugger.failure()
    for problem in net.debugger:
        if problem is not failed:
            live.write(f"debugger: {problem}")


def _data(net: Network, line: Call, *, verbose: bool) -> dict[str, Any]:
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
        "transcript": [_record(entry) for entry in line.transcript],
        "messages": [_record(sent) for sent in net.messages],
        "debugger": [_record(entry) for entry in net.debugger],
    }
    return {**data, "requests": [_exchange_data(exchange) for exchange in line.requests]} if verbose else data


def _record(written: Entry | LogEntry | Message) -> dict[str, Any]:
    """Times as ISO, in UTC."""
    return {
        name.rstrip("_"): value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(written).items()
    }


def _exchange_data(exchange: Exchange) -> dict[str, Any]:
    told = {name: getattr(exchange, name) for name in ("at", "method", "url", "status", "error")}
    return {**told, "params": exchange.fields, "body": exchange.text}


def _script(url: str, line: Call) -> str:
    """The call as a script: `ivr replay FILE --url URL` makes it again and expects the same words."""
    steps: list[tuple[str, str]] = []
    for entry in line.transcript:
        match entry.kind:
            case "said" if entry.who == "hotline" and not entry.cut:
                steps.append(("hear", entry.text))
            case "pressed" if steps and steps[-1][0] == "press":
                steps[-1] = ("press", steps[-1][1] + entry.text)
            case "pressed":
                steps.append(("press", entry.text))
            case "spoke" if entry.own:
                steps.append(("say", entry.text))
            case "silence":
                steps.append(("silence", ""))
    lines = [f"- {kind}: {json.dumps(words, ensure_ascii=False)}" if words else f"- {kind}" for kind, words in steps]
    if line.ended_by == "caller":
        lines.append("- hang up")
    return "\n".join(
        [f"# ivr replay FILE --url {url}", f"call: {json.dumps(f'a call to {url}')}", "steps:", *lines, ""]
    )
