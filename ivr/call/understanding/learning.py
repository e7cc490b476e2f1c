"""What is learnt of a language from the examples of its authors, once in a process for equal examples."""

import json
from functools import lru_cache
from threading import Lock

from ivr.call.languages import LANGUAGES
from ivr.call.languages.hearing import Hearing
from ivr.call.understanding.classifier import Classifier, Learn
from ivr.call.understanding.pieces import words_with_stem

_LEARNING = Lock()
"""Several hotlines of a process that begin at once learn equal examples once, not side by side."""


def learnt_of(authors: tuple[tuple[str, str], ...], language: str, learn: Learn) -> Classifier | None:
    """What tells these wishes apart, from the part that counts of each example: its wish and its sentence, as its
    authors wrote them. None without examples.

    What keys do everywhere has examples of ours. Learnt once in a process for equal examples, whichever hotline they
    belong to.
    """
    with _LEARNING:
        return _learnt(authors, LANGUAGES[language].hearing, learn)


@lru_cache(maxsize=8)
def _learnt(authors: tuple[tuple[str, str], ...], hearing: Hearing, learn: Learn) -> Classifier | None:
    if not authors:
        return None
    ours = [(act, sentence) for act, said in hearing.asks.items() for sentence in said]
    counted = []
    for wish, sentence in (*authors, *ours):
        needs = hearing.needs(hearing.normal(sentence))
        if len(needs) == 1:  # of two needs in one sentence nobody says which words stand for which
            counted.append((wish, needs[0]))
    words = sorted({word for _, need in counted for word in words_with_stem(need)})
    told = json.dumps([counted, {word: hearing.stem(word) for word in words}])
    return Classifier.from_bytes(learn(told))
