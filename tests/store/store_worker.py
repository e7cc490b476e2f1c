"""Worker processes on one store, to be raced and killed: `store_worker.py URL race N TIMES`,
`… URL acknowledge THREADS`, `… URL together THREADS`, or `… URL carelessly THREADS`, which is the same without
syncing."""

import os
import signal
import sqlite3
import sys
import threading
from datetime import UTC, datetime

from ivr.store import OutboxItem, Store, TicketRow, Unavailable, database

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PEPPER = b"a pepper for tests only"


def advance(store: Store, answer: str, call: str = "CA1") -> int:
    """One whole turn of a call, made of what the turn before left."""
    with store.turn(call) as tx:
        assert tx.call is not None
        turn = tx.turn
        tx.save(session=str(int(tx.call.session) + 1), turn=turn + 1, now=NOW)
        tx.record(turn, NOW, "digits", "[]", answer)
        tx.open_ticket(TicketRow(reference=store.claim_reference(str), call_id=call, topic=answer, opened_at=NOW))
        tx.put([OutboxItem(key=f"{call}/{turn}/0", kind="ticket", payload={}, not_before=NOW)])
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


def acknowledge(url: str, threads: int) -> None:
    """A process like `together`, which says its id first; when it is killed, another takes over, while input lasts."""
    while sys.stdin.readline():
        child = os.fork()
        if not child:
            os.write(1, f"pid {os.getpid()}\n".encode())
            together(url, threads, synced=True)
            signal.pause()
        os.waitpid(child, 0)


def _careless(driver: sqlite3.Connection, seconds: float) -> None:
    driver.execute("PRAGMA journal_mode = WAL")
    driver.execute("PRAGMA synchronous = OFF")


def together(url: str, threads: int, *, synced: bool) -> None:
    """Threads that say each turn they have committed, each of a call of its own, until the process is killed."""
    if not synced:
        database.settle = _careless
    store = Store.open(url, PEPPER)

    def go_on(call: str) -> None:
        while True:
            os.write(1, f"{call} {advance(store, 'answer', call)}\n".encode())

    for number in range(threads):
        threading.Thread(target=go_on, args=(f"CA{number}",)).start()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [url, "race", workers, times]:
            race(url, int(workers), int(times))
        case [url, "acknowledge", threads]:
            acknowledge(url, int(threads))
        case [url, "together" | "carelessly" as way, threads]:
            together(url, int(threads), synced=way == "together")
