"""How often a turn asks PostgreSQL and waits: over a network each time is half a millisecond or more."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import sqlalchemy as sa

from ivr.store import CallRow, Conflict, Store, StoreError
from tests.store.store_worker import NOW, PEPPER

QUIET_SECONDS = 0.03


class CountingProxy:
    """A server far away: what it says arrives once its client has been quiet for a while. Counts how often the client
    spoke after it had been told something."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.trips = 0
        self._told = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, suppress(OSError):
            while True:
                spoke, _, _ = select.select([client], [], [], QUIET_SECONDS)
                if spoke:
                    said = client.recv(65_536)
                    if not said:
                        return
                    self.trips += self._told
                    self._told = False
                    server.sendall(said)
                elif select.select([server], [], [], 0)[0]:
                    answered = server.recv(65_536)
                    if not answered:
                        return
                    self._told = True
                    client.sendall(answered)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def proxied(postgres_url: str) -> Iterator[tuple[Store, CountingProxy]]:
    url = sa.make_url(postgres_url)
    proxy = CountingProxy(url.host or "127.0.0.1", url.port or 5432)
    with Store.open(url.set(host="127.0.0.1", port=proxy.port).render_as_string(False), PEPPER) as store:
        yield store, proxy
    proxy.close()


def begin(store: Store, call: str) -> None:
    with store.turn(call, 0) as tx:
        tx.open_call(
            CallRow(id=call, from_number="", to_number="", digest="d", language="zh", started_at=NOW,
                    last_turn_at=NOW, turn=0)
        )  # fmt: skip
        tx.save(session="0", turn=1, now=NOW)
        tx.record(0, NOW, "began", "[]", "<Response />")


@pytest.mark.postgres
def test_a_turn_takes_two_round_trips(proxied: tuple[Store, CountingProxy]) -> None:
    store, proxy = proxied
    begin(store, "CAtrips")
    taken = []
    for turn in range(1, 12):  # from the sixth on, the driver has prepared its statements
        before = proxy.trips
        with store.turn("CAtrips", turn) as tx:
            assert tx.stored is None
            tx.save(session=str(turn), turn=turn + 1, now=NOW)
            tx.record(turn, NOW, "digits", "[]", "<Response />")
        taken.append(proxy.trips - before)
    assert (min(taken[:5]), min(taken[5:])) == (2, 2)  # a machine that stands still looks like one more
    call = store.call("CAtrips")
    assert call is not None
    assert (call.turn, call.session, len(store.turns("CAtrips"))) == (12, "11", 12)


@pytest.mark.postgres
def test_threads_that_answer_at_once_open_connections_only_the_first_time(postgres_url: str) -> None:
    with Store.open(postgres_url, PEPPER) as store, ThreadPoolExecutor(8) as threads:
        together = threading.Barrier(8)

        def process(_: int) -> int:
            with store._db.read() as connection:
                together.wait(60)
                asked = connection.execute(sa.text("SELECT pg_backend_pid()"))
                return int(asked.scalar_one())

        first, second = (set(threads.map(process, range(8))) for _ in range(2))
        assert len(first) == 8
        assert second == first


@pytest.mark.postgres
def test_no_statement_of_a_turn_is_planned_each_time(postgres_url: str) -> None:
    """After five plans PostgreSQL keeps one, unless knowing the values makes it much cheaper."""
    with Store.open(postgres_url, PEPPER) as store:
        begin(store, "CAplan")
        for turn in range(1, 20):
            with store.turn("CAplan", turn) as tx:
                tx.save(session=str(turn), turn=turn + 1, now=NOW)
                tx.record(turn, NOW, "digits", "[]", "<Response />")
        planned = sa.text("SELECT statement, custom_plans FROM pg_prepared_statements WHERE custom_plans > 5")
        with store._db.read() as connection:
            assert connection.execute(planned).all() == []


@pytest.mark.postgres
def test_after_turns_that_were_rolled_back_a_connection_takes_others(postgres_url: str) -> None:
    """Statements that the server has prepared outlive a rollback; psycopg would deallocate them."""
    with Store.open(postgres_url, PEPPER) as store:
        begin(store, "CAback")
        for turn in range(1, 30):
            with pytest.raises(KeyError), store.turn("CAback", turn):
                raise KeyError(turn)
            with store.turn("CAback", turn) as tx:
                tx.save(session=str(turn), turn=turn + 1, now=NOW)
                tx.record(turn, NOW, "digits", "[]", "<Response />")
            assert store.input_kind("CAback", turn) == "digits"


