"""Properties of everything that was found: nobody is stuck, silence ends, a person is near, danger comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from ivr.call.events import Gathering
from ivr.call.languages import MissingValue
from ivr.flow.model import Menu, Ticket
from ivr.testing.explorer.actions import Act, is_passive
from ivr.testing.explorer.distances import NOT_MEANT, PURPOSEFUL, Far, call_by, call_to, goals, keys, nearest, seconds
from ivr.testing.explorer.property import Bounds, Finding, of_walk
from ivr.testing.explorer.search import Place, Step, Walk

# --- nobody is stuck ------------------------------------------------------------------------------------------------


@of_walk("never-stuck")
def never_stuck(walk: Walk, bounds: Bounds) -> Iterator[Finding]:
    """Whatever happens, there is always a way on to a person or to an end of the call.

    From every place that any call can come to, whatever look-ups answered and whoever is at work, something that can
    happen leads there. Hanging up does not count.
    """
    fine = _reaching(walk)
    for place in _once_each(place for place in walk.places if place.index not in fine and not place.is_over):
        message = f'in "{place.state}" neither a person nor an end can be reached any more'
        yield Finding("never-stuck", message, _call(walk, place))


@of_walk("silence-ends")
def silence_ends(walk: Walk, bounds: Bounds) -> Iterator[Finding]:
    """A caller who does nothing is not kept for ever.

    From every place silence alone comes to an end, or to a person: no menu starts over for ever, and nobody pays for a
    call from a pocket all night.
    """
    for circle in circles(walk, is_passive):
        if not all(step.act.by == "outcome" for step in circle):
            place = walk.places[circle[0].source]
            message = f'a caller who says nothing comes back to "{place.state}" for ever'
            yield Finding("silence-ends", message, (*_call(walk, place), *circle))
    for place in walk.places:
        if isinstance(place.wait, Gathering) and not any(is_passive(step.act) for step in place.steps):
            yield Finding("silence-ends", f'in "{place.state}" silence leads nowhere', _call(walk, place))


@of_walk("no-loop")
def no_loop_of_look_ups(walk: Walk, bounds: Bounds) -> Iterator[Finding]:
    """(The other half: look-ups.)"""
    for circle in circles(walk, lambda act: act.by == "outcome"):
        place = walk.places[circle[0].source]
        message = f'look-ups lead from "{place.state}" back to it, with nobody asked in between'
        yield Finding("no-loop", message, (*_call(walk, place), *circle))


# --- somebody is near -----------------------------------------------------------------------------------------------


@of_walk("near-a-person")
def near_a_person(walk: Walk, bounds: Bounds) -> Iterator[Finding]:
    """From everywhere a person or the end is at most so many keys and seconds away (--keys, --seconds).

    The caller knows what to press; hours, queues and look-ups turn out as badly as they can. Keys are those of a
    caller who acts; seconds may be spent in silence too.
    """
    for measure, far, most in ((" keys", key_distance(walk), bounds.keys), (" s", time_distance(walk), bounds.seconds)):
        worst: dict[str, Place] = {}
        for place in walk.places:
            if place.index in far and far[place.index].cost > most:
                known = worst.get(place.state)
                if known is None or far[known.index].cost < far[place.index].cost:
                    worst[place.state] = place
        for state, place in worst.items():
            cost = f"{far[place.index].cost:.0f}{measure}"
            message = f'from "{state}" a person or an end is {cost} away; {most:g} are allowed'
            yield Finding("near-a-person", message, _call(walk, place))


@lru_cache(maxsize=1)
def key_distance(walk: Walk) -> Mapping[int, Far]:
    """Per place, the fewest keys to a person or an end for a caller who acts."""
    return nearest(walk, goals(walk), keys, lambda place, act: act.by in PURPOSEFUL)


@lru_cache(maxsize=1)
def time_distance(walk: Walk) -> Mapping[int, Far]:
    """Per place, the fewest seconds to a person or an end."""
    return nearest(walk, goals(walk), seconds, lambda place, act: act.by not in NOT_MEANT)


# --- danger comes first ---------------------------------------------------------------------------------------------


@of_walk("security-first")
def security_first(walk: Walk, bounds: Bounds) -> Iterator[Finding]:
    """The security lane is one key away at the very first prompt, before anything is asked.

    Between that key and the lane nothing may be asked but the language, and from there all ways lead on to the lane,
    silence too. Hotlines without a flow for it (--lane) are not concerned.
    """
    if bounds.lane not in walk.ground.edition.flows.flows:
        return
    seen: set[int] = set()
    for step in walk.first:
        if step.target in seen or step.target < 0:
            continue
        seen.add(step.target)
        place = walk.places[step.target]
        if isinstance(place.wait, Gathering) and not _in_lane(walk, place, bounds.lane):
            presses = [each for each in place.steps if each.act.by == "key"]
            ways = [way for each in presses if (way := _astray(walk, each, bounds.lane, set()))]
            if len(ways) == len(presses):
                message = f'no key of the first prompt ("{place.state}") leads to the security lane "{bounds.lane}"'
                almost = max((way for way in ways if way[0].target != step.target), key=len, default=())
                way = (*call_by(walk, step), *(almost if len(almost) > 1 else ()))
                yield Finding("security-first", message, way)
                return


def _in_lane(walk: Walk, place: Place, lane: str) -> bool:
    return lane in (state.partition(".")[0] for state in (place.state, *place.session.stack))


def _astray(walk: Walk, step: Step, lane: str, seen: set[int]) -> tuple[Step, ...]:
    """The steps of a call that begins with this one, asks for nothing but the language, and does not enter the lane.

    Empty if all such calls enter it.
    """
    if any(state.startswith(f"{lane}.") for state in step.moves) or step.target in seen:
        return ()
    if step.target < 0:
        return (step,)
    place = walk.places[step.target]
    asked = walk.ground.edition.flows.step(place.state)
    if not isinstance(asked, Menu) or not all(choice.language for choice in asked.choices):
        return (step,)
    choices = {f"press {choice.key}" for choice in asked.choices}
    for each in place.steps:
        if each.act.label in choices or each.act.by in ("silence", "wrong"):
            rest = _astray(walk, each, lane, {*seen, step.target})
            if rest:
                return (step, *rest)
    return ()


# --- nothing breaks -------------------------------------------------------------------------------------------------


@of_walk("never-breaks")
def never_breaks(walk: Walk, bounds: Bounds) -> Iterator[Finding]:
    """No turn fails: every value a text needs has been set, every outcome has a way out, every input is understood.

    In production a turn that fails is an apology to the caller and a way to a person; here it is found before.
    """
    for step in _broken(walk):
        if not _lacks_ticket(walk, step):
            yield Finding("never-breaks", f"{_where(walk, step)}: {_told(step.broke)}", call_by(walk, step))


@of_walk("tickets-as-promised")
def no_reference_without_ticket(walk: Walk, bounds: Bounds) -> Iterator[Finding]:
    """(The other half: a text with a reference number, and no ticket.)"""
    for step in _broken(walk):
        if _lacks_ticket(walk, step):
            message = f"{_where(walk, step)}: a caller is told a reference number, but no ticket was opened"
            yield Finding("tickets-as-promised", message, call_by(walk, step))


def _broken(walk: Walk) -> Iterator[Step]:
    seen: set[tuple[str, str]] = set()
    for step in walk.steps():
        if step.broke is not None and (_where(walk, step), str(step.broke)) not in seen:
            seen.add((_where(walk, step), str(step.broke)))
            yield step


def _where(walk: Walk, step: Step) -> str:
    return f'after "{step.act.label}" in "{walk.places[step.source].state}"' if not step.begins else "at the beginning"


def _told(error: Exception | None) -> str:
    if isinstance(error, MissingValue):
        return f"a text needs {{{error.name}}}, which nothing has set"
    return f"{type(error).__name__}: {error}"


def _lacks_ticket(walk: Walk, step: Step) -> bool:
    flows = walk.ground.edition.flows.flows.values()
    names = {each.into for flow in flows for each in flow.steps.values() if isinstance(each, Ticket)}
    return isinstance(step.broke, MissingValue) and step.broke.name in names


# --- searching ------------------------------------------------------------------------------------------------------


def _call(walk: Walk, place: Place) -> tuple[Step, ...]:
    return call_to(walk, lambda step: step.target == place.index)


def _reaching(walk: Walk) -> set[int]:
    """The places from which a person or an end can be reached."""
    behind: dict[int, list[int]] = {}
    for place in walk.places:
        for step in place.steps:
            if step.act.by not in NOT_MEANT:
                behind.setdefault(step.target, []).append(place.index)
    fine = set(goals(walk))
    waiting = list(fine)
    while waiting:
        for index in behind.get(waiting.pop(), ()):
            if index not in fine:
                fine.add(index)
                waiting.append(index)
    return fine


def _once_each(places: Iterable[Place]) -> Iterator[Place]:
    """The first place of each step of the flows."""
    seen: set[str] = set()
    for place in places:
        if place.state not in seen:
            seen.add(place.state)
            yield place


def circles(walk: Walk, counts: Callable[[Act], bool]) -> Iterator[tuple[Step, ...]]:
    """The circles that these acts alone can go, each once by the step of the flows where it closes."""
    colour: dict[int, int] = {}
    told: set[str] = set()
    for root in range(len(walk.places)):
        if root in colour:
            continue
        path: list[Step] = []
        colour[root] = 1
        stack = [(root, iter(walk.places[root].steps))]
        while stack:
            index, steps = stack[-1]
            step = next((each for each in steps if counts(each.act) and each.target >= 0), None)
            if step is None:
                colour[index] = 2
                stack.pop()
                if path:
                    path.pop()
            elif step.target not in colour:
                colour[step.target] = 1
                path.append(step)
                stack.append((step.target, iter(walk.places[step.target].steps)))
            elif colour[step.target] == 1 and walk.places[step.target].state not in told:
                told.add(walk.places[step.target].state)
                circle = [*path, step]
                begins = next(i for i, each in enumerate(circle) if each.source == step.target)
                yield tuple(circle[begins:])
