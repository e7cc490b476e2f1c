"""The hotline that answers calls, put together from its configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ivr.agents.actions import AgentActions
from ivr.agents.assigner import Assigner
from ivr.agents.queues import QueueService, TellWait
from ivr.agents.webhooks import AgentWebhooks
from ivr.agents.whispers import Whispers
from ivr.app.agents import agent_rules, targets
from ivr.app.clock import SteadyClock
from ivr.app.demo import connect, demo_of
from ivr.app.edition import edition_of
from ivr.call import reference
from ivr.call.answers import prepare
from ivr.call.calendar import Closure, opening
from ivr.call.session import Session
from ivr.config import Config
from ivr.flow.model import HandlerSpec
from ivr.hotline.back_office import BackOffice
from ivr.hotline.editions import Editions, EditionSource
from ivr.hotline.handlers import Handler, load_handlers, specs_of
from ivr.hotline.hotline import Hotline
from ivr.hotline.identity import Identification, TextedCodes
from ivr.hotline.lookup_work import CallbackRules, LookupWork
from ivr.hotline.lookups import Lookups, Patience
from ivr.hotline.outbox import Relay, Rules
from ivr.hotline.recordings import Recordings
from ivr.hotline.senders import HttpTickets, Sender
from ivr.hotline.switches import QueueNames, Switched, Switches, notice_of
from ivr.hotline.tickets import StoredTickets
from ivr.hotline.turns import Turns
from ivr.store import Store
from ivr.store.records import begun
from ivr.store.rows import Switch
from ivr.store.secrets import new_code
from ivr.voices.recordings import SentenceRecordings
from ivr.webhooks.app import create_app
from ivr.webhooks.carrier import CarrierRoutes
from ivr.webhooks.settings import Unsafe, WebhookSettings
from ivr.webhooks.twiml import TwimlWriter

if TYPE_CHECKING:
    from ivr.hotline.reports import Known
    from ivr.webhooks.metrics import Meter

Clock = Callable[[], datetime]

LAST_RESORT = "person"
"""The destination of the configuration to which callers are put through when the hotline itself is broken."""


real_clock = SteadyClock()
"""The time of this process, and of those that are forked from it."""


@dataclass(frozen=True)
class App:
    """A hotline ready to serve. `close` it when it is over."""

    config: Config
    store: Store
    hotline: Hotline
    webhooks: CarrierRoutes
    relay: Relay
    lookups: Lookups = field(repr=False)
    actions: AgentActions = field(repr=False)
    assigner: Assigner = field(repr=False)
    recordings: Recordings = field(repr=False)
    clock: Clock = real_clock

    def known(self) -> Known:
        from ivr.hotline.reports import Known  # no call needs what reports do

        return Known.of(self.hotline.editions.current.flows, targets(self.config))

    def close(self) -> None:
        self.lookups.close()
        self.store.close()


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What differs between production, a call on one machine, and a test. The defaults are those of production.

    `public_url` and `tokens` replace those of the configuration. `sender` carries text messages and calls out;
    `back_office` and `handlers` replace the configured ones. `new_code` makes one-time codes of so many digits.
    """

    sender: Sender
    clock: Clock = real_clock
    store_url: str = ""
    public_url: str = ""
    tokens: tuple[str, ...] = ()
    account_sid: str = ""
    back_office: BackOffice | None = None
    handlers: Mapping[str, Handler] | None = None
    new_code: Callable[[int], str] = new_code
    phones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Phones of agents by queue, in addition to those of the configuration."""
    recordings: Recordings | None = None
    """Where the sound of recordings is, if not at Twilio."""
    waiting_webhooks: int = 64
    """How many webhooks may wait for a look-up at once: fewer than the server has threads."""
    callers_wait: bool = True
    """Whether somebody is on the line while this hotline works: then its store gives up soon."""
    tell_wait: TellWait = lambda call, now, seconds: None
    """Hears what waiting callers are told of how long it takes."""
    dev: bool = False
    published: bool = False
    """Whether new calls begin with the published edition, if there is one; else with the folder of the flows."""
    goes_on: bool = False
    """Whether a server runs already, of which this is a new worker: while the folder of the flows is broken, it answers
    with the last good ones, as the others do."""


def handlers_of(config: Config) -> Mapping[str, HandlerSpec]:
    """What handlers promise that flows may use: those of the modules that the configuration names."""
    return specs_of(load_handlers(config.hotline.handlers, config.folder))


def build_app(config: Config, environment: Environment) -> App:
    """The hotline of a configuration.

    Raises BrokenDocument for broken flows, Unsafe for settings that must not be served, and what opening the store
    raises.
    """
    if config.on_twilio and not environment.tokens and environment.back_office is None and demo_of(config) is not None:
        raise Unsafe(
            "a Twilio account is configured, but no back office: write its address under back_office.url in "
            "config.yaml; the demo knows made-up people only, whose codes and PINs anybody can read"
        )
    store = Store.open(environment.store_url or config.store_url, folder=config.folder)
    if environment.callers_wait:
        store.serve_callers()
    try:
        return _build(config, environment, store)
    except BaseException:
        store.close()
        raise


def _build(config: Config, environment: Environment, store: Store) -> App:
    clock = environment.clock
    if clock is real_clock:
        real_clock.agree(store.clock_ahead())
    phones = {name: (*queue.agents, *environment.phones.get(name, ())) for name, queue in config.queues.items()}
    handlers = environment.handlers
    if handlers is None:
        handlers = load_handlers(config.hotline.handlers, config.folder)
    source = EditionSource(
        config.flows, config.hotline.start, config.catalogue(specs_of(handlers)), partial(edition_of, config)
    )
    rules_of_agents = agent_rules(config, phones)
    queues = QueueService(
        store, rules_of_agents.queues, environment.tell_wait, lambda now: switches.now(now).closures
    )  # fmt: skip
    switches = Switches(lambda now: _switched(store, queues, now, _published(store, environment, now)))
    editions = Editions(
        source,
        keep=lambda digest, sources: store.add_flow_set(digest, sources, clock()),
        fetch=store.flow_set,
        published=(lambda: switches.now(clock()).published) if environment.published else lambda: "",
        last_good=store.newest_flow_set if environment.goes_on else lambda: "",
    )
    switches.forget()  # the first call is told of the agents who are there then
    back_office = environment.back_office or connect(config, clock())
    patience = Patience(config.limits.filler_after, config.limits.give_up_after)
    lookups = Lookups(store, clock, patience, waiting_webhooks=environment.waiting_webhooks)
    writer = twiml_writer(config, environment.public_url or config.hotline.public_url)
    turns = Turns(
        store=store,
        editions=editions,
        lookup_work=_lookup_work(config, environment, store, handlers, back_office, queues=queues),
        lookups=lookups,
        switches=switches,
        staff=queues.staff,
        writer=writer,
        clock=clock,
        new_reference=partial(store.claim_reference, reference.make),
    )
    hotline = Hotline(turns, store=store, editions=editions, queues=queues, lookups=lookups, writer=writer, clock=clock)
    _warm_up(config, clock())
    settings = WebhookSettings(
        public_url=environment.public_url or config.hotline.public_url,
        account_sid=environment.account_sid or config.twilio.account_sid.value,
        auth_tokens=environment.tokens or config.auth_tokens,
        media=config.folder / "media",
        music=frozenset(queue.music for queue in config.queues.values()),
        dev=environment.dev,
    )
    rules = Rules(config.numbers.allowed, settings.public_url)
    recordings = environment.recordings or Recordings(config.twilio.account_sid.value, config.twilio.auth_token.value)
    relay = Relay(store, environment.sender, clock, rules, _tickets(config), forget=recordings.forget)
    whispers = Whispers(store, rules_of_agents, _titles(editions))
    actions = AgentActions(
        store,
        rules_of_agents,
        clock,
        make_reference=reference.make,
        failed_note=whispers.failed_note,
    )
    agent_webhooks = AgentWebhooks(
        actions, store, whispers, writer, take=turns.take, clock=clock, music=lambda queue: queues.staff(queue).music
    )
    webhooks = create_app(hotline, writer, settings, agent_webhooks, lambda: meter_of(app))
    assigner = Assigner(
        store, actions, lambda queue, now: rules_of_agents.queue(queue).is_open(now, switches.now(now).closures)
    )  # fmt: skip
    app = App(config, store, hotline, webhooks, relay, lookups, actions, assigner, recordings, clock)
    return app


def meter_of(app: App) -> Meter:
    """What metrics are read from. The bare phones of queues are always ready."""
    from ivr.webhooks.metrics import Meter  # with Flask, which a call on this machine does without

    editions = app.hotline.editions

    def problems() -> int:
        editions.refresh()  # the process of the console hears of no call that would make it look
        return sum(issue.is_error for issue in editions.problems)

    return Meter(
        store=app.store,
        clock=app.clock,
        queues=tuple(app.config.queues),
        agents={name: "off" if agent.has_login else "ready" for name, agent in app.actions.agents.items()},
        known=app.known,
        problems=problems,
    )


def twiml_writer(config: Config, public_url: str) -> TwimlWriter:
    """What writes the documents of this hotline; `public_url` is what all addresses in them begin with."""
    return TwimlWriter(
        public_url,
        config.voices,
        config.numbers.destinations,
        caller_id=config.hotline.number,
        person=LAST_RESORT,
        recordings=SentenceRecordings(config.folder, config.hotline.languages),
    )


def recorded_words(config: Config) -> Callable[[str], tuple[str, str] | None]:
    """For `Network.words_on`: what the hotline's recordings speak, and the language of the voice that would say it."""
    recordings = SentenceRecordings(config.folder, config.hotline.languages)

    def words_on(url: str) -> tuple[str, str] | None:
        known = recordings.words_on(f"media/{url.rpartition('/media/')[2]}")
        return (known[0], config.voices[known[1]].say) if known is not None else None

    return words_on


