"""A hotline and a telephone network in one process: signed requests and real TwiML between two parts without ties.

With a virtual clock a call of ten minutes takes milliseconds, and is the same every time.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from ivr.agents.queues import TellWait
from ivr.app.background import Background
from ivr.app.build import App, Environment, build_app, recorded_words
from ivr.app.demo import demo_agents, service_number
from ivr.call.session import Session
from ivr.config import Config
from ivr.hotline.back_office import BackOffice
from ivr.hotline.http_replies import Reply
from ivr.hotline.recordings import Recordings
from ivr.hotline.senders import Refused
from ivr.network import Call, Clock, Message, Network
from ivr.store import Store

ADDRESS = "http://hotline.test"

AGENT_PICKS_UP_AFTER = 8.0
AGENT_TALKS_SECONDS = 20.0
CUSTOMER_PICKS_UP_AFTER = 6.0
"""How long the phone of a customer rings who is called back, where nobody is at it."""
_SPEECH_LANGUAGES = {"zh": "zh-CN", "en": "en-US"}


@dataclass(frozen=True, slots=True)
class NetworkSender:
    network: Network
    number: str
    rings: Callable[[str], None] = lambda number: None

    def send_text(self, key: str, to: str, body: str) -> str:
        return self.network.send_message(self.number, to, body).sid

    def place_call(self, key: str, to: str, url: str, *, status_url: str = "", ring_seconds: int = 30) -> str:
        self.rings(to)
        placed = self.network.place_call(self.number, to, url, status_callback=status_url, timeout=ring_seconds)
        return placed.sid

    def steer(self, key: str, call: str, url: str) -> None:
        if not self.network.update_call(call, url):
            raise Refused("the call is over")

    def placed_calls(self, to: str, since: datetime) -> Sequence[str]:
        legs = [leg for leg in tuple(self.network.legs.values()) if leg.direction == "outbound-api"]
        return [leg.sid for leg in legs if leg.to == to and leg.created >= since]

    def sent_texts(self, to: str, body: str, since: datetime) -> Sequence[str]:
        return [one.sid for one in self.network.messages if (one.to, one.body) == (to, body) and one.at >= since]


def recordings_of(network: Network) -> Recordings:
    """The recordings that a network of this process keeps, asked for in its own REST API."""

    def ask(method: str, url: str, headers: Mapping[str, str], most: int) -> Reply:
        from ivr.network import rest  # few calls have recordings

        environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": urlsplit(url).path}
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        setup_testing_defaults(environ)
        told: dict[str, Any] = {}

        def start_response(status: str, fields: list[tuple[str, str]]) -> None:
            told["status"], told["kind"] = int(status.split(maxsplit=1)[0]), dict(fields).get("Content-Type", "")

        body = b"".join(rest(network)(environ, start_response))
        return Reply(told["status"], told["kind"], body[: most + 1])

    return Recordings(network.account_sid, network.auth_token, (network.api_url,), ask)


def asks_secret(store: Store, call_id: str) -> bool:
    """Whether a call stands at the second question of an identify step: only there is a method of proof in progress.

    Or at the first one again, after wrong answers: a late code or PIN may be keyed in there.
    """
    row = store.call(call_id)
    return row is not None and not {"method", "length"}.isdisjoint(Session.from_json(row.session).scratch)


class Simulation:
    """One hotline that can be dialled. As a context manager it is taken down at the end."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        store_url: str = "",
        seed: int | str = 0,
        back_office: BackOffice | None = None,
        agents: bool = True,
        tell_wait: TellWait = lambda call, now, seconds: None,
    ) -> None:
        """`clock` is virtual or real. Equal seeds give equal calls and codes.

        `agents`: whether somebody answers the queues; `tell_wait` hears what waiting callers are told. Tickets are kept
        and never sent to a real ticket system. Raises BrokenDocument for flows that cannot be used.
        """
        config = replace(config, tickets=replace(config.tickets, url=None))
        self.network = Network(clock=clock, seed=seed)
        self.by_hand: set[str] = set()  # phones of agents that somebody answers: nothing is scripted for them
        self.agents = demo_agents(config)
        self.number = service_number(config)
        chance = random.Random(f"codes of {seed}")  # noqa: S311 - codes of a simulation, the same every time
        self.app: App = build_app(
            config,
            Environment(
                sender=NetworkSender(self.network, self.number, self._answer_at),
                clock=self.network.clock.now,
                store_url=store_url,
                public_url=ADDRESS,
                tokens=(self.network.auth_token,),
                account_sid=self.network.account_sid,
                back_office=back_office,
                recordings=recordings_of(self.network),
                new_code=lambda digits: f"{chance.randrange(10**digits):0{digits}d}",
                phones={queue: (agent.phone,) for queue, agent in self.agents.items()} if agents else {},
                tell_wait=tell_wait,
            ),
        )
        self.network.number(
            self.number,
            f"{ADDRESS}/voice",
            voice_fallback_url=f"{ADDRESS}/voice/fallback",
            status_callback=f"{ADDRESS}/voice/status",
            app=self.app.webhooks,
        )
        self.network.words_on = recorded_words(config)
        self.app.hotline.tidy()  # a call whose process was killed would be in the queue for ever
        Background(self.app, self.network.clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.network.close()
        self.app.close()

    @property
    def store(self) -> Store:
        return self.app.store

    def dial(self, from_: str, *, wait: bool = True) -> Call:
        return self.network.dial(self.number, from_, wait=wait)

    def asks_secret(self, call_id: str) -> bool:
        """Whether the call now waits for a PIN or a code, which nothing that is kept may show."""
        return asks_secret(self.app.store, call_id)

    def latest_message(self) -> Message | None:
        return self.network.messages[-1] if self.network.messages else None

    def _answer_at(self, number: str) -> None:
        """Makes somebody answer at this number: the agent, in the language of the next caller of the queue, or a
        customer who is called back and presses 1."""
        answers = {agent.phone for agent in self.app.actions.agents.values()} | self.by_hand
        if number not in answers and number not in self.network.lines:
            self.network.person(number, answers_after=CUSTOMER_PICKS_UP_AFTER, presses="1", role="caller")
        for queue, agent in self.agents.items():
            if agent.phone == number and number not in self.by_hand:
                entry = next(iter(self.store.queue.waiting(queue)), None)
                language = entry.language if entry else next(iter(agent.says))
                self.network.person(
                    number,
                    answers_after=AGENT_PICKS_UP_AFTER,
                    says=agent.says.get(language) or agent.says["en"],
                    language=_SPEECH_LANGUAGES.get(language, "en-US"),
                    talks_for=AGENT_TALKS_SECONDS,
                    presses="1",
                )
