"""Explores a hotline without a script: visits every state, then says what is proven and what is refuted, also as text.

The search is in `search`, the properties in `properties/`, figures in `figures`; `counterexample` writes the call that
refutes a property down as a call script.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ivr.flow.model import Choose
from ivr.testing.explorer.counterexample import described
from ivr.testing.explorer.distances import call_by
from ivr.testing.explorer.figures import Figures, figures
from ivr.testing.explorer.properties import keys_and_words, promises, reachability, turns
from ivr.testing.explorer.properties.reachability import key_distance, time_distance
from ivr.testing.explorer.property import PROPERTIES, Bounds, Finding, Property
from ivr.testing.explorer.search import MOST_NODES, Complaint, Model, Monitor, ObservedTurn, StateSpace, search

__all__ = ["PROPERTIES", "Bounds", "Explored", "Finding", "Model", "Property", "explore"]

_LOADED = (turns, reachability, promises, keys_and_words)
"""The modules whose import fills `PROPERTIES`."""

ORDER = (
    "never-stuck", "silence-ends", "no-loop", "near-a-person", "security-first", "urgent-words", "freeze-leaves-word",
    "announced-keys", "speaks-the-language", "answers-again", "dates-are-working-days", "texts-fit", "guesses-end",
    "late-secrets", "hang-up-is-no-yes", "tickets-as-promised", "never-breaks",
)  # fmt: skip
"""The order of properties in reports: the most harmful first."""


@dataclass(frozen=True)
class Explored:
    """A state space and its verdict: per property what refutes it, nothing where it is proven."""

    space: StateSpace
    bounds: Bounds
    verdict: Mapping[str, tuple[Finding, ...]]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for found in self.verdict.values() for finding in found)

    @cached_property
    def unwalked(self) -> tuple[str, ...]:
        """The steps that no call has come to, and the cases of `choose` that none has taken, as they are written."""
        reached = {state for edge in self.space.edges() for state in edge.entered}
        steps = self.space.model.edition.flows.states()
        cases = (
            f'{state} "{case}"' for state, step in steps.items() if isinstance(step, Choose) and state in reached
            for case in step.ways if (state, case) not in self.space.taken
        )  # fmt: skip
        return (*(state for state in steps if state not in reached), *cases)

    @property
    def is_complete(self) -> bool:
        """Whether all was walked: nothing is proven before."""
        return not self.unwalked and not self.space.cut_short

    @property
    def is_proven(self) -> bool:
        return not self.findings and self.is_complete


def explore(model: Model, bounds: Bounds, wanted: Iterable[str] = (), *, most: int = MOST_NODES) -> Explored:
    """Explores the hotline and judges it by the properties named, or by all. Raises KeyError for an unknown one."""
    chosen = [PROPERTIES[name] for name in (tuple(wanted) or ORDER)]
    return judge(search(model, monitor(model, chosen), most=most), bounds, chosen)


def monitor(model: Model, properties: Iterable[Property]) -> Monitor:
    """Checks every turn of a search against these properties."""
    checks = [(each.name, each.turn) for each in properties if each.turn is not None]

    def observe(turn: ObservedTurn) -> Iterator[Complaint]:
        for name, check in checks:
            for message in check(turn, model):
                yield name, message

    return observe


def judge(space: StateSpace, bounds: Bounds, properties: Iterable[Property]) -> Explored:
    """The verdict on what was found; calls that need no fault of ours come first."""

    def needs_a_fault(finding: Finding) -> bool:
        return any(edge.action.by == "fault" for edge in finding.path)

    return Explored(
        space,
        bounds,
        {each.name: tuple(sorted(_findings(each, space, bounds), key=needs_a_fault)) for each in properties},
    )


def _findings(one: Property, space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    for violation in space.violations:
        if violation.rule == one.name:
            where = space.nodes[violation.edge.source].state if not violation.edge.is_first else "the beginning"
            yield Finding(one.name, f"{violation.message} (in {where})", call_by(space, violation.edge))
    for check in one.space:
        yield from check(space, bounds)


MOST_FINDINGS = 5
"""How many findings of each property are shown."""


def as_text(explored: Explored, seconds: float) -> str:
    return (
        "\n".join([*_covered(explored, seconds), "", *_verdict(explored), "", *_table(figures(explored.space))]) + "\n"
    )


def _covered(explored: Explored, seconds: float) -> Iterator[str]:
    space = explored.space
    flows = space.model.edition.flows
    visited = len({state for edge in space.edges() for state in edge.entered})
    yield (
        f"{len(space.nodes):,} places and {space.turns:,} turns in {seconds:.1f} s: "
        f"{visited} of {len(flows.states())} steps, in {' and '.join(flows.languages)}, "
        "with the caller's number shown and withheld"
    )
    yield "circumstances: " + "; ".join(f"{each.name} ({each.now:%Y-%m-%d %H:%M})" for each in space.model.conditions)
    if space.cut_short:
        yield "the search was cut short: nothing is proven, and what is not refuted holds for the places visited alone"
    if explored.unwalked:
        yield "not walked, so nothing is proven: " + "; ".join(explored.unwalked)


def _verdict(explored: Explored) -> Iterator[str]:
    for name, found in explored.verdict.items():
        if not found:
            yield f"{'proven ' if explored.is_complete else 'open   '}  {name}{_worst(explored, name)}"
            continue
        yield f"REFUTED  {name}"
        for each in found[:MOST_FINDINGS]:
            yield f"         {each.message}"
            yield f"           by: {described(each.path)}"
        if len(found) > MOST_FINDINGS:
            yield f"         and {len(found) - MOST_FINDINGS} more"


def _worst(explored: Explored, name: str) -> str:
    """How near a person is from the farthest node."""
    if name != "near-a-person":
        return ""
    space = explored.space
    told_ = []
    for far, unit in ((key_distance(space), "keys"), (time_distance(space), "s")):
        if far:
            index = max(far, key=lambda one: far[one])
            told_.append(f"{far[index]:.0f} {unit} from {space.nodes[index].state}")
    return f" (at worst {', '.join(told_)})"


def _table(rows: list[Figures]) -> Iterator[str]:
    if not rows:
        return
    yield (
        f"{'topic':<22}{'':4}{'to an answer':>16}{'the farthest':>16}{'to a person':>16}{'at worst':>16}"
        f"{'places':>8}   longest menu"
    )
    for row in rows:
        far = (
            _far(row.answer_keys, row.answer_seconds), _far(row.farthest_answer_keys, row.farthest_answer_seconds),
            _far(row.person_keys, row.person_seconds), _far(row.worst_person_keys, row.worst_person_seconds),
        )  # fmt: skip
        menu = f"{row.longest_menu} {row.longest_menu_seconds} s" if row.longest_menu else "-"
        yield f"{row.topic:<22}{row.language:<4}{''.join(f'{each:>16}' for each in far)}{row.places:>8}   {menu}"


def _far(keys: int | None, seconds: int | None) -> str:
    return "-" if keys is None else f"{keys} keys {seconds} s"
