"""What is done with each parameter of each operation that changes something, out of `parameters.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

PARAMETERS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
"""For each operation, `done` and `ignored`: names apart by blanks."""


def ignored(operation: str, given: Iterable[str]) -> list[str]:
    """Give what the debugger says of the parameters that do nothing: those that are ignored, and those nobody knows."""
    done, left_out = (PARAMETERS[operation].get(kind, "").split() for kind in ("done", "ignored"))
    return [
        f"{name} of {operation} is not emulated and changes nothing"
        if name in left_out
        else f"{operation} has no parameter {name}"
        for name in given
        if name not in done
    ]
