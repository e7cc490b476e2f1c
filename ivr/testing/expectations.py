"""Checks what must be true at the end of a call: its path, who hung up, texts, tickets, what was never said."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ivr.flow.issues import Place
from ivr.network import Call
from ivr.testing.report import Failure
from ivr.testing.script import ANYTHING, Expect, Script, TextSeen, TicketSeen
from ivr.testing.target import Events, Setup, steps_taken

_TALK = {"agent": "agent", "with_": "with", "kind": "kind", "queue": "queue", "ended": "ended", "code": "code"}
_CALLBACK = {"status": "status", "of": "of", "queue": "queue", "tries": "tries"}
"""The fields that are compared, and how they are written."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def end_failures(
    script: Script, setup: Setup, call: Call, *, left: bool, names: Mapping[str, str]
) -> list[Failure]:  # fmt: skip
    """Everything that is not as expected. `left`: the caller had nothing more to do and hung up by themselves.

    `names` has the person of each call.
    """
    expect = script.expect
    state = setup.state(call)
    found = [
        *_ended(expect, call, left),
        *_texts(expect, setup),
        *_never(expect, setup, call),
        *(_inside(script, setup, call) if setup.hotline else ()),
        *(_people(expect, setup, names) if setup.hotline else ()),
        *_faults(script, setup),
    ]
    return [Failure(place, rule, message, (), state, setup.place_of(state)) for place, rule, message in found]


Found = Iterator[tuple[Place, str, str]]


def _ended(expect: Expect, call: Call, left: bool) -> Found:
    if expect.ended is None:
        return
    actual = {"the line goes on", "caller hung up"} if left else {f"{call.ended_by} hung up"}
    if expect.ended not in actual:
        told = "the line goes on" if left else f"{call.ended_by} hung up"
        yield expect.places["ended"], "ended", f'expected "{expect.ended}" at the end, but {told}'


def _texts(expect: Expect, setup: Setup) -> Found:
    if expect.texts is None:
        return
    messages = setup.network.messages
    for index, wanted in enumerate(expect.texts):
        if index >= len(messages):
            yield wanted.place, "texts", f'expected a text message that says "{wanted.says}", but {_sent(messages)}'
        elif not _fits(wanted, messages[index].to, messages[index].body):
            told = f'to {messages[index].to}: "{messages[index].body}"'
            yield wanted.place, "texts", f'expected a text message that says "{_asked(wanted)}", but it went {told}'
    if len(messages) > len(expect.texts):
        more = messages[len(expect.texts)]
        told = f'one more was sent to {more.to}: "{more.body}"'
        expected = f"{_count(len(expect.texts), 'text message')} and no more" if expect.texts else "no text message"
        yield expect.places["texts"], "texts", f"expected {expected}, but {told}"


def _fits(wanted: TextSeen, to: str, body: str) -> bool:
    return " ".join(wanted.says.split()) in " ".join(body.split()) and wanted.to in ("", to)


def _asked(wanted: TextSeen) -> str:
    return wanted.says + (f'" to "{wanted.to}' if wanted.to else "")


def _sent(messages: Sequence[object]) -> str:
    if not messages:
        return "none was sent"
    return f"only {_count(len(messages), 'text message')} {'was' if len(messages) == 1 else 'were'} sent"


def _never(expect: Expect, setup: Setup, call: Call) -> Found:
    if not expect.never:
        return
    heard = [call.heard, *(taken.heard for person in setup.network.people.values() for taken in person.calls)]
    heard += [message.body for message in setup.network.messages]
    for index, words in enumerate(expect.never):
        if any(words in text for text in heard):
            place = expect.places.get(f"never.{index}", expect.places["never"])
            yield place, "never", f'"{words}" must never be said, and it was'


def _inside(script: Script, setup: Setup, call: Call) -> Found:
    expect = script.expect
    if expect.path is not None:
        yield from _path(expect, setup.events(call))
    if expect.ticket is not None:
        yield from _tickets(expect, setup.tickets(call))
    for index, words in enumerate(expect.not_logged):
        line = next((line for line in setup.log if words in line), None)
        if line is not None:
            place = expect.places.get(f"not_logged.{index}", expect.places["not_logged"])
            yield place, "logged", f'"{words}" must not be logged, and it was: {line}'


def _path(expect: Expect, events: Events) -> Found:
    steps = steps_taken(events)
    wanted = expect.path or ()
    reached = _furthest(wanted, steps)
    if reached is None:
        return
    index, taken = reached
    went = f"went to {steps[taken]}" if taken < len(steps) else "went nowhere else"
    after = f" after {steps[taken - 1]}" if taken else ""
    if index < len(wanted):
        place = expect.places.get(f"path.{index}", expect.places["path"])
        message = f'expected the step "{wanted[index]}"{after}, but the call {went}'
    else:
        place, message = expect.places["path"], f"expected no step{after}, but the call {went}"
    yield place, "path", f"{message}; the steps were {', '.join(steps)}"


