"""The command that dials: `ivr call`."""

from __future__ import annotations

import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from ivr.cli.phone import CODE, Act, Play, Unplayable, acts, codes, converse, do, one_key_at_a_time
from ivr.cli.setting import Moment, broken, config_option, configuration, in_zone, now, stop
from ivr.config import Config
from ivr.desk.store import StoreError
from ivr.flow.issues import BrokenDocument
from ivr.network import Call, Clock

if TYPE_CHECKING:
    from ivr.running import Running
    from ivr.simulation import Simulation

DEMO_KEYS = "1 4 1 62220001# {code}# 1 300123# 1"
DEMO_FROM = "+8613800138000"
DEMO_AT = "2026-11-23 10:00"
"""The demonstration: a customer asks after a refund, in Chinese, on a Monday morning."""

FAST_FORWARD = 30.0
"""How fast a scripted call passes with a hotline that runs in real time."""
REACTION_SECONDS = 0.6
"""How long a caller thinks before pressing."""
LONGEST_WAIT_FOR_TEXT_SECONDS = 60.0
LONGEST_HOLD_SECONDS = 300.0
AFTERWARDS_SECONDS = 2.0
"""What the hotline still does when a call is over: text messages, the record."""


@click.command()
@click.option("--from", "from_", default=DEMO_FROM, show_default=True, help="The number you call from, in E.164.")
@click.option("--at", type=Moment(), help="When the call is made, such as 2026-10-01 10:00; now if not given.")
@click.option("--keys", help="What you do, group by group, each when the line next listens. See above.")
@click.option("--transcript", type=click.File("w", encoding="utf-8"), help="Also write the call down in this file.")
@click.option("--fresh", is_flag=True, help="Forget the call afterwards: nothing is kept in the store.")
@config_option
def call(
    from_: str, at: datetime | None, keys: str | None, transcript: TextIO | None, fresh: bool, config_path: Path
) -> None:
    """Dial the hotline and hear it, as a caller would.

    At a terminal, press keys as on a phone; type words and Enter to say them; Ctrl-D hangs up.

    With --keys the call plays itself in virtual time: `--keys "2 1 300123# - 'money back'"` presses 2, then 1, then
    300123 and hash, stays silent until the line asks again, and says "money back". `{code}` is the code of the latest
    text message. Without a terminal and without keys, a demonstration is played.
    """
    config = configuration(config_path)
    by_hand = keys is None and sys.stdin.isatty()
    if keys is None and not by_hand:
        keys, at, fresh = DEMO_KEYS, at or Moment().convert(DEMO_AT, None, None), True
    try:
        script = acts(keys) if keys is not None else None
    except Unplayable as wrong:
        stop(str(wrong))
    try:
        with _hotline(config, in_zone(at, config.hotline.time_zone) if at else None, script is None, fresh) as hotline:
            _dial(hotline, from_, script, [sys.stdout, transcript] if transcript else [sys.stdout], kept=not fresh)
    except BrokenDocument as wrong:
        broken(wrong.issues, {})
    except StoreError as error:
        stop(str(error))


def _hotline(config: Config, at: datetime | None, by_hand: bool, fresh: bool) -> Simulation | Running:
    """The hotline that runs on this machine, if one does and its time is ours; else one in this process."""
    from ivr.network import RealClock, VirtualClock
    from ivr.running import Running, find
    from ivr.simulation import Simulation

    seed = "demonstration" if fresh else secrets.token_hex(8)
    address = "" if at or fresh else find(config)
    if address:
        return Running(config, address, speed=1.0 if by_hand else FAST_FORWARD, seed=seed)
    clock = RealClock(start=at) if by_hand else VirtualClock(start=at or now())
    return Simulation(config, clock=clock, store_url="sqlite://" if fresh else "", seed=seed)


def _dial(
    hotline: Simulation | Running, from_: str, script: tuple[Act, ...] | None, streams: list[TextIO], *, kept: bool
) -> None:
    """One call: by `script`, or by the person at the terminal."""
    texts: list[str] = []
    play = Play(*streams, secret=lambda: hotline.asks_secret(line.sid))
    hotline.observe(play)
    hotline.observe(lambda entry: texts.append(entry.text) if entry.kind == "text message" else None)
    line = hotline.dial(from_, wait=False)
    try:
        if script is None:
            with one_key_at_a_time(sys.stdin):
                converse(line, sys.stdin, play.echo)
        else:
            _follow(line, script, texts, hotline.network.clock)
    except Unplayable as wrong:
        line.hang_up()
        stop(str(wrong))
    except KeyboardInterrupt:
        line.hang_up()
    hotline.network.clock.run(AFTERWARDS_SECONDS)
    _close(hotline, line, play, kept=kept)


def _follow(line: Call, script: tuple[Act, ...], texts: list[str], clock: Clock) -> None:
    """Plays the caller's part; after the last act the caller hears the answer out, talks if there is somebody, and
    hangs up."""
    for act in script:
        line.listen()
        if line.ended:
            return
        clock.run(REACTION_SECONDS)
        if CODE in act.keys:
            clock.run_until(lambda: bool(codes(texts)), within=LONGEST_WAIT_FOR_TEXT_SECONDS)
        do(line, act, texts)
    line.listen()
    clock.run_until(lambda: _is_over(line), within=LONGEST_HOLD_SECONDS)
    if not line.ended:
        line.hang_up()


def _is_over(line: Call) -> bool:
    """The hotline hung up, or waits for the caller, who has nothing more to press."""
    waits = line.listening
    return line.ended or (waits is not None and waits.open and waits.kind in ("gather", "record"))


def _close(hotline: Simulation | Running, line: Call, play: Play, *, kept: bool) -> None:
    """How it ended, under which reference, and where the record is."""
    minutes, seconds = divmod(line.duration, 60)
    play.write(f"\n{line.status} after {minutes}:{seconds:02}; {line.ended_by or 'nobody'} hung up")
    for ticket in hotline.store.tickets(call_id=line.sid):
        incomplete = "" if ticket.complete else ", incomplete"
        play.write(f"ticket {ticket.reference}: {ticket.topic}, {ticket.priority}{incomplete}")
    if kept:
        play.write(f"record: ivr show {line.sid}")
    for problem in hotline.network.debugger.entries:
        play.write(f"debugger: {problem}")
