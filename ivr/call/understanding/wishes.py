"""What callers can want of a flow set, learnt from the examples that its authors wrote, and what their words mean.

A wish is what callers can ask for: a flow or a step of which somebody wrote `examples`, or what a key does everywhere.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from threading import Lock

from ivr.call import answers, choices
from ivr.call.languages import LANGUAGES
from ivr.call.understanding.classifier import Classifier, Learn, Score, learnt_from
from ivr.call.understanding.decision import PLAIN, URGENT_AHEAD, URGENT_CLOSE, Meant, Names, Ways, decide
from ivr.call.understanding.learning import learnt_of
from ivr.call.understanding.pieces import pieces
from ivr.call.understanding.ways import WishWays
from ivr.flow.cases import OTHERWISE
from ivr.flow.model import (
    ACTIONS,
    EXPLAIN,
    NOTHING,
    QUESTIONS,
    REPEAT,
    AnyStep,
    Ask,
    Choose,
    Flow,
    FlowSet,
    Hangup,
    Menu,
    Prompting,
    Survey,
)

SHORTEST_NEED = 2
"""Characters of the shortest need that is kept until another one is seen to: 退款."""
LONG_NUMBER = 6
"""Digits of a number that nobody says to a menu to choose: one's account, a reference. Hotlines (12315) are shorter."""
SPOKEN = 0.5
"""Whoever says something at the greeting of which so much is known in a language has chosen that language."""
PLAINLY = 0.3
"""So much more must be known in it than in any other for a key to be followed by that of the language: Chinese callers
say "agent" and "scam", too."""


