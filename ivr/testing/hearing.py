"""How well a hotline understands what callers say: a corpus of utterances, scored by what was expected of each.

A corpus is UTF-8, tab-separated, without header: context, language, utterance, expected, note. A context is a menu
(the name of a step or a flow; `greeting` is the first menu of a call) or a kind of answer (yesno, amount, date, time,
digits). Of a menu, a step, a flow, `menu.part of a step's name`, a language, `repeat`, `back`, `language` or `none` is
expected.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from ivr.call import answers, choices
from ivr.call.turn import Edition
from ivr.call.understanding.decision import Meant
from ivr.flow.model import AnswerKind, Menu

KINDS: Mapping[str, AnswerKind] = {
    "yesno": "yes-no", "amount": "amount", "date": "date", "time": "time", "digits": "digits",
}  # fmt: skip
NONE = "none"
Verdict = Literal["right", "asked", "wrong", "rejected"]
"""The expected, at once or as one of two that are asked between; something else; or not understood."""


class BrokenCorpus(ValueError):
    """A line of a corpus that says nothing this hotline knows. The message names the line."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of a corpus; `line` counts from 1."""

    line: int
    context: str
    language: str
    words: str
    expected: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class JudgedUtterance:
    """An utterance, what was understood (in a lead's words), and whether that is right."""

    said: Utterance
    group: str
    verdict: Verdict
    understood: str
    alarm: Literal["", "at_once", "asked"] = ""
    """Whether an urgent wish was heard where none was meant."""


def read_corpus(path: Path) -> tuple[Utterance, ...]:
    """The utterances of a file. Raises BrokenCorpus, and OSError where it cannot be read."""
    found: list[Utterance] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        columns = line.split("\t")
        if len(columns) not in (4, 5):
            raise BrokenCorpus(f"{path}:{number}: expected 4 or 5 columns with tabs between, found {len(columns)}")
        found.append(Utterance(number, *columns))
    return tuple(found)


def judged_utterances(edition: Edition, utterances: Iterable[Utterance], today: date) -> Iterator[JudgedUtterance]:
    """Each utterance with what the hotline makes of it. Raises BrokenCorpus for a context or an expectation unknown."""
    for said in utterances:
        if said.language not in edition.flows.languages:
            raise BrokenCorpus(f'line {said.line}: the hotline does not speak "{said.language}"')
        kind = KINDS.get(said.context)
        yield _answer(edition, said, kind, today) if kind else _choice(edition, said)


def day_of(edition: Edition, utterances: Iterable[Utterance]) -> date | None:
    """The day from which a corpus counts its dates: the latest on which most of them are right; None without dates.

    What is expected of "yesterday" says on which day it was written. Raises BrokenCorpus for what is no date.
    """
    dates = [said for said in utterances if said.context == "date" and said.expected != NONE]
    days = {_expected_date(said) + timedelta(days=ago) for said in dates for ago in range(8)}

    def right(day: date) -> int:
        return sum(_answer(edition, said, "date", day).verdict == "right" for said in dates)

    return max(days, key=lambda day: (right(day), day), default=None)


def _expected_date(said: Utterance) -> date:
    try:
        return date.fromisoformat(said.expected)
    except ValueError:
        raise BrokenCorpus(f'line {said.line}: "{said.expected}" is no date such as 2026-11-23') from None


# --- answers ------------------------------------------------------------------------------------------------


def _answer(edition: Edition, said: Utterance, kind: AnswerKind, today: date) -> JudgedUtterance:
    value = answers.understand(
        kind, words=said.words, language=said.language, today=today, region=edition.region
    )  # fmt: skip
    text = "" if value is None else value.text.partition(" ")[0] if kind == "amount" else value.text
    if said.expected == NONE:
        right = value is None
    elif kind == "amount":
        right = bool(text) and Decimal(text) == Decimal(said.expected)
    else:
        right = text == said.expected
    verdict: Verdict = "right" if right else "wrong" if text else "rejected"
    return JudgedUtterance(said, said.context, verdict, text or "nothing")


# --- menus --------------------------------------------------------------------------------------------------


def _choice(edition: Edition, said: Utterance) -> JudgedUtterance:
    flow, menu = menu_of(edition, said.context)
    meant = edition.wishes.understand(flow, menu, said.words, said.language)
    wanted = _keys(edition, flow, menu, said)
    if wanted and wanted[:1] == meant.keys and _asks_language(edition, flow, menu, wanted[0]):
        wanted = meant.keys  # there in the end, whichever language is said then
    if len(wanted) == len(meant.keys) == 1 and _step(menu, wanted[0]) == _step(menu, meant.keys[0]):
        wanted = meant.keys  # two keys of one step
    ways = edition.wishes.ways.of(flow, menu, said.language)
    urgent = {ways[wish] for wish in edition.wishes.ways.urgent if wish in ways}
    told = {keys for keys in (meant.keys, meant.other) if keys}
    verdict = _verdict(meant, wanted)
    alarm: Literal["", "at_once", "asked"] = ""
    if said.context == "main" and wanted not in urgent and urgent & told:
        alarm = "asked" if meant.other else "at_once"
    return JudgedUtterance(
        said, _group(said, wanted in urgent), verdict, understood(edition, flow, menu, meant, said.language), alarm
    )


