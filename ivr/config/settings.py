"""What stands in `config.yaml`, section by section: frozen values as their author wrote them, no behaviour.

The notes of `yaml_field(…)` are the documentation of each key: for messages, for the JSON Schema and for the test
that holds the shipped file against this page. Every key has a default, so that an empty file is a working hotline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ivr.call.identity import Policy
from ivr.flow.model import Language, Name, Priority, Seconds, Sentence, Text, yaml_field

MINUTE, HOUR = 60, 3600


def _bilingual(zh: str, en: str) -> Text:
    """A text in Chinese and English, the two languages that ship."""
    return Text({"zh": Sentence((zh,)), "en": Sentence((en,))})


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A text written down, or the name of the environment variable that holds it: `{env: DATABASE_URL}`."""

    short: ClassVar[str] = "text"
    text: str = yaml_field("the value itself", "")
    env: str = yaml_field("the environment variable that holds the value", "")
    value: str = field(default="", repr=False)
    """The text, or the value of the variable."""


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A value that must not stand in a file: `{env: TWILIO_AUTH_TOKEN}`."""

    env: str = yaml_field("the environment variable that holds the secret")
    value: str = field(default="", repr=False)
    """The secret; empty when the variable is not set."""


@dataclass(frozen=True, kw_only=True)
class HotlineSettings:
    """The hotline: where a call begins, its number, country and languages."""

    start: Name = yaml_field("the flow that answers a call", Name("hotline"))
    flows: str = yaml_field("the folder of the flows, beside this file", "flows")
    handlers: tuple[str, ...] = yaml_field(
        "Python modules with the handlers that flows use, by name: installed ones, or files beside this one", ()
    )
    languages: tuple[str, ...] = yaml_field(
        "the languages callers can choose, the first one spoken first", ("zh", "en"), each="name"
    )
    country: str = yaml_field(
        "the country whose phone numbers need no country code, and whose currency an amount has, by its two letters",
        "CN",
    )
    time_zone: str = yaml_field(
        "where the days and hours of the hotline are counted; if not written, where most people of its country live",
        "Asia/Shanghai",
    )
    number: str = yaml_field("the number callers dial, with + and country code; empty while there is none", "")
    public_url: str = yaml_field(
        "the address under which Twilio reaches this hotline, such as https://hotline.example.com; signatures are "
        "checked against it and never against what a request says of itself",
        "",
    )


@dataclass(frozen=True, kw_only=True)
class VoiceSettings:
    """How one language sounds, and how it is listened to. What is not written is taken from the language itself."""

    say: str = yaml_field("the language code of the voice, such as cmn-CN", "")
    voice: str = yaml_field("the voice, by Twilio's name for it", "")
    listen: str = yaml_field("the language code for understanding speech, such as cmn-Hans-CN", "")


@dataclass(frozen=True, kw_only=True)
class TwilioSettings:
    """The account that carries calls and text messages. Without one, the simulated network does."""

    account_sid: Setting = yaml_field("the account, beginning with AC", Setting(env="TWILIO_ACCOUNT_SID"))
    auth_token: Secret = yaml_field("the token that proves requests come from Twilio", Secret(env="TWILIO_AUTH_TOKEN"))
    old_auth_token: Secret | None = yaml_field(
        "a second token that is accepted too, while the token is being changed", None
    )
    messages_from: str = yaml_field(
        "the number or messaging service (MG…) that text messages come from; the hotline's number if empty", ""
    )


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """Where calls, tickets and text messages are kept."""

    url: Setting = yaml_field(
        "the database: a file of its own by default, or PostgreSQL as postgresql://…",
        Setting(text="sqlite:///data/ivr.db"),
    )


@dataclass(frozen=True, kw_only=True)
class SingleDay:
    """One date that is not like others."""

    short: ClassVar[str] = "hours"
    hours: tuple[str, ...] = yaml_field("the hours of that day, or closed", ("closed",))
    name: Text | None = yaml_field("what the day is called, told to callers when it is closed", None)


@dataclass(frozen=True, kw_only=True)
class HoursSettings:
    """Opening hours. Decided in this order: emergency, single days, public holidays, the week."""

    doc: str = yaml_field("what this calendar is for, in your own words", "")
    time_zone: str = yaml_field("where its clock hangs; the hotline's time zone if empty", "")
    weekly: Mapping[str, tuple[str, ...]] = yaml_field(
        "hours per weekday: mon, tue-fri, or sat-sun; 22:00-02:00 runs over midnight and belongs to the day on which "
        "it begins; a day that is not written is closed",
        {},
    )
    holidays: str = yaml_field(
        "the country whose public holidays are closed, by its two letters, with a region if need be (CN, DE-BY); "
        "empty: holidays are days like others",
        "",
    )
    working_days: bool = yaml_field("weekend days that are worked in exchange for a day off (调休) are open", True)
    worked_weekend_hours: tuple[str, ...] | None = yaml_field("the hours of such days; Monday's if empty", None)
    days: Mapping[str, SingleDay] = yaml_field(
        "single dates with their own hours, or closed; they beat the holidays", {}
    )
    by_hand: tuple[int, ...] = yaml_field(
        "years whose moved days stand under `days`, so that no list is missed for them", ()
    )
    unknown: Literal["open", "closed"] = yaml_field(
        "what a day of a year is for which no holidays are known at all: open as in any week, or closed", "open"
    )


@dataclass(frozen=True, kw_only=True)
class QueueSettings:
    """Callers who wait for the same agents."""

    doc: str = yaml_field("who answers here, in your own words", "")
    name: Text | None = yaml_field("what the console calls the queue in each language; its doc if empty", None)
    priority: Priority = yaml_field("low, normal, high or urgent: who is served first", "normal")
    # Twilio queues hold 5,000 calls at most, and a call lasts four hours at most.
    most: int = yaml_field("how many callers may wait; the next one is told that the queue is full", 50, span=(1, 5000))
    longest_wait: Seconds = yaml_field(
        "how long a caller may wait before the flow offers something else", Seconds(15 * MINUTE), span=(10, 4 * HOUR)
    )
    announce_every: Seconds = yaml_field(
        "how long a waiting caller hears nothing between words; music has a length of its own",
        Seconds(12),
        span=(5, 600),
    )
    music: str = yaml_field(
        "what is played between words, each time to its end: a file under media/ or an https address; empty: silence",
        "",
    )
    estimate: bool = yaml_field("tell how long it will take, when that is known well enough", True)
    calendar: str = yaml_field("when its people are there; empty: always", "")
    agents: tuple[str, ...] = yaml_field(
        "phones that are always there while the queue is open, with + and country code; people who come and go are "
        "agents",
        (),
    )
    target: str = yaml_field(
        'how soon callers are to be answered, such as "80 % in 20 s", for reports and alerts; empty: nobody has said',
        "",
    )
    # A phone that rings for two minutes is answered by its voicemail, or by nobody.
    ring_for: Seconds = yaml_field(
        "how long an agent's phone rings before the next one does", Seconds(20), span=(5, 120)
    )
    wrap_up: Seconds = yaml_field(
        "how long an agent has for the note after a talk; 0: ready at once", Seconds(30), span=(0, HOUR)
    )
    longest_wrap_up: Seconds = yaml_field(
        "how long it can become while the agent writes, or asks for more", Seconds(5 * MINUTE), span=(0, HOUR)
    )


@dataclass(frozen=True, kw_only=True)
class AgentSettings:
    """An agent: answers callers, logs in to the console, and sets whether they are there."""

    name: Text | None = yaml_field("what the agent is called in each language; the short name if empty", None)
    phone: str = yaml_field("the phone that rings, with + and country code; or client:name for a softphone at Twilio")
    queues: tuple[str, ...] = yaml_field("the queues whose callers the agent takes, by name", (), each="name")
    languages: tuple[Language, ...] = yaml_field("the languages the agent speaks; empty: all of the hotline", ())
    role: tuple[Literal["agent", "supervisor", "editor"], ...] = yaml_field(
        "agent, supervisor (sees every queue, and switches notices and closings), or editor (changes the flows in the "
        "studio and publishes them); several as a list",
        ("agent",),
    )


@dataclass(frozen=True, kw_only=True)
class CallbacksSettings:
    """How callers who asked for a callback are rung."""

    tries: int = yaml_field("how often a caller is rung before we give up", 3, span=(1, 10))
    again_after: Seconds = yaml_field(
        "how long after a try without an answer the next one is made", Seconds(10 * MINUTE), span=(60, 24 * HOUR)
    )
    ring_for: Seconds = yaml_field("how long the caller's phone rings", Seconds(30), span=(5, 120))


@dataclass(frozen=True, kw_only=True)
class ConsoleSettings:
    """The pages of agents and supervisors."""

    # OWASP ASVS 5, V7.3: an end to sessions that rest and to sessions altogether.
    idle: Seconds = yaml_field(
        "how long a login lasts without anything done, 15 minutes at most", Seconds(15 * MINUTE), span=(60, 900)
    )
    longest: Seconds = yaml_field(
        "how long a login lasts at all, 12 hours at most", Seconds(12 * HOUR), span=(300, 12 * HOUR)
    )
    vanished_after: Seconds = yaml_field(
        "how long an agent who is away counts as logged in without using the console",
        Seconds(30 * MINUTE),
        span=(60, 12 * HOUR),
    )
    public_url: str = yaml_field(
        "the https address under which people reach the console, without /console; the hotline's if empty", ""
    )
    proxies: tuple[str, ...] = yaml_field(
        "the addresses of proxies before the console, whose word on where somebody comes from is believed",
        ("127.0.0.1", "::1"),
    )
    values: Mapping[str, Text] = yaml_field(
        "what agents read beside the values of a call, in each language; handlers can name theirs themselves", {}
    )
    codes: Mapping[str, Text] = yaml_field(
        "how a talk can have ended, by name: what the agent picks from after it, in each language",
        {
            "resolved": _bilingual("已解决", "Resolved"),
            "follow_up": _bilingual("需跟进", "To be followed up"),
            "passed_on": _bilingual("已转交", "Passed on"),
            "no_answer": _bilingual("无人应答", "Nobody answered"),
            "wrong_number": _bilingual("打错电话", "Wrong number"),
        },
    )


@dataclass(frozen=True, kw_only=True)
class NumbersSettings:
    """Whom the hotline may ring. Nothing else is ever dialled or texted, whatever a caller or a flow says."""

    allowed: tuple[str, ...] = yaml_field(
        "how numbers must begin that are rung or texted: + and country code; if not written, those of its country",
        ("+86", "+447700900"),
    )
    callbacks_per_number_a_day: int = yaml_field(
        "how often one number may be promised a call back in a day", 3, span=(1, 100)
    )
    callbacks_an_hour: int = yaml_field(
        "how many calls back may be promised in an hour, all callers together", 60, span=(1, 10_000)
    )
    destinations: Mapping[str, str] = yaml_field("numbers that a `transfer` step knows by name", {})


@dataclass(frozen=True, kw_only=True)
class BackOfficeSettings:
    """The back office that handlers and identity checks ask. Without an address, its demo answers if it has one."""

    module: str = yaml_field("the Python module that knows how to ask it, by name; empty: there is no back office", "")
    url: Setting | None = yaml_field("the address of its interface; empty: its demo", None)
    token: Secret | None = yaml_field("the token it asks for", None)
    timeout: float = yaml_field("how many seconds one question to it may take", 3.0, span=(0.1, 8))


@dataclass(frozen=True, kw_only=True)
class TicketsSettings:
    """The system tickets are worked on in. Without an address they are worked on here, in the console."""

    url: Setting | None = yaml_field("where tickets are sent to, as JSON by POST; empty: they stay here", None)
    token: Secret | None = yaml_field("the bearer token that goes along", None)
    calendar: str = yaml_field("whose working days count until a ticket is answered; empty: all days", "")


@dataclass(frozen=True, kw_only=True)
class LimitsSettings:
    """How far a call may go before a person takes over, and how long a look-up may take."""

    steps_per_turn: int = yaml_field(
        "steps the hotline takes by itself without the caller doing anything", 50, span=(5, 1000)
    )
    turns_per_call: int = yaml_field("times a caller is asked something in one call", 200, span=(5, 1000))
    minutes_per_call: int = yaml_field("minutes a call may last", 60, span=(1, 240))
    seconds_of_silence: int = yaml_field(
        "seconds a caller may be silent, menu after menu, before the way out is taken", 40, span=(10, 600)
    )
    # Twilio hangs up on an answer that takes longer than 15 seconds.
    filler_after: float = yaml_field(
        "seconds of a look-up after which the caller hears “one moment, please”", 2.5, span=(0.1, 8)
    )
    give_up_after: float = yaml_field("seconds of a look-up after which it counts as failed", 8.0, span=(1, 10))


@dataclass(frozen=True, kw_only=True)
class KeepSettings:
    """How long things are kept."""

    transcript_days: int = yaml_field(
        "days after which what was said and recorded in a call is deleted", 90, span=(1, 3650)
    )
    record_days: int = yaml_field(
        "days after which the bare record of a call, and its tickets, are deleted", 365, span=(1, 3650)
    )
    recording_days: int = yaml_field("days after which voicemail and other recordings are deleted", 90, span=(1, 3650))
    message_days: int = yaml_field("days after which a text message that was sent is deleted", 7, span=(1, 3650))


@dataclass(frozen=True, kw_only=True)
class MessagesSettings:
    """Text messages."""

    opening: Text = yaml_field("what every text message begins with, so that people see who writes", Text({}))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The whole file."""

    hotline: HotlineSettings = yaml_field("where a call begins, and what the hotline is", HotlineSettings())
    voices: Mapping[str, VoiceSettings] = yaml_field(
        "how each language sounds, where it should sound otherwise", {}, each="language"
    )
    twilio: TwilioSettings = yaml_field("the account that carries calls and text messages", TwilioSettings())
    store: StoreSettings = yaml_field("where calls, tickets and text messages are kept", StoreSettings())
    calendars: Mapping[str, HoursSettings] = yaml_field(
        "when people are there; flows refer to a calendar by its name",
        {"support": HoursSettings(doc="customer service", weekly={"mon-fri": ("09:00-18:00",)}, holidays="CN")},
    )
    policies: Mapping[str, Policy] = yaml_field("how callers are identified, by name", {"customer": Policy()})
    queues: Mapping[str, QueueSettings] = yaml_field(
        "lines of callers who wait for a person, by name",
        {
            "support": QueueSettings(
                doc="customer service", name=_bilingual("客户服务", "Customer service"), calendar="support"
            ),
            "senior": QueueSettings(
                doc="supervisors, for complaints",
                name=_bilingual("主管", "Supervisors"),
                calendar="support",
                priority="high",
            ),
            "security": QueueSettings(
                doc="the security team, day and night",
                name=_bilingual("安全专员", "Security team"),
                priority="urgent",
            ),
        },
    )
    agents: Mapping[str, AgentSettings] = yaml_field("the people who answer, by their short names", {})
    callbacks: CallbacksSettings = yaml_field("how callers are rung back", CallbacksSettings())
    console: ConsoleSettings = yaml_field("the pages of agents and supervisors", ConsoleSettings())
    numbers: NumbersSettings = yaml_field("whom the hotline may ring", NumbersSettings())
    back_office: BackOfficeSettings = yaml_field(
        "the back office that handlers and identity checks ask", BackOfficeSettings()
    )
    tickets: TicketsSettings = yaml_field("the system tickets are worked on in", TicketsSettings())
    limits: LimitsSettings = yaml_field("how far a call may go before a person takes over", LimitsSettings())
    keep: KeepSettings = yaml_field("how long things are kept", KeepSettings())
    messages: MessagesSettings = yaml_field("text messages", MessagesSettings())
