"""What a hotline does by itself, on the clock of a network in its process: callers get agents, and the outbox leaves.

The background work of a server looks at its store once a second. Here all that happens is told and the clock may be
virtual, so it is looked on the same seconds, but only on those on which something is to be done.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from ivr.app.build import App
from ivr.network import Clock, Timer
from ivr.store import StoreError

SECOND = timedelta(seconds=1)

log = logging.getLogger(__name__)


class Background:
    """Looks at once, and from then on as long as the clock goes."""

    def __init__(self, app: App, clock: Clock, assigns: Callable[[], bool] = lambda: True) -> None:
        """`assigns` says whether callers may get agents by now."""
        self._clock = clock
        self._assigns = assigns
        self._began = self._looked = self._at = clock.now()
        self._timer: Timer | None = None
        self.follow(app)
        self._look()

    def follow(self, app: App) -> None:
        """From now on it is this hotline, which was built again on the same store."""
        self._app, store = app, app.store
        self._outbox_due: datetime | None = self._clock.now()
        for wake in (store.outbox.wake, store.outbox.gave_up, store.talks.wake):
            wake.told = self._soon
        store.talks.wake.set()

    def _soon(self) -> None:
        """What is told on the very second comes after the look of that second."""
        self._look_at(self._clock.now() + timedelta(microseconds=1))

    def _look_at(self, due: datetime) -> None:
        """Looks on the first whole second from `due` on that is still to come."""
        since = max(due - self._began, self._looked - self._began + timedelta(microseconds=1))
        at = self._began - (-since // SECOND) * SECOND
        if self._timer is not None:
            if self._at <= at:
                return
            self._timer.cancel()
        self._at = at
        self._timer = self._clock.after((at - self._clock.now()).total_seconds(), self._look)

    def _look(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._looked = self._clock.now()
        assigner, outbox = self._app.assigner, self._app.store.outbox
        try:
            if self._assigns():
                assigner.tick_if_needed(now)
            if outbox.wake.is_set() or (self._outbox_due is not None and self._outbox_due <= now):
                outbox.wake.clear()
                self._app.relay.deliver_due(now)
                self._outbox_due = outbox.next_due()
        except StoreError:
            log.exception("the store could not be read")
            self._outbox_due = now
        if dues := [due for due in (assigner.due, self._outbox_due) if due is not None]:
            self._look_at(min(dues))
