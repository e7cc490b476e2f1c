"""The command that dials the hotline: `ivr call`."""

from __future__ import annotations

import logging
import secrets
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

import click

from ivr.cli.keypad import Act, CallerPart, CallOutcome, UnusableKeys, acts, have_call
from ivr.cli.options import BROKEN, Caller, Moment, broken, config_option, configuration, in_zone, now, stop
from ivr.cli.terminal import LiveTranscript, without_code
from ivr.config import Config
from ivr.flow.issues import BrokenDocument
from ivr.flow.reading.gc_pause import gc_paused
from ivr.network import Call

if TYPE_CHECKING:
    from ivr.app.running import Running
    from ivr.app.simulation import Simulation
    from ivr.hotline.demo import DemoCall

SILENCE = "- - -"
"""The keys of a demonstration where the back office has none to show: a caller who presses nothing."""
FAST_FORWARD = 10.0
"""How fast a scripted call passes with a hotline that runs in real time: its text messages take a real second, and
a caller waits about twenty seconds for one."""
INTERRUPTED = 130

HELP = "Keys 0-9 * # act at once. To speak, type words and press Enter. Ctrl-D hangs up."


@dataclass(frozen=True, slots=True)
class Dialled:
    """The hotline to dial, and why the call's record is not kept; "" when it is kept."""

    hotline: Simulation | Running
    forgotten: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """When the call is made (now if None), by hand or by a script, and at which speed."""

    by_hand: bool
    speed: float
    at: datetime | None


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
    "--transcript", type=click.File("w", encoding="utf-8", lazy=False), help="Also write the call down in this file."
)
@click.option(
    "--speed", type=click.FloatRange(0.5, 100), help="How fast real time passes: 4 makes four seconds of talk one."
)
@click.option("--fresh", is_flag=True, help="Begin with an empty store, and keep nothing.")
@click.option(
    "--record",
    "script_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Make the call a script: this file.",
)
@config_option
def call(
    from_: str | None, at: datetime | None, keys: str | None, transcript: TextIO | None, speed: float | None,
    fresh: bool,
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
    with gc_paused():
        config = configuration(config_path)
    demonstration = keys is None and not sys.stdin.isatty()
    shown = _showcase(config, from_, now())
    if demonstration:
        keys, at, fresh = shown.keys, at or (Moment().convert(shown.at, None, None) if shown.at else None), True
    try:
        script = acts(keys) if keys is not None else None
    except UnusableKeys as wrong:
        stop(str(wrong))
    moment = in_zone(at, config.hotline.time_zone) if at else None
    pace = Pace(by_hand=script is None, speed=speed or (1.0 if script is None else FAST_FORWARD), at=moment)
    with _faults() as faults, _dialled(config, pace, fresh) as dialled:
        finished = _Calling(dialled, config, transcript).make(from_ or shown.from_, script)
        _close(dialled, finished, config_path)
        if script_file is not None:
            from ivr.cli.replay import write_down

            write_down(dialled.hotline.store, finished.line.sid, config_path, script_file)
        if demonstration:
            click.echo('\nThis was a demonstration. Dial yourself: "ivr call" at a terminal; "ivr demo" says as whom.')
        _judge(dialled, finished.line, faults)
    if finished.outcome.unusable:
        stop(finished.outcome.unusable)
    if finished.outcome.interrupted and script is not None:
        sys.exit(INTERRUPTED)


def _showcase(config: Config, from_: str | None, moment: datetime) -> DemoCall:
    """The call that is made where nobody says which one: by whom, and with which keys."""
    from ivr.app.demo import default_caller, demo_of
    from ivr.hotline.demo import DemoCall
    from ivr.hotline.handlers import HandlerMistake

    try:
        demo = demo_of(config)
        if demo is not None and demo.showcase is not None:
            return demo.showcase
        return DemoCall(SILENCE, "", from_ or default_caller(config, moment))
    except HandlerMistake as mistake:
        stop(str(mistake))


# --- which hotline ----------------------------------------------------------------------------------------------


@contextmanager
def _dialled(config: Config, pace: Pace, fresh: bool) -> Iterator[Dialled]:
    """The hotline that runs on this machine, if it has the time that was asked for; else one in this process.

    A hotline in this process uses the configured store only if no other process sends its outbox: two would send each
    other's text messages.
    """
    from ivr.network import RealClock, VirtualClock

    with gc_paused():
        from ivr.app.running import Running, find
        from ivr.app.simulation import Simulation
        from ivr.hotline.handlers import HandlerMistake
        from ivr.store import StoreError

    seed = "demonstration" if fresh else secrets.token_hex(8)
    serving = "" if fresh else find(config)
    forgotten = "nothing was kept" if fresh else ""
    if config.on_twilio:
        forgotten = forgotten or "nothing was kept: the store belongs to the hotline that answers Twilio"
    elif serving and pace.at is not None:
        forgotten = "nothing was kept: the store belongs to the server that runs here, and its time is now"
    try:
        if serving and not forgotten:
            with Running(config, serving, speed=pace.speed, seed=seed) as running:
                yield Dialled(running)
            return
        clock = RealClock(pace.speed, start=pace.at) if pace.by_hand else VirtualClock(start=pace.at or now())
        with gc_paused():
            simulation = Simulation(config, clock=clock, store_url="sqlite://" if forgotten else "", seed=seed)
        with simulation:
            yield Dialled(simulation, forgotten)
    except BrokenDocument as wrong:
        from ivr.flow.reading.reader import flow_sources

        broken(wrong.issues, flow_sources(config.flows)[0])
    except (StoreError, HandlerMistake) as error:
        stop(str(error))


# --- the call ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finished:
    """A call that is over, where it was written down, and the text messages that arrived."""

    line: Call
    transcripts: Sequence[LiveTranscript]
    messages: Sequence[str]
    outcome: CallOutcome


class _Calling:
    """One call: by a script, or by the person at the terminal."""

    def __init__(self, dialled: Dialled, config: Config, transcript: TextIO | None) -> None:
        self._hotline = dialled.hotline
        self._config = config
        self._transcript = transcript
        self._messages: list[str] = []

    def make(self, from_: str, script: Sequence[Act] | None) -> Finished:
        """Dials, has the call, and lets its last effects happen. The written transcript never holds a code."""
        # A person at the terminal has to read the code on the screen, as on a phone.
        live = LiveTranscript(sys.stdout, info=self._hotline, message_text=str if script is None else without_code)
        transcripts = [live]
        if self._transcript is not None:
            transcripts.append(LiveTranscript(self._transcript, info=self._hotline, message_text=without_code))
        if script is None:
            live.write("\n".join(filter(None, (HELP, self._who(from_)))) + "\n")
        for each in transcripts:
            each.write(self._heading(from_))
            self._hotline.observe(each)
        self._hotline.observe(lambda entry: self._messages.append(entry.text) if entry.kind == "text message" else None)
        line = self._hotline.dial(from_, wait=False)
        clock = self._hotline.network.clock
        outcome = have_call(line, CallerPart(script), clock, self._messages, live.echo)
        live.echo("")
        return Finished(line, transcripts, self._messages, outcome)

    def _heading(self, from_: str) -> str:
        zone = self._config.hotline.time_zone
        moment = self._hotline.network.clock.now().astimezone(ZoneInfo(zone))
        return f"{from_} calls {self._hotline.number} on {moment:%A %Y-%m-%d, %H:%M} {zone}\n"

    def _who(self, from_: str) -> str:
        """Who the caller is in the demo: what a visitor needs to know to be identified."""
        from ivr.app.demo import demo_callers

        for person in demo_callers(self._config, now()):
            if person.phone == from_ and person.account:
                names = " / ".join(person.names.values())
                return f'You are {names}: account {person.account}, phone PIN {person.pin}. Others: "ivr demo".'
        return ""


# --- how it ended -----------------------------------------------------------------------------------------------


def _close(dialled: Dialled, finished: Finished, config_path: Path) -> None:
    """How it ended, under which reference, and where the record is."""
    line = finished.line
    minutes, seconds = divmod(line.duration, 60)
    who = {"caller": "you", "hotline": "the hotline", "agent": "the agent", "network": "the network"}
    told = [f"The call was {line.status} after {minutes}:{seconds:02}; {who.get(line.ended_by, 'nobody')} hung up."]
    told += _tickets(dialled, line.sid)
    if finished.messages:
        told.append(f"Text messages: {len(finished.messages)}.")
    if finished.outcome.left_over:
        groups, were = ("group", "was") if finished.outcome.left_over == 1 else ("groups", "were")
        told.append(
            f"The call was over before all keys were used: {finished.outcome.left_over} {groups} {were} left over."
        )
    elsewhere = "" if config_path == Path("config.yaml") else f" --config {config_path}"
    told.append(f"Record: {dialled.forgotten or f'ivr show{elsewhere} {line.sid}'}")
    for live in finished.transcripts:
        live.write("\n" + "\n".join(told))


def _tickets(dialled: Dialled, call_id: str) -> Iterator[str]:
    """Each ticket of the call: its number, as digits and as the caller heard it."""
    from ivr.call.languages import LANGUAGES
    from ivr.call.values import Value

    store = dialled.hotline.store
    row = store.call(call_id)
    for ticket in store.tickets(call_id=call_id):
        spoken = ""
        if row is not None:
            reference = Value("reference", ticket.reference)
            spoken = f" (“{LANGUAGES[row.language].speak(reference, today=ticket.opened_at.date())}”)"
        incomplete = "" if ticket.complete else "; the caller hung up before it was complete"
        yield f"Ticket {ticket.reference}{spoken}: {ticket.topic}, {ticket.priority} priority{incomplete}."


def _judge(dialled: Dialled, line: Call, faults: Sequence[logging.LogRecord]) -> None:
    """Ends the command with status 1 if the hotline failed, and says how."""
    debugger = dialled.hotline.network.debugger
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
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
