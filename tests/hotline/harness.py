"""A hotline to test against: real flows, engine, store and webhooks, and a clock that the test sets.

`HotlineInTest` is a hotline on a store of its own. `hotline.call()` is one call on it, as a carrier posts it: one
signed request at a time. Nothing happens by itself, so a test can send anything twice, late, or not at all.
What a caller really hears, and when, is told by the simulated network: see `ivr.app.simulation`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import sqlalchemy as sa
from werkzeug.test import Client

from ivr.app.build import App, Environment, build_app
from ivr.call.calendar import Calendar
from ivr.config import Config, read_config
from ivr.network.wire.credentials import signature
from ivr.store import OutboxRow, Store, Unavailable
from ivr.store.tables import metadata
from ivr.wallet.demo import DemoWallet
from ivr.wallet.model import Wallet
from tests.stores import sqlite_url

PUBLIC = "https://hotline.example"
TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "2e" * 16
NUMBER = "+864008200000"
CALLER = "+8613800000001"
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai

ALICE, ALICE_PHONE, ALICE_PIN = "62220001", "+8613800138000", "220001"
"""The first person of the demo wallet."""
STRANGER = "69990001"
"""An account that nobody has."""

FLOWS = Path(__file__).with_name("flows")
FLOW = (FLOWS / "hotline.yaml").read_text()
"""Every kind of step, as short as can be."""

CONFIG = """
hotline: {number: "+864008200000", handlers: [ivr.wallet.handlers]}
back_office: {module: ivr.wallet.back_office}
calendars: {always: {weekly: {mon-sun: ["00:00-24:00"]}}}
queues: {support: {agents: ["+8613900000001", "+8613900000002"], most: 2, longest_wait: 10 min}}
numbers: {destinations: {senior: "+8613900000009"}}
limits: {filler_after: 2.5, give_up_after: 8}
"""


_CALENDARS: dict[str, Mapping[str, Calendar]] = {}
"""The calendars of a configuration, which know the years that were computed."""


class ManualClock:
    """A time that stands still until it is moved."""

    def __init__(self, start: datetime = MONDAY) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@dataclass
class KeptSender:
    """The outside that texts and calls go to; `fails` is raised instead, as often as it says."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    steered: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    seen: int = 0
    """How many of the calls a test has looked at (`phones.rung`)."""

    def forget(self) -> None:
        """Keeps nothing of what it was told so far."""
        for kept in (self.texts, self.calls, self.steered, self.keys):
            kept.clear()
        self.seen = 0

    def send_text(self, key: str, to: str, body: str) -> str:
        self.keys.append(key)
        self.texts.append((to, body))
        return f"SM{len(self.texts)}"

    def place_call(self, key: str, to: str, url: str, *, status_url: str = "", ring_seconds: int = 30) -> str:
        self.keys.append(key)
        self.calls.append((to, url))
        return f"CA{len(self.calls)}"

    def steer(self, key: str, call: str, url: str) -> None:
        self.keys.append(key)
        self.steered.append((call, url))

    def placed_calls(self, to: str, since: datetime) -> Sequence[str]:
        return ()

    def sent_texts(self, to: str, body: str, since: datetime) -> Sequence[str]:
        return ()

    @property
    def codes(self) -> list[str]:
        """The one-time codes texted so far."""
        return ["".join(part for part in body if part.isdigit())[:6] for _, body in self.texts]


class Watched(DemoWallet):
    """The demo wallet, and a note of everything it is asked; `before` is called first, to block or to fail there."""

    def __init__(self, before: Callable[[str], None] = lambda what: None, faults: Mapping[str, str] | None = None):
        super().__init__(MONDAY, faults)
        self.asked: list[str] = []
        self.before = before

    def _suffer(self, what: str, account: str = "") -> None:
        self.asked.append(what)
        self.before(what)
        super()._suffer(what, account)


class Killed(BaseException):
    """The worker's end: nothing of ours catches it, nothing is tidied up."""


