"""Effects after the commit: text messages, calls and tickets leave here, each at least once and under a stable key.

The relay takes one row at a time from the outbox of the store, under a lease, and tries it until the receiver has it,
waiting longer each time. What cannot succeed stays visible as dead. Twilio knows no key for a text or a call: when an
attempt may have been accepted, the relay looks for it in Twilio's lists, and sends again only what was not listed for
`SHOWN_WITHIN` (docs/trust.md#goal-29). Every number passes `numbers.allowed` here, whatever was checked before.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ivr.flow.vocabulary import SOFTPHONE
from ivr.hotline.numbers import allowed
from ivr.hotline.senders import HttpTickets, NotSent, Refused, Sender
from ivr.store import OutboxRow, Store
from ivr.store.outbox import CALLED_OFF
from ivr.store.vocabulary import OutboxKind

log = logging.getLogger(__name__)

LANES: tuple[OutboxKind, ...] = ("sms", "call", "ticket", "steer", "forget")
"""The kinds of effects. Each is delivered by a thread of its own: a hanging ticket system delays no one-time code."""

SHOWN_WITHIN = timedelta(seconds=30)
"""What the carrier accepted stands in its lists by then, counted from the attempt."""
CLOCKS_DIFFER = timedelta(minutes=2)
"""How far the carrier's clock may be behind ours: an attempt is looked for from so long before it."""

REPEATED = "#rc=3&rp=ct,rt,5xx"
"""How a telephone ended is told once. Behind an address with this, the carrier tells it again if that failed
(docs/twilio-facts.md#a4-http-client): until then a caller waits for an agent who is gone."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What may leave, and how often. `prefixes` as in `numbers.allowed`; `public_url` completes a call's `path`."""

    prefixes: Sequence[str]
    public_url: str = ""
    calls_a_second: int = 1
    lease_seconds: float = 60
    most_attempts: int = 10
    first_wait_seconds: float = 5
    longest_wait_seconds: float = 300


