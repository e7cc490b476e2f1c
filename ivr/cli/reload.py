"""The command that lets a running server take new code and settings: `ivr reload`."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ivr.cli.options import config_option, must_be_there, stop

WAIT_SECONDS = 60
_TAKEN = "IVR_FROM_ENV_FILE"
_HELD = "IVR_HELD_NOTE"


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="As given to `ivr serve`.")
@config_option
def reload(port: int, config_path: Path) -> None:
    """Have the server on this machine take new code, configuration, handlers and tokens.

    No request is refused meanwhile. If the new program would not start, the old one goes on; the status is 1 then.
    """
    must_be_there(config_path)
    folder = config_path.parent  # nothing else of it is read here: the variables that it names are the server's
    before = _note(folder, port)
    try:
        os.kill(int(before["pid"]), signal.SIGHUP)
    except (KeyError, ProcessLookupError, PermissionError):
        stop(f"no server that we may signal serves {folder} at port {port}")
    until = time.monotonic() + WAIT_SECONDS
    while (now := _note(folder, port)) == before:
        if time.monotonic() > until:
            stop(f"no answer within {WAIT_SECONDS} s; what the server is doing stands in its log")
        time.sleep(0.05)
    if now["how"] != "serving":
        click.echo("ivr: not reloaded: the new program would not start; why stands in the server's log", err=True)
        raise SystemExit(1)
    click.echo("reloaded")


def write_note(folder: Path, port: int, how: str) -> None:
    """Leaves word for `ivr reload`: which process serves, and how its last start or reload went.

    The note is locked for as long as the server lives, through reloads: its number may be another process's after that.
    """
    path = _path(folder, port)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    note = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    fcntl.flock(note, fcntl.LOCK_SH)
    os.set_inheritable(note, True)
    os.write(note, json.dumps({"pid": os.getpid(), "how": how, "at": time.time_ns()}).encode())
    fresh.replace(path)
    if before := os.environ.get(_HELD):
        os.close(int(before))
    os.environ[_HELD] = str(note)


def take_variables(path: Path | None) -> None:
    """Sets the environment variables of a file of lines NAME=value; those an earlier reading set are gone before."""
    for name in os.environ.pop(_TAKEN, "").split():
        os.environ.pop(name, None)
    if path is None:
        return
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    if wrong := [number for number, pair in enumerate(pairs, 1) if len(pair) != 2]:
        stop(f"{path}: entry {wrong[0]} is not NAME=value")
    os.environ.update({name.strip(): value.strip() for name, value in pairs})
    os.environ[_TAKEN] = " ".join(name.strip() for name, _ in pairs)


def _note(folder: Path, port: int) -> Mapping[str, Any]:
    """What a server that lives has left; nothing if there is none."""
    try:
        with _path(folder, port).open(encoding="utf-8") as file:
            note: Mapping[str, Any] = json.load(file)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return note
    except (OSError, ValueError):
        pass
    return {}


def _path(folder: Path, port: int) -> Path:
    return folder / "data" / f"server-{port}.json"
