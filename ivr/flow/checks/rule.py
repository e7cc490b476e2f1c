"""What a rule of the checker is, and the list of all rules. Knows no rule itself.

A rule is a generator over a `Graph` that yields problems. What it is about stands in `rules.yaml`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ivr.flow.checks.graph import Graph
from ivr.flow.examples import load_texts
from ivr.flow.issues import Issue, Place, Severity

Problem = tuple[str, Place]
"""A message (one sentence, no full stop) and where it belongs."""

Search = Callable[[Graph], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing the checker knows. `name` stands in brackets behind each message and never changes its meaning."""

    name: str
    severity: Severity
    search: Search

    @property
    def doc(self) -> str:
        """The explanation, plain text: what is wrong, why it matters to a caller, what to do."""
        return _docs()[self.name]

    def issues(self, graph: Graph) -> Iterator[Issue]:
        for message, place in self.search(graph):
            yield Issue(self.name, message, place, self.severity)


@cache
def _docs() -> Mapping[str, str]:
    return load_texts(files(__package__) / "rules.yaml")


RULES: dict[str, Rule] = {}
"""All rules by name, in the order in which they are written down; filled when `ivr.flow.checks.lint` is imported."""


def error(name: str) -> Callable[[Search], Search]:
    return _register(name, Severity.ERROR)


def warning(name: str) -> Callable[[Search], Search]:
    """Registers a rule whose problems are worth a look."""
    return _register(name, Severity.WARNING)


def _register(name: str, severity: Severity) -> Callable[[Search], Search]:
    def keep(search: Search) -> Search:
        if name in RULES:
            raise ValueError(f"two rules are called {name}")
        RULES[name] = Rule(name, severity, search)
        return search

    return keep
