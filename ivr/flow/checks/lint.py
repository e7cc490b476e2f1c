"""The checker: runs the rules over flows that were read.

The rules stand in `ivr.flow.checks.rules`, one module per subject; what they look up is in
`ivr.flow.checks.graph`.
"""

from ivr.flow.checks.graph import Graph
from ivr.flow.checks.rule import RULES, Rule
from ivr.flow.checks.rules import examples, keys, menus, names, outcomes, secrets, values, ways
from ivr.flow.gc_pause import gc_paused
from ivr.flow.issues import Issue, Severity
from ivr.flow.model import Catalogue, FlowSet

__all__ = ["RULES", "Rule", "lint"]

_IN_PLACE = (names, outcomes, menus, keys, secrets, examples)
_ALONG_WAYS = (ways, values)
"""Those that follow ways. They are asked where every name is known and every outcome has a way out."""


def lint(flow_set: FlowSet, catalogue: Catalogue, *, only_errors: bool = False) -> list[Issue]:
    """All problems of a flow set, errors and warnings, in reading order; empty for a hotline that is in order.

    `catalogue` holds the names outside the flows. The flows are expected as the reader hands them over: every step
    complete in itself, with what it inherits filled in. A problem in a default that many steps share is told once. What
    follows from ways is told when no way leads nowhere. With `only_errors` nothing is looked for that is a warning.
    """
    with gc_paused():
        graph = Graph(flow_set, catalogue)
        asked = {subject.__name__ for subject in (*_IN_PLACE, *(_ALONG_WAYS if graph.whole else ()))}
        rules = [rule for rule in RULES.values() if rule.search.__module__ in asked]
        if only_errors:
            rules = [rule for rule in rules if rule.severity is Severity.ERROR]
        found = {issue for rule in rules for issue in rule.issues(graph)}
    return sorted(found, key=lambda issue: (issue.place, issue.rule, issue.message))
