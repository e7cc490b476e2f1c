"""Requests whose reply runs nothing: those of one call arrive one after another, in the order of what they tell.

Twilio promises no order and usually keeps it; the switch `callback_order` shuffles them.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.network.line.documents import Webhook
from ivr.network.wire.carrier import Carrier, Exchange, Fetched
from ivr.network.wire.clock import Clock
from ivr.network.wire.cookies import CookieJar
from ivr.network.wire.options import Options

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