def _furthest(wanted: Sequence[str], steps: Sequence[str]) -> tuple[int, int] | None:
    """None if the steps are as wanted; else how far both agree: an index of `wanted` and one of `steps`."""
    best = (0, 0)
    seen: set[tuple[int, int]] = set()
    stack = [(0, 0)]
    while stack:
        here = stack.pop()
        if here in seen:
            continue
        seen.add(here)
        index, taken = here
        if index == len(wanted):
            if taken == len(steps):
                return None
            best = max(best, here)
        elif wanted[index] in ANYTHING:
            stack += [(index + 1, later) for later in range(len(steps), taken - 1, -1)]
        elif taken < len(steps) and wanted[index] in (steps[taken], steps[taken].partition(".")[2]):
            stack.append((index + 1, taken + 1))
        else:
            best = max(best, here)
    return best


def _tickets(expect: Expect, tickets: Sequence[TicketSeen]) -> Found:
    wanted = expect.ticket or ()
    if len(wanted) != len(tickets):
        opened = ", ".join(f"{ticket.topic} ({ticket.reference})" for ticket in tickets) or "none"
        place = wanted[0].place if wanted else expect.places["ticket"]
        yield place, "ticket", f"expected {_count(len(wanted), 'ticket')}, but there was {opened}"
        return
    for one, ticket in zip(wanted, tickets, strict=True):
        yield from _ticket(one, ticket)


def _ticket(wanted: TicketSeen, ticket: TicketSeen) -> Found:
    asked = {
        "topic": wanted.topic,
        "priority": wanted.priority,
        "reference": wanted.reference.replace("any", ""),
        "status": wanted.status,
    }
    for name, value in asked.items():
        if value and value != getattr(ticket, name):
            place = wanted.places.get(name, wanted.place)
            yield place, "ticket", f'expected the {name} "{value}" of the ticket, but it is "{getattr(ticket, name)}"'
    if wanted.note not in ticket.note:
        place = wanted.places["note"]
        yield place, "ticket", f'expected "{wanted.note}" in the note of the ticket, but it is "{ticket.note}"'
    if wanted.complete is not None and wanted.complete != ticket.complete:
        told = "complete" if ticket.complete else "not complete"
        yield wanted.places["complete"], "ticket", f"expected otherwise, but the ticket is {told}"
    for name, value in wanted.about.items():
        if ticket.about.get(name) != value:
            told = f'it is "{ticket.about[name]}"' if name in ticket.about else f"it has {', '.join(ticket.about)} only"
            place = wanted.places.get(f"about.{name}", wanted.place)
            yield place, "ticket", f'expected {name} "{value}" in the ticket, but {told}'


def _people(expect: Expect, setup: Setup, names: Mapping[str, str]) -> Found:
    """Whose phone rang for whom, what was promised, how waiting ended. `names` has the person of each call."""
    if expect.talks is not None:
        yield from _compared("talk", expect.places["talks"], expect.talks, setup.talks(names), _TALK)
    if expect.callbacks is not None:
        yield from _compared(
            "callback", expect.places["callbacks"], expect.callbacks, setup.callbacks(names), _CALLBACK
        )
    ended = setup.queue_results(names) if expect.queue else {}
    for name, status in expect.queue.items():
        if ended.get(name) != status:
            told = f'it is "{ended[name]}"' if name in ended else f"{name} was in no queue"
            place = expect.places.get(f"queue.{name}", expect.places["queue"])
            yield place, "queue", f'expected the wait of {name} to end as "{status}", but {told}'


def _compared(
    what: str, place: Place, wanted: Sequence[Any], seen: Sequence[Any], fields: Mapping[str, str]
) -> Found:  # fmt: skip
    told = "; ".join(_shown(one, fields) for one in seen) or "none"
    if len(wanted) != len(seen):
        yield place, what, f"expected {len(wanted)} of these, but there were {len(seen)}: {told}"
        return
    for one, actual in zip(wanted, seen, strict=True):
        for field, written in fields.items():
            value = getattr(one, field)
            if value not in ("", None) and value != getattr(actual, field):
                where = one.places.get(written, one.place)
                yield where, what, f'expected {written} "{value}", but it is "{getattr(actual, field)}"; all: {told}'


def _shown(one: Any, fields: Mapping[str, str]) -> str:
    return ", ".join(f"{written} {getattr(one, field)}" for field, written in fields.items() if getattr(one, field))


def _faults(script: Script, setup: Setup) -> Found:
    """Failures of the hotline's own, unless they were asked for."""
    if script.given.fails or any("unavailable" in answers for answers in script.given.answers.values()):
        return
    place = script.places["call"]
    for fault in setup.faults:
        yield place, "fault", f"the hotline had a fault of its own: {fault}"
    for problem in setup.network.debugger.errors:
        yield place, "carrier", f"the carrier could not use what the hotline sent: {problem}"


def _count(number: int, word: str) -> str:
    told = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{told} {word}{'' if number == 1 else 's'}"
