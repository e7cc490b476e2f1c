"""Properties of the whole state space: nobody is stuck, silence ends, a person and the security lane are near."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from ivr.call.events import Gathering, LookUp
from ivr.call.languages import MissingValue
from ivr.flow.model import Menu, Ticket
from ivr.testing.explorer.actions import Action, is_passive
from ivr.testing.explorer.distances import (
    NOT_MEANT,
    PURPOSEFUL,
    call_by,
    call_until,
    goals,
    keys,
    nearest,
    seconds,
)
from ivr.testing.explorer.properties.turns import told
from ivr.testing.explorer.property import FREEZES, Bounds, Finding, space_property
from ivr.testing.explorer.search import Edge, Node, StateSpace

# --- nobody is stuck ------------------------------------------------------------------------------------------------


@space_property("never-stuck")
def never_stuck(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """Whatever happens, there is always a way on to a person or to an end of the call.

    From every place that any call can come to, whatever look-ups answered and whoever is at work, something that can
    happen leads there. Hanging up does not count.
    """
    fine = _reaching(space)
    for node in _once_each(node for node in space.nodes if node.index not in fine and not node.is_over):
        message = f'in "{node.state}" neither a person nor an end can be reached any more'
        yield Finding("never-stuck", message, call_until(space, node))


@space_property("silence-ends")
def silence_ends(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """A caller who does nothing is not kept for ever.

    From every place silence alone comes to an end, or to a person: no menu starts over for ever, and nobody pays for a
    call from a pocket all night.
    """
    for circle in circles(space, is_passive):
        if not all(edge.action.by == "outcome" for edge in circle):
            node = space.nodes[circle[0].source]
            message = f'a caller who says nothing comes back to "{node.state}" for ever'
            yield Finding("silence-ends", message, (*call_until(space, node), *circle))
    for node in space.nodes:
        if isinstance(node.wait, Gathering) and not any(is_passive(edge.action) for edge in node.edges):
            yield Finding("silence-ends", f'in "{node.state}" silence leads nowhere', call_until(space, node))


@space_property("no-loop")
def no_loop_of_look_ups(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """Circles of look-ups without the caller; circles inside a turn are found while it is taken."""
    for circle in circles(space, lambda action: action.by == "outcome"):
        node = space.nodes[circle[0].source]
        message = f'look-ups lead from "{node.state}" back to it, with nobody asked in between'
        yield Finding("no-loop", message, (*call_until(space, node), *circle))


# --- somebody is near -----------------------------------------------------------------------------------------------


@space_property("near-a-person")
def near_a_person(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """From everywhere a person or the end is at most so many keys and seconds away (--keys, --seconds).

    The caller knows what to press; hours, queues and look-ups turn out as badly as they can. Keys are those of a
    caller who acts; seconds may be spent in silence too.
    """
    for measure, far, most in (
        (" keys", key_distance(space), bounds.keys),
        (" s", time_distance(space), bounds.seconds),
    ):
        worst: dict[str, Node] = {}
        for node in space.nodes:
            if node.index in far and far[node.index] > most:
                known = worst.get(node.state)
                if known is None or far[known.index] < far[node.index]:
                    worst[node.state] = node
        for state, node in worst.items():
            cost = f"{far[node.index]:.0f}{measure}"
            message = f'from "{state}" a person or an end is {cost} away; {most:g} are allowed'
            yield Finding("near-a-person", message, call_until(space, node))


@lru_cache(maxsize=1)
def key_distance(space: StateSpace) -> Mapping[int, float]:
    """Per node, the fewest keys to a person or an end for a caller who acts."""
    return nearest(space, goals(space), keys, lambda node, action: action.by in PURPOSEFUL)


@lru_cache(maxsize=1)
def time_distance(space: StateSpace) -> Mapping[int, float]:
    """Per node, the fewest seconds to a person or an end."""
    return nearest(space, goals(space), seconds, lambda node, action: action.by not in NOT_MEANT)


# --- danger comes first ---------------------------------------------------------------------------------------------


@space_property("security-first")
def security_first(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """The security lane is one key away at the very first prompt, before anything is asked.

    Between that key and the lane nothing may be asked but the language, and from there all ways lead on to the lane,
    silence too. Hotlines without a flow for it (`urgent: yes`) are not concerned.
    """
    if bounds.lane not in space.model.edition.flows.flows:
        return
    seen: set[int] = set()
    for edge in space.first:
        if edge.target in seen or edge.target < 0:
            continue
        seen.add(edge.target)
        node = space.nodes[edge.target]
        if isinstance(node.wait, Gathering) and not in_lane(space, node, bounds.lane):
            presses: dict[str, list[Edge]] = {}
            for each in node.edges:
                if each.action.by == "key":
                    presses.setdefault(each.action.label, []).append(each)
            astray = {
                label: [path for each in edges if (path := _astray(space, each, bounds.lane, set()))]
                for label, edges in presses.items()
            }  # a key that leads there at some hours only is astray too
            if all(astray.values()):
                ways = [path for paths in astray.values() for path in paths]
                message = f'no key of the first prompt ("{node.state}") leads to the security lane "{bounds.lane}"'
                at_times = [paths[0] for label, paths in astray.items() if len(paths) < len(presses[label])]
                almost = max((path for path in ways if path[0].target != edge.target), key=len, default=())
                path = (*call_by(space, edge), *(at_times[0] if at_times else almost if len(almost) > 1 else ()))
                yield Finding("security-first", message, path)
                return


def in_lane(space: StateSpace, node: Node, lane: str) -> bool:
    """Whether a call is in the security lane, or in a flow that it has run."""
    return lane in (state.partition(".")[0] for state in (node.state, *node.session.stack))


def _astray(space: StateSpace, edge: Edge, lane: str, seen: set[int]) -> tuple[Edge, ...]:
    """The steps of a call that begins with this one, asks for nothing but the language, and does not enter the lane.

    Empty if all such calls enter it.
    """
    if any(state.startswith(f"{lane}.") for state in edge.entered) or edge.target in seen:
        return ()
    if edge.target < 0:
        return (edge,)
    node = space.nodes[edge.target]
    asked = space.model.edition.flows.step(node.state)
    if not isinstance(asked, Menu) or not all(choice.language for choice in asked.choices):
        return (edge,)
    choices = {f"press {choice.key}" for choice in asked.choices}
    for each in node.edges:
        if each.action.label in choices or each.action.by in ("silence", "wrong"):
            rest = _astray(space, each, lane, {*seen, edge.target})
            if rest:
                return (edge, *rest)
    return ()


# --- guesses --------------------------------------------------------------------------------------------------------

GUESS = "identify wrong"
PROVING = ("an account", "identify asked", "the code", "the pin", GUESS)
"""What a caller does who tries one secret after another."""


@space_property("guesses-end")
def guesses_end(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """Nobody may guess PINs and codes for as long as they like, nor what a freeze asks for.

    After some wrong ones the question is put no more in this call. The hotline counts besides, over all calls.
    """
    for circle in circles(space, lambda action: action.label in PROVING):
        if any(step.action.label == GUESS for step in circle):
            state = space.nodes[circle[0].source].state
            guess = next(step for step in circle if step.action.label == GUESS)
            yield Finding("guesses-end", f'in "{state}" a PIN or code can be guessed for ever', call_by(space, guess))
    for circle in circles(space, lambda action: action.by in ("answer", "outcome")):
        for freeze in [step for step in circle if _freezes(space, step)][:1]:
            state = space.nodes[freeze.source].state
            message = f'in "{state}" the details of an account that is to be frozen can be guessed for ever'
            yield Finding("guesses-end", message, call_by(space, freeze))


def _freezes(space: StateSpace, edge: Edge) -> bool:
    wait = space.nodes[edge.source].wait
    return isinstance(wait, LookUp) and bool(FREEZES.match(wait.handler))


# --- nothing breaks -------------------------------------------------------------------------------------------------


@space_property("never-breaks")
def never_breaks(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """No turn fails: every value a text needs has been set, every outcome has a way out, every input is understood.

    In production a turn that fails is an apology to the caller and a way to a person; here it is found before.
    """
    for edge in _broken(space):
        if not _lacks_ticket(space, edge):
            yield Finding("never-breaks", f"{_where(space, edge)}: {told(edge.error)}", call_by(space, edge))


@space_property("tickets-as-promised")
def no_reference_without_ticket(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """A text with a reference number that no ticket has; recordings are looked at turn by turn."""
    for edge in _broken(space):
        if _lacks_ticket(space, edge):
            message = f"{_where(space, edge)}: a caller is told a reference number, but no ticket was opened"
            yield Finding("tickets-as-promised", message, call_by(space, edge))


def _broken(space: StateSpace) -> Iterator[Edge]:
    seen: set[tuple[str, str]] = set()
    for edge in space.edges():
        if edge.error is not None and (_where(space, edge), str(edge.error)) not in seen:
            seen.add((_where(space, edge), str(edge.error)))
            yield edge


def _where(space: StateSpace, edge: Edge) -> str:
    return (
        f'after "{edge.action.label}" in "{space.nodes[edge.source].state}"'
        if not edge.is_first
        else "at the beginning"
    )


def _lacks_ticket(space: StateSpace, edge: Edge) -> bool:
    names = {each.into for each in space.model.edition.flows.steps() if isinstance(each, Ticket)}
    return isinstance(edge.error, MissingValue) and edge.error.name in names


# --- searching ------------------------------------------------------------------------------------------------------


def _reaching(space: StateSpace) -> set[int]:
    """The nodes from which a person or an end can be reached."""
    behind: dict[int, list[int]] = {}
    for node in space.nodes:
        for edge in node.edges:
            if edge.action.by not in NOT_MEANT:
                behind.setdefault(edge.target, []).append(node.index)
    fine = set(goals(space))
    waiting = list(fine)
    while waiting:
        for index in behind.get(waiting.pop(), ()):
            if index not in fine:
                fine.add(index)
                waiting.append(index)
    return fine


def _once_each(nodes: Iterable[Node]) -> Iterator[Node]:
    """The first node of each step of the flows."""
    seen: set[str] = set()
    for node in nodes:
        if node.state not in seen:
            seen.add(node.state)
            yield node


def circles(space: StateSpace, counts: Callable[[Action], bool]) -> Iterator[tuple[Edge, ...]]:
    """The circles that these acts alone can go, each once by the step of the flows where it closes."""
    colour: dict[int, int] = {}
    told: set[str] = set()
    for root in range(len(space.nodes)):
        if root in colour:
            continue
        path: list[Edge] = []
        colour[root] = 1
        stack = [(root, iter(space.nodes[root].edges))]
        while stack:
            index, edges = stack[-1]
            edge = next((each for each in edges if counts(each.action) and each.target >= 0), None)
            if edge is None:
                colour[index] = 2
                stack.pop()
                if path:
                    path.pop()
            elif edge.target not in colour:
                colour[edge.target] = 1
                path.append(edge)
                stack.append((edge.target, iter(space.nodes[edge.target].edges)))
            elif colour[edge.target] == 1 and space.nodes[edge.target].state not in told:
                told.add(space.nodes[edge.target].state)
                circle = [*path, edge]
                begins = next(i for i, each in enumerate(circle) if each.source == edge.target)
                yield tuple(circle[begins:])
