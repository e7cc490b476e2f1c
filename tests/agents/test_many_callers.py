"""Agents on the simulated network: real documents and real conferences; only the agents act."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.app.simulation import Simulation
from ivr.network import Call, Person, VirtualClock
from tests.hotline.harness import CONFIG, FLOW, MONDAY, configured, write

STAFF = CONFIG.replace(
    'queues: {support: {agents: ["+8613900000001", "+8613900000002"], most: 2, longest_wait: 10 min}}',
    "queues: {support: {most: 9}, senior: {priority: high}}\n"
    "agents: {li: {phone: '+8613911111111', queues: [support]}, "
    "wang: {phone: '+8613922222222', queues: [senior]}}",
)


class Town:
    """A hotline, a network, and two people at their telephones."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.actions = simulation.app.actions
        self.network = simulation.network
        self.li = self._at("+8613911111111")
        self.wang = self._at("+8613922222222")

    def _at(self, number: str) -> Person:
        return self.network.person(number, answers_after=2.0)

    def waiting(self) -> Call:
        call = self.simulation.dial("+8613800000001")
        for keys in "20":
            call.listen()
            call.press(keys)
        call.hears("I am putting you through.")
        return call

    def taken(self, person: Person) -> Call:
        """The agent's telephone, picked up, with 1 pressed."""
        assert self.network.clock.run_until(
            lambda: bool(person.calls) and person.calls[-1].status == "in-progress", 30
        )  # fmt: skip
        call = person.calls[-1]
        call.hears("press 1", within=30)
        call.press("1")
        return call

    def talk(self, agent: str) -> str:
        row = self.actions.talk_of(agent)
        assert row is not None
        return row.id

    def run(self, seconds: float) -> None:
        self.network.run(seconds)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    write(tmp_path, {"hotline": FLOW})
    with Simulation(configured(tmp_path, STAFF), clock=VirtualClock(MONDAY), agents=False) as simulation:
        town = Town(simulation)
        town.actions.ready("li")
        yield town


def together(town: Town) -> tuple[Call, Call]:
    """A caller and Li, who hear each other."""
    call = town.waiting()
    li = town.taken(town.li)
    town.run(20)
    li.say("Hello, this is Li.")
    assert "Hello, this is Li." in call.heard
    return call, li


def test_hold_takes_the_caller_out_of_earshot_and_back(town: Town) -> None:
    call, li = together(town)
    town.actions.hold("li", town.talk("li"))
    town.run(3)
    li.say("Where is that file?")
    call.hears("You are on hold", within=30)
    assert "file" not in call.heard
    town.actions.resume("li", town.talk("li"))
    town.run(3)
    li.say("Here it is.")
    assert "Here it is." in call.heard
    li.hang_up()
    call.hears("How was it?", within=30)


def test_a_colleague_hears_the_agent_alone_then_all_three_talk_then_the_agent_leaves(town: Town) -> None:
    call, li = together(town)
    town.actions.ready("wang")
    town.actions.consult("li", town.talk("li"), "senior")
    wang = town.taken(town.wang)
    town.run(20)
    li.say("This one wants the money back.")
    assert "This one wants" in wang.heard
    assert "This one wants" not in call.heard
    town.actions.bring_in("li", town.talk("li"))
    town.run(3)
    wang.say("Good morning.")
    assert "Good morning." in call.heard
    assert "Good morning." in li.heard
    town.actions.complete("li", town.talk("li"))
    town.run(3)
    assert li.ended
    call.say("Thank you for helping.")
    assert "Thank you for helping." in wang.heard
    wang.hang_up()
    call.hears("How was it?", within=30)


def test_a_consultation_that_is_cancelled_leaves_agent_and_caller_together(town: Town) -> None:
    call, li = together(town)
    town.actions.ready("wang")
    town.actions.consult("li", town.talk("li"), "wang")
    wang = town.taken(town.wang)
    town.run(20)
    town.actions.cancel_consult("li", town.talk("li"))
    town.run(3)
    assert wang.ended
    li.say("I am back.")
    assert "I am back." in call.heard


