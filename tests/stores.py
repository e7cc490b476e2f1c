"""A store to test on: a real SQLite file, and PostgreSQL too where IVR_TEST_POSTGRES names a server."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from ivr.store import Store
from ivr.store.logins import CHEAP
from ivr.store.tables import hits, metadata
from tests.patience import PATIENCE_SECONDS

PEPPER = b"a pepper for tests only"
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """A store that waits as long as a busy machine needs. Tests of what happens after it set a time of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ivr.store.database.PATIENCE_SECONDS", PATIENCE_SECONDS)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Stores whose passwords and codes are hashed in no time. How long it takes is tested on what hashes them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ivr.store.logins.COST", CHEAP)
        patch.setattr("ivr.store.codes.WORK", CHEAP)
        yield


class Compiled(dict[Any, Any]):
    """What SQLAlchemy has compiled, by the kind of database. Its own keys hold the dialect of one store."""

    def get(self, key: tuple[sa.Dialect, *tuple[Any, ...]], default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple[sa.Dialect, *tuple[Any, ...]], made: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), made)


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Statements are compiled once for all stores of a kind. A server has one store; the tests open thousands."""
    create, compiled = sa.create_engine, Compiled()

    def engine(*args: Any, **settings: Any) -> sa.Engine:
        return create(*args, **settings).execution_options(compiled_cache=compiled)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sa, "create_engine", engine)
        yield


def counted(store: Store, name: str, key: str, now: datetime) -> int:
    """How many of what `Counters` counts hold at a moment."""
    mine = sa.select(sa.func.count()).where(hits.c.name == name, hits.c.key == key, hits.c.until > now)
    with store._db.read() as connection:
        return connection.execute(mine).scalar_one()


@contextmanager
def schema() -> Iterator[str]:
    """The URL of an empty PostgreSQL schema, dropped at the end."""
    server = os.environ.get("IVR_TEST_POSTGRES")
    if not server:
        pytest.skip("install PostgreSQL and name a database: IVR_TEST_POSTGRES=postgresql+psycopg://user@host/name")
    name = f"test_{uuid4().hex}"
    engine = sa.create_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    yield sa.make_url(server).update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(False)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A schema with our tables, shared by the tests of a session because making it takes a while."""
    with schema() as url:
        Store.open(url, PEPPER).close()
        yield url


@pytest.fixture(scope="session")
def empty_postgres(postgres_url: str) -> Iterator[Callable[[], None]]:
    """Deletes the rows of that schema. Over one connection: a new one reads all about its tables first, in 20 ms."""
    import psycopg

    url = sa.make_url(postgres_url).set(drivername="postgresql").render_as_string(False)
    statements = "; ".join(f"DELETE FROM {table.name}" for table in metadata.sorted_tables)
    with psycopg.connect(url, autocommit=True) as connection:

        def empty() -> None:
            connection.execute(statements)

        yield empty


def sqlite_url(folder: Path) -> str:
    """The URL of the store in a folder; one without rows, if there is none. Its tables are copied, which takes a third
    as long as to open an empty file."""
    file = folder / "ivr.db"
    if not file.exists():
        file.write_bytes(_made_file())
    return f"sqlite:///{file}"


@cache
def _made_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ivr.db"
        Store.open(f"sqlite:///{file}", PEPPER).close()
        return file.read_bytes()


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store without rows."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    request.getfixturevalue("empty_postgres")()
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ivr.db"
    else:
        with schema() as url:
            yield url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store without rows."""
    with Store.open(store_url, PEPPER) as opened:
        yield opened
