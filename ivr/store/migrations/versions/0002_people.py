"""The floor: who is there, who talks to whom, who may look; callbacks that are rung, recordings that were heard."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_AGENT_IS_TAKEN = sa.text("state IN ('ringing', 'accepted', 'talking', 'held', 'wrap_up')")
_SUBJECT_IS_TAKEN = sa.text("state IN ('ringing', 'accepted', 'talking', 'held') AND beside = ''")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def _when(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=False)


def _maybe_when(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=True)


def upgrade() -> None:
    op.add_column("callbacks", _maybe_when("since"))
    op.add_column("callbacks", _whole("tries"))
    op.add_column("callbacks", _maybe_when("tried_at"))
    op.add_column("recordings", _maybe_when("heard_at"))
    op.add_column("recordings", _text("heard_by"))
    op.create_index("ix_queue_entries_joined_at", "queue_entries", ["joined_at"], unique=False)
    op.create_table(
        "presences",
        _text_key("agent"),
        _text("presence"),
        _when("since"),
        _when("idle_since"),
        _text("reason"),
        _whole("missed"),
        sa.PrimaryKeyConstraint("agent", name="pk_presences"),
    )
    op.create_table(
        "talks",
        _text_key("id"),
        *map(_text, ("kind", "subject", "call_id", "queue", "agent", "state", "leg", "far_leg", "room", "beside")),
        _whole("turn"),
        sa.Column("by_browser", sa.Boolean(), nullable=False),
        _when("offered_at"),
        *map(_maybe_when, ("waiting_since", "accepted_at", "joined_at", "ended_at", "wrapped_at")),
        _text("code"),
        _text("note"),
        sa.PrimaryKeyConstraint("id", name="pk_talks"),
    )
    op.create_index("ix_talks_call_id", "talks", ["call_id"], unique=False)
    op.create_index("ix_talks_leg", "talks", ["leg"], unique=False)
    op.create_index("ix_talks_offered_at", "talks", ["offered_at"], unique=False)
    for name, column, when in (
        ("uq_talks_agent_taken", "agent", _AGENT_IS_TAKEN),
        ("uq_talks_subject_taken", "subject", _SUBJECT_IS_TAKEN),
    ):
        op.create_index(name, "talks", [column], unique=True, sqlite_where=when, postgresql_where=when)
    op.create_table(
        "logins",
        _text_key("agent"),
        _text("salt"),
        _text("hash"),
        _when("set_at"),
        sa.PrimaryKeyConstraint("agent", name="pk_logins"),
    )
    op.create_table(
        "visits",
        _text_key("id"),
        _text("agent"),
        _text("csrf"),
        _text("language"),
        _when("began_at"),
        _when("seen_at"),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
    )
    op.create_index("ix_visits_agent", "visits", ["agent"], unique=False)
    op.create_table(
        "deeds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        _when("at"),
        _text("by"),
        _text("what"),
        _text("about"),
        sa.PrimaryKeyConstraint("id", name="pk_deeds"),
    )
    op.create_index("ix_deeds_at", "deeds", ["at"], unique=False)


def _text_key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
