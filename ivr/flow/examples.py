"""What is told of a rule: what it is about, and an example: lines that are wrong, the answer, the same lines mended.

An example is a file `examples/<rule>.yaml` beside the rules. Comments divide it: `# wrong:`, `# mended:` and `# end`
around what differs, `# file: name` before each file where there are several. The answer stands in `<rule>.out`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Literal

from ivr.flow.reading.source import MapNode, Scalar, parse

Part = Literal["both", "wrong", "mended"]


@dataclass(frozen=True, slots=True)
class Example:
    """Two versions of the same documents, as text by file name, and the report on the wrong one."""

    wrong: Mapping[str, str]
    mended: Mapping[str, str]
    repairs: tuple[str, ...]
    answer: str


def load_texts(file: Traversable) -> dict[str, str]:
    """The texts of a file of names and texts, such as the rules of `rules.yaml` and what each is about."""
    root, _ = parse(file.read_text("utf-8"), file.name)
    entries = root.entries if isinstance(root, MapNode) else ()
    return {entry.key.text: entry.value.text for entry in entries if isinstance(entry.value, Scalar)}


def load_example(folder: Traversable, rule: str) -> Example | None:
    """The example of a rule, or None where no text file can break the rule."""
    source, answer = folder / f"{rule}.yaml", folder / f"{rule}.out"
    if not source.is_file():
        return None
    wrong: dict[str, str] = {}
    mended: dict[str, str] = {}
    repairs: list[str] = []
    for file, part, line in _lines(f"{rule}.yaml", source.read_text("utf-8")):
        if part != "mended":
            wrong[file] = wrong.get(file, "") + line
        if part != "wrong":
            mended[file] = mended.get(file, "") + line
        if part == "mended":
            repairs.append(f"{file}:{mended[file].count(chr(10))}: {line.rstrip()}")
    return Example(wrong, mended, tuple(repairs), answer.read_text("utf-8") if answer.is_file() else "")


def _lines(file: str, text: str) -> Iterator[tuple[str, Part, str]]:
    part: Part = "both"
    for line in text.splitlines(keepends=True):
        match line.strip().split():
            case ["#", "file:", name]:
                file = name
            case ["#", "wrong:"]:
                part = "wrong"
            case ["#", "mended:"]:
                part = "mended"
            case ["#", "end"]:
                part = "both"
            case _:
                yield file, part, line
