"""One-time codes: bound to account, purpose and call, accepted once, for some minutes, within three tries."""

import hmac
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from ivr.store.database import Database, Insert
from ivr.store.secrets import WORK, hash_code
from ivr.store.tables import codes

_given = sa.bindparam
_MINE = (
    codes.c.account == _given("of"),
    codes.c.purpose == _given("for_purpose"),
    codes.c.call_id == _given("in_call"),
    codes.c.used_at.is_(None),
    codes.c.expires_at > _given("now"),
)
_TRIED = (
    codes.update()
    .where(*_MINE, codes.c.tries < _given("most"))
    .values(tries=codes.c.tries + 1)
    .returning(codes.c.salt, codes.c.hash)
)
_USED = codes.update().where(*_MINE, codes.c.hash == _given("hashed")).values(used_at=_given("now"))


def _issue(insert: Insert) -> sa.Executable:
    new = insert(codes)
    return new.values({column.name: _given(column.name) for column in codes.c}).on_conflict_do_update(
        index_elements=list(codes.primary_key),
        set_={column.name: new.excluded[column.name] for column in codes.c if not column.primary_key},
    )


class Codes:
    """Issues and redeems. Only the keyed slow hash of a code is stored; the pepper never is."""

    def __init__(self, database: Database, pepper: bytes) -> None:
        self._db = database
        self._pepper = pepper
        # A database in memory is gone with its key: nobody can guess from its hashes, and tests need not wait.
        self._work = 2 if database.sqlite and database.file is None else WORK

    def issue(
        self, account: str, purpose: str, call_id: str, code: str, *, now: datetime, valid_seconds: float
    ) -> None:
        """Make `code` the one that is accepted for this account, purpose and call, in place of any before it."""
        salt = secrets.token_bytes(16)
        row = {
            "account": account,
            "purpose": purpose,
            "call_id": call_id,
            "salt": salt.hex(),
            "hash": hash_code(self._pepper, salt, code, self._work),
            "tries": 0,
            "expires_at": now + timedelta(seconds=valid_seconds),
            "used_at": None,
        }
        with self._db.write() as connection:
            self._db.prepare(_issue).count(connection, **row)

    def redeem(self, account: str, purpose: str, call_id: str, code: str, *, now: datetime, tries: int = 3) -> bool:
        """Whether the code is right, in time, unused and within its tries; a right one is then used up.

        The try is committed before the code is looked at. Unknown, late and wrong codes take the same time.
        """
        mine = {"of": account, "for_purpose": purpose, "in_call": call_id, "now": now}
        with self._db.write() as connection:
            row = self._db.prepare(_TRIED).row(connection, **mine, most=tries)
        salt, expected = row if row is not None else (bytes(16).hex(), "")
        if not hmac.compare_digest(hash_code(self._pepper, bytes.fromhex(salt), code, self._work), expected):
            return False
        # The hash is named again: a new code may have been issued while the old one was being hashed.
        with self._db.write() as connection:
            return self._db.prepare(_USED).count(connection, **mine, hashed=expected) == 1
