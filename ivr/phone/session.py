"""Telephones for a page: a hotline and a network in this process, dialled by whoever sits at the page, and all that
happens on them as numbered lines.

Only the network's clock touches calls: whatever a page does is done between two of its acts (`Clock.apply`). What is
keyed in while the hotline asks for a PIN or a code comes out as dots.
"""

import re
import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from ivr.app.build import handlers_of
from ivr.app.demo import demo_callers
from ivr.app.simulation import Simulation
from ivr.call.session import Session
from ivr.config import Config
from ivr.flow.issues import BrokenDocument
from ivr.flow.picture import drawings, svg
from ivr.flow.vocabulary import E164
from ivr.hotline.back_office import BackOffice
from ivr.hotline.hotline import Ringing
from ivr.network import Call, Line, RealClock
from ivr.network.line.leg import Leg
from ivr.network.line.speech import duration
from ivr.phone.agents import agent_phones, callers, demo_agent_names
from ivr.phone.transcript import EntryWriter, Lines, Row, call_fields
from ivr.store import StoreError
from ivr.testing.local_target import LocalTarget
from ivr.testing.record import Unrecordable, record
from ivr.testing.standing import standing_at
from ivr.voices.espeak import WOMAN
from ivr.voices.speaker import Speaker

ANONYMOUS = "anonymous"
MOST_WORDS = 500
KEYS = frozenset("0123456789*#")
MOST_KEYS = 40


