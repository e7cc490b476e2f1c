"""What callers say who want what a key does everywhere (repeat, back, language): a file for each language.

A file has a line `[repeat]`, then a sentence a line, and so on. It may be missing: then only names are understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent


def asks(code: str) -> Mapping[str, tuple[str, ...]]:
    """The sentences of one language, by what they ask for."""
    file = HERE / f"{code}.txt"
    found: dict[str, list[str]] = {}
    for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
        if line.startswith("["):
            found[line.strip("[]")] = sentences = []
        elif line:
            sentences.append(line)
    return {name: tuple(said) for name, said in found.items()}
