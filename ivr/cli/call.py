"""The command that dials the hotline: `ivr call`."""

from __future__ import annotations

import logging
import secrets
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr.cli.keypad import Act, CallOutcome, UnusableKeys, acts, have_call
from ivr.cli.options import BROKEN, Caller, Moment, config_option, configuration, in_zone, now, stop, usable
from ivr.cli.terminal import LiveTranscript, without_code
from ivr.config import Config
from ivr.network import Call

if TYPE_CHECKING:
    from ivr.app.simulation import Simulation
    from ivr.hotline.demo import DemoCall
    from ivr.store import Store

SILENCE = "- - -"
"""The keys of a demonstration where the back office has none to show: a caller who presses nothing."""
INTERRUPTED = 130

HELP = "Keys 0-9 * # act at once. To speak, type words and press Enter. Ctrl-D hangs up."


@click.command()
@click.option(
    "--from",
    "from_",
    type=Caller(),
    help="Who calls: +8613800138000, anonymous, or client:NAME; somebody made up if not given.",
)
@click.option("--at", type=Moment(), help="When the call is made, such as 2026-10-01 10:00; now if not given.")
@click.option("--keys", help="What you do, group by group, each when the line next listens. See above.")
@click.option(
    "--speed", type=click.FloatRange(0.5, 100), default=1.0,
    help="How fast real time passes: 4 makes four seconds of talk one.",
)  # fmt: skip
@click.option("--fresh", is_flag=True, help="Begin with an empty store, and keep nothing.")
@click.option(
    "--record",
    "script_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Make the call a script: this file.",
)
@config_option
def call(
    from_: str | None, at: datetime | None, keys: str | None, speed: float, fresh: bool,
    script_file: Path | None, config_path: Path,
) -> None:  # fmt: skip
    """Dial the hotline and hear it, as a caller would.

    At a terminal, keys act as on a phone. Type words and press Enter to say them (begin with a blank to say digits).
    Ctrl-D hangs up.

    With --keys the call plays itself in virtual time: `--keys "2 1 300123# - 'money back'"` presses 2, then 1, then
    300123 and hash, stays silent until the line has waited long enough, and says "money back". `{code}` is the code of
    the latest text message. Without a terminal and without keys, a demonstration is played.

    Ends with status 0 when the call was completed, 1 when the hotline failed, 2 when the command is wrong.
    """
    config = configuration(config_path)
    demonstration = keys is None and not sys.stdin.isatty()
    with usable(config):
        shown = _showcase(config, from_, now())
    if demonstration:
        keys, at, fresh = shown.keys, at or (Moment().convert(shown.at, None, None) if shown.at else None), True
    try:
        script = acts(keys) if keys is not None else None
    except UnusableKeys as wrong:
        stop(str(wrong))
    moment = in_zone(at, config.hotline.time_zone) if at else None
    with (
        _faults() as faults,
        _hotline(config, speed, moment, by_hand=script is None, fresh=fresh) as (hotline, forgotten),
    ):
        line, outcome = _make_call(hotline, config, from_ or shown.from_, script, config_path, forgotten)
        if script_file is not None:
            from ivr.cli.replay import write_down

            write_down(hotline.network, hotline.store, line.sid, config_path, script_file)
        if demonstration:
            click.echo('\nThis was a demonstration. Dial yourself: "ivr call" at a terminal; "ivr demo" says as whom.')
        _judge(hotline, line, faults)
    if outcome.unusable:
        stop(outcome.unusable)
    if outcome.interrupted and script is not None:
        sys.exit(INTERRUPTED)


def _showcase(config: Config, from_: str | None, moment: datetime) -> DemoCall:
    from ivr.app.demo import default_caller, demo_of
    from ivr.hotline.demo import DemoCall

    demo = demo_of(config)
    if demo is not None and demo.showcase is not None:
        return demo.showcase
    return DemoCall(SILENCE, "", from_ or default_caller(config, moment))


# --- which hotline ----------------------------------------------------------------------------------------------


@contextmanager
def _hotline(
    config: Config, speed: float, at: datetime | None, *, by_hand: bool, fresh: bool
) -> Iterator[tuple[Simulation, str]]:
    """A hotline in this process, and why the call's record is not kept; "" when it is kept."""
    from ivr.app.running import not_kept
    from ivr.app.simulation import Simulation
    from ivr.network import RealClock, VirtualClock

    seed = "demonstration" if fresh else secrets.token_hex(8)
    forgotten = not_kept(config, fresh=fresh)
    with usable(config):
        clock = RealClock(speed, start=at) if by_hand else VirtualClock(start=at or now())
        simulation = Simulation(config, clock=clock, store_url="sqlite://" if forgotten else "", seed=seed)
        with simulation:
            yield simulation, forgotten


# --- the call ---------------------------------------------------------------------------------------------------


