"""The tables of the store. Changes to them are in `ivr.store.migrations`.

Times are seconds since 1970 in UTC as a double, so that they compare and sort alike on SQLite and PostgreSQL; Python
sees aware datetimes. Sessions, events and answers are opaque text. A change here needs a migration beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


def stamp(when: datetime) -> float:
    """Seconds since 1970 of an aware datetime. Raises ValueError for a naive one: nobody knows what it means."""
    if when.tzinfo is None:
        raise ValueError(f"{when.isoformat()} has no time zone")
    return when.timestamp()


def moment(seconds: float) -> datetime:
    """The aware datetime (UTC) of `stamp`."""
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


def _where(condition: str) -> dict[str, Any]:
    """An index only over the rows of which this is true, the same on both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


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
    sa.Column("id", sa.Text, primary_key=True),
    _text("from_number"),
    _text("to_number"),
    _text("digest"),
    _text("language"),
    _text("status"),
    _text("account"),
    _text("session"),
    _whole("turn", 1),
    _when("started_at"),
    _when("last_turn_at"),
    _maybe_when("ended_at"),
    sa.Column("seconds", sa.Integer),
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
    sa.Column("reference", sa.Text, primary_key=True),
    _text("call_id"),
    _text("topic"),
    _text("priority"),
    _text("status"),
    _text("account"),
    _text("phone"),
    _text("language"),
    _text("about"),
    _text("note"),
    sa.Column("complete", sa.Boolean, nullable=False),
    _when("opened_at"),
    _maybe_when("closed_at"),
    _maybe_when("hurried_at"),
    _whole("hurries"),
    _text("assignee"),
    _maybe_when("due_at"),
    sa.Index(None, "call_id"),
    sa.Index(None, "opened_at"),
)

callbacks = sa.Table(
    "callbacks",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    _text("call_id"),
    _text("queue"),
    _text("number"),
    _text("topic"),
    _text("language"),
    _text("status"),
    _when("due_at"),
    _when("booked_at"),
    _maybe_when("settled_at"),
    _maybe_when("since"),
    _whole("tries"),
    _maybe_when("tried_at"),
    sa.Index(None, "call_id"),
    # At most one open callback per number, whoever books it and at whatever moment.
    sa.Index("uq_callbacks_open_number", "number", unique=True, **_where("status = 'open'")),
)

recordings = sa.Table(
    "recordings",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _text("call_id"),
    _whole("turn"),
    _text("url"),
    _whole("seconds"),
    _when("made_at"),
    _maybe_when("heard_at"),
    _text("heard_by"),
    sa.Index(None, "call_id"),
    sa.Index(None, "made_at"),
)

queue_entries = sa.Table(
    "queue_entries",
    metadata,
    sa.Column("call_id", sa.Text, primary_key=True),
    _text("queue"),
    _text("topic"),
    _text("language"),
    _whole("rank"),
    _text("status"),
    _text("agent"),
    _when("joined_at"),
    _maybe_when("leased_until"),
    _maybe_when("settled_at"),
    _maybe_when("talked_until"),
    sa.Index(None, "queue", "status", "rank", "joined_at"),
    sa.Index(None, "joined_at"),
)

presences = sa.Table(
    "presences",
    metadata,
    sa.Column("agent", sa.Text, primary_key=True),
    _text("presence"),
    _when("since"),
    _when("idle_since"),
    _text("reason"),
    _whole("missed"),
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
    sa.Column("id", sa.Text, primary_key=True),
    _text("kind"),
    _text("subject"),
    _text("call_id"),
    _text("queue"),
    _text("agent"),
    _text("state"),
    _text("leg"),
    sa.Column("far_leg", sa.Text, key="customer_leg", nullable=False, server_default=""),
    _text("room"),
    sa.Column("beside", sa.Text, key="consult_of", nullable=False, server_default=""),
    _whole("turn"),
    sa.Column("by_browser", sa.Boolean, nullable=False),
    _when("offered_at"),
    _maybe_when("waiting_since"),
    _maybe_when("accepted_at"),
    _maybe_when("joined_at"),
    _maybe_when("ended_at"),
    _maybe_when("wrapped_at"),
    _text("code"),
    _text("note"),
    _maybe_when("held_since"),
    sa.Column("held_seconds", sa.Double, nullable=False, server_default="0"),
    _maybe_when("wrap_up_until"),
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
    sa.Column("agent", sa.Text, primary_key=True),
    _text("salt"),
    _text("hash"),
    _when("set_at"),
)

visits = sa.Table(
    "visits",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _text("agent"),
    _text("csrf"),
    _text("language"),
    _when("began_at"),
    _when("seen_at"),
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
    _when("on_at"),
    _maybe_when("until"),
    _maybe_when("off_at"),
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _text("digest"),
    _text("author"),
    _text("reason"),
    _when("published_at"),
    _when("starts_at"),
    _maybe_when("until"),
)

flow_sets = sa.Table(
    "flow_sets",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("sources", sa.JSON, nullable=False),
    _when("added_at"),
)
