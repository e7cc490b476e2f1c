"""Texts to be searched in, and triggers that keep them. What is there already is written once more, which adds it."""

from alembic import op

from ivr.store.migrations.operations import counted_key, index, text
from ivr.store.search import install

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table("search_texts", counted_key(), *map(text, ("kind", "key", "call_id", "text")))
    index("search_texts", "kind", "key")
    index("search_texts", "call_id")
    install(op.get_bind())
    op.execute("UPDATE talks SET note = note WHERE note <> ''")
    op.execute("UPDATE tickets SET note = note")
    op.execute("UPDATE calls SET ended_at = ended_at WHERE ended_at IS NOT NULL AND session <> ''")
