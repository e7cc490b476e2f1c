"""What to do about a sentence: take the likeliest wish, ask between two, or say that it was not understood.

The order of the rules is the order of `decide`. A question back costs a caller one key; being led elsewhere costs a way
back. So two wishes that are close are asked between, unless a name in the words says which one is meant.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ivr.call.understanding.classifier import Score
from ivr.flow.model import ACTIONS, NOTHING, REPEAT

CLOSE = 0.08
"""Two wishes whose scores are closer are asked between. An example itself is one ahead of all others."""
URGENT_AHEAD = 0.1
"""The same where the likeliest is urgent: a false alarm costs a caller more than a question."""
URGENT_CLOSE = 0.18
"""The same where the second is urgent: a theft that is missed costs most."""
NAMED_CLOSE = 0.5
"""The same where the second is urgent, and a name of it is in the words."""
LEAST = 0.25
"""What a wish has to score at all. Sentences about something else share a few words with every wish."""
PLAIN = 0.5
"""What a wish scores at least that is told without a doubt: each of two that "and" parts, one that no name gainsays."""
BEHIND = 0.4
"""What a wish scores at least that leads on behind a named choice: "yes, my refund", and not "I am not done"."""

Ways = Mapping[str, tuple[str, ...]]
"""The keys to press, one after another, by the wish that they lead to."""


@dataclass(frozen=True, slots=True)
class Names:
    """What names of choices and keys stand in the words."""

    key: str | None = None
    """The one key that is named best."""
    alone: bool = False
    """Nothing but that name was said."""
    own: bool = False
    """It is a choice of this menu, not a key that works everywhere."""
    only: bool = False
    """It is such a choice that only its names tell of: no wish leads through it ("no, that is all"), or every one."""
    doubted: bool = False
    """It would end the call, and more was said than that ("no that is wrong"): it is not among `key`."""
    alarm: bool = False
    """A name of something urgent is in the words."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What words mean in a menu: keys to press one after another; two such ways to ask between; or nothing."""

    keys: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    """The second way, when it takes a question to tell which is meant."""
    later: tuple[tuple[str, str], ...] = ()
    """Other wishes in the same sentence, in their order, each with its words."""
    question: str = ""
    """One of QUESTIONS, when it is that which was asked: answered on the spot."""


def decide(told: Sequence[Sequence[Score]], ways: Ways, names: Names, urgent: AbstractSet[str]) -> Meant:
    """What the words mean. `told` has the wishes of each need in them that can be here, the likeliest first.

    Urgent wishes go first, whichever part of the words they are in; then the first part that is a wish.
    """
    asked = [scores for scores in told if scores[0].wish != NOTHING] or told[:1]
    scores = next((each for each in asked if each[0].wish in urgent), asked[0])
    best, second = scores[0], scores[1] if len(scores) > 1 else Score(NOTHING, 0.0)
    ahead = best.value - second.value
    known = best.wish != NOTHING and best.value >= LEAST
    if known and ahead < URGENT_CLOSE and names.alarm and {best.wish, second.wish} & urgent:
        return Meant(ways[best.wish if best.wish in urgent else second.wish])
    weak = not known and (ahead < CLOSE or best.wish != NOTHING or best.value < LEAST)
    if names.key and (names.alone or (names.own and best.wish in ACTIONS) or weak):
        return Meant(_through(names.key, scores, ways))
    if names.doubted and (not known or best.value < PLAIN):
        return Meant()
    if not known or best.value < PLAIN:
        if names.key and names.only:
            return Meant((names.key,))
        if not known:
            return Meant()
    if names.alarm and second.wish in urgent and ahead < NAMED_CLOSE:
        return Meant(ways[best.wish], ways[second.wish])
    if second.wish == NOTHING and ahead >= CLOSE:
        return Meant(ways[best.wish])
    if ahead >= (URGENT_AHEAD if best.wish in urgent else URGENT_CLOSE if second.wish in urgent else CLOSE):
        return Meant(ways[best.wish])
    likely = scores if best.wish in urgent else scores[:2]
    two = [ways[score.wish] for score in likely if score.wish != NOTHING][:2]
    if names.key and (by_name := [keys for keys in two if keys == (names.key,)]):
        return Meant(by_name[0])
    if len(two) == 1 or best.wish == REPEAT:  # nobody is asked whether they want to hear something again
        return Meant(two[0] if names.key == two[0][0] else ())
    return Meant(two[0], two[1])


def _through(key: str, scores: Sequence[Score], ways: Ways) -> tuple[str, ...]:
    """The key that was named, and those behind it where the words are clear enough for the menu that follows."""
    behind = [score for score in scores if score.value >= BEHIND and ways.get(score.wish, ("",))[0] == key]
    nothing = [score for score in scores if score.wish == NOTHING]
    is_less = bool(behind and nothing) and nothing[0].value - behind[0].value >= CLOSE  # "yes there is": only the yes
    if not behind or is_less or (len(behind) > 1 and behind[0].value - behind[1].value < CLOSE):
        return (key,)
    return ways[behind[0].wish]
