"""Live calls that older releases have begun go on with this program: real sessions, flows and answers of them."""

from __future__ import annotations

import json
import logging
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import Client

from ivr.store import schema
from ivr.store.database import Database
from tests.hotline.harness import CALLER, ManualClock, PostedCall, Reply, opened
from tests.hotline.keep_release import releases
from tests.shipped_hotline import HOME
from tests.trust_gates import Amount

RELEASES = releases()


def test_calls_of_every_past_schema_are_kept() -> None:
    assert list(RELEASES) == list(schema.revisions()), "see keep_release.py"


def filled(url: str, revision: str, most: int) -> list[dict[str, Any]]:
    """Makes the database as that release left it; the calls in it, in the order of their ids."""
    kept = RELEASES[revision]
    calls = sorted(kept["calls"], key=lambda row: row["id"])[:most]
    database = Database(url)
    with database.write() as connection:
        schema.upgrade(connection, revision)
    tables = sa.MetaData()
    with database.write() as connection:
        tables.reflect(connection, only=list(kept))
        for name, rows in kept.items():
            table = tables.tables[name]
            json_columns = [column.name for column in table.columns if isinstance(column.type, sa.JSON)]
            for row in calls if name == "calls" else rows:
                read = {column: json.loads(row[column]) for column in json_columns}
                connection.execute(table.insert().values({**row, **read}))
    database.close()
    return [dict(row) for row in calls]


@pytest.mark.trust(goal=34, minutes=0.2)
@pytest.mark.parametrize("revision", RELEASES)
def test_the_calls_of_every_past_release_go_on_and_end(
    empty_url: str, revision: str, tmp_path: Path, amount: Amount, caplog: pytest.LogCaptureFixture
) -> None:
    calls = filled(empty_url, revision, amount(10, 50))
    heard = {row["call_id"]: row for row in RELEASES[revision]["turns"]}
    now = datetime.fromtimestamp(max(row["last_turn_at"] for row in calls), UTC) + timedelta(seconds=20)
    chance = random.Random(34)
    config = (HOME / "config.yaml").read_text("utf-8").replace("flows: flows", f"flows: {HOME / 'flows'}")
    (tmp_path / "flows").mkdir()
    with caplog.at_level(logging.ERROR), opened(tmp_path, empty_url, config=config, clock=ManualClock(now)) as hotline:
        for row in calls:
            call = PostedCall(Client(hotline.app.webhooks), row["id"], row["from_number"] or CALLER)
            call.reply = Reply(200, heard[row["id"]]["answer"])
            for _ in range(3):
                if not call.reply.action or "<Record" in call.reply.body:
                    break
                call.press(chance.choice("0123456789"))
                assert call.reply.status == 200
                assert "/fallback" not in call.reply.action, call.reply.body
            assert call.reply.leads_on or "<Hangup" in call.reply.body
            call.hang_up()
        assert hotline.live() == []
    assert caplog.records == []