class Wishes:
    """The wishes of one flow set. What is learnt of a language is learnt when its first words are heard, and kept."""

    def __init__(self, flows: FlowSet, learn: Learn = learnt_from) -> None:
        self._flows = flows
        self._learn = learn
        self._learnt: dict[str, Classifier | None] = {}
        self._soon = Lock()
        self.ways = WishWays(flows)

    def understand(self, flow: str, menu: Menu, words: str, language: str) -> Meant:
        """What these recognised words mean in a menu of a flow. Never raises."""
        offered = tuple(choice.language for choice in menu.choices if choice.language)
        spoken = self._spoken(words, (language, *offered)) if offered else language
        named = choices.choose(menu.choices, words, spoken, menu.called)
        learnt = self.learnt(spoken)
        # whoever asks for this flow is here already
        ways = {wish: keys for wish, keys in self.ways.of(flow, menu, spoken).items() if wish != flow}
        if learnt is None or not ways:
            return Meant((named,) if named else ())
        wanted = self.wanted((flow,), menu, words, spoken)
        is_number = len(answers.spoken_digits(words, spoken)) >= LONG_NUMBER
        if is_number and not self._takes_reference(wanted):
            return Meant()
        if not offered and wanted in QUESTIONS:
            return Meant(question=wanted)
        end = self._end(flow, menu)
        if end and self._says_no_more(flow, menu, words, spoken):
            return Meant((end,))
        names, meant = self._names(flow, menu, words, spoken, ways), Meant()
        if not offered or names.key or not self._is_elsewhere(learnt, words, spoken, ways):
            meant = decide(self._scores(learnt, words, spoken, ways), ways, names, self.ways.urgent)
            if meant.keys:
                meant = replace(meant, later=self._later(flow, menu, learnt, words, spoken, ways=ways, meant=meant))
        by_name_only = offered and not meant.keys and not names.alarm
        if names.key and by_name_only and not self._clear(flow, learnt, words, spoken):
            # "an agent", and nothing that it would be about
            meant = Meant(next((keys for keys in ways.values() if keys[0] == names.key), (names.key,)))
        if offered and not self._is_plainly(words, spoken, offered):
            meant = replace(meant, keys=meant.keys[:1], other=meant.other[:1])
        if len(meant.keys) == 1 and meant.keys[0] in choices.denied(menu.choices, words, spoken):
            meant = Meant()
        if meant.keys or not offered or self._share_known(words, spoken) < SPOKEN:
            return meant
        key = next((choice.key for choice in menu.choices if choice.language == spoken), None)
        if key is None or len(answers.comparable(words, spoken)) < LANGUAGES[spoken].hearing.shortest:
            return meant
        later = self._clear(flow, learnt, words, spoken)
        is_mixed = len({letter.isascii() for letter in words if letter.isalpha()}) > 1  # help with my 退款
        for code in offered if is_mixed and not later else ():
            other = self.learnt(code)
            later = later or (self._clear(flow, other, words, code) if other else ())
        return Meant((key,), later=later)

    def elsewhere(self, inside: Sequence[str], menu: Menu, words: str, language: str) -> tuple[str, Meant] | None:
        """What these words plainly want that another topic is for, and the menu, as a state, from which it is meant.

        `inside` are the flows that are open, the innermost last. None if the words name a choice here or want what one
        leads to, if they are about an open flow, and before a language is chosen; out of one that is urgent, where it
        does not end by itself ("never mind").
        """
        learnt, start, flow = self.learnt(language), self._flows.start, inside[-1]
        is_first = any(choice.language for choice in menu.choices)
        if learnt is None or is_first:
            return None
        if choices.choose(menu.choices, words, language):
            return None
        here, home = self.ways.of(flow, menu, language), self.ways.home_ways(language)
        wish = self._first_wish(learnt, words, language, here)
        if self.ways.home is None or wish not in home or wish in (*inside, *here):
            return None
        if not self.ways.urgent.isdisjoint(inside) and not self.ways.is_end(wish, inside):
            return None
        meant = self.understand(start, self.ways.home, words, language)
        return (self.ways.home_of(wish, language), meant) if meant.keys == home[wish] and not meant.other else None

    def _takes_reference(self, wish: str) -> bool:
        """Whether this is to come to a flow that begins by asking for a reference: "my case number is …"."""
        flow = self._flows.flows.get(wish)
        return flow is not None and takes_reference(flow.steps[flow.start], flow)

    def wanted(
        self, inside: Sequence[str], step: Prompting, words: str, language: str, *, apart: float = URGENT_CLOSE
    ) -> str:
        """What these words plainly are: a wish, one of ACTIONS or of QUESTIONS; "" if nothing. `inside` as above; no
        other is so close that it is less than `apart`."""
        learnt, here = self.learnt(language), self.ways.of(inside[-1], step, language)
        need = self._needs(learnt, words, language, here)[0] if learnt else ""
        return self._plainest(learnt, need, language, here, apart) if learnt else ""

    def instead(
        self, inside: Sequence[str], question: Prompting, words: str, language: str
    ) -> tuple[str, tuple[str, ...]]:
        """Where these words plainly lead that are said to a question and do not answer it: the keys, and the menu, as a
        state, where they are pressed, or "" for the question itself. No keys where nothing is plainly wanted.

        A key that works in the question leads there, whatever it leads to elsewhere. `inside` as for `elsewhere`.
        """
        home, here = self.ways.home_ways(language), self.ways.of(inside[-1], question, language)
        wish = self.wanted(inside, question, words, language)
        keys = here.get(wish) or home.get(wish, ())
        if keys and keys[0] in question.keys and (wish in here or len(keys) == 1):
            return "", keys
        is_free = wish not in inside and self.ways.urgent.isdisjoint(inside)
        return (self.ways.home_of(wish, language), keys) if keys and is_free else ("", ())

    def doubt_of_alarm(self, words: str, language: str) -> str:
        """The menu, as a state, that asks whether these words mean something urgent; "" if they leave no such doubt."""
        if self.ways.home is None:
            return ""
        start, ways = self._flows.start, self.ways.home_ways(language)
        meant = self.understand(start, self.ways.home, words, language)
        urgent = {ways[wish] for wish in self.ways.urgent if wish in ways}
        return f"{start}.{self.ways.home.name}" if meant.other and urgent & {meant.keys, meant.other} else ""

    def is_inside(self, inside: Sequence[str], menu: Menu, words: str, language: str) -> bool:
        """Whether these words plainly want what one of the flows that are open is for (`inside`, as for `elsewhere`),
        and name no choice here."""
        learnt = self.learnt(language)
        if learnt is None or choices.choose(menu.choices, words, language, menu.called):
            return False
        return self._first_wish(learnt, words, language, self.ways.of(inside[-1], menu, language)) in inside

    def _clear(self, flow: str, learnt: Classifier, words: str, language: str) -> tuple[tuple[str, str], ...]:
        """The wishes in these words to which a menu of this flow leads; none if it is in doubt which is the first.

        What is asked for inside of another flow ("an agent", in the security lane) is no wish of somebody outside.
        """
        menus = (step for step in self._flows.flows[flow].steps.values() if isinstance(step, Menu))
        here = {wish for menu in menus for wish in self.ways.of(flow, menu, language)}
        clear: dict[str, str] = {}
        for need in self._needs(learnt, words, language, here):
            best, *others = self._ranked(learnt, need, language, here)
            is_clear = bool(clear) or all(best.value - other.value >= URGENT_CLOSE for other in others[:1])
            if not is_clear or best.wish in (NOTHING, *ACTIONS):
                break
            clear.setdefault(best.wish, need)
        return tuple(clear.items())

    def _needs(
        self, learnt: Classifier, words: str, language: str, here: Iterable[str], least: int | None = None
    ) -> tuple[str, ...]:
        """The parts of these words that count, one for each need.

        "And" and "then" stand in one need, too: they part only what is plainly a wish each, and none the same.
        """
        hearing, heard = LANGUAGES[language].hearing, answers.comparable(words, language)
        needs = hearing.needs(heard, least)
        if len(needs) > 1:
            return needs
        parts = tuple(part for part in map(str.strip, hearing.joins.split(needs[0])) if len(part) >= SHORTEST_NEED)
        wishes = {self._plain_wish(learnt, part, language, here) for part in parts}
        return parts if len(parts) == len(wishes) > 1 and "" not in wishes else needs

    def _first_wish(self, learnt: Classifier, words: str, language: str, here: Iterable[str]) -> str:
        return self._plain_wish(learnt, self._needs(learnt, words, language, here)[0], language, here)

    def _plain_wish(self, learnt: Classifier, need: str, language: str, here: Iterable[str]) -> str:
        """The likeliest wish if there is no doubt about it, else "": of those `here`, and those that are led to from
        outside. Who says "an agent" does not mean what somebody in another flow means by it."""
        wish = self._plainest(learnt, need, language, here)
        return "" if wish in (*ACTIONS, *QUESTIONS) else wish

    def _plainest(
        self, learnt: Classifier, need: str, language: str, here: Iterable[str], apart: float = URGENT_CLOSE
    ) -> str:
        """As `_plain_wish`, or one of ACTIONS or QUESTIONS."""
        best, *others = self._ranked(
            learnt, need, language, {*ACTIONS, *QUESTIONS, *here, *self.ways.home_ways(language)}
        )
        others = [other for other in others if (best.wish, other.wish) != (EXPLAIN, REPEAT)]  # the answer is said again
        is_plain = best.value >= PLAIN and all(best.value - other.value >= apart for other in others[:1])
        return best.wish if is_plain and best.wish != NOTHING else ""

    def _later(
        self, flow: str, menu: Menu, learnt: Classifier, words: str, language: str, *, ways: Ways, meant: Meant
    ) -> tuple[tuple[str, str], ...]:
        """The wishes in these words that are not seen to by what is meant, in their order; also plain ones to which
        another menu leads ("a person about my loan", at the greeting). What names the choice that is meant is seen to,
        and what the open flow is for.
        """
        later: dict[str, str] = {}
        for need in self._needs(learnt, words, language, ways, SHORTEST_NEED):
            best = self._plain_wish(learnt, need, language, ways)
            if not best or best in ways:
                scores = self._ranked(learnt, need, language, ways)
                best = scores[0].wish if decide([scores], ways, Names(), self.ways.urgent).keys else NOTHING
            seen_to = {ways.get(best), (choices.choose(menu.choices, need, language),)} & {meant.keys, meant.other}
            if best not in (NOTHING, *ACTIONS, flow) and not seen_to:
                later.setdefault(best, need)
        return tuple(later.items())

    def _names(self, flow: str, menu: Menu, words: str, language: str, ways: Ways) -> Names:
        key = choices.choose(menu.choices, words, language, menu.called)
        alone = key is not None and choices.is_name(menu.choices, words, language, menu.called)
        doubted = key is not None and not alone and key == self._end(flow, menu)
        key = None if doubted else key
        own = {choice.key for choice in menu.choices}
        led = [keys for wish in self.ways.urgent if (keys := ways.get(wish))]
        elsewhere = [keys for wish in self.ways.urgent if (keys := self.ways.home_ways(language).get(wish))]
        urgent = {keys[0] for keys in led if len(keys) == 1} | {keys[0] for keys in elsewhere if keys[0] in menu.keys}
        return Names(
            key,
            alone=alone,
            own=key in own,
            only=key in own and own & {keys[0] for keys in ways.values()} <= {key},
            doubted=doubted,
            alarm=bool(urgent & choices.names_in(menu.choices, words, language, menu.called)),
        )

    def goes_on(self, flow: str, menu: Menu, words: str, language: str) -> bool:
        """Whether these words name a choice of a menu, and not, or not only, the one behind which the call ends."""
        key = choices.choose(menu.choices, words, language)
        no_more = choices.is_name(menu.choices, words, language) or self._says_no_more(flow, menu, words, language)
        return key is not None and not (key == self._end(flow, menu) and no_more)

    def _end(self, flow: str, menu: Menu) -> str:
        """The key of the choice that ends the call, with a survey or at once; "" if there is none."""
        steps = self._flows.flows[flow].steps
        return next((each.key for each in menu.choices if isinstance(steps.get(each.next), Survey | Hangup)), "")

    def _says_no_more(self, flow: str, menu: Menu, words: str, language: str) -> bool:
        """Whether these words are likest to the examples of this very menu: "no thanks, that is all for today"."""
        learnt = self.learnt(language)
        best = learnt.rank(_pieces(answers.comparable(words, language), language))[0] if learnt else Score(NOTHING, 0.0)
        return best.wish == self.ways.wish_of(flow, menu.name) and best.value >= PLAIN

    def _spoken(self, words: str, languages: tuple[str, ...]) -> str:
        """The language of words said before one is chosen: the one whose examples know most of them."""
        return max(dict.fromkeys(languages), key=lambda code: self._share_known(words, code))

    def other_language(self, words: str, language: str) -> str:
        """The language of the hotline that these words are plainly in, if it is not this one; else "".

        A single word does not tell: Chinese callers say "agent", too.
        """
        spoken = self._spoken(words, (language, *self._flows.languages))
        hearing, heard = LANGUAGES[spoken].hearing, answers.comparable(words, spoken)
        if spoken == language or len(heard) < hearing.shortest or len(hearing.content(heard) or heard.split()) < 2:
            return ""
        is_known = self._share_known(words, spoken) >= SPOKEN
        return spoken if is_known and self._is_plainly(words, spoken, self._flows.languages) else ""

    def _is_plainly(self, words: str, language: str, offered: tuple[str, ...]) -> bool:
        """Whether these are words, not digits, of this language and of no other that is offered."""
        known = self._share_known(words, language) if any(map(str.isalpha, words)) else 0.0
        return all(known - self._share_known(words, other) >= PLAINLY for other in offered if other != language)

    def _share_known(self, words: str, language: str) -> float:
        """How much of these words occurs in the examples of a language."""
        learnt, found = self.learnt(language), _pieces(answers.comparable(words, language), language)
        return sum(learnt.knows(piece) for piece in found) / len(found) if learnt and found else 0.0

    def _is_elsewhere(self, learnt: Classifier, words: str, language: str, ways: Ways) -> bool:
        """Whether each need in the words is likeliest one that this menu does not lead to, or as likely as one."""
        needs = self._needs(learnt, words, language, ways)
        return all(self._is_rather_elsewhere(learnt.rank(_pieces(need, language)), ways) for need in needs)

    def _is_rather_elsewhere(self, ranked: Sequence[Score], ways: Ways) -> bool:
        best, second = ranked[:2]
        if best.wish not in ways:
            return True
        is_close = best.wish in self.ways.urgent and best.value - second.value < URGENT_AHEAD
        return is_close and second.wish not in (*ways, NOTHING)

    def _scores(
        self, learnt: Classifier, words: str, language: str, among: Collection[str]
    ) -> tuple[tuple[Score, ...], ...]:
        """For each need in the words the wishes it can be here, the likeliest first."""
        needs = self._needs(learnt, words, language, among)
        return tuple(self._ranked(learnt, need, language, among) for need in needs)

    def _ranked(self, learnt: Classifier, need: str, language: str, among: Collection[str]) -> tuple[Score, ...]:
        """These wishes and NOTHING, the likeliest first; never empty, as a language may have no examples of any.

        Words that ask to be called back are a wish for that, whatever else they tell but what may be urgent.
        """
        scores = learnt.rank(_pieces(need, language))
        scores = tuple(score for score in scores if score.wish in among or score.wish == NOTHING)
        best, called = scores[0] if scores else Score(NOTHING, 0.0), self.ways.callback
        alarms = (best.value - score.value < URGENT_CLOSE for score in scores if score.wish in self.ways.urgent)
        if called in among and LANGUAGES[language].hearing.callback.search(need) and not any(alarms):
            return (Score(called, best.value + 1), *(score for score in scores if score.wish != called))
        return scores or (best,)

    def reasons(
        self, flow: str, menu: Menu, words: str, language: str
    ) -> Iterator[tuple[str, tuple[Score, ...], tuple[str, ...]]]:
        """For each need in the words: its part of them, the wishes it can be, and what speaks for the likeliest."""
        learnt, ways = self.learnt(language), self.ways.of(flow, menu, language)
        if learnt is None:
            return
        needs = self._needs(learnt, words, language, ways)
        for need, scores in zip(needs, self._scores(learnt, words, language, ways), strict=True):
            told = learnt.evidence(_pieces(need, language), scores[0].wish)
            yield need, scores, tuple(piece.strip("^$<>~ ") for piece, weight in told.items() if weight > 0)[:6]

    # --- what is learnt ---------------------------------------------------------------------------------------

    @property
    def is_learnt(self) -> bool:
        return len(self._learnt) >= len(self._flows.languages)

    def learns_once(self) -> bool:
        """True for the first who asks: they have it learnt. Thousands may ring while it is."""
        return not self.is_learnt and self._soon.acquire(blocking=False)

    def learn(self) -> None:
        """Learns all languages now, so that no caller who speaks waits for it."""
        for language in self._flows.languages:
            self.learnt(language)

    def learnt(self, language: str) -> Classifier | None:
        """What tells the wishes of one language apart; None if its authors wrote no examples."""
        if language not in self._learnt:
            self._learnt[language] = learnt_of(tuple(self._written(language)), language, self._learn)
        return self._learnt[language]

    def _written(self, language: str) -> Iterator[tuple[str, str]]:
        for flow in self._flows.flows.values():
            for name, by_language in flow.examples.items():
                wish = name if name in (flow.name, NOTHING) else f"{flow.name}.{name}"
                yield from ((wish, sentence) for sentence in by_language.get(language, ()))


def takes_reference(step: AnyStep, flow: Flow) -> bool:
    """Whether a step of a flow takes the reference from the words that led to it, or chooses whether to ask for one."""
    if isinstance(step, Choose):
        step = flow.steps.get(step.ways[OTHERWISE].next, step)
    return isinstance(step, Ask) and step.as_ == "reference"


def _pieces(heard: str, language: str) -> frozenset[str]:
    return pieces(heard, LANGUAGES[language].hearing.stem)