class PhoneSession:
    """One hotline and its network, dialled from a page. As a context manager it is taken down at the end.

    Raises what Simulation raises.
    """

    def __init__(
        self,
        config: Config,
        *,
        at: datetime | None,
        speed: float,
        store_url: str = "",
        speaker: Speaker | None = None,
        back_office: BackOffice | None = None,
    ) -> None:
        """`at` (aware) is what time it is at the hotline in the beginning, now if None.

        `back_office` is asked instead of the configured one.
        """
        self.config = config
        self.speed = speed
        self.speaker = speaker
        self.console_of: Callable[[str], str] | None = None
        """Where somebody enters the console, by name, while one is served."""
        self.tell_broken_edit: Callable[[str], None] = lambda why: None
        """Is told of a mistake in the flows, and "" when it is gone, at the next call."""
        self._broken_edit = ""
        self.lines = Lines()
        self._store_url = store_url
        self._back_office = back_office
        self._phones = {phone.number: phone for phone in agent_phones(config)}
        self._taken: set[str] = {phone.number for phone in self._phones.values() if not phone.is_demo}
        self._recording = threading.Lock()
        self._simulation = self._open(at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.lines.close()
        self._simulation.close()

    @property
    def simulation(self) -> Simulation:
        """The hotline and the network of now; another one after `begin_at`."""
        return self._simulation

    # --- what there is ------------------------------------------------------------------------------------------

    def overview(self) -> Row:
        """The time, the phones, the made-up callers, the calls that go on, and the last line's number."""
        simulation = self._simulation
        now = simulation.network.clock.now()
        flows = simulation.app.hotline.editions.current.flows.flows.values()
        last = self.lines.last
        return {
            "last": last,
            "number": simulation.number,
            "now": now.astimezone(ZoneInfo(self.config.hotline.time_zone)).isoformat(timespec="seconds"),
            "zone": self.config.hotline.time_zone,
            "speed": self.speed,
            "languages": {code: self._reads(code) for code in self.config.hotline.languages},
            "kept": not self._store_url,
            "people": callers(self.config, now, flows),
            "phones": [
                {"number": phone.number, "name": phone.name, "queues": phone.queues, "is_demo": phone.is_demo,
                 "taken": phone.number in self._taken,
                 "console": self.console_of(phone.login) if phone.login and self.console_of is not None else ""}
                for phone in self._phones.values()
            ],
            "calls": simulation.network.clock.apply(lambda: [call_fields(leg) for leg in self._live()]),
        }  # fmt: skip

    def _reads(self, language: str) -> str:
        """The program that reads a language on this machine, "" for none; it gets ready."""
        if self.speaker is not None:
            self.speaker.get_ready(language)
        voices = self.speaker.voices(language) if self.speaker is not None else ()
        return next((voice.program for voice in voices), "")

    def _live(self) -> Iterator[Leg]:
        return (leg for leg in self._simulation.network.legs.values() if not leg.over)

    # --- what a person at a phone does --------------------------------------------------------------------------

    def dial(self, from_: str, at: str = "") -> str:
        """Dials the hotline from this number, or `anonymous`; the id of the call, "" if it is no number.

        `at` is the step (`flow.step`) at which the caller stands already, with made-up values. Raises KeyError if the
        flows that answer have none of this name.
        """
        network = self._simulation.network
        if from_ != ANONYMOUS and not E164.fullmatch(from_):
            return ""
        if from_ in self._phones or from_ == self._simulation.number:
            return ""
        self._tell_broken_edit()
        if at:
            self._simulation.app.hotline.editions.current.flows.step(at)
        network.line(from_, Line.no_answer())  # who called may be rung back, and picks up by hand
        return network.clock.apply(lambda: self._dial(from_, at))

    def _dial(self, from_: str, at: str) -> str:
        """Runs between two acts of the network, so that a call stands where it begins before the hotline is asked."""
        call = self._simulation.dial(from_, wait=False).sid
        if at:
            hotline = self._simulation.app.hotline
            flows = hotline.editions.current.flows
            catalogue = self.config.catalogue(handlers_of(self.config))
            people = demo_callers(self.config, self._simulation.network.clock.now())
            caller = next((person for person in people if person.phone == from_), None)
            ringing = Ringing(call, "" if from_ == ANONYMOUS else from_, self._simulation.number)
            hotline.open_elsewhere(ringing, lambda session: standing_at(session, at, flows, catalogue, caller))
        return call

    def _tell_broken_edit(self) -> None:
        """Says where the flows of now have a mistake, so that an older version answers; and when it is gone."""
        editions = self._simulation.app.hotline.editions
        editions.refresh()
        wrong = next((str(issue) for issue in editions.problems if issue.is_error), "")
        if wrong != self._broken_edit:
            self._broken_edit = wrong
            self.lines.add({"kind": "flows", "text": wrong})
            self.tell_broken_edit(wrong)

    def pick_up(self, call: str) -> bool:
        return self._on(call, lambda leg: Call(leg).pick_up())

    def decline(self, call: str) -> bool:
        return self._on(call, lambda leg: Call(leg).decline())

    def press(self, call: str, keys: str) -> bool:
        """Presses a key, or several faster than any clock; False if there is no such key or the call is over."""

        def press(leg: Leg) -> None:
            for key in keys:
                leg.press(key)

        return 0 < len(keys) <= MOST_KEYS and KEYS.issuperset(keys) and self._on(call, press)

    def say(self, call: str, words: str) -> bool:
        """Says something, which takes as long as such words take; False if the call is over."""
        words = " ".join(words.split())[:MOST_WORDS]

        def talk(leg: Leg) -> None:
            language = leg.listening.language if leg.listening is not None else ""
            seconds = duration(words, language or _language_of(words), self._simulation.network.options)
            leg.talk(words, language, 0.9, seconds)

        return bool(words) and self._on(call, talk)

    def hang_up(self, call: str) -> bool:
        return self._on(call, lambda leg: leg.hang_up(leg.role))

    def take(self, number: str) -> bool:
        """Lets an agent's phone ring until somebody answers it here; False if there is no such phone."""
        if number not in self._phones:
            return False
        self._taken.add(number)
        self._assign_phones(self._simulation)
        self.lines.add({"kind": "taken", "phone": number, "taken": True})
        return True

    def give_back(self, number: str) -> bool:
        """Lets the demo agent answer it again; False if there is none."""
        phone = self._phones.get(number)
        if phone is None or not phone.is_demo:
            return False
        self._taken.discard(number)
        self._assign_phones(self._simulation)
        self.lines.add({"kind": "taken", "phone": number, "taken": False})
        return True

    def begin_at(self, moment: datetime | None) -> str:
        """Makes it another time at the hotline (local if it has no zone), now if None, on a network of its own.

        Gives "", or why not: `busy` while somebody telephones, `broken` where the flows cannot be used.
        """
        if self._simulation.network.clock.apply(lambda: any(self._live())):
            return "busy"
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.config.hotline.time_zone))
        try:
            opened = self._open(moment)
        except BrokenDocument:
            return "broken"
        before, self._simulation = self._simulation, opened
        before.close()
        self.lines.add({"kind": "time"})
        return ""

    def _on(self, call: str, act: Callable[[Leg], object]) -> bool:
        """Does it between two acts of the network; False where the call is over or `act` says so."""
        network = self._simulation.network

        def do() -> bool:
            leg = network.legs.get(call)
            return leg is not None and not leg.over and act(leg) is not False

        return network.clock.apply(do)

    # --- what is left of a call ---------------------------------------------------------------------------------

    def sound(self, number: int) -> bytes:
        """What was said in this line: its recording, or WAV as long as it took; b"" where nothing can be heard."""
        try:
            line = self.lines[number]
        except KeyError:
            return b""
        if line.get("recorded"):
            file = self.config.folder / line["recorded"]
            return file.read_bytes() if file.is_file() else b""
        if self.speaker is None or not line.get("heard"):
            return b""
        variant = WOMAN if line["kind"] == "spoke" else ""
        return self.speaker.say(line["text"], line["language"], line["duration"] / self.speed, variant)

    def script(self, call: str, should_hear: str = "") -> Row:
        """The call as a script: `text`, `faithful`, `passes`; or `why` there is none."""
        words, simulation = " ".join(should_hear.split())[:MOST_WORDS], self._simulation
        with self._recording, LocalTarget(self.config) as target:
            try:
                made = record(simulation.network, simulation.store, call, target, words)
            except Unrecordable as why:
                return {"why": str(why)}
        return {"text": made.text, "faithful": made.faithful, "passes": made.passes}

    def map(self, call: str, flow: str, language: str) -> str:
        """A flow as this call has it: an SVG for a page that has `map_style`; "" if there is no such call or flow."""
        simulation = self._simulation
        try:
            row = simulation.store.call(call)
        except StoreError:
            return ""
        if row is None or not row.session:
            return ""
        flows = simulation.app.hotline.editions.pinned(Session.from_json(row.session).digest).flows
        drawing = drawings(flows).get(flow)
        shown = language if language in flows.languages else flows.languages[0]
        return svg(drawing, (shown,)) if drawing else ""

    # --- how ----------------------------------------------------------------------------------------------------

    def _open(self, at: datetime | None) -> Simulation:
        # What is kept of earlier calls has their ids: none may come again.
        known = demo_agent_names(self.config)
        simulation = Simulation(
            self.config, clock=RealClock(self.speed, start=at), store_url=self._store_url, seed=secrets.token_hex(8),
            agents=not known, back_office=self._back_office,
        )  # fmt: skip
        for name in known:
            simulation.app.actions.ready(name)
        self._assign_phones(simulation)
        simulation.network.observe(EntryWriter(simulation, self.lines).add)
        return simulation

    def _assign_phones(self, simulation: Simulation) -> None:
        """Phones that are taken ring until somebody does something about it."""
        simulation.by_hand.clear()
        simulation.by_hand |= self._taken
        for number in self._phones:
            if number in self._taken:
                simulation.network.people.pop(number, None)
                simulation.network.line(number, Line.no_answer())
            else:
                simulation.network.lines.pop(number, None)


def _language_of(words: str) -> str:
    return "zh" if re.search(r"[\u3400-\u9fff]", words) else "en"
