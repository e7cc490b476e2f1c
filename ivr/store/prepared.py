"""A statement that is built once and run many times, and what it finds as rows of a kind. Knows no table."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

Row = TypeVar("Row")
_PLACE = re.compile(r"%\((\w+)\)s")


class Prepared:
    """A statement as the driver takes it: text with named parameters. To build one anew costs a call 50-200 µs, and
    SQLAlchemy's own cache 30-40 µs a run.

    What `bindparam` names is given when it runs; constants stay as they are, and `in_` is not understood.
    """

    def __init__(self, statement: sa.Executable, dialect: sa.Dialect) -> None:
        self._statement: Any = statement
        self._dialect = dialect
        self._from_column: tuple[Callable[[Any], Any] | None, ...] | None = None

    def run(self, cursor: DBAPICursor, values: Mapping[str, Any]) -> DBAPICursor:
        """Runs it with values of the kinds of their columns."""
        sql, constants, into = self._compiled
        cursor.execute(sql, constants | {name: into[name](value) for name, value in values.items()})
        return cursor

    def numbered(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """Its text with `$1`, `$2` … for values, and these as the driver takes them."""
        _, constants, into = self._compiled
        text, names = self._numbered
        return text, [into[name](values[name]) if name in values else constants[name] for name in names]

    def typed(self, description: Sequence[Sequence[Any]], rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Rows as the driver gives them, with values of the kinds of their columns. It describes each by its type."""
        if not description:  # it was a write
            return []
        if self._from_column is None:
            columns = zip(self._statement.exported_columns, description, strict=True)
            self._from_column = tuple(_reader(column.type, self._dialect, found[1]) for column, found in columns)
        made = self._from_column
        return [
            tuple([value if read is None else read(value) for read, value in zip(made, row, strict=True)])
            for row in rows
        ]

    def made(self, kind: Callable[..., Row], found: Iterable[tuple[Any, ...]]) -> list[Row]:
        """What it found, as rows of a kind whose fields are called as its columns are."""
        return [kind(**dict(zip(self._keys, row, strict=True))) for row in found]

    def rows(self, connection: sa.Connection, **values: Any) -> list[tuple[Any, ...]]:
        cursor = self.run(connection.connection.cursor(), values)
        return self.typed(cursor.description or (), cursor.fetchall() if cursor.description else ())

    def row(self, connection: sa.Connection, **values: Any) -> tuple[Any, ...] | None:
        """As `rows`, for a statement that finds one or none."""
        return next(iter(self.rows(connection, **values)), None)

    def one(self, kind: Callable[..., Row], connection: sa.Connection, **values: Any) -> Row | None:
        """The row that it finds, as a row of this kind; None where there is none."""
        return next(iter(self.made(kind, self.rows(connection, **values))), None)

    def count(self, connection: sa.Connection, **values: Any) -> int:
        """Runs it; gives how many rows it wrote."""
        return self.run(connection.connection.cursor(), values).rowcount

    @cached_property
    def _compiled(self) -> tuple[str, dict[str, Any], Mapping[str, Callable[[Any], Any]]]:
        """The text, its constants, and how each value is written for the driver."""
        made = self._statement.compile(dialect=self._dialect)
        into = {name: _writer(bind.type, self._dialect) for bind, name in made.bind_names.items()}
        return str(made), {name: into.get(name, _as_it_is)(value) for name, value in made.params.items()}, into

    @cached_property
    def _keys(self) -> list[str]:
        return [column.key for column in self._statement.exported_columns]

    @cached_property
    def _numbered(self) -> tuple[str, list[str]]:
        text = self._compiled[0].replace("%%", "%")
        names = _PLACE.findall(text)
        numbers = count(1)
        return _PLACE.sub(lambda _: f"${next(numbers)}", text), names


def _writer(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    return kind.dialect_impl(dialect).bind_processor(dialect) or _as_it_is


def _reader(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect, found: Any) -> Callable[[Any], Any] | None:
    return kind.dialect_impl(dialect).result_processor(dialect, found)


def _as_it_is(value: Any) -> Any:
    return value
