"""What the migrations are written in: columns as the store has them, and indexes.

A migration says what was done to databases that exist: what these functions do must never change.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op


def key(name: str) -> sa.Column[str]:
    """A text that is the key of its table, or a part of it."""
    return sa.Column(name, sa.Text(), nullable=False, primary_key=True)


def whole_key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False, primary_key=True)


def counted_key() -> sa.Column[int]:
    """The key `id`, which the database counts."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, autoincrement=True, nullable=False, primary_key=True)


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def whole(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=str(default), nullable=False)


def when(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=False)


def maybe_when(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=True)


def index(of: str, *columns: str, where: str = "", unique: str = "") -> None:
    """Makes an index; over the rows alone of which `where` is true, and under the name `unique` if that is given."""
    only: dict[str, Any] = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)} if where else {}
    op.create_index(unique or f"ix_{of}_{columns[0]}", of, list(columns), unique=bool(unique), **only)
