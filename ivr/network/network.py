"""One emulated telephone network: its numbers, lines, calls, queues, messages and debugger.

It finds who is at a number and starts the programs that run calls; what a verb does is no matter of this file. SIDs and
tokens come from the seed, and time from the clock, so that equal scripts give equal calls.
"""

import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import parse_qsl

from ivr.network import verbs  # noqa: F401 - importing them makes them known to the interpreter
from ivr.network.line.directory import Directory, Sids, telephone_number, web_address
from ivr.network.line.documents import Webhook
from ivr.network.line.failures import UnexpectedError
from ivr.network.line.handset import Call
from ivr.network.line.interpreter import run_call
from ivr.network.line.leg import Conference, Leg, Recorder
from ivr.network.line.lines import App
from ivr.network.line.outgoing import DetectionMode, MachineDetection, limit, outgoing, ring
from ivr.network.line.queues import Queue
from ivr.network.line.recorder import record_whole_call
from ivr.network.line.records import Message, Recording, RecordingSettings
from ivr.network.line.statuses import call_events
from ivr.network.line.transcript import Entry
from ivr.network.wire.carrier import Carrier, Exchange, Fetched
from ivr.network.wire.clock import Clock, VirtualClock
from ivr.network.wire.debugger import Debugger, Problem
from ivr.network.wire.fiber import Fiber, Program
from ivr.network.wire.kept_replies import CookieJar
from ivr.network.wire.options import Options
from ivr.network.wire.transport import Params

_SPREAD_SECONDS = 2.0  # how far apart shuffled callbacks may leave


@dataclass(eq=False)
class Callbacks:
    """The callbacks of a network; `made` are those that are over."""

    clock: Clock
    carrier: Carrier
    options: Options
    random: random.Random
    made: list[Exchange] = field(default_factory=list)
    _waiting: dict[str, deque[Callable[[], None]]] = field(default_factory=dict)  # by SID; the first is under way
    _open: dict[str, int] = field(default_factory=dict)

    def send(self, sid: str, webhook: Webhook, cookies: CookieJar, done: Callable[[Fetched], None]) -> None:
        """Make a request about the call or message `sid`, after those that were sent about it before."""
        self._open[sid] = self._open.get(sid, 0) + 1

        def over(fetched: Fetched) -> None:
            self.made.extend(fetched.exchanges)
            done(fetched)
            self._open[sid] -= 1

        def ask(then: Callable[[], None] = lambda: None) -> None:
            def answered(fetched: Fetched) -> None:
                over(fetched)
                then()

            self.clock.work(
                lambda: self.carrier.timed_fetch(webhook.method, webhook.url, webhook.extra, cookies), answered
            )

        late = self.options.late_callback_seconds
        if self.options.callback_order == "shuffled":
            self.clock.after(late + self.random.uniform(0, _SPREAD_SECONDS), ask)
        else:
            self.clock.after(late, lambda: self._queue(sid, lambda: ask(lambda: self._next(sid))))

    def pending(self, sid: str) -> bool:
        """Whether a callback about `sid` is still to be made or answered."""
        return self._open.get(sid, 0) > 0

    def _queue(self, sid: str, ask: Callable[[], None]) -> None:
        waiting = self._waiting.setdefault(sid, deque())
        waiting.append(ask)
        if len(waiting) == 1:
            ask()

    def _next(self, sid: str) -> None:
        waiting = self._waiting[sid]
        waiting.popleft()
        if waiting:
            waiting[0]()
        else:
            del self._waiting[sid]


