"""Worker processes on one store, to be raced and killed: `store_worker.py URL race N TIMES` or `… URL acknowledge`."""

import os
import sys
from datetime import UTC, datetime

from ivr.store import OutboxItem, Store, TicketRow, Unavailable

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PEPPER = b"a pepper for tests only"


def advance(store: Store, answer: str) -> int:
    """One whole turn of the call CA1, made of what the turn before left."""
    with store.turn("CA1") as tx:
        assert tx.call is not None
        turn = tx.turn
        tx.save(session=str(int(tx.call.session) + 1), turn=turn + 1, now=NOW)
        tx.record(turn, NOW, "digits", "[]", answer)
        tx.open_ticket(TicketRow(reference=tx.claim_reference(str), call_id="CA1", topic=answer, opened_at=NOW))
        tx.put([OutboxItem(key=f"CA1/{turn}/0", kind="ticket", payload={}, not_before=NOW)])
    return turn


def in_the_end(store: Store, answer: str) -> None:
    """A turn that a busy machine refused within a caller's patience was not taken, and is taken again."""
    while True:
        try:
            advance(store, answer)
        except Unavailable:
            continue
        return


def race(url: str, workers: int, times: int) -> None:
    """So many processes, each advancing the call so many times; fails if one of them did."""
    children = []
    for worker in range(workers):
        if child := os.fork():
            children.append(child)
            continue
        with Store.open(url, PEPPER) as store:
            for _ in range(times):
                in_the_end(store, f"worker {worker}")
        os._exit(0)
    sys.exit(any(os.waitpid(child, 0)[1] for child in children))


def acknowledge(url: str) -> None:
    """A process that says each turn it has committed; when it is killed, another takes over, while input lasts."""
    while sys.stdin.readline():
        child = os.fork()
        if not child:
            store = Store.open(url, PEPPER)
            os.write(1, f"pid {os.getpid()}\n".encode())
            while True:
                os.write(1, f"ack {advance(store, 'answer')}\n".encode())
        os.waitpid(child, 0)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [url, "race", workers, times]:
            race(url, int(workers), int(times))
        case [url, "acknowledge"]:
            acknowledge(url)
