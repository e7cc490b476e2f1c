"""Programs that read aloud, for tests: a Piper that whistles, installed as the real one is."""

from __future__ import annotations

from pathlib import Path

import pytest

_PIPER = """\
import sys, time, wave
from pathlib import Path

given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert Path(given["--model"]).is_file()
print("INFO:piper:Loading voice", file=sys.stderr, flush=True)
for number, line in enumerate(map(str.strip, sys.stdin)):
    if line == "crash":
        sys.exit("no such phoneme")
    if line == "hang":
        time.sleep(600)
    path = Path(given["--output-dir"], f"{number}.wav")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\\x00\\x20\\x00\\xe0" * (1600 * (1 + len(line.split()))))
    print(f"INFO:__main__:Wrote {path}", file=sys.stderr, flush=True)
"""


def install_piper(folder: Path, monkeypatch: pytest.MonkeyPatch, *voices: str) -> Path:
    """Puts Piper 1.8.0 on Python's path, with these voices in the folder of voices; gives that folder."""
    package = folder / "site"
    (package / "piper").mkdir(parents=True)
    (package / "piper" / "__init__.py").touch()
    (package / "piper" / "__main__.py").write_text(_PIPER, "utf-8")
    (package / "piper_tts-1.8.0.dist-info").mkdir()
    (package / "piper_tts-1.8.0.dist-info" / "METADATA").write_text("Name: piper-tts\nVersion: 1.8.0\n", "utf-8")
    monkeypatch.syspath_prepend(package)
    monkeypatch.setenv("PYTHONPATH", str(package))
    return own_voices(folder, monkeypatch, *voices)


def own_voices(folder: Path, monkeypatch: pytest.MonkeyPatch, *voices: str) -> Path:
    """Makes a folder of voices, with those of packages out of sight."""
    monkeypatch.setattr("ivr.voices.piper.VOICE_PACKAGES", {"en": "no_such_package"})
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    place = folder / "data" / "ivr" / "voices"
    place.mkdir(parents=True)
    for name in voices:
        (place / f"{name}.onnx").touch()
        (place / f"{name}.onnx.json").touch()
    return place