def test_a_colleague_who_walks_out_of_a_room_of_three_leaves_the_others_together(town: Town) -> None:
    call, li = together(town)
    town.actions.ready("wang")
    town.actions.consult("li", town.talk("li"), "wang")
    wang = town.taken(town.wang)
    town.run(20)
    town.actions.bring_in("li", town.talk("li"))
    town.run(10)
    wang.hang_up()
    town.run(3)
    li.say("So it is the two of us.")
    assert "the two of us" in call.heard
    li.hang_up()
    call.hears("How was it?", within=30)


@pytest.mark.parametrize("leaves", ["by phone", "by page"])
def test_a_caller_who_comes_into_a_room_that_the_agent_never_reached_is_fetched(town: Town, leaves: str) -> None:
    call, li = together(town)
    town.actions.ready("wang")
    town.actions.consult("li", town.talk("li"), "wang")
    wang = town.taken(town.wang)
    town.run(20)
    wang.hang_up()
    town.run(0.5)  # Li is being told that the colleague is gone, and does not wait for the end of it
    town.actions.resume("li", town.talk("li"))
    assert town.network.clock.run_until(lambda: call.leg.conference is not None, 3)
    assert li.leg.conference is None
    if leaves == "by phone":
        li.hang_up()
    else:
        town.actions.end("li", town.talk("li"))
    call.hears("How was it?", within=30)


def test_nobody_is_fetched_out_of_a_room_they_have_left(town: Town) -> None:
    call, _ = together(town)
    talk = town.talk("li")
    town.actions.end("li", talk)
    call.hears("How was it?", within=30)
    heard = call.heard.count("How was it?")
    fetched = town.simulation.store.outbox.row(f"{talk}/fetch")
    assert fetched is not None
    assert fetched.error == "called off"
    town.run(7)
    assert call.heard.count("How was it?") == heard


def test_an_agent_who_vanishes_at_once_costs_the_caller_a_sorry(town: Town) -> None:
    call = town.waiting()
    li = town.taken(town.li)
    assert town.network.clock.run_until(lambda: town.talk("li") and call.leg.conference is not None, 60)
    li.hang_up()
    call.hears("You are still first in line.", within=10)
    town.run(60)
    town.actions.ready("li")
    again = town.taken(town.li)
    town.run(20)
    again.say("Sorry about that.")
    assert "Sorry about that." in call.heard


def test_a_caller_who_hangs_up_while_the_agent_is_told_of_them(town: Town) -> None:
    call = town.waiting()
    li = town.taken(town.li)
    call.hang_up()
    li.hears("The caller has hung up.", within=10)
    town.run(5)
    assert li.ended
    assert town.actions.talk_of("li") is None


def test_a_caller_handed_over_is_answered_by_the_other_queue(town: Town) -> None:
    call, li = together(town)
    town.actions.ready("wang")
    town.actions.hand_over("li", town.talk("li"), "senior")
    call.hears("putting you through to a colleague", within=10)
    wang = town.taken(town.wang)
    town.run(20)
    wang.say("This is Wang.")
    assert "This is Wang." in call.heard
    assert li.ended


def test_a_customer_is_called_back_and_talks_to_the_agent(town: Town) -> None:
    call = town.simulation.dial("+8613800000001")
    for keys in "24":
        call.listen()
        call.press(keys)
    call.hears("We ring back")
    customer = town.network.person("+8613800000001", answers_after=3.0, role="caller")
    li = town.taken(town.li)
    called = town.taken(customer)
    town.run(10)
    li.say("You asked for a call.")
    assert "You asked for a call." in called.heard
    li.hang_up()
    called.hears("Goodbye.", within=10)
    town.run(5)
    assert town.simulation.store.callbacks() == ()