def _make_call(
    hotline: Simulation, config: Config, from_: str, script: Sequence[Act] | None, config_path: Path, forgotten: str
) -> tuple[Call, CallOutcome]:
    """Dials, has the call, lets its last effects happen, and says how it ended.

    A person at the terminal has to read a code on the screen; the transcript of a script never holds one.
    """
    live = LiveTranscript(sys.stdout, hotline, message_text=str if script is None else without_code)
    if script is None:
        live.write("\n".join(filter(None, (HELP, _who(config, from_)))) + "\n")
    zone, messages = config.hotline.time_zone, list[str]()
    moment = hotline.network.clock.now().astimezone(ZoneInfo(zone))
    live.write(f"{from_} calls {hotline.number} on {moment:%A %Y-%m-%d, %H:%M} {zone}\n")
    hotline.network.observe(live)
    hotline.network.observe(lambda entry: messages.append(entry.text) if entry.kind == "text message" else None)
    line = hotline.dial(from_, wait=False)
    outcome = have_call(line, script, messages, live.echo)
    live.echo("")
    elsewhere = "" if config_path == Path("config.yaml") else f" --config {config_path}"
    told = [
        *_ending(line, outcome, messages, hotline.store),
        f"Record: {forgotten or f'ivr show{elsewhere} {line.sid}'}",
    ]
    live.write("\n" + "\n".join(told))
    return line, outcome


def _who(config: Config, from_: str) -> str:
    """Who the caller is in the demo: what a visitor needs to know to be identified."""
    from ivr.app.demo import demo_callers

    for person in demo_callers(config, now()):
        if person.phone == from_ and person.account:
            names = " / ".join(person.names.values())
            return f'You are {names}: account {person.account}, phone PIN {person.pin}. Others: "ivr demo".'
    return ""


# --- how it ended -----------------------------------------------------------------------------------------------


def _ending(line: Call, outcome: CallOutcome, messages: Sequence[str], store: Store) -> Iterator[str]:
    minutes, seconds = divmod(line.duration, 60)
    who = {"caller": "you", "hotline": "the hotline", "agent": "the agent", "network": "the network"}
    yield f"The call was {line.status} after {minutes}:{seconds:02}; {who.get(line.ended_by, 'nobody')} hung up."
    yield from _tickets(store, line.sid)
    if messages:
        yield f"Text messages: {len(messages)}."
    if outcome.left_over:
        groups = "1 group was" if outcome.left_over == 1 else f"{outcome.left_over} groups were"
        yield f"The call was over before all keys were used: {groups} left over."


def _tickets(store: Store, call_id: str) -> Iterator[str]:
    """Each ticket of the call: its number, as digits and as the caller heard it."""
    from ivr.call.languages import LANGUAGES
    from ivr.call.values import Value

    row = store.call(call_id)
    for ticket in store.tickets(call_id=call_id):
        spoken = ""
        if row is not None:
            reference = Value("reference", ticket.reference)
            spoken = f" (“{LANGUAGES[row.language].speak(reference, today=ticket.opened_at.date())}”)"
        incomplete = "" if ticket.complete else "; the caller hung up before it was complete"
        yield f"Ticket {ticket.reference}{spoken}: {ticket.topic}, {ticket.priority} priority{incomplete}."


def _judge(hotline: Simulation, line: Call, faults: Sequence[logging.LogRecord]) -> None:
    debugger = hotline.network.debugger
    for problem in debugger.entries:
        click.echo(f"debugger: {problem}", err=True)
    excused = [fault for fault in faults if fault.name == "ivr.hotline.lookups"]
    for fault in faults:
        if fault in excused:
            click.echo(_of_handler(fault), err=True)
            continue
        click.echo(f"hotline: {fault.getMessage()}", err=True)
        if fault.exc_info:
            click.echo("".join(traceback.format_exception(*fault.exc_info)).rstrip(), err=True)
    if debugger.errors or len(excused) < len(faults) or line.status in ("failed", "busy"):
        click.echo("ivr: the hotline failed in this call", err=True)
        sys.exit(BROKEN)


def _of_handler(fault: logging.LogRecord) -> str:
    """A handler that failed, in one line: the flow went on by its `unavailable`, so the call is as good as its flow."""
    raised = fault.exc_info[1] if fault.exc_info else None
    places = traceback.extract_tb(raised.__traceback__) if raised else []
    where = f", {Path(places[-1].filename).name} line {places[-1].lineno}" if places else ""
    why = traceback.format_exception_only(raised)[-1].splitlines()[0] if raised else fault.getMessage()
    return f'ivr: the handler "{getattr(fault, "handler", "")}" failed{where}: {why}; the flow went on by "unavailable"'


@contextmanager
def _faults() -> Iterator[Sequence[logging.LogRecord]]:
    """Collects what the hotline logs as an error, so that nothing of its log is printed into the call."""
    handler = _Errors()
    ours = logging.getLogger("ivr")
    before = ours.propagate
    ours.addHandler(handler)
    ours.propagate = False
    try:
        yield handler.records
    finally:
        ours.removeHandler(handler)
        ours.propagate = before


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
