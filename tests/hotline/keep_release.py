"""Keeps the live calls of a release, so that every later one is held to going on with them.

    python -m tests.hotline.keep_release data/ivr.db

Before a migration is written: serve the hotline that ships with `ivr serve --dev`, leave some fifty calls at as many
places, stop the server, and give its database to this program.
"""

from __future__ import annotations

import json
import lzma
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("releases.json.xz")
CHOSEN = {
    "calls": "SELECT * FROM calls WHERE status = 'active'",
    "flow_sets": "SELECT * FROM flow_sets WHERE digest IN (SELECT digest FROM calls)",
    "numbers": "SELECT * FROM numbers WHERE name = 'ticket'",
    "tickets": "SELECT * FROM tickets WHERE call_id IN (SELECT id FROM calls WHERE status = 'active')",
    "turns": "SELECT * FROM turns WHERE (call_id, turn) IN (SELECT call_id, max(turn) FROM turns GROUP BY call_id)",
}
"""What of a database is kept: live calls, their flows and tickets, the last ticket's number, and the last answers."""

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def releases() -> dict[str, Rows]:
    """The rows of each table, by the revision of the schema that they were written under."""
    found: dict[str, Rows] = json.loads(lzma.decompress(KEPT.read_bytes())) if KEPT.exists() else {}
    return found


def main(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.row_factory = sqlite3.Row
    ((revision,),) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    rows = {table: [dict(row) for row in connection.execute(chosen)] for table, chosen in CHOSEN.items()}
    connection.close()
    kept = json.dumps(releases() | {revision: rows}, ensure_ascii=False, sort_keys=True)
    KEPT.write_bytes(lzma.compress(kept.encode(), preset=9))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
