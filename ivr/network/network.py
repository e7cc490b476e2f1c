"""One emulated telephone network: its numbers, lines, calls, queues, messages and debugger.

It finds who is at a number and starts the programs that run calls; what a verb does is no matter of this file. SIDs and
tokens come from the seed, and time from the clock, so that equal scripts give equal calls.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from ivr.network import verbs  # noqa: F401 - importing them makes them known to the interpreter
from ivr.network.line import steering
from ivr.network.line.documents import Webhook
from ivr.network.line.handset import Call, Person
from ivr.network.line.interpreter import run_call
from ivr.network.line.leg import Conference, Leg, Recorder
from ivr.network.line.lines import UNKNOWN_NUMBER_LINES, App, CallSettings, Line, LineOutcome, call_settings
from ivr.network.line.outgoing import outgoing, ring
from ivr.network.line.queues import Queue
from ivr.network.line.recorder import record_whole_call
from ivr.network.line.records import Message, Recording, RecordingCallback
from ivr.network.line.statuses import Direction, call_events
from ivr.network.line.transcript import Entry, Party
from ivr.network.wire.carrier import Carrier, Exchange, Fetched
from ivr.network.wire.clock import Clock, VirtualClock
from ivr.network.wire.cookies import CookieJar
from ivr.network.wire.debugger import Debugger, Problem
from ivr.network.wire.fiber import Fiber, Program
from ivr.network.wire.options import Options
from ivr.network.wire.sids import Sids
from ivr.network.wire.transport import Params, WSGIApp


class Network:
    """An emulated telephone network for one account.

    `clock` is a VirtualClock (default) or a RealClock; equal `seed`s give equal SIDs and tokens. As a context
    manager it stops its clock at the end.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        account_sid: str | None = None,
        auth_token: str = "0" * 32,
        seed: int | str = 0,
        options: Options | None = None,
        *,
        api_url: str = "https://api.twilio.com",
    ) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.options = options or Options()
        self.api_url = api_url  # where the REST side says it is
        self._sids = Sids(str(seed))
        self.account_sid = account_sid or self.new_sid("AC")
        self.auth_token = auth_token
        self.debugger = Debugger()
        self.carrier = Carrier(
            self.account_sid, auth_token, self.options, lambda: self.clock.seconds, self._sids.next_uuid
        )
        self.numbers: dict[str, App] = {}
        self.applications: dict[str, App] = {}
        self.lines: dict[str, Line] = {}
        self.people: dict[str, Person] = {}
        self.calls: list[Call] = []
        self.legs: dict[str, Leg] = {}
        self.queues: dict[str, Queue] = {}
        self.open_conferences: dict[str, Conference] = {}  # by name, while they are open
        self.conferences: list[Conference] = []
        self.messages: list[Message] = []
        self.recordings: dict[str, Recording] = {}
        self.recorders: dict[str, Recorder] = {}  # recordings under way that REST may stop
        self.media_seconds: dict[str, float] = {}
        self._shared_cookies = CookieJar()
        self.callbacks: list[Exchange] = []  # status callbacks and other requests whose reply runs nothing
        self._observers: list[Callable[[Entry], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the clock; calls stay as they are."""
        self.clock.close()

    # -- who is where --

    def serve(self, base_url: str, app: WSGIApp) -> None:
        """Let `app` answer every URL with the scheme, host and port of `base_url`, in this process."""
        self.carrier.mount(base_url, app)

    def number(
        self,
        number: str,
        voice_url: str,
        *,
        voice_method: str = "POST",
        voice_fallback_url: str = "",
        voice_fallback_method: str = "POST",
        status_callback: str = "",
        status_callback_method: str = "POST",
        caller_id_lookup: bool = False,
        friendly_name: str = "",
        application_sid: str = "",
        app: WSGIApp | None = None,
    ) -> App:
        """Give a number to a voice app, with the settings Twilio's console has; `app` is mounted in process."""
        if app is not None:
            self.serve(voice_url, app)
        self.numbers[number] = App(
            number,
            voice_url,
            voice_method,
            voice_fallback_url,
            voice_fallback_method,
            status_callback,
            status_callback_method,
            caller_id_lookup,
            self.new_sid("PN"),
            friendly_name or number,
            application_sid,
        )
        return self.numbers[number]

    def application(self, voice_url: str, friendly_name: str = "", **settings: Any) -> App:
        """Make a TwiML App: settings that numbers (`application_sid`) and outbound calls share. As `number`."""
        sid = self.new_sid("AP")
        self.applications[sid] = App("", voice_url, sid=sid, friendly_name=friendly_name, **settings)
        return self.applications[sid]

    def line(self, number: str, line: Line) -> None:
        """Put a plain line at a number."""
        self.lines[number] = line

    def person(
        self,
        number: str,
        *,
        answers_after: float | None = 4.0,
        says: str | tuple[str, ...] = (),
        hangs_up_after: float | None = None,
        presses: str = "",
        language: str = "zh-CN",
        role: Party = "agent",
    ) -> Person:
        """Put a scripted person at a number; without `says` it is a live one, moved through `.call`.

        With `answers_after` None the telephone rings until `.call.pick_up()` or `.call.decline()`.
        """
        utterances = (says,) if isinstance(says, str) else says
        outcome: LineOutcome = "no-answer" if answers_after is None else "answer"
        line = Line(outcome, answers_after or 0.0, hangs_up_after, utterances, language, presses, role)
        self.lines[number] = line
        self.people[number] = Person(number, line, [])
        return self.people[number]

    # -- calls --

    def dial(
        self,
        to: str,
        from_: str = "+8613800138000",
        caller_name: str | None = None,
        wait: bool = True,
        *,
        forwarded_from: str = "",
        stir_verstat: str = "",
    ) -> Call:
        """A person dials `to`; gives their handset. With `wait`, time passes until it is answered or over."""
        handset = self.clock.apply(lambda: self._dial(to, from_, caller_name, forwarded_from, stir_verstat))
        if wait:
            self.clock.run_until(lambda: handset.ended or handset.leg.answered is not None)
        return handset

    def _dial(self, to: str, from_: str, caller_name: str | None, forwarded_from: str, stir_verstat: str) -> Call:
        number = self.app_at(to)
        app = None if number is None else self.applications.get(number.application_sid, number)
        settings = CallSettings() if app is None else call_settings(app)
        name = caller_name or "" if app is not None and app.caller_id_lookup else None
        leg = self.new_leg(
            from_, to, "inbound", settings, caller_name=name, forwarded_from=forwarded_from, stir_verstat=stir_verstat
        )
        leg.ring()
        handset = Call(leg)
        self.calls.append(handset)
        if app is None:
            self.clock.after(self.options.busy_after_seconds, lambda: leg.end("failed", "network"))
        else:
            self.start(leg, run_call(leg, Webhook(app.voice_url, app.voice_method)))
        return handset

    def dial_in(self, to: str, from_: str) -> Leg:
        """Let a leg of the network dial the number of an app; gives the app's side of the call."""
        return self.dial(to, from_, wait=False).leg

    def place_call(
        self,
        from_: str,
        to: str,
        url: str = "",
        *,
        method: str = "POST",
        fallback_url: str = "",
        fallback_method: str = "POST",
        status_callback: str = "",
        status_callback_method: str = "POST",
        status_callback_event: tuple[str, ...] = ("completed",),
        timeout: float = 60.0,
        send_digits: str = "",
        twiml: str = "",
        application_sid: str = "",
        machine_detection: str = "",
        async_amd: Webhook | None = None,
        record: bool = False,
    ) -> Call:
        """Make an outbound-api call, as `calls.create` does; `url` or `twiml` runs once `to` has answered.

        `machine_detection` "Enable" first finds out who has answered, which takes time; the app is told `AnsweredBy`.
        With `async_amd` the call goes on meanwhile, and that address (a blank one: nobody) is told.
        """
        settings = CallSettings(
            url, method, fallback_url, fallback_method, status_callback, status_callback_method,
            call_events(" ".join(status_callback_event)), twiml,
        )  # fmt: skip
        if application_sid:
            settings = call_settings(self.applications[application_sid])

        def place() -> Call:
            line = self.line_at(to)
            role = "agent" if line is None else line.role
            leg = self.new_leg(from_, to, "outbound-api", settings, role=role, line=line)
            handset = Call(leg)
            self.calls.append(handset)
            if record:
                leg.on_answer.append(lambda: record_whole_call(leg, "OutboundAPI", RecordingCallback()))
            self.start(leg, outgoing(leg, timeout, send_digits, machine_detection, async_amd))
            return handset

        return self.clock.apply(place)

    def new_leg(
        self,
        from_: str,
        to: str,
        direction: Direction,
        settings: CallSettings,
        *,
        role: Party = "caller",
        line: Line | None = None,
        parent: Leg | None = None,
        caller_name: str | None = None,
        forwarded_from: str = "",
        stir_verstat: str = "",
    ) -> Leg:
        """Make a leg; nothing rings yet."""
        sid = self.new_sid("CA")
        leg = Leg(
            self, sid, from_, to, direction, settings, role, parent, caller_name, forwarded_from, stir_verstat, line
        )
        if not self.options.cookies_per_call:
            leg.cookies = self._shared_cookies
        self.legs[leg.sid] = leg
        return leg

    def start(self, leg: Leg, program: Program[Any]) -> None:
        """Run a leg's program from the next moment on, and stop it when a call may last no longer."""
        leg.fiber = Fiber(self.clock, program)
        self.clock.after(0, leg.fiber.start)
        limit = self.clock.after(self.options.call_limit_seconds, lambda: leg.hang_up("network"))
        leg.on_end.append(limit.cancel)

    def ring(self, leg: Leg) -> None:
        """Ring the telephone or the app at the far end of an outbound leg."""
        person = self.people.get(leg.to)
        if person is not None:
            handset = next((c for c in self.calls if c.sid == leg.sid), None) or Call(leg)
            person.calls.append(handset)
        ring(leg)

    def app_at(self, number: str) -> App | None:
        """Give the app at `number`, or the TwiML App whose SID follows `app:`."""
        return self.numbers.get(number) or self.applications.get(number.removeprefix("app:"))

    def line_at(self, number: str) -> Line | None:
        """Give the line at `number`; None when it is a number of an app."""
        if number in self.lines:
            return self.lines[number]
        return None if self.app_at(number) is not None else UNKNOWN_NUMBER_LINES[self.options.unknown_number]

    # -- queues, messages, callbacks and observers --

    def queue(self, name: str) -> Queue:
        """Give the queue called `name`, made on demand."""
        if name not in self.queues:
            self.queues[name] = Queue(self.new_sid("QU"), name, self.clock)
        return self.queues[name]

    def conference(self, name: str) -> Conference:
        """Give the conference of that name which is open or forming, made on demand."""
        if name not in self.open_conferences:
            self.open_conferences[name] = Conference(self, self.new_sid("CF"), name, self.clock.now())
            self.conferences.append(self.open_conferences[name])
        return self.open_conferences[name]

    def send_message(self, from_: str, to: str, body: str, status_callback: str = "") -> Message:
        """Send a text message on the network: into the inbox, and onto the screen of a telephone in a call.

        `status_callback` is told that it was sent and delivered. [U]
        """
        message = Message(self.new_sid("SM"), from_, to, body, self.clock.now())
        self.messages.append(message)
        near = [leg for leg in self.legs.values() if not leg.over and leg.phone == to]
        for leg in near:
            leg.note("network", "text message", body)
        if not near:
            self.publish(Entry(message.at, self.clock.seconds, "network", "text message", body))
        for status in ("sent", "delivered") if status_callback else ():
            params = message.callback_params(self.account_sid, status)
            self._call_back("POST", status_callback, params, CookieJar(), lambda _: None)
        return message

    def report_progress(self, leg: Leg, event: str) -> None:
        """Report a call's progress to its status callback, if that event was asked for."""
        settings = leg.settings
        if settings.status_callback and event in settings.status_events:
            self.notify(leg, settings.status_callback, settings.status_callback_method, leg.progress_params(event))

    def notify(self, leg: Leg, url: str, method: str, extra: Params) -> None:
        """Make a request whose reply is not executed; a bad reply is warning 15003.

        [D] docs/twilio-facts.md#a2-3-extra-parameters
        """

        def done(fetched: Fetched) -> None:
            leg.requests.extend(fetched.exchanges)
            if fetched.problem is not None:
                leg.problem(Problem(15003, f"the callback failed: {fetched.problem.message}"), url)

        self._call_back(method, url, leg.params(extra), leg.cookies, done)

    def _call_back(
        self, method: str, url: str, params: Params, cookies: CookieJar, done: Callable[[Fetched], None]
    ) -> None:
        def over(fetched: Fetched) -> None:
            self.callbacks.extend(fetched.exchanges)
            done(fetched)

        def request() -> None:
            self.clock.work(lambda: self.carrier.timed_fetch(method, url, params, cookies), over)

        self.clock.after(self.options.late_callback_seconds, request)

    def observe(self, callback: Callable[[Entry], None]) -> Callable[[], None]:
        """Hand every transcript entry to `callback` as it happens; gives a function that stops it.

        What is said is handed over when it begins; a second entry of kind `cut` follows if it is cut off. The
        callback must not let time pass itself (press, listen, wait): it runs inside the network.
        """
        self._observers.append(callback)

        def stop() -> None:
            with suppress(ValueError):
                self._observers.remove(callback)

        return stop

    def observe_requests(self, callback: Callable[[Exchange], None]) -> None:
        """Hand every HTTP exchange to `callback` as soon as it is over; on a real clock from any thread."""
        self.carrier.observers.append(callback)

    def publish(self, entry: Entry) -> None:
        """Hand an entry to the observers."""
        for observer in self._observers:
            observer(entry)

    def update_call(self, sid: str, url: str) -> bool:
        """As `calls(sid).update(url=…)` does: the live call fetches `url` now; with "", it is hung up.

        False for a call that is over or was never there, and for an address where a telephone still rings. [D]
        """

        return self.clock.apply(lambda: steering.update(self.legs.get(sid), url))

    def spend(self, seconds: float) -> None:
        """Called by an in-process app while it answers: its reply takes that much longer, in virtual time."""
        self.carrier.meter.spend(seconds)

    def run(self, seconds: float) -> None:
        """Let that many seconds pass for everybody."""
        self.clock.run(seconds)

    def new_sid(self, prefix: str) -> str:
        """Give the next SID of a kind: the prefix and 32 hex digits."""
        return self._sids.next(prefix)
