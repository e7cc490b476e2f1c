"""Eight calls that `store_worker.py` advances, a thread for each, until it is killed; and what must be left of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.store import CallRow, Store
from tests.store.store_worker import NOW

NAMES = tuple(f"CA{number}" for number in range(8))


def begin(store: Store, names: tuple[str, ...] = NAMES) -> None:
    """Opens the calls, each before its first turn."""
    for name in names:
        with store.turn(name, 0) as tx:
            tx.open_call(
                CallRow(id=name, from_number="", to_number="", digest="d", language="zh", started_at=NOW,
                        last_turn_at=NOW, turn=0, session="0")
            )  # fmt: skip


@dataclass
class Acknowledged:
    """The last turn of each call that a worker has said to be committed."""

    last: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, -1))

    def note(self, line: str) -> None:
        """Takes "CA3 17", a line of the worker's."""
        call, turn = line.split()
        self.last[call] = max(self.last[call], int(turn))

    @property
    def turns(self) -> int:
        return sum(turn + 1 for turn in self.last.values())

    def lost(self, store: Store) -> int:
        """How many acknowledged turns are gone; fails unless session, turns, tickets and effects of each call agree."""
        for name in self.last:
            call = store.call(name)
            assert call is not None
            assert call.session == str(call.turn)
            assert [turn.turn for turn in store.turns(name)] == list(range(call.turn))
            assert len(store.tickets(100_000, call_id=name)) == call.turn
        assert len(store.outbox.rows(1_000_000)) == len(store.tickets(1_000_000))
        return sum(max(0, turn + 1 - store.call(name).turn) for name, turn in self.last.items())  # type: ignore[union-attr]
