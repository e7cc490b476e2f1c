"""The checker: runs the rules over flows that were read.

Each rule is a generator with a name; its docstring is its documentation, shown by `ivr check --explain RULE` and in
the docs. The rules stand in `ivr.flow.checks.rules`, one module per subject; what they look up is in
`ivr.flow.checks.graph`.
"""

from __future__ import annotations

from ivr.flow.catalogue import Catalogue
from ivr.flow.checks.graph import Graph
from ivr.flow.checks.rule import RULES, Rule
from ivr.flow.checks.rules import cases, examples, keys, languages, menus, names, reachability, secrets, values, ways
from ivr.flow.issues import Issue
from ivr.flow.model import FlowSet
from ivr.flow.reading.gc_pause import gc_paused

__all__ = ["RULES", "Rule", "lint"]

_SUBJECTS = (names, ways, reachability, menus, keys, values, cases, secrets, languages, examples)
"""The modules whose import fills `RULES`."""


def lint(flow_set: FlowSet, catalogue: Catalogue) -> list[Issue]:
    """All problems of a flow set, errors and warnings, in reading order; empty for a hotline that is in order.

    `catalogue` holds the names outside the flows. The flows are expected as the reader hands them over: every step
    complete in itself, with what it inherits filled in. A problem in a default that many steps share is told once.
    """
    with gc_paused():
        graph = Graph(flow_set, catalogue)
        found = {issue for rule in RULES.values() for issue in rule.issues(graph)}
    return sorted(found, key=lambda issue: (issue.place, issue.rule, issue.message))
