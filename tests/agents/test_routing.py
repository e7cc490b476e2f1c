"""Who is assigned to whom: by rank, then by time, to the agent with the skill and the language who was idle longest."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agents.model import Agent
from ivr.agents.routing import AgentPool, assigned, in_order, next_change
from ivr.store.rows import PresenceRow, WaitingRow

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def who(name: str, waited: float = 60, queue: str = "support", **told: object) -> WaitingRow:
    usual = {"kind": "queue", "call_id": name, "since": ago(waited), "due_at": ago(waited)}
    return WaitingRow(id=name, queue=queue, **{**usual, **told})  # type: ignore[arg-type]


def agent(name: str, *queues: str, languages: tuple[str, ...] = (), bare: bool = False) -> Agent:
    return Agent(name=name, phone=f"client:{name}", queues=queues, languages=languages, has_login=not bare)


def there(name: str, idle: float = 60, **told: object) -> PresenceRow:
    usual = {"presence": "ready", "since": ago(idle), "idle_since": ago(idle)}
    return PresenceRow(agent=name, **{**usual, **told})  # type: ignore[arg-type]


def hand(agents: list[Agent], rows: list[PresenceRow], **told: object) -> AgentPool:
    return AgentPool(agents=agents, presences={row.agent: row for row in rows}, **told)  # type: ignore[arg-type]


def names(waiting: list[WaitingRow], held: AgentPool) -> list[tuple[str, str]]:
    return [(assignment.who.id, assignment.agent.name) for assignment in assigned(waiting, held, NOW)]


def test_rank_comes_before_time_and_a_call_back_keeps_its_place() -> None:
    waiting = [who("late", 10), who("urgent", 5, rank=3), who("promised", 3600, kind="callback"), who("early", 90)]
    assert [one.id for one in in_order(waiting)] == ["urgent", "promised", "early", "late"]


def test_the_agent_who_was_idle_the_longest_is_next() -> None:
    held = hand([agent("amy", "support"), agent("bob", "support")], [there("amy", 10), there("bob", 20)])
    assert names([who("1")], held) == [("1", "bob")]


@pytest.mark.parametrize(
    ("row", "rings"),
    [
        (there("amy"), True),
        (there("amy", presence="away"), False),
        (there("amy", presence="off"), False),
        (there("amy", 30, missed=1), False),
        (there("amy", 61, missed=1), True),
        (None, False),
    ],
)
def test_only_who_is_ready_and_rested_is_rung(row: PresenceRow | None, rings: bool) -> None:
    assert bool(names([who("1")], hand([agent("amy", "support")], [row] if row else []))) is rings


@pytest.mark.parametrize(
    ("row", "rings"),
    [(None, True), (there("+86", 30, missed=1), False), (there("+86", 61, missed=1), True), (there("+86"), True)],
)
def test_a_bare_phone_is_always_there_and_rests_a_minute_after_a_miss(row: PresenceRow | None, rings: bool) -> None:
    held = hand([agent("+86", "support", bare=True)], [row] if row else [])
    assert bool(names([who("1")], held)) is rings


def test_the_language_counts_if_anybody_there_speaks_it() -> None:
    both = [agent("amy", "support", languages=("zh",)), agent("bob", "support", languages=("en",))]
    ready = [there("amy", 90), there("bob", 10)]
    assert names([who("1", language="en")], hand(both, ready)) == [("1", "bob")]
    assert names([who("1", language="en")], hand(both, ready, taken=["bob"])) == [], "bob will be free"
    assert names([who("1", language="en")], hand(both, [there("amy"), there("bob", presence="off")])) == [("1", "amy")]
    assert names([who("1", language="fr")], hand(both, ready)) == [("1", "amy")]


def test_who_let_a_caller_ring_is_not_asked_at_once_and_then_only_if_nobody_else_is_there() -> None:
    two = [agent("amy", "support"), agent("bob", "support")]
    ready = [there("amy", 90), there("bob", 10)]
    for seconds, expected in ((10, "bob"), (70, "bob")):
        passed = {("1", "amy"): ago(seconds)}
        assert names([who("1")], hand(two, ready, passed=passed)) == [("1", expected)]
    assert names([who("1")], hand(two[:1], ready[:1], passed={("1", "amy"): ago(10)})) == []
    assert names([who("1")], hand(two[:1], ready[:1], passed={("1", "amy"): ago(70)})) == [("1", "amy")]
    assert names([who("2")], hand(two[:1], ready[:1], passed={("1", "amy"): ago(10)})) == [("2", "amy")]


def test_nobody_holds_up_those_behind() -> None:
    held = hand([agent("amy", "support")], [there("amy")])
    assert names([who("1", 90, "security"), who("2", 60)], held) == [("2", "amy")]


def test_when_a_rest_will_be_over_is_known() -> None:
    held = hand([agent("amy", "support")], [there("amy", 30, missed=1)], passed={("1", "amy"): ago(50)})
    assert next_change([who("1", 60)], held, NOW) == NOW + timedelta(seconds=10)
    assert next_change([], held, NOW) is None


QUEUES = ("support", "senior", "security")
LANGUAGES = ("zh", "en")
agents = st.builds(
    lambda name, queues, languages, bare: agent(name, *queues, languages=tuple(languages), bare=bare),
    st.sampled_from("abcdefgh"),
    st.sets(st.sampled_from(QUEUES)),
    st.sets(st.sampled_from(LANGUAGES)),
    st.booleans(),
)
waiters = st.builds(
    lambda name, waited, queue, language, rank: who(str(name), waited, queue, language=language, rank=rank),
    st.integers(0, 20),
    st.integers(0, 300),
    st.sampled_from(QUEUES),
    st.sampled_from(LANGUAGES),
    st.integers(0, 3),
)
situations = st.tuples(
    st.lists(waiters, max_size=8, unique_by=lambda one: one.id),
    st.lists(agents, max_size=8, unique_by=lambda one: one.name),
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["off", "away", "ready"])),
    st.sets(st.sampled_from("abcdefgh")),
)


@given(situations)
def test_in_every_situation_the_rules_hold(situation: tuple) -> None:  # type: ignore[type-arg]
    waiting, people, chosen, taken = situation
    held = hand(people, [there(name, presence=presence) for name, presence in chosen.items()], taken=taken)
    assignments = assigned(waiting, held, NOW)
    assert len({assignment.who.id for assignment in assignments}) == len(assignments), "nobody is assigned twice"
    assert len({assignment.agent.name for assignment in assignments}) == len(assignments), "no agent twice"
    for assignment in assignments:
        assert assignment.who.queue in assignment.agent.queues, "never without the skill"
        assert held.ready(assignment.agent, NOW)
    for index, assignment in enumerate(assignments):
        for later in assignments[index + 1 :]:
            assert in_order([later.who, assignment.who])[0] == assignment.who, "the order is kept"
    left = [one for one in waiting if one not in [assignment.who for assignment in assignments]]
    busy = {*taken, *(assignment.agent.name for assignment in assignments)}
    rest = hand(people, list(held.presences.values()), taken=busy)
    assert assigned(left, rest, NOW) == (), "nobody waits for whom there is an agent"
    for one in left:
        for assignment in assignments:
            if (
                one.queue == assignment.who.queue
                and one.language == assignment.who.language
                and one.due_at <= assignment.who.due_at
            ):
                assert in_order([one, assignment.who])[0] == assignment.who, "nobody alike is overtaken"
