"""Brings a database to the schema of this program, forward only. Alembic is imported only for a migration."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from ivr.store.database import Database
from ivr.store.errors import UnusableStore
from ivr.store.search import install
from ivr.store.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"

_version = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True, nullable=False)
)


def revisions() -> tuple[str, ...]:
    """The revisions this program knows, oldest first: the numbers the files in `migrations/versions` begin with."""
    return tuple(sorted(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def ensure(database: Database) -> None:
    """Make or upgrade the tables. Several workers may call it at once: one does it, and the others wait.

    Raises UnusableStore when a newer program made the database, which is then left as it was.
    """
    known = revisions()
    with database.read() as connection:
        found = _revision(connection)
        if found == known[-1]:
            return
        if found is not None and found not in known:
            raise UnusableStore(
                f"the database was made by a newer version of ivr (schema {found}, known up to {known[-1]}): "
                "upgrade ivr, or restore the backup of before"
            )
    with database.write() as connection:
        database.lock(connection, "ivr schema")
        found = _revision(connection)
        if found is None:
            # A fresh database needs no history; a test holds that both ways lead to the same tables.
            for statement in _ddl(database.url.drivername):
                connection.exec_driver_sql(statement)
            install(connection)
            connection.execute(_version.insert().values(version_num=known[-1]))
        elif found != known[-1]:
            upgrade(connection, known[-1])


@cache
def _ddl(drivername: str) -> Sequence[str]:
    """The statements that make all tables. To write them takes longer than to run them."""
    dialect = sa.make_url(f"{drivername}://").get_dialect()()
    made = []
    for table in (*metadata.sorted_tables, _version):
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            where = f" WHERE {index.info['where']}" if index.info else ""
            made.append(str(CreateIndex(index).compile(dialect=dialect)) + where)
    return made


def upgrade(connection: sa.Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.select(_version.c.version_num)).scalar_one_or_none()
