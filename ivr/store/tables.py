"""The tables of the store. Changes to them are in `ivr.store.migrations`.

A table has the columns of its row in `rows`, where it has one. Times are seconds since 1970 in UTC as a double, so that
they compare and sort alike on SQLite and PostgreSQL; Python sees aware datetimes. Sessions, events and answers are
opaque text. A change here needs a migration beside it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import NoneType
from typing import Any, get_args, get_type_hints

import sqlalchemy as sa

from ivr.store import rows

_LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def stamp(when: datetime) -> float:
    """Seconds since 1970 of an aware datetime. Raises ValueError for a naive one, for nobody knows what it means, and
    for one that could not be read again: no list with such a row in it could be shown any more."""
    if when.tzinfo is None:
        raise ValueError(f"{when.isoformat()} has no time zone")
    if not 0 <= (seconds := when.timestamp()) <= _LATEST:
        raise ValueError(f"{when.isoformat()} is no time to keep")
    return seconds


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def among(column: sa.ColumnElement[str], words: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether a column holds one of these words of the program's own, which are written into the statement."""
    return column.in_([sa.literal_column(f"'{word}'") for word in words])


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware datetime, kept as `stamp`."""

    impl = sa.Double
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> float | None:
        return None if value is None else stamp(value)

    def process_result_value(self, value: float | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else moment(value)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _when(name: str) -> sa.Column[datetime]:
    return sa.Column(name, Moment, nullable=False)


def _maybe_when(name: str) -> sa.Column[datetime]:
    return sa.Column(name, Moment, nullable=True)


def _whole(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=str(default))


_TYPES: Mapping[type, tuple[type[sa.types.TypeEngine[Any]], str | None]] = {
    datetime: (Moment, None),
    bool: (sa.Boolean, None),
    int: (sa.Integer, "0"),
    float: (sa.Double, "0"),
    str: (sa.Text, ""),
}
"""The column of each type of a field, and what stands there where nothing is said."""
_CALLED = {"customer_leg": "far_leg", "consult_of": "beside"}
"""Two were called differently when their table was made."""


def _columns(row: type[Any], **defaults: int) -> Iterator[sa.Column[Any]]:
    """A column for each field of a row, the first one the key; null only where the field may be None."""
    key, *others = get_type_hints(row).items()
    yield sa.Column(key[0], _TYPES[key[1]][0], primary_key=True, autoincrement=False)
    for name, hint in others:
        kinds = (hint, *get_args(hint))
        column, default = next((_TYPES[kind] for kind in _TYPES if kind in kinds), _TYPES[str])  # words are text
        nullable = NoneType in kinds
        yield sa.Column(
            _CALLED.get(name, name), column, key=name, nullable=nullable,
            server_default=None if nullable else str(defaults[name]) if name in defaults else default,
        )  # fmt: skip


def _where(condition: str) -> dict[str, Any]:
    """An index only over the rows of which this is true, the same on both databases (`ivr.store.schema` writes it).

    SQLAlchemy's own `postgresql_where` imports all drivers of PostgreSQL.
    """
    return {"info": {"where": condition}}


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

calls = sa.Table(
    "calls",
    metadata,
    *_columns(rows.CallRow, turn=1),
    sa.Index(None, "started_at"),
    sa.Index(None, "from_number"),
    # Changes only when a call begins or ends, so turns need not update it; live calls are `ended_at IS NULL`.
    sa.Index(None, "ended_at"),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("call_id", sa.Text, primary_key=True),
    sa.Column("turn", sa.Integer, primary_key=True, autoincrement=False),
    _when("at"),
    _text("input_kind"),
    _text("events"),
    sa.Column("answer", sa.Text),
    _maybe_when("answered_at"),
    sa.Index(None, "answered_at", **_where("answer IS NOT NULL")),
)

lookups = sa.Table(
    "lookups",
    metadata,
    sa.Column("call_id", sa.Text, primary_key=True),
    sa.Column("turn", sa.Integer, primary_key=True, autoincrement=False),
    _text("outcome"),
    _text("found"),
    _when("ready_at"),
)

tickets = sa.Table(
    "tickets",
    metadata,
    *_columns(rows.TicketRow),
    sa.Index(None, "call_id"),
    sa.Index(None, "opened_at"),
)

callbacks = sa.Table(
    "callbacks",
    metadata,
    *_columns(rows.CallbackRow),
    sa.Index(None, "call_id"),
    # At most one open callback per number and queue, whoever books it and at whatever moment.
    sa.Index("uq_callbacks_open", "number", "queue", unique=True, **_where("status = 'open'")),
)

recordings = sa.Table(
    "recordings",
    metadata,
    *_columns(rows.RecordingRow),
    sa.Index(None, "call_id"),
    sa.Index(None, "made_at"),
)

queue_entries = sa.Table(
    "queue_entries",
    metadata,
    *_columns(rows.QueueEntry),
    sa.Index(None, "queue", "status", "rank", "joined_at"),
    sa.Index(None, "joined_at"),
)

presences = sa.Table(
    "presences",
    metadata,
    *_columns(rows.PresenceRow),
)

search_texts = sa.Table(
    "search_texts",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("kind"),
    _text("key"),
    _text("call_id"),
    _text("text"),
    sa.Index(None, "kind", "key"),
    sa.Index(None, "call_id"),
)

presence_changes = sa.Table(
    "presence_changes",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _when("at"),
    _text("agent"),
    _text("presence"),
    _text("reason"),
    sa.Index(None, "at"),
)

_AGENT_IS_TAKEN = "state IN ('ringing', 'accepted', 'talking', 'held', 'wrap_up')"
_SUBJECT_IS_TAKEN = "state IN ('ringing', 'accepted', 'talking', 'held') AND beside = ''"

talks = sa.Table(
    "talks",
    metadata,
    *_columns(rows.TalkRow),
    sa.Index(None, "call_id"),
    sa.Index(None, "offered_at"),
    sa.Index(None, "leg"),
    # One agent per caller and one caller per agent, however many processes assign at once.
    sa.Index(
        "uq_talks_agent_taken", "agent", unique=True,
        **_where(_AGENT_IS_TAKEN)
    ),
    sa.Index(
        "uq_talks_subject_taken", "subject", unique=True,
        **_where(_SUBJECT_IS_TAKEN)
    ),
)  # fmt: skip

TALK = tuple(column.label(column.key) for column in talks.c)
"""The columns of a talk under the names of `TalkRow`: two were called differently when the table was made."""

logins = sa.Table(
    "logins",
    metadata,
    *_columns(rows.LoginRow),
)

visits = sa.Table(
    "visits",
    metadata,
    *_columns(rows.LoginSessionRow),
    sa.Index(None, "agent"),
)

deeds = sa.Table(
    "deeds",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _when("at"),
    _text("by"),
    _text("what"),
    _text("about"),
    sa.Index(None, "at"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    _text("kind"),
    sa.Column("payload", sa.JSON, nullable=False),
    _text("sealed"),
    _when("not_before"),
    _maybe_when("not_after"),
    _whole("attempts"),
    _maybe_when("tried_at"),
    _text("lease"),
    _maybe_when("leased_until"),
    _text("result"),
    _text("error"),
    _maybe_when("done_at"),
    _maybe_when("dead_at"),
    sa.Index(None, "not_before", **_where("done_at IS NULL AND dead_at IS NULL")),
    sa.Index(None, "done_at"),
    sa.Index(None, "dead_at"),
)

hits = sa.Table(
    "hits",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("name"),
    _text("key"),
    _when("until"),
    sa.Index(None, "name", "key", "until"),
    sa.Index(None, "until"),
)

numbers = sa.Table(
    "numbers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _whole("last"),
)

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("call_id", sa.Text, primary_key=True),
    _text("salt"),
    _text("hash"),
    _whole("tries"),
    _when("expires_at"),
    _maybe_when("used_at"),
    sa.Index(None, "expires_at"),
)

switches = sa.Table(
    "switches",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("text", sa.JSON, nullable=False),
    _text("by"),
    sa.Column("on_at", Moment, primary_key=True),
    _maybe_when("until"),
    _maybe_when("off_at"),
)

editions = sa.Table(
    "editions",
    metadata,
    *_columns(rows.EditionRow),
)

flow_sets = sa.Table(
    "flow_sets",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("sources", sa.JSON, nullable=False),
    _when("added_at"),
)
