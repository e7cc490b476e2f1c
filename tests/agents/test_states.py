"""The table of a talk's states, walked: every state has a way out, every row is reached, and what is illegal changes
nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.agents.model import Agent
from ivr.agents.rules import Rules
from ivr.agents.states import TABLE, Effect, TalkEvent, legal
from ivr.agents.transitions import EFFECTS, Transitions
from ivr.store import CallbackRow, CallRow, QueueEntry, Store
from ivr.store.rows import TalkRow
from ivr.store.vocabulary import CLAIMS, OPEN_TALKS, TalkKind, TalkState
from tests.agents.agents_worker import NOW
from tests.test_docs import ROOT, golden

STATES = get_args(TalkState)
FINAL = set(STATES) - set(OPEN_TALKS)
EVENTS = get_args(TalkEvent)
RULES = Rules(agents={name: Agent(name=name, phone=f"client:{name}", queues=("support",)) for name in ("li", "wang")})


def reached_from(state: TalkState) -> set[TalkState]:
    found, ahead = {state}, [state]
    while ahead:
        here = ahead.pop()
        for (before, _), row in TABLE.items():
            if before == here and row.state not in found:
                found.add(row.state)
                ahead.append(row.state)
    return found


def test_every_state_is_reached_from_the_first_ring() -> None:
    assert reached_from("ringing") == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_every_state_leads_to_a_final_one(state: TalkState) -> None:
    assert reached_from(state) & FINAL


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_final_state_is_never_left(state: TalkState) -> None:
    assert reached_from(state) == {state}


def test_the_final_states_are_those_that_are_not_open() -> None:
    assert {"over", "missed", "refused", "gone", "lost"} == FINAL
    assert set(CLAIMS) == set(OPEN_TALKS) - {"wrap_up"}


def test_every_event_and_every_effect_is_used() -> None:
    assert {event for _, event in TABLE} == set(EVENTS)
    assert {effect for row in TABLE.values() for effect in row.effects} == set(get_args(Effect))
    assert set(EFFECTS) == set(get_args(Effect))


def in_a_talk(store: Store, kind: TalkKind, state: TalkState) -> TalkRow:
    """A talk of this kind in this state, with the caller, the promise or the first agent's talk that belong to it."""
    with store.turn("CA1") as tx:
        tx.open_call(
            CallRow(id="CA1", from_number="+8613800000001", to_number="+8610", digest="", language="zh",
                    started_at=NOW, last_turn_at=NOW)
        )  # fmt: skip
        place = "taken" if state != "ringing" else "waiting"
        tx.queue_entry(QueueEntry(call_id="CA1", queue="support", joined_at=NOW, status=place))
        tx.add_callback(
            CallbackRow(key="K1", call_id="CA1", queue="support", number="+8613800000001", due_at=NOW, booked_at=NOW)
        )
    talk = TalkRow(
        id="TK2" if kind == "consult" else "TK1", kind=kind, subject="K1" if kind == "callback" else "CA1",
        call_id="CA1", queue="support", agent="wang" if kind == "consult" else "li", state=state, offered_at=NOW,
        leg="CA7", room="room", consult_of="TK1" if kind == "consult" else "",
        joined_at=NOW if state in ("talking", "held") else None,
    )  # fmt: skip
    with store.talks.transaction() as tx:
        if kind == "consult":
            assert tx.add(replace(talk, id="TK1", kind="queue", agent="li", state="held", leg="CA8", consult_of=""))
        assert tx.add(talk)
    return talk


def everything(store: Store) -> tuple[object, ...]:
    return (
        store.talks.of_call("CA1"), store.talks.presences(), store.outbox.rows(), store.queue.entry("CA1"),
        store.callbacks(call_id="CA1"), store.tickets(),
    )  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_an_illegal_event_changes_nothing(state: TalkState) -> None:
    with Store.open("sqlite://") as store:
        talk = in_a_talk(store, "queue", state)
        before = everything(store)
        for event in (event for event in EVENTS if not legal(state, event)):
            with store.talks.transaction() as tx:
                assert Transitions(RULES).apply_if_legal(tx, talk, event, NOW) == talk
                with pytest.raises(KeyError):
                    Transitions(RULES).apply(tx, talk, event, NOW)
            assert everything(store) == before, event


@settings(max_examples=60)
@given(st.sampled_from(get_args(TalkKind)), st.lists(st.integers(0, 99), min_size=1, max_size=12))
def test_a_talk_goes_as_the_table_says_whatever_happens(kind: TalkKind, choices: list[int]) -> None:
    transitions = Transitions(RULES)
    with Store.open("sqlite://") as store:
        talk, now = in_a_talk(store, kind, "ringing"), NOW
        for choice in choices:
            possible = [event for event in EVENTS if legal(talk.state, event)]
            if not possible:
                assert talk.state in FINAL
                return
            event, now = possible[choice % len(possible)], now + timedelta(seconds=7)
            expected = TABLE[talk.state, event].state
            with store.talks.transaction() as tx:
                talk = transitions.apply(tx, talk, event, now)
            # A talk that needs no note is over at once.
            assert talk.state in ((expected, "over") if expected == "wrap_up" else (expected,))
            assert talk == store.talks.get(talk.id)
            assert bool(talk.room) <= (talk.state in (*CLAIMS, "missed", "refused", "lost"))


def diagram() -> Iterator[str]:
    """The table as lines of a Mermaid state diagram: one arrow for each pair of states, with its events."""
    arrows: dict[tuple[TalkState, TalkState], list[TalkEvent]] = {}
    for (state, event), row in TABLE.items():
        arrows.setdefault((state, row.state), []).append(event)
    yield "stateDiagram-v2"
    yield "    [*] --> ringing"
    for (before, after), events in arrows.items():
        yield f"    {before} --> {after}: {', '.join(events)}"
    for state in sorted(FINAL):
        yield f"    {state} --> [*]"


def test_the_picture_of_the_states_is_drawn_from_the_table() -> None:
    path = ROOT / "docs" / "design.md"
    begin, end = "<!-- made: states of a talk -->\n", "<!-- end of the states of a talk -->"
    head, _, rest = path.read_text("utf-8").partition(begin)
    assert end in rest
    golden(path, f"{head}{begin}```mermaid\n" + "\n".join(diagram()) + f"\n```\n{end}{rest.partition(end)[2]}")
