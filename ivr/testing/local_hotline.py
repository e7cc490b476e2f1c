"""A hotline in this process for many calls. Between two calls its store is emptied and the rest is made anew."""

import random
import tempfile
from collections.abc import Mapping
from typing import cast

from ivr.app.background import Background
from ivr.app.build import App, Environment, build_app, recorded_words
from ivr.app.demo import service_number
from ivr.app.simulation import ADDRESS, NetworkSender
from ivr.config import Config
from ivr.flow.model import Text
from ivr.hotline.back_office import BackOffice
from ivr.hotline.handlers import Handler
from ivr.network import Network, VirtualClock
from ivr.store.vocabulary import SwitchKind
from ivr.testing import agent_actions, fixtures
from ivr.testing.script import Fault, Script

ACCOUNT, TOKEN = "AC" + "0" * 32, "0" * 32
"""The token of the simulated network; nobody else accepts its signatures."""


class LocalHotline:
    """A hotline whose clock, back office and network are exchanged between two calls."""

    def __init__(
        self,
        config: Config,
        handlers: Mapping[str, Handler],
        phones: Mapping[str, tuple[str, ...]],
        *,
        keeps_store: bool = False,
    ) -> None:
        """`keeps_store`: the store is a file, so that the hotline can be built again on it."""
        self.config = config
        self.phones = phones
        self.number = service_number(config)
        self._clock = VirtualClock()
        self._back_office: BackOffice | None = None
        self.handlers = dict(handlers)
        """What handlers do; a script may change it."""
        self._sender = fixtures.Sender()
        self.codes: list[str] = []
        self._chance = random.Random(0)  # noqa: S311 - codes of a test, the same every time
        self.keeps_store = keeps_store
        self._folder = tempfile.TemporaryDirectory(prefix="ivr-replay-") if keeps_store else None
        self._words_on = recorded_words(config)
        self.app: App = self._build()
        self._fault: Fault | None = None
        self._only_crowd_waits = False
        """Only made-up callers wait: nobody answers them before the caller of the script has joined them."""

    def _build(self) -> App:
        return build_app(
            self.config,
            Environment(
                sender=self._sender,
                clock=lambda: self._clock.now(),  # noqa: PLW0108 - the clock of that moment, not of this one
                store_url="sqlite://" if self._folder is None else f"sqlite:///{self._folder.name}/ivr.db",
                public_url=ADDRESS,
                tokens=(TOKEN,),
                account_sid=ACCOUNT,
                back_office=cast(BackOffice, fixtures.Proxy(lambda: self._back_office)),
                handlers=self.handlers,
                new_code=self._new_code,
                phones=self.phones,
            ),
        )

    def close(self) -> None:
        self.app.close()
        if self._folder is not None:
            self._folder.cleanup()

    def restart(self, network: Network) -> None:
        """Stops the hotline and builds it again on the same store, while the network's calls go on."""
        self.app.close()
        self.app = self._build()
        network.serve(ADDRESS, fixtures.failing_app(self.app.webhooks, network, self._fault))
        self._background.follow(self.app)

    def _new_code(self, digits: int) -> str:
        self.codes.append(f"{self._chance.randrange(10**digits):0{digits}d}")
        return self.codes[-1]

    def reset(self, script: Script, clock: VirtualClock, back_office: BackOffice) -> Network:
        """Empties the hotline, sets up what the script says, and connects it with a new network."""
        store, given = self.app.store, script.given
        self._clock, self._back_office = clock, back_office
        seed = f"{script.file.rpartition('/')[2]} {script.call} {script.spoken}"
        self.codes.clear()
        self._chance = random.Random(f"codes of {seed}")  # noqa: S311
        network = Network(clock=clock, account_sid=ACCOUNT, auth_token=TOKEN, seed=seed)
        network.words_on = self._words_on
        self._sender.behind = NetworkSender(network, self.number)
        self._sender.set_faults(given.fails)
        self._fault = given.fails.get("carrier")
        if not self.keeps_store:
            store.empty()
        store.outbox.wake.clear()
        switches: tuple[tuple[SwitchKind, Mapping[str, Text | None]], ...] = (
            ("notice", given.notices),
            ("closure", given.closures),
        )
        for kind, switched in switches:
            for name, text in switched.items():
                words = {language: sentence.source for language, sentence in text.sentences.items()} if text else {}
                store.switch_on(kind, name, words, clock.now(), by="script")
        network.number(
            self.number,
            f"{ADDRESS}/voice",
            voice_fallback_url=f"{ADDRESS}/voice/fallback",
            status_callback=f"{ADDRESS}/voice/status",
            app=fixtures.failing_app(self.app.webhooks, network, self._fault),
        )
        self._only_crowd_waits = any(queue.waiting for queue in given.queue.values())
        for name, queue in given.queue.items():
            for _ in range(queue.waiting):
                fixtures.add_waiting_caller(network, store, name, queue.talk)
        for name, fault in given.fails.items():
            if name.startswith("queue:"):
                fixtures.lose_callers(network, name.removeprefix("queue:"), fault)
        for name, agent in given.agents.items():
            agent_actions.arrive(self.app, name, agent.presence)
        self._background = Background(self.app, clock, lambda: self._assigns(network))
        return network

    def _assigns(self, network: Network) -> bool:
        """Made-up callers are answered once the caller of the script waits with them."""
        self._only_crowd_waits = self._only_crowd_waits and all(
            self.app.store.queue.entry(call.sid) is None for call in network.calls
        )
        return not self._only_crowd_waits
