"""The report of an exploration, as text: what was covered, what is proven, what is refuted, the figures."""

from collections.abc import Iterator

from ivr.testing.explorer.counterexample import described
from ivr.testing.explorer.explore import Explored
from ivr.testing.explorer.figures import Figures, figures
from ivr.testing.explorer.properties.reachability import key_distance, time_distance

MOST_FINDINGS = 5
"""How many findings of each property are shown."""


def as_text(explored: Explored, seconds: float) -> str:
    return (
        "\n".join([*_covered(explored, seconds), "", *_verdict(explored), "", *_table(figures(explored.space))]) + "\n"
    )


def _covered(explored: Explored, seconds: float) -> Iterator[str]:
    space = explored.space
    visited = len({state for edge in space.edges() for state in edge.entered})
    yield (
        f"{len(space.nodes):,} places and {space.turns:,} turns in {seconds:.1f} s: "
        f"{visited} of {_steps_written(explored)} steps, in {' and '.join(space.model.edition.flows.languages)}, "
        "with the caller's number shown and withheld"
    )
    yield "circumstances: " + "; ".join(f"{each.name} ({each.now:%Y-%m-%d %H:%M})" for each in space.model.conditions)
    if space.cut_short:
        yield "the search was cut short: nothing is proven, and what is not refuted holds for the places visited alone"
    if explored.unwalked:
        yield "not walked, so nothing is proven: " + "; ".join(explored.unwalked)


def _steps_written(explored: Explored) -> int:
    return sum(len(flow.steps) for flow in explored.space.model.edition.flows.flows.values())


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
            index = max(far, key=lambda one: far[one].cost)
            told_.append(f"{far[index].cost:.0f} {unit} from {space.nodes[index].state}")
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