def _asks_language(edition: Edition, flow: str, menu: Menu, key: str) -> bool:
    """Whether a key leads to a menu of languages alone."""
    away, _, name = menu.keys.get(key, "").rpartition(".")
    step = edition.flows.flows[away or flow].steps.get(name)
    return isinstance(step, Menu) and all(choice.language for choice in step.choices)


def _step(menu: Menu, key: str) -> str | None:
    """The step, or the action, that one key of a menu leads to."""
    return next((choice.next for choice in menu.choices if choice.key == key), menu.keys.get(key))


def _verdict(meant: Meant, wanted: tuple[str, ...]) -> Verdict:
    """What comes of it; a way that begins with the keys that were named in full goes on by itself in the next menu."""
    if meant.other:
        return "asked" if not wanted or wanted in (meant.keys, meant.other) else "wrong"
    if meant.keys == wanted:
        return "right"
    return "wrong" if meant.keys else "rejected"


def _group(said: Utterance, urgent: bool) -> str:
    if said.context != "main":
        return said.context
    return "main/none" if said.expected == NONE else "main/security" if urgent else "main/other"


def menu_of(edition: Edition, context: str) -> tuple[str, Menu]:
    """The menu that is called so, and its flow. Raises BrokenCorpus, with what there is."""
    flows = edition.flows
    first = flows.flows[flows.start]
    flow, _, name = context.rpartition(".")
    if context == "greeting":
        flow, name = flows.start, first.start
    elif not flow and context in flows.flows:
        flow, name = context, flows.flows[context].start
    home = flows.flows.get(flow or flows.start)
    step = home.steps.get(name) if home else None
    if home is None or not isinstance(step, Menu):
        menus = ", ".join(each.name for each in first.steps.values() if isinstance(each, Menu))
        raise BrokenCorpus(f'there is no menu "{context}"; the first flow has {menus}')
    return home.name, step


def _keys(edition: Edition, flow: str, menu: Menu, said: Utterance) -> tuple[str, ...]:
    """The keys of what was expected. Raises BrokenCorpus for what this menu does not lead to."""
    if said.expected == NONE:
        return ()
    for choice in menu.choices:
        if choice.language == said.expected:
            return (choice.key,)
    ways = edition.wishes.ways.of(flow, menu, said.language)
    found = [
        keys for wish, keys in ways.items() if _is_called(edition, flow, menu, wish=wish, keys=keys, name=said.expected)
    ]
    if len(found) == 1:
        return found[0]
    named = choices.choose(menu.choices, said.expected, "en" if "en" in edition.flows.languages else said.language)
    if named:
        return (named,)
    raise BrokenCorpus(f'line {said.line}: "{said.expected}" is nothing that menu "{said.context}" leads to')


def _is_called(edition: Edition, flow: str, menu: Menu, *, wish: str, keys: Sequence[str], name: str) -> bool:
    """Whether a wish is called so: `refund`, `agent`, or by its menu and a part of its own name: `money.refund`."""
    own = wish.rpartition(".")[2]
    if name in (wish, own):
        return True
    through, dot, part = name.partition(".")
    return bool(dot) and part in own and any(each.startswith(through) for each in _menus(edition, flow, menu, keys))


def _menus(edition: Edition, flow: str, menu: Menu, keys: Sequence[str]) -> Iterator[str]:
    """The names of the menus that these keys lead through."""
    for key in keys[:-1]:
        choice = next((choice for choice in menu.choices if choice.key == key), None)
        step = edition.flows.flows[flow].steps.get(choice.next) if choice else None
        if not isinstance(step, Menu):
            return
        yield step.name
        menu = step


def understood(edition: Edition, flow: str, menu: Menu, meant: Meant, language: str) -> str:
    """What words mean: the keys, and the name of where they lead."""
    names = {keys: wish for wish, keys in edition.wishes.ways.of(flow, menu, language).items()}
    ways = [
        f"key {' '.join(keys)}" + (f" ({names[keys]})" if keys in names else "")
        for keys in (meant.keys, meant.other)
        if keys
    ]
    return " or ".join(ways) or meant.question or "nothing"


def first_menu(edition: Edition) -> tuple[str, Menu]:
    """The menu with the most wishes behind it: where most callers say what they want."""
    states = edition.flows.states().items()
    menus = [(state.partition(".")[0], step) for state, step in states if isinstance(step, Menu)]
    if not menus:
        raise BrokenCorpus("these flows have no menu")
    code = edition.flows.languages[0]
    return max(menus, key=lambda one: len(edition.wishes.ways.of(one[0], one[1], code)))


# --- the whole ----------------------------------------------------------------------------------------------

Figures = dict[str, dict[str, dict[str, int]]]


def figures_of(judged: Iterable[JudgedUtterance]) -> Figures:
    """By language and group: how many of each verdict; `false_alarms` counts what was heard as urgent and is not."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for one in judged:
        counts = found.setdefault((one.said.language, one.group), Counter())
        counts.update(["n", one.verdict])
        if one.said.context == "main" and one.group != "main/security":
            found.setdefault((one.said.language, "false_alarms"), Counter()).update(["n", *filter(None, [one.alarm])])
    told: Figures = {}
    for (language, group), counts in sorted(found.items()):
        names = ("n", "at_once", "asked") if group == "false_alarms" else ("n", "right", "asked", "wrong", "rejected")
        told.setdefault(language, {})[group] = {name: counts[name] for name in names}
    return told