class Relay:
    """Carries the outbox out. Several relays, in several processes, may share a store."""

    def __init__(
        self,
        store: Store,
        sender: Sender,
        clock: Callable[[], datetime],
        rules: Rules,
        tickets: HttpTickets | None = None,
        *,
        forget: Callable[[str], None] | None = None,
    ) -> None:
        """Without a ticket system, tickets are worked on from the store, and theirs are done at once.

        `forget` has the carrier delete a recording by its id; without it nobody keeps any.
        """
        self._store = store
        self._sender = sender
        self._clock = clock
        self._rules = rules
        self._tickets = tickets
        self._forget = forget

    def deliver_due(self, now: datetime) -> int:
        """One pass: try everything that is due once. Gives the number of effects that reached their receiver."""
        delivered = 0
        while (reached := self._try_next(now, LANES)) is not None:
            delivered += reached
        return delivered

    def run(self, stop: threading.Event) -> None:
        """Deliver as things become due, until `stop` is set. Woken by commits of this process, else once a second."""
        wakes = [threading.Event() for _ in LANES]
        lanes = [
            threading.Thread(target=self._run_lane, args=(kind, wake, stop), name=f"outbox-{kind}", daemon=True)
            for kind, wake in zip(LANES, wakes, strict=True)
        ]
        for lane in lanes:
            lane.start()
        while not stop.is_set():
            self._store.outbox.wake.wait(1)
            self._store.outbox.wake.clear()
            for wake in wakes:
                wake.set()
        for lane in lanes:
            lane.join()

    def _run_lane(self, kind: OutboxKind, wake: threading.Event, stop: threading.Event) -> None:
        while True:
            wake.wait()
            wake.clear()
            if stop.is_set():
                return
            try:
                while self._try_next(self._clock(), (kind,)) is not None:
                    pass
            except Exception:  # the store may be down; the rows wait
                log.exception("the outbox rests", extra={"kind": kind})

    def _try_next(self, now: datetime, kinds: Sequence[OutboxKind]) -> bool | None:
        """Whether the next effect that is due reached its receiver; None if nothing is due."""
        rows = self._store.outbox.claim_due(now, self._rules.lease_seconds, 1, kinds)
        return self._try(rows[0], now) if rows else None

    def _try(self, row: OutboxRow, now: datetime) -> bool:
        """Whether it reached its receiver in this attempt. The result is written into its row."""
        if row.error == CALLED_OFF:
            return self._hang_up(row, now)
        if row.not_after is not None and now > row.not_after:
            self._give_up(row, "too late to be of use", now)
            return False
        doubt = row.tried_at if row.tried_at is not None and row.tried_at < now else None
        try:
            if doubt is not None and row.kind in ("sms", "call"):
                if found := self._left_before(row, doubt):
                    return self._store.outbox.done(row, now, found)
                if now < doubt + SHOWN_WITHIN:
                    self._store.outbox.wait(row, now + timedelta(seconds=self._rules.first_wait_seconds), doubt)
                    return False
            if row.kind == "call" and not self._may_ring(now):
                self._store.outbox.wait(row, now + timedelta(seconds=1), doubt)
                return False
            doubt = now
            result = self._carry_out(row)
        except Refused as refused:
            if row.kind == "steer":  # the call is over, which its own end tells
                log.info("steered nowhere", extra={"key": row.key, "why": str(refused)})
                self._store.outbox.dead(row, str(refused), now)
            else:
                self._give_up(row, str(refused), now)
            return False
        except Exception as failed:
            self._try_again(row, type(failed).__name__, now, None if isinstance(failed, NotSent) else doubt)
            return False
        return self._store.outbox.done(row, now, result)

    def _hang_up(self, row: OutboxRow, now: datetime) -> bool:
        """Looks for a call that may have left before it was called off, and ends it: its phone may ring still."""
        doubt, found = row.tried_at or now, ""
        try:
            if found := self._left_before(row, doubt):
                self._sender.steer(row.key, found, "")
        except Refused as over:
            log.info("not hung up", extra={"key": row.key, "why": str(over)})
        except Exception as failed:
            log.warning("not hung up", extra={"key": row.key, "error": type(failed).__name__})
            found = ""
        if found or now >= doubt + SHOWN_WITHIN:
            return self._store.outbox.done(row, now, found)
        self._store.outbox.wait(row, now + timedelta(seconds=self._rules.first_wait_seconds), doubt)
        return False

    def _carry_out(self, row: OutboxRow) -> str:
        told = row.payload
        match row.kind:
            case "sms":
                return self._sender.send_text(row.key, self._permitted(told), _body(row))
            case "call":
                status = told.get("status_path", "")
                return self._sender.place_call(
                    row.key, self._permitted(told), self._rules.public_url + told["path"],
                    status_url=self._rules.public_url + status + REPEATED if status else "",
                    ring_seconds=told.get("ring_seconds", 30),
                )  # fmt: skip
            case "steer":
                path = told["path"]
                self._sender.steer(row.key, told["call"], self._rules.public_url + path if path else "")
                return str(told["call"])
            case "ticket":
                return self._tickets.send(row.key, told) if self._tickets else ""
            case "forget":
                if self._forget is not None:
                    self._forget(str(told["recording"]))
                return ""
            case _:
                raise Refused(f'nobody carries out "{row.kind}"')

    def _permitted(self, told: Mapping[str, Any]) -> str:
        to = str(told["to"])
        softphone = "path" in told and SOFTPHONE.fullmatch(to)
        if not softphone and not allowed(to, self._rules.prefixes):
            raise Refused("a number we may not reach")
        return to

    def _may_ring(self, now: datetime) -> bool:
        """At most so many calls a second leave from all relays together; the carrier refuses more."""
        return self._store.claim("calls placed", "", self._rules.calls_a_second, now, 1)

    def _left_before(self, row: OutboxRow, doubt: datetime) -> str:
        """The text or call of the attempt at `doubt`, whose reply was lost; "" if the carrier lists none."""
        to, since = self._permitted(row.payload), doubt - CLOCKS_DIFFER
        sender = self._sender
        found = sender.placed_calls(to, since) if row.kind == "call" else sender.sent_texts(to, _body(row), since)
        taken = self._store.outbox.results(row.kind, found)
        return next((one for one in found if one not in taken), "")

    def _try_again(self, row: OutboxRow, error: str, now: datetime, doubt: datetime | None) -> None:
        """`doubt` is when an attempt was made that the receiver may have accepted; None if there is none."""
        if row.attempts >= self._rules.most_attempts:
            self._give_up(row, f"{error}, after {row.attempts} attempts", now)
            return
        wait = min(self._rules.first_wait_seconds * 2 ** (row.attempts - 1), self._rules.longest_wait_seconds)
        log.warning("effect failed", extra={"key": row.key, "kind": row.kind, "attempt": row.attempts, "error": error})
        self._store.outbox.again(row, error, now + timedelta(seconds=wait), doubt)

    def _give_up(self, row: OutboxRow, error: str, now: datetime) -> None:
        log.error("effect given up", extra={"key": row.key, "kind": row.kind, "error": error})
        self._store.outbox.dead(row, error, now)


def _body(row: OutboxRow) -> str:
    """The words of a message, with its secret put in. Where none was sealed, `{secret}` is what somebody said."""
    body = str(row.payload["body"])
    if row.secret:
        return body.replace("{secret}", row.secret)
    if row.payload.get("sealed"):
        raise Refused("its code can not be read any more: the pepper was changed")
    return body
