"""The codes that this network logs, out of `error_codes.toml`: level, meaning, and how sure the number is."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Level = Literal["error", "warning", "notice"]
Mark = Literal["fact", "guess"]


@dataclass(frozen=True, slots=True)
class Code:
    """One number of Twilio's dictionary, in our own words."""

    level: Level
    meaning: str
    mark: Mark = "fact"


def _read(file: Path) -> dict[int, Code]:
    written: Any = tomllib.loads(file.read_text("utf-8"))
    return {
        int(number): Code(level, meaning, mark)
        for mark, levels in written.items()
        for level, meanings in levels.items()
        for number, meaning in meanings.items()
    }


CODES = _read(Path(__file__).with_suffix(".toml"))


def level_of(code: int) -> Level:
    """Give the level of `code`; 0 is a remark of the emulator's own."""
    return "notice" if code == 0 else CODES[code].level
