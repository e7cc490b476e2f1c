"""The people of a script beside its caller: agents, other callers, a customer who is called back."""

from collections.abc import Iterator, Sequence

from ivr.flow.issues import Place
from ivr.network import Call, Person, format_entry
from ivr.testing import agent_actions
from ivr.testing.phone import LONGEST_TALK_SECONDS, REACTION_SECONDS, Fail, Telephone, waits
from ivr.testing.script import Act, AgentStep, CustomerStep, Script
from ivr.testing.target import CUSTOMER, Setup

PICKS_UP_AFTER_SECONDS = 4.0
"""How long a telephone rings before a named person picks it up; an agent of a queue takes its `answer_after`."""
PAGE_SECONDS = 2.0
"""How long a page takes to answer, and the carrier to do what it asked for."""
LONGEST_WAIT_SECONDS = 26 * 3600.0
"""A call back at a chosen time is made by the same hour of the next day."""
NOTE_SECONDS = 60.0
"""How long a page waits for the end of a talk before the note can be written."""


class OtherParties:
    """All people except the first caller, while the script runs."""

    def __init__(self, script: Script, setup: Setup, first: Call, fail: Fail) -> None:
        self.agent_call: Call | None = None
        """The call of the agent who acted last."""
        self.lines: dict[str, Telephone] = {}
        """The telephones of customers, by name; each as of their latest call."""
        self.names: dict[str, str] = {first.sid: CUSTOMER}
        """Whose call it is, by its id."""
        self._agent_name = ""
        self._script = script
        self._setup = setup
        self._first = first
        self._fail = fail
        self._clock = setup.network.clock

    # --- agents ---

    def agent(self, step: AgentStep) -> None:
        """One step of an agent. Raises StepFailed."""
        act = step.act
        place = step.places.get(act, step.place)
        if act in ("answer", "pick up", "does not answer", "reject"):
            self._at_the_phone(step, act, place)
        elif act in ("hear", "press", "say", "wait", "hang up"):
            self._in_the_talk(step, act, place)
        else:
            self._on_the_page(step, place)

    def _at_the_phone(self, step: AgentStep, act: Act, place: Place) -> None:
        person, call = self._rung(step, place)
        self.agent_call, self._agent_name = call, self._setup.name_of(person)
        if act == "does not answer":
            self._clock.run_until(lambda: not call.ringing, LONGEST_TALK_SECONDS)
            if call.status == "in-progress":
                raise self._fail("answered", "somebody picked up", place, ())
            return
        self._clock.run(self._patience())
        if act == "reject":
            call.decline()
            self._clock.run(PAGE_SECONDS)
            return
        if not call.pick_up() and call.status != "in-progress":
            raise self._fail("no-agent", "the telephone had stopped ringing before it was picked up", place, ())
        if act == "answer":
            self._accept(call)

    def _accept(self, call: Call) -> None:
        """Presses 1 when asked to; on the page's own calls nobody asks."""
        self._clock.run_until(lambda: call.ended or (call.listening is not None and waits(call)), LONGEST_TALK_SECONDS)
        if call.listening is not None and call.listening.kind == "gather":
            self._clock.run(REACTION_SECONDS)
            call.press("1")

    def _patience(self) -> float:
        given = self._script.given.queue.get(self._setup.queue_of(self._agent_name))
        return PICKS_UP_AFTER_SECONDS if given is None else float(given.answer_after)

    def _rung(self, step: AgentStep, place: Place) -> tuple[Person, Call]:
        """The telephone that rings, as soon as one does."""
        people = list(self._people(step.of))
        lasted = not self._first.ended

        def ringing() -> tuple[Person, Call] | None:
            calls = ((person, call) for person in people for call in person.calls if call.ringing)
            return next(calls, None)

        self._clock.run_until(
            lambda: (
                ringing() is not None
                or (lasted and self._first.ended and all(line.call.ended for line in self.lines.values()))
            ),
            LONGEST_TALK_SECONDS,
        )
        found = ringing()
        if found is None:
            gone = lasted and self._first.ended
            why = (
                f"the {self._first.ended_by} hung up before an agent could answer" if gone else "no agent's phone rang"
            )
            raise self._fail("no-agent", why, place, self._instead())
        return found

    def _in_the_talk(self, step: AgentStep, act: Act, place: Place) -> None:
        agent = self._whose(step, place)
        if agent.ended and act != "hear":
            message = f"the agent's call was over already: {agent.ended_by or 'nobody'} hung up"
            raise self._fail("call-over", message, place, ())
        if act in ("press", "say"):
            self._clock.run_until(lambda: agent.ended or _heard_by_somebody(agent), LONGEST_TALK_SECONDS)
        match act:
            case "hear":
                for index, words in enumerate(step.hear):
                    self._telephone(agent, "the agent").hear(words, step.places.get(f"hear.{index}", place))
            case "press":
                agent.press(str(step.press))
            case "say":
                agent.say(str(step.say))
            case "wait":
                agent.wait(step.wait.total_seconds() if step.wait else 0.0)
            case "hang up":
                agent.hang_up()

    def _whose(self, step: AgentStep, place: Place) -> Call:
        if step.of:
            people = [person for person in self._people(step.of) if person.calls]
            newest = max(people, key=lambda person: person.calls[-1].started, default=None)
            self.agent_call = None if newest is None else newest.calls[-1]
            self._agent_name = "" if newest is None else self._setup.name_of(newest)
        if self.agent_call is None:
            raise self._fail("no-agent", "no agent has answered yet; begin with “agent: answer”", place, ())
        return self.agent_call

    def _people(self, of: str) -> Iterator[Person]:
        """The people of a queue, or the one of that name; with "" everybody."""
        for name, people in self._setup.agents.items():
            if not of or name == of:
                yield from people

    def _on_the_page(self, step: AgentStep, place: Place) -> None:
        people = list(self._people(step.of)) if step.of else []
        if len(people) == 1:
            self._agent_name = self._setup.name_of(people[0])
        if not self._agent_name:
            raise self._fail("no-agent", "it is not said which agent; write their name", place, ())
        if step.act == "decline":
            self._rung(AgentStep(does="decline", of=self._agent_name), place)
        if step.act == "wrap_up":
            self._clock.run_until(lambda: agent_actions.wraps_up(self._setup.app, self._agent_name), NOTE_SECONDS)
        why = agent_actions.act(self._setup.app, self._agent_name, step, self.names)
        if why != step.refused:
            told = f'was refused: "{why}"' if why else "was not refused"
            raise self._fail("refused", f"{self._agent_name}: {step.act.replace('_', ' ')} {told}", place, ())
        self._clock.run(PAGE_SECONDS)

    # --- customers ---

    def customer(self, step: CustomerStep) -> None:
        """One step of the customer beside the first call, or of another caller. Raises StepFailed."""
        name, act = step.of or CUSTOMER, step.act
        place = step.places.get(act, step.place)
        if act == "dial":
            self._takes(name, self._setup.dial(name))
            return
        if act in ("answer", "does not answer", "reject"):
            self._called_back(name, act, place)
            return
        if name not in self.lines:
            message = f"{self._told(name)} is in no call; begin with “dial” or “answer”"
            raise self._fail("no-call", message, place, ())
        self.lines[name].do(step)

    def _called_back(self, name: str, act: Act, place: Place) -> None:
        person = self._setup.telephones.get(name)

        def ringing() -> Call | None:
            return next((call for call in person.calls if call.ringing), None) if person is not None else None

        self._clock.run_until(lambda: ringing() is not None, LONGEST_WAIT_SECONDS)
        call = ringing()
        if call is None:
            raise self._fail("no-call", f"nobody called {self._told(name)} back", place, ())
        if act == "does not answer":
            self._clock.run_until(lambda: not call.ringing, LONGEST_TALK_SECONDS)
            return
        self._clock.run(PICKS_UP_AFTER_SECONDS)
        if act == "reject":
            call.decline()
            return
        if not call.pick_up():
            raise self._fail("no-call", f"the telephone of {self._told(name)} had stopped ringing", place, ())
        self._takes(name, call)

    def _takes(self, name: str, call: Call) -> None:
        self.lines[name] = self._telephone(call, self._told(name))
        self.names[call.sid] = name

    def _telephone(self, call: Call, who: str) -> Telephone:
        return Telephone(call, who, self._clock, self._fail, self._setup.asks_secret)

    def _told(self, name: str) -> str:
        return "the customer" if name == CUSTOMER else name

    # --- the end ---

    def leave(self) -> None:
        for line in self.lines.values():
            if not line.call.ended:
                line.call.hang_up()
        for people in self._setup.agents.values():
            for person in people:
                for call in person.calls:
                    if call.status == "in-progress":
                        call.hang_up()

    def _instead(self) -> Sequence[str]:
        heard = [entry for entry in self._first.transcript if entry.kind in ("said", "spoke", "played")]
        return [format_entry(entry) for entry in heard if not entry.own][-5:]


def _heard_by_somebody(call: Call) -> bool:
    """Whether the line asks something or somebody is at the other end; not a conference with the agent alone."""
    return call.listening is not None and call.listening.kind in ("gather", "bridge")
