"""Several processes on one store lose nothing, and neither does one that is killed."""

import os
import random
import signal
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen, run

import pytest

from ivr.store import CallRow, Conflict, Store
from tests.store.eight_calls import Acknowledged, begin
from tests.trust_gates import Amount, Measured

WORKER = Path(__file__).with_name("store_worker.py")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.mark.slow
@pytest.mark.trust(goal=24, minutes=1)
def test_four_processes_lose_no_update(store: Store, store_url: str, amount: Amount, measured: Measured) -> None:
    begin(store, ("CA1",))
    times = amount(200, 1_500)
    began = time.monotonic()
    raced = run(
        [sys.executable, WORKER, store_url, "race", "4", str(times)], capture_output=True, text=True, check=False
    )
    took = time.monotonic() - began
    assert (raced.returncode, raced.stderr) == (0, "")
    assert Acknowledged({"CA1": 4 * times - 1}).lost(store) == 0
    measured(f"4 processes with {times:,} turns each of one call, none lost; {4 * times / took:,.0f} turns a second")


@pytest.mark.slow
@pytest.mark.trust(goal=20, minutes=5)
def test_no_acknowledged_turn_is_lost_when_a_process_is_killed(
    store: Store, store_url: str, amount: Amount, measured: Measured
) -> None:
    """Eight threads share commits; they are killed at a moment of chance in one."""
    begin(store)
    chance, acknowledged, kills = random.Random(20), Acknowledged(), amount(10, 500)
    command = [sys.executable, WORKER, store_url, "acknowledge", str(len(acknowledged.last))]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        for _ in range(kills):
            worker.stdin.write("go\n")
            worker.stdin.flush()
            victim = fresh = 0
            wanted = chance.randrange(1, 40)
            while fresh < wanted:
                line = worker.stdout.readline()
                if line.startswith("pid "):
                    victim = int(line.split()[1])
                    continue
                acknowledged.note(line)
                fresh += bool(victim)  # what the last victim still had to say is no work of the new one
            os.kill(victim, signal.SIGKILL)
        worker.stdin.close()
        for line in worker.stdout:
            acknowledged.note(line)
    assert acknowledged.lost(store) == 0
    assert acknowledged.turns >= kills
    if store_url.startswith("sqlite"):
        connection = sqlite3.connect(store_url.removeprefix("sqlite:///"))
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
    measured(f"{kills} kills of 8 threads that share commits, {acknowledged.turns:,} turns acknowledged, none lost")


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
    begin(store, ("CA1",))
    for turn in range(100):
        with store.turn("CA1", turn) as tx:
            tx.save(session=f"fresh {turn}", turn=turn + 1, now=NOW)
        with pytest.raises(Conflict), store.turn("CA1", turn) as tx:
            tx.save(session="stale", turn=turn + 1, now=NOW)
    call = store.call("CA1")
    assert call is not None
    assert call.session == "fresh 99"