class Faults:
    """Stands before a store's database and lets chosen transactions fail, as a disk or a network would.

    `when` is told a transaction's number, counted from 1, and where it is: "begin", "commit", or "committed",
    which is then kept although nobody learns of it.
    """

    def __init__(self, store: Store) -> None:
        self._database = store._db
        self._real = {name: getattr(self._database, name) for name in ("read", "write")}
        self.when: Callable[[int, str], bool] = lambda number, where: False
        self.error: Callable[[], BaseException] = lambda: Unavailable("a fault that was set up")
        self.count = 0
        for name in self._real:
            setattr(self._database, name, partial(self._stood_before, name))

    def reset(self, when: Callable[[int, str], bool]) -> None:
        """Counts from 1 again, and fails by this."""
        self.count, self.when = 0, when

    @contextmanager
    def _stood_before(self, name: str) -> Iterator[object]:
        self.count += 1
        number = self.count
        self._strike(number, "begin")
        with self._real[name]() as connection:
            yield connection
            self._strike(number, "commit")
        self._strike(number, "committed")

    def _strike(self, number: int, where: str) -> None:
        if self.when(number, where):
            raise self.error()


@dataclass(frozen=True)
class Reply:
    """What came back from one request."""

    status: int
    body: str

    @property
    def root(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    @property
    def words(self) -> str:
        return " ".join(say.text or "" for say in self.root.iter("Say"))

    @property
    def verbs(self) -> list[str]:
        return [element.tag for element in self.root.iter()][1:]

    @property
    def action(self) -> str:
        """Where the carrier goes next: the action of the verb that waits, or a redirect."""
        for element in self.root.iter():
            if element.get("action"):
                return element.attrib["action"]
        return next((element.text or "" for element in self.root.iter("Redirect")), "")

    @property
    def wait_url(self) -> str:
        return next(element.attrib["waitUrl"] for element in self.root.iter("Enqueue"))

    @property
    def turn(self) -> int:
        """The turn that the answer leads to."""
        return int(self.action.partition("/turns/")[2].partition("/")[0])

    @property
    def leads_on(self) -> bool:
        """Whether the caller is not left hanging: something waits, or asks again, or puts them through."""
        return bool({"Gather", "Record", "Enqueue", "Dial", "Redirect"} & set(self.verbs))


@dataclass
class PostedCall:
    """One call, request by request. `reply` is the last answer; what is pressed goes where that leads."""

    client: Client
    sid: str
    number: str = CALLER
    account: str = ACCOUNT
    reply: Reply = field(default_factory=lambda: Reply(0, ""))
    asked: str = "/voice"
    """The turn that the carrier asked for last, as a path."""

    def post(self, address: str, **fields: str) -> Reply:
        """A signed request to an address of ours, or a path, that leaves `reply` as it is."""
        path = urlsplit(address).path
        query = urlsplit(address).query
        form = {
            "AccountSid": self.account, "CallSid": self.sid, "CallStatus": "in-progress", "ApiVersion": "2010-04-01",
            "Direction": "inbound", "From": self.number, "To": NUMBER, **fields,
        }  # fmt: skip
        if path == "/voice" or "/turns/" in path:
            self.asked = path
        where = path + (f"?{query}" if query else "")
        answer = self.client.post(
            where,
            data=urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature(TOKEN, PUBLIC + where, form.items())},
        )
        return Reply(answer.status_code, answer.get_data(as_text=True))

    def ring(self) -> Reply:
        return self._next("/voice")

    def press(self, keys: str) -> Reply:
        return self._next(self.reply.action, Digits=keys)

    def silence(self) -> Reply:
        return self._next(self.reply.action, Digits="")

    def on(self, **fields: str) -> Reply:
        """Whatever else the carrier tells where the last answer leads."""
        return self._next(self.reply.action, **fields)

    def walk(self, keys: str) -> Reply:
        """Rings, and presses these groups of keys one after another; `-` is silence."""
        self.ring()
        for group in keys.split():
            if group == "-":
                self.silence()
            else:
                self.press(group)
        return self.reply

    def walk_patiently(self, keys: str) -> Reply:
        """The same, and on behind fillers."""
        self.ring()
        for group in keys.split():
            self.press(group)
            self.look_up()
        return self.reply

    def look_up(self) -> Reply:
        """Goes on behind fillers, as the carrier does: on a busy machine the quickest look-up may be covered by one."""
        while self.reply.action.endswith("/poll"):
            self.on()
        return self.reply

    def turn(self, number: int, **fields: str) -> Reply:
        """A request for a turn by its number."""
        return self.post(f"/voice/{self.sid}/turns/{number}", **fields)

    def turn_lost(self) -> Reply:
        """What the last answer leads to never reached us."""
        self.asked = urlsplit(self.reply.action).path
        return self.fallback()

    def fallback(self, error: int = 11205) -> Reply:
        """The carrier has no answer to the last thing it asked for."""
        self.reply = self.post("/voice/fallback", ErrorCode=str(error), ErrorUrl=f"{PUBLIC}{self.asked}")
        return self.reply

    def hold(self, waited: int, position: int = 1, **fields: str) -> Reply:
        """What the queue plays after so many seconds; `reply` stays the one that led into the queue."""
        return self.post(self.reply.wait_url, QueuePosition=str(position), QueueTime=str(waited), **fields)

    def status(self, word: str, sequence: int = 0, **fields: str) -> Reply:
        return self.post("/voice/status", CallStatus=word, SequenceNumber=str(sequence), **fields)

    def hang_up(self) -> None:
        assert self.status("completed", 3, CallDuration="12").status == 204

    def _next(self, address: str, **fields: str) -> Reply:
        """Goes on at an address; a caller who is put into a queue arrives there."""
        self.reply = self.post(address, **fields)
        if "<Enqueue" in self.reply.body:
            self.hold(0)
        return self.reply