def _warm_up(config: Config, now: datetime) -> None:
    """Computes what takes a while now, because a caller would wait for it: years of calendars, tables of languages."""
    for calendar in config.calendars.values():
        opening(calendar, now)
    prepare(config.hotline.languages, now.date())


def _lookup_work(
    config: Config,
    environment: Environment,
    store: Store,
    handlers: Mapping[str, Handler],
    back_office: BackOffice,
    *,
    queues: QueueService,
) -> LookupWork:
    codes = TextedCodes(store, environment.new_code, config.text_message)
    return LookupWork(
        store=store,
        handlers=handlers,
        back_office=back_office,
        tickets=StoredTickets(store, environment.clock, config.calendars.get(config.tickets.calendar)),
        identification=Identification(store, codes, back_office, environment.clock),
        policies=config.policies,
        expected_wait=queues.estimate,
        rules=CallbackRules(
            config.numbers.allowed,
            config.numbers.callbacks_per_number_a_day,
            config.numbers.callbacks_an_hour,
            ours=frozenset({config.hotline.number} - {""}),
        ),
        zone=ZoneInfo(config.hotline.time_zone),
        clock=environment.clock,
    )


def _titles(editions: Editions) -> Callable[[Session, str], tuple[str, ...]]:
    """What a call is about, in the words of a language: its topic, and the needs that still wait."""

    def titles(session: Session, language: str) -> tuple[str, ...]:
        flows = editions.pinned(session.digest).flows.flows
        named = {flow.topic: text.sentences.get(language) for flow in flows.values() if (text := flow.title)}
        topics = session.topics(flows)
        return tuple(said.source if (said := named.get(topic)) else topic.replace("_", " ") for topic in topics)

    return titles


def _tickets(config: Config) -> HttpTickets | None:
    """The system tickets are worked on in; None where that is the console."""
    if config.tickets.url is None:
        return None
    return HttpTickets(config.tickets.url.value, config.tickets.token.value if config.tickets.token else "")


def closures(store: Store, now: datetime) -> tuple[Closure, ...]:
    return _closures(store.all_switches(now))


def _closures(switches: Iterable[Switch]) -> tuple[Closure, ...]:
    return tuple(
        Closure(switch.name, switch.text, switch.on_at, switch.until) for switch in switches if switch.kind == "closure"
    )


def _published(store: Store, environment: Environment, now: datetime) -> str:
    """The digest of the edition in force; "" where editions are not asked for."""
    in_force = store.editions.in_force(now) if environment.published else None
    return in_force.digest if in_force is not None else ""


def _switched(store: Store, queues: QueueService, now: datetime, published: str) -> Switched:
    switches = store.all_switches(now)
    closed = _closures(switches)
    return Switched(
        notices=tuple(map(notice_of, begun(switches, "notice", now))),
        closures=closed,
        unstaffed=QueueNames(lambda: queues.unstaffed(now, closed)),
        crowded=QueueNames(queues.crowded),
        published=published,
    )
