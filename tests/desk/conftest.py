"""A store to test on: a real SQLite file, and PostgreSQL too where IVR_TEST_POSTGRES names a server."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from ivr.desk.store import Store

PEPPER = b"a pepper for tests only"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ivr.db"
        return
    server = os.environ.get("IVR_TEST_POSTGRES")
    if not server:
        pytest.skip("install PostgreSQL and name a database: IVR_TEST_POSTGRES=postgresql+psycopg://user@host/name")
    schema = f"test_{uuid4().hex}"
    engine = sa.create_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    yield sa.make_url(server).update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(False)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open, empty store."""
    with Store.open(store_url, PEPPER) as opened:
        yield opened
