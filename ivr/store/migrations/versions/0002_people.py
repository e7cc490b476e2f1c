"""The floor: who is there, who talks to whom, who may look; callbacks that are rung, recordings that were heard."""

import sqlalchemy as sa
from alembic import op

from ivr.store.migrations.operations import counted_key, index, key, maybe_when, text, when, whole

revision = "0002"
down_revision = "0001"

_AGENT_IS_TAKEN = "state IN ('ringing', 'accepted', 'talking', 'held', 'wrap_up')"
_SUBJECT_IS_TAKEN = "state IN ('ringing', 'accepted', 'talking', 'held') AND beside = ''"


def upgrade() -> None:
    op.add_column("callbacks", maybe_when("since"))
    op.add_column("callbacks", whole("tries"))
    op.add_column("callbacks", maybe_when("tried_at"))
    op.add_column("recordings", maybe_when("heard_at"))
    op.add_column("recordings", text("heard_by"))
    index("queue_entries", "joined_at")
    op.create_table(
        "presences",
        key("agent"),
        text("presence"),
        *map(when, ("since", "idle_since")),
        text("reason"),
        whole("missed"),
    )
    op.create_table(
        "talks",
        key("id"),
        *map(text, ("kind", "subject", "call_id", "queue", "agent", "state", "leg", "far_leg", "room", "beside")),
        whole("turn"),
        sa.Column("by_browser", sa.Boolean(), nullable=False),
        when("offered_at"),
        *map(maybe_when, ("waiting_since", "accepted_at", "joined_at", "ended_at", "wrapped_at")),
        *map(text, ("code", "note")),
    )
    index("talks", "call_id")
    index("talks", "leg")
    index("talks", "offered_at")
    index("talks", "agent", unique="uq_talks_agent_taken", where=_AGENT_IS_TAKEN)
    index("talks", "subject", unique="uq_talks_subject_taken", where=_SUBJECT_IS_TAKEN)
    op.create_table("logins", key("agent"), *map(text, ("salt", "hash")), when("set_at"))
    op.create_table("visits", key("id"), *map(text, ("agent", "csrf", "language")), *map(when, ("began_at", "seen_at")))
    index("visits", "agent")
    op.create_table("deeds", counted_key(), when("at"), *map(text, ("by", "what", "about")))
    index("deeds", "at")
