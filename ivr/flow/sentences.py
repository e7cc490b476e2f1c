"""What is said, in every language of the hotline, and the ways out and choices that sentences stand beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ivr.flow.issues import NOWHERE, Place
from ivr.flow.vocabulary import Key, Language, Phrase, StepName, ValueKind, yaml_field


class Lines(tuple[str, ...]):
    """Sentences as an author writes them below each other, one a line."""

    __slots__ = ()

    @classmethod
    def from_text(cls, text: str) -> Lines:
        """Raises ValueError for a text without a sentence."""
        lines = cls(line.strip() for line in text.splitlines() if line.strip())
        if not lines:
            raise ValueError("expected a sentence on each line")
        return lines


@dataclass(frozen=True, slots=True)
class Slot:
    """A `{value}` or `{value:kind}` in a sentence."""

    name: str
    kind: ValueKind | Literal[""] = ""
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said in one language: literal pieces and slots, in order."""

    parts: tuple[str | Slot, ...]
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(part for part in self.parts if isinstance(part, Slot))

    @property
    def words(self) -> str:
        """What is always said, without the values."""
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def source(self) -> str:
        return "".join(
            part if isinstance(part, str) else "{" + part.name + (f":{part.kind}" if part.kind else "") + "}"
            for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class Text:
    """The same thing said in every language: `{zh: 您好。, en: Hello.}`."""

    sentences: Mapping[str, Sentence]
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Those of every language."""
        return tuple(slot for sentence in self.sentences.values() for slot in sentence.slots)


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out: an optional sentence on the way, and where it leads.

    Written as a step's name, or as `{say: {...}, next: step}`.
    """

    short: ClassVar[str] = "next"
    """The field that may be written alone."""

    next: StepName = yaml_field("the step it leads to, or an outcome of this flow")
    say: Text | None = yaml_field("what is said on the way", None)
    place: Place = field(default=NOWHERE, compare=False)
    """Where `next` is written."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a menu: a key, what it is called, and where it leads."""

    either: ClassVar[tuple[str, ...]] = ("label", "say")
    """Fields of which at least one is written."""

    key: Key = yaml_field("the telephone key: 0-9, * or #")
    next: StepName = yaml_field("the step this choice leads to")
    label: Text | None = yaml_field(
        "what the choice is called; the sentence with the key is made from it. "
        "With `language`, one text in that language",
        None,
    )
    say: Text | None = yaml_field("the whole sentence, key included, instead of one made from the label", None)
    also: Mapping[str, tuple[Phrase, ...]] = yaml_field("other words callers use, per language", {}, each="language")
    language: Language | None = yaml_field("switch the call to this language", None)
    place: Place = field(default=NOWHERE, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """As in a step: `next`, `key`."""

    @property
    def way(self) -> Exit:
        """Where it leads, as the way out of a step."""
        return Exit(self.next, place=self.places.get("next", self.place))
