"""Texts to be searched in, and triggers that keep them. What is there already is written once more, which adds it."""

import sqlalchemy as sa
from alembic import op

from ivr.store.search import install

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "search_texts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in ("kind", "key", "call_id", "text")),
        sa.PrimaryKeyConstraint("id", name="pk_search_texts"),
    )
    op.create_index("ix_search_texts_kind", "search_texts", ["kind", "key"], unique=False)
    op.create_index("ix_search_texts_call_id", "search_texts", ["call_id"], unique=False)
    install(op.get_bind())
    op.execute("UPDATE talks SET note = note WHERE note <> ''")
    op.execute("UPDATE tickets SET note = note")
    op.execute("UPDATE calls SET ended_at = ended_at WHERE ended_at IS NOT NULL AND session <> ''")
