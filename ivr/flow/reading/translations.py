"""The texts of flows for translators: every one with where it is said, and a translation written back into its file."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath

from ivr.flow.issues import Place
from ivr.flow.reading.rewriting import rewrite
from ivr.flow.reading.source import ListNode, MapNode, Node, Scalar, parse

_SLOT = re.compile(r"\{\{|\}\}|(\{[^{}]*\})")
_NO_WORDS = frozenset(("play", "also", "examples"))
"""Fields per language that hold recordings, or words that callers say: translated by knowing callers, not sentences."""


@dataclass(frozen=True, slots=True)
class FlowText:
    """One text: where it stands (`hotline.yaml steps.main.menu`), its words by language, and their places."""

    name: str
    words: Mapping[str, str]
    places: Mapping[str, Place] = field(repr=False)

    @property
    def field(self) -> str:
        """The field that it is written in, such as `menu`."""
        path = self.name.rpartition(" ")[2].split(".")
        return next((part for part in reversed(path) if not part.isdecimal()), "")

    @property
    def values(self) -> tuple[str, ...]:
        """What is filled in, as it is written: `{amount}`."""
        return values_in(next(iter(self.words.values())))


@dataclass(frozen=True, slots=True)
class Translation:
    """What a translator gave back for one text in one language; `row` is where it stands in their file, from 1.

    `source` is the sentence that was translated, and `mark` that of the words which were given out in this language, if
    their file says it.
    """

    row: int
    name: str
    language: str
    words: str
    source: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One text that will say something else; `before` is "" for a language that it lacked."""

    text: FlowText
    language: str
    before: str
    after: str


class BadTranslation(Exception):
    """A row that cannot be taken; the message names it."""


def mark_of(words: str) -> str:
    """A short word that only these words have."""
    return sha256(words.encode()).hexdigest()[:8]


def values_in(words: str) -> tuple[str, ...]:
    """The values that a sentence fills in, sorted: `{amount}`, `{day:date}`."""
    return tuple(sorted(found[1] for found in _SLOT.finditer(words) if found[1]))


def texts_of(sources: Mapping[str, bytes], languages: Iterable[str]) -> Iterator[FlowText]:
    """Every text of these files that is written in at least one of the languages, in the order of the files."""
    spoken = frozenset(languages)
    for file, source in sources.items():
        root, _ = parse(source, file)
        if root is not None:
            yield from _texts(root, (), PurePath(file).name, spoken)


def _texts(node: Node, path: tuple[str, ...], file: str, languages: frozenset[str]) -> Iterator[FlowText]:
    if isinstance(node, ListNode):
        for number, item in enumerate(node.items, 1):
            yield from _texts(item, (*path, str(number)), file, languages)
    if not isinstance(node, MapNode) or (path and path[-1] in _NO_WORDS):
        return
    words = {entry.key.text: entry.value for entry in node.entries}
    if words and words.keys() <= languages and all(isinstance(value, Scalar) for value in words.values()):
        said = {code: value for code, value in words.items() if isinstance(value, Scalar)}
        yield FlowText(
            f"{file} {'.'.join(path)}",
            {code: value.text.strip() for code, value in said.items()},
            {code: value.place for code, value in said.items()},
        )
        return
    for entry in node.entries:
        yield from _texts(entry.value, (*path, entry.key.text), file, languages)


def changes_of(texts: Iterable[FlowText], translations: Iterable[Translation]) -> list[Change]:
    """What these translations change; those that say the same, or nothing, change nothing.

    Raises BadTranslation for a text that is not there (any more) or says something else than what was translated, and
    for values that were lost or made up.
    """
    known = {text.name: text for text in texts}
    found: list[Change] = []
    for given in translations:
        text, words = known.get(given.name), given.words.strip()
        if text is None:
            raise BadTranslation(f'row {given.row}: there is no text "{given.name}" in the flows; export them again')
        before = text.words.get(given.language, "")
        if not words or words == before or mark_of(words) == given.mark:
            continue
        if given.mark and given.mark != mark_of(before):
            raise BadTranslation(
                f"row {given.row}: the {given.language} of {given.name} was changed here, too, since it was exported; "
                "export it again"
            )
        if given.source and given.source not in text.words.values():
            raise BadTranslation(
                f"row {given.row}: {given.name} does not say any more what was translated; export it again"
            )
        if (wanted := text.values) != (written := values_in(words)):
            lost = sorted(set(wanted) - set(written)) or sorted(set(written) - set(wanted)) or list(wanted)
            what = "leaves out" if set(wanted) - set(written) else "has other values than the text:"
            raise BadTranslation(f"row {given.row}: the {given.language} of {given.name} {what} {', '.join(lost)}")
        found.append(Change(text, given.language, before, words))
    return found


def changed_sources(sources: Mapping[str, bytes], changes: Iterable[Change]) -> dict[str, bytes]:
    """The files that differ, with the changes in them. Raises CannotRewrite."""
    old: dict[str, dict[Place, str]] = {}
    new: dict[str, dict[Place, dict[str, str]]] = {}
    for change in changes:
        places = change.text.places
        if place := places.get(change.language):
            old.setdefault(place.file, {})[place] = change.after
        else:
            last = list(places.values())[-1]
            new.setdefault(last.file, {}).setdefault(last, {})[change.language] = change.after
    return {file: rewrite(sources[file], old.get(file, {}), new.get(file, {})) for file in {*old, *new}}
