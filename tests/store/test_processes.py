"""Several processes on one store lose nothing, and neither does one that is killed."""

import os
import random
import signal
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen, run

import pytest

from ivr.store import CallRow, Conflict, Store

WORKER = Path(__file__).with_name("store_worker.py")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def begin(store: Store) -> None:
    with store.turn("CA1", 0) as tx:
        tx.open_call(
            CallRow(id="CA1", from_number="", to_number="", digest="d", language="zh", started_at=NOW,
                    last_turn_at=NOW, turn=0, session="0")
        )  # fmt: skip


def held_together(store: Store) -> int:
    """How many turns the call has taken; fails unless session, turns, tickets and effects agree."""
    call = store.call("CA1")
    assert call is not None
    turns = store.turns("CA1")
    assert call.session == str(call.turn)
    assert [turn.turn for turn in turns] == list(range(call.turn))
    assert len(store.tickets(10_000)) == call.turn
    assert len(store.outbox.rows(10_000)) == call.turn
    return call.turn


@pytest.mark.slow
def test_four_processes_lose_no_update(store: Store, store_url: str) -> None:
    begin(store)
    raced = run([sys.executable, WORKER, store_url, "race", "4", "200"], capture_output=True, text=True, check=False)
    assert (raced.returncode, raced.stderr) == (0, "")
    assert held_together(store) == 800


@pytest.mark.slow
def test_no_acknowledged_turn_is_lost_when_a_process_is_killed(store: Store, store_url: str) -> None:
    begin(store)
    chance = random.Random(20)
    acknowledged = -1
    with Popen([sys.executable, WORKER, store_url, "acknowledge"], stdin=PIPE, stdout=PIPE, text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        for _ in range(10):
            worker.stdin.write("go\n")
            worker.stdin.flush()
            victim = fresh = 0
            wanted = chance.randrange(1, 40)
            while fresh < wanted:
                word, number = worker.stdout.readline().split()
                if word == "pid":
                    victim = int(number)
                    continue
                acknowledged = int(number)
                fresh += bool(victim)  # what the last victim still had to say is no work of the new one
            os.kill(victim, signal.SIGKILL)
        worker.stdin.close()
        for line in worker.stdout:
            acknowledged = int(line.split()[1])
    assert held_together(store) >= acknowledged + 1
    assert acknowledged >= 10
    if store_url.startswith("sqlite"):
        connection = sqlite3.connect(store_url.removeprefix("sqlite:///"))
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


@pytest.mark.slow
def test_twenty_copies_of_a_webhook_have_one_effect(store: Store) -> None:
    """What a duplicate meets: the first commits, the others find its answer, whoever comes when."""

    def webhook(copy: int, turn: int) -> str:
        with store.turn("CA1", turn) as tx:
            if tx.stored is not None:
                assert tx.stored.answer is not None
                return tx.stored.answer
            if tx.call is None:
                tx.open_call(
                    CallRow(id="CA1", from_number="", to_number="", digest="d", language="zh", started_at=NOW,
                            last_turn_at=NOW, turn=0)
                )  # fmt: skip
            answer = f"<Say>{turn}, {copy}</Say>"
            tx.save(session="{}", turn=turn + 1, now=NOW)
            tx.record(turn, NOW, "digits", "[]", answer)
            return answer

    with ThreadPoolExecutor(20) as pool:
        for turn in range(8):
            answers = set(pool.map(lambda copy, turn=turn: webhook(copy, turn), range(20)))
            assert len(answers) == 1
    assert len(store.turns("CA1")) == 8


def test_a_stale_worker_is_refused_every_time(store: Store) -> None:
    begin(store)
    for turn in range(100):
        with store.turn("CA1", turn) as tx:
            tx.save(session=f"fresh {turn}", turn=turn + 1, now=NOW)
        with pytest.raises(Conflict), store.turn("CA1", turn) as tx:
            tx.save(session="stale", turn=turn + 1, now=NOW)
    call = store.call("CA1")
    assert call is not None
    assert call.session == "fresh 99"