class Network(Directory):
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
        self.api_url = api_url  # where the REST side says it is
        sids, options = Sids(str(seed)), options or Options()
        self.account_sid = account_sid or sids.next("AC")
        self.auth_token = auth_token
        self.debugger = Debugger()
        carrier = Carrier(self.account_sid, auth_token, options, lambda: self.clock.seconds, sids.next_uuid)
        super().__init__(carrier, options, sids)
        self.calls: list[Call] = []
        self.legs: dict[str, Leg] = {}
        self.queues: dict[str, Queue] = {}
        self.open_conferences: dict[str, Conference] = {}  # by name, while they are open
        self.conferences: list[Conference] = []
        self.messages: list[Message] = []
        self.recordings: dict[str, Recording] = {}
        self.recorders: dict[str, Recorder] = {}  # recordings under way that REST may stop
        self.media_seconds: dict[str, float] = {}
        self.words_on: Callable[[str], tuple[str, str] | None] = lambda url: None  # a file's words, their language
        self.shared_cookies = CookieJar()
        chance = random.Random(str(seed))  # noqa: S311 - the same every time
        self._callbacks = Callbacks(self.clock, self.carrier, self.options, chance)
        self._observers: list[Callable[[Entry], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the clock and close WebSockets; calls stay as they are."""
        self.clock.close()
        self.carrier.close()

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
        telephone_number(to)
        handset = self.clock.apply(
            lambda: self._dial(
                to, from_, caller_name=caller_name, forwarded_from=forwarded_from, stir_verstat=stir_verstat
            )
        )
        if wait:
            self.clock.run_until(lambda: handset.ended or handset.leg.answered is not None)
        return handset

    def _dial(
        self, to: str, from_: str, *, caller_name: str | None = None, forwarded_from: str = "",
        stir_verstat: str = "", given: Params = (),
    ) -> Call:  # fmt: skip
        number = self.app_at(to)
        app = App() if number is None else self.applications.get(number.application_sid, number)
        name = caller_name or "" if app.caller_id_lookup else None
        leg = Leg(
            self, from_, to, "inbound", app, caller_name=name, forwarded_from=forwarded_from, stir_verstat=stir_verstat
        )
        leg.ring()
        handset = Call(leg)
        self.calls.append(handset)
        if number is None:
            leg.problem(Problem(0, f"no app has the number {to}", level="error"))
            self.clock.after(self.options.busy_after_seconds, lambda: leg.end("failed", "network"))
        else:
            self.start(leg, run_call(leg, Webhook(app.voice_url, app.voice_method, given)))
        return handset

    def dial_in(self, leg: Leg) -> Leg:
        """Let a leg of the network dial the app at its far end; gives the app's side of the call."""
        return self._dial(leg.to, leg.from_, given=leg.given).leg

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
        machine_detection: DetectionMode | MachineDetection | None = None,
        recording: RecordingSettings | None = None,
        time_limit: float | None = None,
    ) -> Call:
        """Make an outbound-api call, as `calls.create` does; `url` or `twiml` runs once `to` has answered.

        `machine_detection` "Enable" or "DetectMessageEnd", or a MachineDetection, first finds out who has answered,
        which takes time; the app is told `AnsweredBy`. With `recording` the call is recorded from its answer;
        `time_limit` ends it so many seconds after that.
        """
        telephone_number(to)
        to, _, given = to.partition("?") if to.startswith(("app:", "client:")) else (to, "", "")
        web_address("url", url)
        web_address("status_callback", status_callback)
        if not (url or twiml or application_sid):
            raise ValueError("place_call needs a url, twiml or an application_sid")
        events = call_events(status_callback_event)
        settings = self.applications.get(application_sid) or App(
            to, url, method, fallback_url, fallback_method, status_callback, status_callback_method,
            status_events=events, twiml=twiml,
        )  # fmt: skip
        detection = MachineDetection(machine_detection) if isinstance(machine_detection, str) else machine_detection

        def place() -> Call:
            line = self.line_at(to)
            role = "agent" if line is None else line.role
            leg = Leg(self, from_, to, "outbound-api", settings, role, line=line, given=tuple(parse_qsl(given)))
            handset = Call(leg)
            self.calls.append(handset)
            if recording is not None:
                leg.on_answer.append(lambda: record_whole_call(leg, "OutboundAPI", recording))
            if time_limit is not None:
                leg.on_answer.append(lambda: limit(leg, time_limit))
            self.start(leg, outgoing(leg, timeout, send_digits, detection))
            return handset

        return self.clock.apply(place)

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

    # -- queues, messages, callbacks and observers --

    def queue(self, name: str) -> Queue:
        """Give the queue called `name`, made on demand."""
        if name not in self.queues:
            self.queues[name] = Queue(self.new_sid("QU"), name, self.clock, self.clock.now())
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
        telephone_number(to)
        message = Message(self.new_sid("SM"), from_, to, body, self.clock.now())
        self.messages.append(message)
        near = [leg for leg in self.legs.values() if not leg.over and leg.phone == to]
        for leg in near:
            leg.note("network", "text message", body)
        if not near:
            self.publish(Entry(message.at, self.clock.seconds, "network", "text message", body))
        for status in ("sent", "delivered") if status_callback else ():
            params = message.callback_params(self.account_sid, status)
            self._callbacks.send(message.sid, Webhook(status_callback, "POST", params), CookieJar(), lambda _: None)
        return message

    def report_progress(self, leg: Leg, event: str) -> None:
        """Report a call's progress to its status callback, if that event was asked for."""
        settings = leg.settings
        if settings.status_callback and event in settings.status_events:
            params = leg.progress_params(event)
            self.notify(leg, Webhook(settings.status_callback, settings.status_callback_method, params))

    def notify(self, leg: Leg, webhook: Webhook) -> None:
        """Make a request whose reply is not executed; a bad reply is warning 15003.

        [D] docs/twilio-facts.md#a2-3-extra-parameters
        """

        def done(fetched: Fetched) -> None:
            leg.requests.extend(fetched.exchanges)
            if fetched.problem is not None:
                leg.problem(Problem(15003, f"the callback failed: {fetched.problem.message}"), webhook.url)

        self._callbacks.send(leg.sid, replace(webhook, extra=leg.params(webhook.extra)), leg.callback_cookies, done)

    @property
    def callbacks(self) -> list[Exchange]:
        """Status callbacks and other requests whose reply ran nothing, in the order in which they were over."""
        return self._callbacks.made

    def calls_back(self, sid: str) -> bool:
        """Whether a callback about that call or message is still under way."""
        return self._callbacks.pending(sid)

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

        def update() -> bool:
            leg = self.legs.get(sid)
            if leg is None or leg.over or (url and leg.rings_out):
                return False
            if url:
                leg.redirect(Webhook(url))
            else:
                leg.call_off()
            return True

        return self.clock.apply(update)

    def expects_error(self, code: int) -> None:
        """Say that an error of this code belongs to the test; 0 is a remark of the network's own."""
        self.debugger.expected.append(code)

    def check_errors(self) -> None:
        """Raise UnexpectedError for an error that nobody expected, or one that was expected and never came.

        The fixture `network` does so at the end of a test, unless the switch `unexpected_error` says `log`.
        """
        self.clock.run(0)  # what is due has happened
        if self.debugger.unexpected() or self.debugger.absent():
            raise UnexpectedError(self.debugger, self.legs.values())

    def spend(self, seconds: float) -> None:
        """Called by an in-process app while it answers: its reply takes that much longer, in virtual time."""
        self.carrier.meter.spend(seconds)

    def run(self, seconds: float) -> None:
        """Let that many seconds pass for everybody."""
        self.clock.run(seconds)
