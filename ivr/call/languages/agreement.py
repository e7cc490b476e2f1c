"""Yes and no: how an utterance is weighed, once a language has cut it into words and says what they mean."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

Meaning = Literal["yes", "soft yes", "yes alone", "no", "no alone", "refusal", "doubt"]
"""What a phrase says. A soft yes (fine, 好) gives way to any no; "alone" counts only if all words are understood."""

Phrase = tuple[str, ...]
Meanings = Mapping[Phrase, Meaning]


def agreement(pieces: Sequence[Sequence[str]], meanings: Meanings, fillers: AbstractSet[Phrase]) -> bool | None:
    """Yes (true) or no (false); None for neither, both, or doubt.

    The pieces are what was said between corrections ("yes, sorry, no"): the last one that says anything counts, and
    what only softens ("no, sorry, it's fine") leaves the one before it standing. How a piece begins decides ("yes,
    that is my number"), the longest phrases first and fillers passed over; behind a word that is unknown only a
    refusal is still heard, and the end ("I'm afraid not") where nothing else is.
    """
    said: set[Meaning] = set()
    for tokens in reversed(pieces):
        said |= _said(tokens, meanings, fillers)
        if said - {"soft yes"}:
            break
    return _decided(said) if said else None


def _said(tokens: Sequence[str], meanings: Meanings, fillers: AbstractSet[Phrase]) -> set[Meaning]:
    said: set[Meaning] = set()
    end: set[Meaning] = set()  # what is said behind the last unknown word
    longest = max(map(len, meanings.keys() | fillers))
    at, understood = 0, True
    while at < len(tokens):
        sizes = range(min(longest, len(tokens) - at), 0, -1)
        phrases = (tuple(tokens[at : at + size]) for size in sizes)
        phrase = next((phrase for phrase in phrases if phrase in meanings or phrase in fillers), ())
        meaning = meanings.get(phrase)
        if meaning and (understood or meaning == "refusal"):
            said.add(meaning)
        end = end | {meaning} if meaning else end if phrase else set()
        understood = understood and bool(phrase)
        at += len(phrase) or 1
    if understood:
        return said
    return said - _ALONE or (end if end == {"no"} and len(tokens) <= _SHORT else set())


_SHORT = 8
"""The most tokens of an utterance that is an answer by its end."""
_ALONE: AbstractSet[Meaning] = frozenset({"yes alone", "no alone"})


def _decided(said: AbstractSet[Meaning]) -> bool | None:
    if "yes" in said and said & {"no", "no alone", "refusal"}:
        return None
    if "refusal" in said:
        return False
    if "doubt" in said or {"yes alone", "no"} <= said or {"yes alone", "no alone"} <= said:
        return None
    return not said & {"no", "no alone"}
