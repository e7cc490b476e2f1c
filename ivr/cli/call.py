"""The command that dials: `ivr call`."""

from __future__ import annotations

import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from ivr.cli.phone import Act, Play, Unplayable, acts, converse, do, one_key_at_a_time
from ivr.cli.setting import Moment, broken, config_option, configuration, in_zone, stop
from ivr.config import Config
from ivr.desk.store import StoreError
from ivr.flow.issues import BrokenDocument
from ivr.network import Call

if TYPE_CHECKING:
    from ivr.simulation import Simulation

DEMO_KEYS = "1 4 1 62220001# {code}# 1 300123# 1"
DEMO_FROM = "+8613800138000"
DEMO_AT = "2026-11-23 10:00"
"""The demonstration: a customer asks after a refund, in Chinese, on a Monday morning."""

REACTION_SECONDS = 0.6
"""How long a caller thinks before pressing."""
LONGEST_HOLD_SECONDS = 300.0
AFTERWARDS_SECONDS = 2.0
"""What the hotline still does when a call is over: text messages, the record."""


@click.command()
@click.option("--from", "from_", default=DEMO_FROM, show_default=True, help="The number you call from, in E.164.")
@click.option("--at", type=Moment(), help="When the call is made; then time is virtual. Needs --keys.")
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
    if at is not None and by_hand:
        stop("--at sets a virtual clock, which a person cannot wait for; add --keys")
    try:
        script = acts(keys or "")
    except Unplayable as wrong:
        stop(str(wrong))
    try:
        streams = [sys.stdout, transcript] if transcript else [sys.stdout]
        _dial(config, from_, None if by_hand else in_zone(at, config.hotline.time_zone), script, streams, fresh)
    except BrokenDocument as wrong:
        broken(wrong.issues, {})
    except StoreError as error:
        stop(str(error))


def _dial(
    config: Config, from_: str, at: datetime | None, script: tuple[Act, ...], streams: list[TextIO], fresh: bool
) -> None:
    from ivr.simulation import Simulation

    texts: list[str] = []
    seed = "demonstration" if fresh else secrets.token_hex(8)
    with Simulation(config, at=at, store_url="sqlite://" if fresh else "", seed=seed) as simulation:
        play = Play(*streams, secret=lambda: simulation.asks_secret(simulation.network.calls[0].sid))
        simulation.observe(play)
        simulation.observe(lambda entry: texts.append(entry.text) if entry.kind == "text message" else None)
        line = simulation.dial(from_, wait=False)
        try:
            if at is None:
                with one_key_at_a_time(sys.stdin):
                    converse(line, sys.stdin, play.echo)
            else:
                _follow(line, script, texts, simulation)
        except Unplayable as wrong:
            line.hang_up()
            stop(str(wrong))
        except KeyboardInterrupt:
            line.hang_up()
        simulation.network.clock.run(AFTERWARDS_SECONDS)
        _close(simulation, line, play, kept=not fresh)


def _follow(line: Call, script: tuple[Act, ...], texts: list[str], simulation: Simulation) -> None:
    """Plays the caller's part; after the last act the caller hears the answer out, talks if there is somebody, and
    hangs up."""
    for act in script:
        line.listen()
        if line.ended:
            return
        simulation.network.clock.run(REACTION_SECONDS)
        do(line, act, texts)
    line.listen()
    simulation.network.clock.run_until(lambda: _is_over(line), within=LONGEST_HOLD_SECONDS)
    if not line.ended:
        line.hang_up()


def _is_over(line: Call) -> bool:
    """The hotline hung up, or waits for the caller, who has nothing more to press."""
    waits = line.listening
    return line.ended or (waits is not None and waits.open and waits.kind in ("gather", "record"))


def _close(simulation: Simulation, line: Call, play: Play, *, kept: bool) -> None:
    """How it ended, under which reference, and where the record is."""
    minutes, seconds = divmod(line.duration, 60)
    store = simulation.house.store
    play.write(f"\n{line.status} after {minutes}:{seconds:02}; {line.ended_by or 'nobody'} hung up")
    for ticket in store.tickets(call_id=line.sid):
        incomplete = "" if ticket.complete else ", incomplete"
        play.write(f"ticket {ticket.reference}: {ticket.topic}, {ticket.priority}{incomplete}")
    if kept:
        play.write(f"record: ivr show {line.sid}")
    for problem in simulation.network.debugger.entries:
        play.write(f"debugger: {problem}")
