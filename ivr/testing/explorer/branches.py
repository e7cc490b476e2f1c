"""What has to be keyed in, answered or dialled so that every written case of a `choose` is walked."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from ivr.call.answers import understand
from ivr.call.countries import country_of, example_numbers
from ivr.call.values import Value, Values
from ivr.flow.cases import OTHERWISE, taken, values_by_case
from ivr.flow.checks.step_facts import KIND_OF_ANSWER
from ivr.flow.model import NOW, Ask, Choose, FlowSet, ValueKind

ANYTHING = "*"
"""The case of any value at all: only whether there is one matters."""
COUNTED: tuple[ValueKind, ...] = ("digits", "account", "reference", "tail")
"""Answers that have so many digits as the question says."""

_KEYS: Mapping[str, Callable[[str], str]] = {
    "money": lambda text: text.partition(" ")[0].replace(".00", "").replace(".", "*"),
    "number": lambda text: text.replace(".", "*"),
    "date": lambda text: text[5:7] + text[8:10],
    "time": lambda text: text[:5].replace(":", ""),
    "phone": lambda text: text.replace("+", "00"),
}


@dataclass(frozen=True, slots=True)
class Branches:
    cases: Mapping[str, Sequence[Sequence[str]]]
    """By the name of a value, the cases of every `choose` that looks at it."""
    asks: frozenset[str]
    """The questions, as `flow.step`, whose answer is looked at."""
    asks_now: frozenset[str]
    """The steps that look at the moment."""

    def texts(self, name: str, kind: ValueKind, today: date) -> tuple[str, ...]:
        """Values of this kind in their canonical form, one for each case; none for a value that nothing looks at."""
        found = (values_by_case(cases, kind, today).values() for cases in self.cases.get(name, ()))
        return tuple(dict.fromkeys(text for texts in found for text in texts))

    def variants(self, values: Values, today: date) -> Iterator[tuple[str, Values]]:
        """The same values with one of them exchanged for one that takes another case, and what was exchanged."""
        for name, value in values.items():
            for text in self.texts(name, value.kind, today):
                if text != value.text:
                    yield f"{name} {text}", {**values, name: Value(value.kind, text)}

    def answers(self, step: Ask, today: date, language: str, region: str) -> Iterator[tuple[str, str]]:
        """Answers to a question for each case: the keys, or else the words."""
        name, kind = step.into or step.name, KIND_OF_ANSWER.get(step.as_)
        walked = set()
        texts = self.texts(name, kind, today) if kind else ()
        prefixes = {case.rstrip("*") for cases in self.cases.get(name, ()) for case in cases if case.startswith("+")}
        for text in (*texts, *_likely(kind, texts, sorted(prefixes), today)):
            words = text if kind == "words" else ""
            keys = "" if words or kind is None else keys_of(Value(kind, text))
            if kind in COUNTED:
                keys = keys[: step.most].ljust(step.least, "0")
            value = understand(
                step.as_, keys, words, language=language, today=today, ahead=step.ahead, least=step.least,
                most=step.most, region=region,
            )  # fmt: skip
            takes = value and tuple(taken(cases, value.kind, value.text, today) for cases in self.cases[name])
            if takes and takes not in walked:
                walked.add(takes)
                yield keys, words


def keys_of(value: Value) -> str:
    """How a value is keyed in, without a finish key; "" for one that cannot be."""
    keys = _KEYS.get(value.kind, str)(value.text)
    return keys if re.fullmatch("[0-9*]+", keys) else ""


def _likely(
    kind: ValueKind | None, texts: Sequence[str], prefixes: Sequence[str], today: date
) -> Iterator[str]:  # fmt: skip
    """Values that can be keyed in, where those that were found for the cases perhaps cannot."""
    if kind == "date" and texts:
        yield from ((today + timedelta(days=ahead)).isoformat() for ahead in range(-7, 8))
    elif kind == "phone":
        for text in texts:
            for number in islice(example_numbers(country_of(text)), 1):
                yield number
                yield from (f"{prefix}{number[len(prefix) :]}" for prefix in prefixes)


def branches_of(flow_set: FlowSet) -> Branches:
    cases: dict[str, list[Sequence[str]]] = defaultdict(list)
    asks: dict[str, str] = {}
    now = set()
    for state, step in flow_set.states().items():
        if isinstance(step, Choose):
            if written := tuple(case for case in step.ways if case not in (OTHERWISE, ANYTHING)):
                cases[step.choose].append(written)
            now |= {state} if step.choose == NOW else set()
        elif isinstance(step, Ask):
            asks[state] = step.into or step.name
    return Branches(cases, frozenset(state for state, name in asks.items() if name in cases), frozenset(now))
