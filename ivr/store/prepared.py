"""A statement that is built once and run many times, and what it finds as rows of a kind. Knows no table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql import visitors

Row = TypeVar("Row")
Statement = tuple[str, Sequence[Any]]
"""A text with a place for each of its values (`?`, or `$1`, `$2` … on PostgreSQL), and the values as the driver takes
them."""
Found = tuple[Sequence[Sequence[Any]], list[tuple[Any, ...]], int]
"""What a driver says to a statement: the columns as DB-API cursors describe them, the rows, and how many it wrote."""
_PLACES = {"sqlite": "qmark", "postgresql": "numeric_dollar"}


class Prepared:
    """A statement as the driver takes it. To build one anew costs a call 50-200 µs, and SQLAlchemy's own cache 30-40 µs
    a run.

    What `bindparam` names is given when it runs; constants stay as they are, and `in_` is not understood.
    """

    def __init__(self, statement: sa.Executable, dialect: sa.Dialect) -> None:
        """`dialect` says how values are written and read; the text has places of its own kind."""
        self._statement: Any = statement
        self._dialect = dialect
        self._from_column: tuple[tuple[int, Callable[[Any], Any]], ...] | None = None

    def written(self, values: Mapping[str, Any]) -> Statement:
        """Its text, and its values, which are given as the kinds of their columns."""
        text, places = self._compiled
        return text, [into(values[name]) if name in values else constant for name, into, constant in places]

    def typed(self, found: Found) -> list[tuple[Any, ...]]:
        """The rows with values of the kinds of their columns."""
        described, rows, _ = found
        if not rows:
            return rows
        if self._from_column is None:
            columns = enumerate(zip(self._statement.exported_columns, described, strict=True))
            kinds = [(at, column.type.dialect_impl(self._dialect), told[1]) for at, (column, told) in columns]
            readers = [(at, kind.result_processor(self._dialect, told)) for at, kind, told in kinds]
            self._from_column = tuple((at, read) for at, read in readers if read is not None)
        changed = [list(row) for row in rows]
        for at, read in self._from_column:
            for row in changed:
                row[at] = read(row[at])
        return [tuple(row) for row in changed]

    def made(self, kind: Callable[..., Row], found: Iterable[tuple[Any, ...]]) -> list[Row]:
        """What it found, as rows of a kind whose fields are called as its columns are."""
        return [kind(**dict(zip(self._keys, row, strict=True))) for row in found]

    def rows(self, connection: sa.Connection, **values: Any) -> list[tuple[Any, ...]]:
        return self.typed(self._run(connection, values))

    def row(self, connection: sa.Connection, **values: Any) -> tuple[Any, ...] | None:
        """As `rows`, for a statement that finds one or none."""
        return next(iter(self.rows(connection, **values)), None)

    def one(self, kind: Callable[..., Row], connection: sa.Connection, **values: Any) -> Row | None:
        """The row that it finds, as a row of this kind; None where there is none."""
        return next(iter(self.made(kind, self.rows(connection, **values))), None)

    def count(self, connection: sa.Connection, **values: Any) -> int:
        """Runs it; gives how many rows it wrote."""
        return self._run(connection, values)[2]

    def _run(self, connection: sa.Connection, values: Mapping[str, Any]) -> Found:
        driver: Any = connection.connection.dbapi_connection
        found: list[Found] = driver.at_once([self.written(values)])
        return found[0]

    @cached_property
    def _compiled(self) -> tuple[str, list[tuple[str, Callable[[Any], Any], Any]]]:
        """The text, and for each of its places the name, how a value is written for the driver, and the constant that
        stands there if none is given."""
        of_this_database: Any = type(self._dialect)
        dialect = of_this_database(paramstyle=_PLACES[self._dialect.name])
        made = _in_text(self._statement).compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        kinds = {name: bind.type.dialect_impl(self._dialect) for bind, name in made.bind_names.items()}
        into = {name: kind.bind_processor(self._dialect) or (lambda value: value) for name, kind in kinds.items()}
        constants = {name: into[name](value) for name, value in made.params.items() if value is not None}
        return str(made), [(name, into[name], constants.get(name)) for name in made.positiontup]

    @cached_property
    def _keys(self) -> list[str]:
        return [column.key for column in self._statement.exported_columns]


def _in_text(statement: sa.Executable) -> Any:
    """The statement with its constants in its text. Of `status = ?` SQLite does not know whether an index with the
    condition `status = 'open'` will do, and would plan the statement anew in each run: 25 µs instead of 2."""

    def told(bind: sa.BindParameter[Any]) -> None:
        bind.literal_execute = bind.unique and isinstance(bind.value, (str, int))
        bind.required = False

    made: Any = statement
    return visitors.cloned_traverse(made, {}, {"bindparam": told})
