"""Calls to the shipped hotline from a line of keys: the real flows, engine, handlers and demo wallet; no network.

Keys are written as for `ivr call --keys`: each group is pressed when the line next listens, `-` stays silent, and
words in single quotes are spoken. Besides, `ID` identifies the caller by a texted code and `PIN` by the phone PIN,
and what is not a key stands in brackets: `[answered]` and the like end a wait in a queue, `[talk 12]` leaves twelve
seconds of message, `[gone]` hangs up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.app.edition import edition_of
from ivr.call import engine
from ivr.call.calendar import Closure
from ivr.call.events import (
    Booking,
    Check,
    Digits,
    Event,
    Gathering,
    HungUp,
    Input,
    LookedUp,
    LookUp,
    Moved,
    QueueEnded,
    Queueing,
    Recorded,
    Recording,
    Said,
    Silence,
    Spoken,
    TextSent,
    TicketOpened,
)  # fmt: skip
from ivr.call.machine import FlowMachine
from ivr.call.session import Session, Turn
from ivr.call.turn import Edition, World
from ivr.call.values import Value
from ivr.config import Config, load_config
from ivr.flow.model import FlowSet
from ivr.hotline import handlers
from ivr.hotline.back_office import Progress
from ivr.wallet.demo import DemoWallet
from tests.flow.reading import load_flows
from tests.shipped import HANDLERS, SPECS

HOME = Path(__file__).parents[1]
SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY = datetime(2026, 11, 25, 10, 0, tzinfo=SHANGHAI)
SUNDAY = datetime(2026, 11, 22, 10, 0, tzinfo=SHANGHAI)
NATIONAL_DAY = datetime(2026, 10, 1, 10, 0, tzinfo=SHANGHAI)
CODE = "246810"

_GROUP = re.compile(r"\[[^\]]*\]|'[^']*'|\S+")


@cache
def config() -> Config:
    """The shipped configuration."""
    found, issues = load_config(HOME / "config.yaml", today=WEDNESDAY.date(), environ={})
    assert found is not None, "\n".join(map(str, issues))
    return found


@cache
def flows() -> FlowSet:
    """The shipped flows, as read."""
    found, issues = load_flows(HOME / "flows", "hotline", ("zh", "en"), SPECS)
    assert found is not None, "\n".join(map(str, issues))
    return found


@cache
def edition() -> Edition:
    """The shipped flows with everything around them."""
    return bound(flows())


def bound(flow_set: FlowSet) -> Edition:
    """Flows with everything of the shipped configuration."""
    return edition_of(config(), flow_set, FlowMachine(flow_set))


@dataclass
class Numbered:
    """Ticket references 7000001, 7000002 …"""

    last: int = 7_000_000

    def __call__(self) -> str:
        self.last += 1
        return str(self.last)


@dataclass
class CallTickets:
    """The tickets of one call, all open until tomorrow; the wallet has cases of its own."""

    opened: list[TicketOpened]
    at: datetime

    def progress(self, reference: str) -> Progress | None:
        known = any(ticket.reference == reference for ticket in self.opened)
        return Progress(reference=reference, state="open", due_at=self.at + timedelta(days=1)) if known else None

    def latest(self, account: str, about: str = "") -> Progress | None:
        known = [one for one in self.opened if not about or about == getattr(one.about.get("reference"), "text", "")]
        return self.progress(known[-1].reference) if known else None

    def hurry(self, reference: str, key: str) -> bool:
        return False


@dataclass
class ShippedCall:
    """One call; `account` is who is calling, from the registered phone unless `caller` says otherwise.

    `broken` are handlers that raise. What is read off a call is what a phone and a log would show.
    """

    account: str = "62220001"
    at: datetime = WEDNESDAY
    caller: str | None = None
    broken: frozenset[str] = frozenset()
    unstaffed: frozenset[str] = frozenset()
    closures: tuple[Closure, ...] = ()
    refuse_callbacks: bool = False
    on: Edition = field(default_factory=edition)
    heard: list[tuple[str, str]] = field(default_factory=list, init=False)
    moves: list[tuple[str, str, str]] = field(default_factory=list, init=False)
    looked_up: list[tuple[str, str]] = field(default_factory=list, init=False)
    texts: list[TextSent] = field(default_factory=list, init=False)
    tickets: list[TicketOpened] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.wallet = DemoWallet(self.at, zone=SHANGHAI)
        self.who = self.wallet.find_customer(self.account)
        phone = (self.who.phone if self.who else "") if self.caller is None else self.caller
        values = {"today": Value("date", self.at.date().isoformat())}
        values |= {"caller": Value("phone", phone)} if phone else {}
        self.world = World(self.at, Numbered(), closures=self.closures, unstaffed=self.unstaffed)
        self._keep(
            engine.begin(
                self.on,
                Session(
                    call="CA1", digest="d", language="zh", started_at=self.at, caller=phone, values=values,
                ),
                self.world,
            )
        )  # fmt: skip

    @property
    def state(self) -> str:
        return self.session.state

    @property
    def said(self) -> str:
        """All that was said so far, a line per sentence."""
        return "\n".join(words for _, words in self.heard)

    def follow(self, keys: str) -> ShippedCall:
        """Does what the line of keys says."""
        for group in self._groups(keys):
            assert not self.session.ended, f"the call was over before {group}\n{self.said}"
            self.heard.append((">", f"> {group}"))
            self._hear(self._input(group))
        return self

    # --- the caller ----------------------------------------------------------------------------------------

    def _groups(self, keys: str) -> Iterator[str]:
        for group in _GROUP.findall(keys):
            if group == "ID":
                yield from (f"{self.account}#", f"{CODE}#")
            elif group == "PIN":
                yield from (f"{self.account}#", "*#", f"{self.account[-6:]}#")
            else:
                yield group

    def _input(self, group: str) -> Input:
        match group[0]:
            case "-":
                return Silence()
            case "'":
                return Spoken(group.strip("'"))
            case "[":
                what, _, seconds = group.strip("[]").partition(" ")
                if what == "gone":
                    return HungUp()
                if what == "talk":
                    assert isinstance(self.wait, Recording)
                    return Recorded("https://recordings.example/1", int(seconds), "RE1" if int(seconds) else "")
                return QueueEnded(what)
        if isinstance(self.wait, Queueing):
            return QueueEnded("left", key=group)
        assert isinstance(self.wait, Gathering), f"{group} was pressed while the call waits for {self.wait}"
        ended = len(group) > 1 and self.wait.finish and group.endswith(self.wait.finish)
        assert ended or not self.wait.finish or self.wait.most == len(group), f"{group} is not ended by a key"
        return Digits(group[:-1] if ended else group)

    # --- the hotline -----------------------------------------------------------------------------------------

    @property
    def wait(self) -> Event:
        """What the call waits for now."""
        return self.events[-1]

    def _hear(self, heard: Input) -> None:
        self._keep(engine.answer(self.on, self.session, heard, self.world))

    def _keep(self, turn: Turn) -> None:
        self.session = Session.from_json(turn.session.to_json())
        self.events: tuple[Event, ...] = turn.events
        for event in turn.events:
            match event:
                case Said(text=words, language=language):
                    self.heard.append((language, words))
                case Moved(state=state, outcome=outcome, to=to):
                    self.moves.append((state, outcome, to))
                case TextSent():
                    self.texts.append(event)
                case TicketOpened():
                    self.tickets.append(event)
        match self.wait:
            case LookUp(handler=name, given=given):
                found = self._run(name, given)
                self.looked_up.append((name, found.outcome))
                self._hear(found)
            case Check() as check:
                self._hear(self._checked(check))
            case Booking(number=number):
                home = number.startswith(("+86", "+447"))
                self._hear(LookedUp("booked" if home and not self.refuse_callbacks else "refused"))

    def _run(self, name: str, given: Mapping[str, Value]) -> LookedUp:
        case = handlers.Case(
            call_id="CA1", key=str(self.session.turns), account=self.session.account, factor=self.session.factor,
            caller=self.session.caller, language=self.session.language, now=self.at, zone=SHANGHAI,
            back_office=self.wallet, tickets=CallTickets(self.tickets, self.at),
        )  # fmt: skip
        if name in self.broken:
            return LookedUp("unavailable")
        return handlers.run(HANDLERS[name], case, given).looked_up

    def _checked(self, check: Check) -> LookedUp:
        customer = self.wallet.find_customer(check.account)
        if not check.factor:
            return LookedUp("asked")
        right = (
            check.secret == CODE if check.factor == "code"
            else customer is not None and self.wallet.check_pin(customer.account, check.secret)
        )  # fmt: skip
        if check.secret == "999999":
            return LookedUp("locked")
        if customer is None or not right:
            return LookedUp("wrong")
        return LookedUp(
            "verified",
            {
                "account": Value("account", customer.account),
                "customer": Value("name", customer.called(self.session.language)),
                "registered_phone": Value("phone", customer.phone),
            },
        )