@dataclass
class HotlineInTest:
    """A hotline on its own store and clock."""

    app: App
    clock: ManualClock
    sender: KeptSender
    folder: Path
    url: str
    wallet: Wallet | None = None
    _calls: int = 0

    @property
    def store(self) -> Store:
        return self.app.store

    def call(self, number: str = CALLER, account: str = ACCOUNT) -> PostedCall:
        """A new call, not yet ringing."""
        self._calls += 1
        sid = "CA" + hashlib.md5(f"{self.url}/{self._calls}/{id(self)}".encode()).hexdigest()
        return PostedCall(Client(self.app.webhooks), sid, number, account)

    def deliver(self) -> None:
        """Lets the outbox out, as the server does all the time."""
        self.app.relay.deliver_due(self.clock())

    def outbox(self) -> tuple[OutboxRow, ...]:
        """What waits to leave."""
        return self.app.store.outbox.rows(1000)

    def live(self) -> list[str]:
        return [row.id for row in self.app.store.calls(1000, live=True)]


def write(folder: Path, flows: Mapping[str, str]) -> None:
    """Writes flow files, each under its name, into the folder of a configuration."""
    (folder / "flows").mkdir(parents=True, exist_ok=True)
    for name, text in flows.items():
        (folder / "flows" / f"{name}.yaml").write_text(text)


def configured(folder: Path, text: str = CONFIG, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration of this text. Raises AssertionError for one with errors."""
    config, issues = read_config(
        text, str(folder / "config.yaml"), folder=folder, today=date(2026, 11, 23), environ=environ or {}
    )
    assert config is not None, "\n".join(map(str, issues))
    return replace(config, calendars=_CALENDARS.setdefault(text, config.calendars))


@contextmanager
def opened(
    folder: Path,
    url: str = "",
    *,
    flow: str = FLOW,
    config: str = CONFIG,
    wallet: Wallet | None = None,
    clock: ManualClock | None = None,
    new_code: Callable[[int], str] | None = None,
    environ: Mapping[str, str] | None = None,
    goes_on: bool = False,
) -> Iterator[HotlineInTest]:
    """A hotline on the store of this URL, a fresh SQLite file if none is named, open as long as the block.

    Its flows are those that were written into the folder, or else `flow`; the usual one is read where it lies, once.
    """
    configuration = configured(folder, config, environ)
    if not (folder / "flows").exists() and flow == FLOW:
        configuration = replace(configuration, hotline=replace(configuration.hotline, flows=str(FLOWS)))
    elif not (folder / "flows").exists():
        write(folder, {"hotline": flow})
    url = url or sqlite_url(folder)
    if not url.startswith("sqlite"):
        os.environ["IVR_PEPPER"] = "a pepper for tests only"
    clock, sender = clock or ManualClock(), KeptSender()
    environment = Environment(
        sender=sender,
        clock=clock,
        store_url=url,
        public_url=PUBLIC,
        tokens=(TOKEN,),
        account_sid=ACCOUNT,
        back_office=wallet,
        published=True,
        goes_on=goes_on,
        **({"new_code": new_code} if new_code else {}),
    )
    app = build_app(configuration, environment)
    try:
        yield HotlineInTest(app, clock, sender, folder, url, wallet)
    finally:
        app.close()
        os.environ.pop("IVR_PEPPER", None)


def kept(hotline: HotlineInTest) -> bytes:
    """Every byte of every file beside the configuration, and every row of every table."""
    engine = sa.create_engine(hotline.url)
    with engine.connect() as connection:
        rows = [repr(row) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))]
    engine.dispose()
    files = [path.read_bytes() for path in hotline.folder.rglob("*") if path.is_file()]
    return "\n".join(rows).encode() + b"\n".join(files)