@pytest.mark.postgres
def test_a_turn_that_is_there_already_takes_two_round_trips(proxied: tuple[Store, CountingProxy]) -> None:
    store, proxy = proxied
    begin(store, "CAagain")
    taken = []
    for _ in range(5):
        before = proxy.trips
        with store.turn("CAagain", 0) as tx:
            assert tx.stored is not None
            assert tx.stored.answer == "<Response />"
        taken.append(proxy.trips - before)
    assert min(taken) == 2


@pytest.mark.postgres
def test_a_copy_that_waited_for_the_first_sees_its_answer(postgres_url: str) -> None:
    """Both statements of the first round trip are sent at once; the second must still see what the lock waited for."""
    with Store.open(postgres_url, PEPPER) as store:
        begin(store, "CAcopy")
        seen: list[object] = []

        def copy() -> None:
            with store.turn("CAcopy", 1) as tx:
                seen.append(tx.stored.answer if tx.stored is not None else None)

        with store.turn("CAcopy", 1) as tx:
            second = threading.Thread(target=copy)
            second.start()
            waits = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            engine = sa.create_engine(postgres_url)
            with engine.connect() as other:
                while not other.execute(waits).scalar_one():
                    other.rollback()
            engine.dispose()
            tx.save(session="1", turn=2, now=NOW)
            tx.record(1, NOW, "digits", "[]", "the answer")
        second.join()
    assert seen == ["the answer"]


@pytest.mark.postgres
def test_a_write_that_fails_with_the_commit_leaves_nothing(postgres_url: str) -> None:
    with Store.open(postgres_url, PEPPER) as store:
        begin(store, "CAhalf")
        with pytest.raises(StoreError), store.turn("CAhalf", 1) as tx:  # noqa: PT012 - the end of the turn raises it
            tx.save(session="half", turn=2, now=NOW)
            tx.record(1, NOW, "digits", "[]", "no text of PostgreSQL's: \0")
        call = store.call("CAhalf")
        assert call is not None
        assert (call.turn, call.session) == (1, "0")
        with store.turn("CAhalf", 1) as tx:
            tx.save(session="whole", turn=2, now=NOW)
        with pytest.raises(Conflict), store.turn("CAhalf", 1) as tx:
            tx.save(session="late", turn=2, now=NOW)


@pytest.mark.postgres
def test_a_connection_that_ended_or_was_left_in_a_transaction_is_not_given_to_anybody_else(postgres_url: str) -> None:
    asked = sa.text("SELECT pg_backend_pid()")
    with Store.open(postgres_url, PEPPER) as store:

        def process() -> int:
            with store._db.read() as connection:
                return int(connection.execute(asked).scalar_one())

        first = process()
        engine = sa.create_engine(postgres_url)
        with engine.begin() as other:  # nobody has the connection
            other.execute(sa.text(f"SELECT pg_terminate_backend({first}, 60000)"))
        second = process()
        with pytest.raises(StoreError), store._db.write() as connection:  # noqa: PT012 - the end raises it as well
            connection.execute(asked)
            with engine.begin() as other:
                other.execute(sa.text(f"SELECT pg_terminate_backend({second}, 60000)"))
            connection.execute(asked)
        third = process()
        engine.dispose()
        with pytest.raises(StoreError), store._db.write() as connection:
            connection.exec_driver_sql("SELECT 1 / 0")
        assert len({first, second, third}) == 3
        assert process() == third
        begin(store, "CAafter")


@pytest.mark.postgres
def test_a_transaction_of_other_statements_is_one_and_is_rolled_back(postgres_url: str) -> None:
    with Store.open(postgres_url, PEPPER) as store:
        with store._db.write() as connection:
            seen = {connection.exec_driver_sql("SELECT txid_current()").scalar_one() for _ in range(3)}
        assert len(seen) == 1
        begin(store, "CAother")
        with pytest.raises(KeyError), store._db.write() as connection:  # noqa: PT012 - rolled back for it
            connection.exec_driver_sql("DELETE FROM calls")
            raise KeyError
        assert store.call("CAother") is not None
