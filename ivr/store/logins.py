"""Passwords, login sessions of the console, and the audit log.

Passwords are kept as hashes, and a session under a keyed hash of what its cookie holds. Whoever reads the database can
neither log in nor take over a session.
"""

import hashlib
import hmac
import ipaddress
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.errors import Conflict
from ivr.store.rows import AuditRow, LoginRow, LoginSessionRow
from ivr.store.tables import deeds, hits, logins, visits

WRONG_PER_AGENT, WRONG_PER_ADDRESS = 5, 20
"""How many tries have no wait. An office shares one address, so an address has more of them than a name."""
REMEMBERED = timedelta(hours=1)
"""For how long a wrong try counts."""
FIRST_WAIT, LONGEST_WAIT = 30, 900
"""Seconds: the first wait, doubled with each wrong try after it, and its limit (NIST SP 800-63B, 5.2.2)."""
SEEN_EVERY = timedelta(seconds=20)
"""How often the store is told that a session is in use. A session may end that much too early, never too late."""

KNOWN_FOR = timedelta(days=30)
"""For how long the address of a login is a known network of the agent."""

_TRY, _WAIT, _KNOWN = "console try", "console wait", "console known"


class Logins:
    def __init__(self, database: Database, pepper: bytes) -> None:
        self._db = database
        self._pepper = pepper
        self._cost = CHEAP if database.sqlite and database.file is None else COST

    def set_password(self, agent: str, password: str, now: datetime, proof: str | None = None) -> str:
        """Gives an agent this password, in place of any before, or only of that of `proof`; all their sessions end.

        Gives its proof. Raises Conflict.
        """
        salt = secrets.token_bytes(16)
        row = {
            "agent": agent,
            "salt": salt.hex(),
            "hash": (mine := prove(self._pepper, salt, password, self._cost)),
            "set_at": now,
        }
        new = self._db.insert(logins).values(row)
        with self._db.write() as connection:
            _hold(connection, agent, proof)
            connection.execute(new.on_conflict_do_update(index_elements=[logins.c.agent], set_=row))
            connection.execute(visits.delete().where(visits.c.agent == agent))
        return mine

    def take_away(self, agent: str) -> bool:
        """Nobody logs in as this agent any more, and all their sessions are over. False if nobody could."""
        with self._db.write() as connection:
            could = connection.execute(logins.delete().where(logins.c.agent == agent)).rowcount
            connection.execute(visits.delete().where(visits.c.agent == agent))
            return bool(could)

    def right(self, agent: str, password: str) -> str:
        """The proof of the agent's password, if this is it, else ""; as slow for an agent who has none. Call `attempt`
        first."""
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(logins.c.salt, logins.c.hash).where(logins.c.agent == agent)
            ).one_or_none()
        salt, proof = row if row is not None else (bytes(16).hex(), "")
        return proof if proves(self._pepper, bytes.fromhex(salt), password, proof, self._cost) else ""

    def all(self) -> Mapping[str, LoginRow]:
        chosen = sa.select(logins).order_by(logins.c.agent)
        return {row.agent: row for row in self._db.all(LoginRow, chosen)}

    # --- how often ---

    @contextmanager
    def place(self, name: str, address: str, now: datetime) -> Iterator[bool]:
        """Around a try to log in: whether there is a place for it. Each takes a good part of a second of a core, so
        strangers have few at once, and a crowd keeps no page waiting; an agent at a known network needs none."""
        *_, own = self._keys(name, address)
        with self._db.read() as connection:
            known = self._is_known(connection, own, now)
        free = known or _PLACES.acquire(blocking=False)
        try:
            yield free
        finally:
            if free and not known:
                _PLACES.release()

    def attempt(self, name: str, address: str, now: datetime) -> int:
        """Count a try to log in, before it is looked at: 0, or the seconds to wait if it is one too many.

        `name` is whatever was typed, known or not; it is kept as a keyed hash, for it may be a password in the wrong
        field. A try that has to wait is not counted. From an address of an earlier login an agent has tries of their
        own, so that nobody elsewhere can keep them waiting (docs/trust.md#goal-10).
        """
        with self._db.write() as connection:
            mine, theirs, own = self._keys(name, address)
            known = self._is_known(connection, own, now)
            limits = {own: WRONG_PER_AGENT} if known else {mine: WRONG_PER_AGENT, theirs: WRONG_PER_ADDRESS}
            self._lock(connection, *limits)
            held = hits.c.key.in_(limits) & hits.c.name.in_((_TRY, _WAIT)) & (hits.c.until > now)
            counted = connection.execute(sa.select(hits.c.name, hits.c.key, hits.c.until).where(held)).all()
            waits = [until - now for what, _, until in counted if what == _WAIT]
            if waits:
                return -int(-max(waits).total_seconds() // 1)
            new = [{"name": _TRY, "key": key, "until": now + REMEMBERED} for key in limits]
            for key, limit in limits.items():
                over = 1 + sum(at == key for _, at, _ in counted) - limit
                if over >= 0:
                    wait = timedelta(seconds=min(FIRST_WAIT * 2 ** min(over, 16), LONGEST_WAIT))
                    new.append({"name": _WAIT, "key": key, "until": now + wait})
            connection.execute(hits.insert(), new)
            return 0

    def forgive(self, name: str, address: str, now: datetime) -> None:
        """The try was right: forget the tries at this name, and this one of the address, which is known from now on."""
        mine, theirs, own = self._keys(name, address)
        with self._db.write() as connection:
            known = self._is_known(connection, own, now)
            forgiven = (own,) if known else (own, mine)
            self._lock(connection, *(forgiven if known else (*forgiven, theirs)))
            connection.execute(hits.delete().where(hits.c.name.in_((_TRY, _WAIT, _KNOWN)), hits.c.key.in_(forgiven)))
            connection.execute(hits.insert().values(name=_KNOWN, key=own, until=now + KNOWN_FOR))
            if known:
                return
            latest = (
                sa.select(sa.func.max(hits.c.id)).where(hits.c.name == _TRY, hits.c.key == theirs).scalar_subquery()
            )
            connection.execute(hits.delete().where(hits.c.id == latest))
            if self._tries(connection, theirs, now) < WRONG_PER_ADDRESS:
                connection.execute(hits.delete().where(hits.c.name == _WAIT, hits.c.key == theirs))

    def _keys(self, name: str, address: str) -> tuple[str, str, str]:
        """The keys of the tries at a name, of those from a network, and of those at this name from this network."""
        mine, theirs = _keyed(self._pepper, "name", name), _keyed(self._pepper, "address", _network(address))
        return mine, theirs, f"{mine} {theirs}"

    def _lock(self, connection: sa.Connection, *keys: str) -> None:
        """Counts at these keys alone wait: a crowd that guesses at one name holds nobody else up."""
        for key in sorted(keys):  # or two could wait for each other
            self._db.lock(connection, f"{_TRY} {key}")

    def _tries(self, connection: sa.Connection, key: str, now: datetime) -> int:
        chosen = sa.select(sa.func.count()).where(hits.c.name == _TRY, hits.c.key == key, hits.c.until > now)
        return connection.execute(chosen).scalar_one()

    def _is_known(self, connection: sa.Connection, own: str, now: datetime) -> bool:
        """Whether somebody has logged in at this name from this network of late."""
        chosen = sa.select(hits.c.id).where(hits.c.name == _KNOWN, hits.c.key == own, hits.c.until > now).limit(1)
        return connection.execute(chosen).first() is not None

    def waiting(self, names: Iterable[str], now: datetime) -> frozenset[str]:
        """Those of these names at which somebody has to wait, wherever they come from."""
        chosen = sa.select(hits.c.key).where(hits.c.name == _WAIT, hits.c.until > now)
        keys = {key.partition(" ")[0] for key in self._db.values(chosen)}
        return frozenset(name for name in names if _keyed(self._pepper, "name", name) in keys)

    def unlock(self, name: str) -> int:
        """Forgets the tries at this name, wherever they came from; the known networks stay known. Gives how many."""
        mine = _keyed(self._pepper, "name", name)
        at_name = hits.c.key.startswith(mine)
        return self._db.change(hits.delete().where(hits.c.name.in_((_TRY, _WAIT)), at_name))


class LoginSessions:
    """Sessions of the console. Their ids are 256 random bits, and stand in the cookie alone."""

    def __init__(self, database: Database, pepper: bytes) -> None:
        self._db = database
        self._pepper = pepper

    def begin(
        self, agent: str, language: str, now: datetime, longest: timedelta, *,
        proof: str | None = None, instead_of: LoginSessionRow | None = None,
    ) -> tuple[str, LoginSessionRow]:  # fmt: skip
        """A new session: what the cookie is to hold, and the row. Sessions older than `longest` are deleted.

        Whoever changes a password is not overtaken by who knew the old one, or had a session: raises Conflict unless
        the password is that of `proof`, and `instead_of` goes on; all sessions of the agent end with that one.
        """
        token = secrets.token_urlsafe(32)
        csrf = secrets.token_urlsafe(32)
        row = LoginSessionRow(id=self._id(token), agent=agent, began_at=now, seen_at=now, csrf=csrf, language=language)
        with self._db.write() as connection:
            _hold(connection, agent, proof)
            if instead_of is not None:
                if not connection.execute(visits.delete().where(visits.c.id == instead_of.id)).rowcount:
                    raise Conflict("the session is over")
                connection.execute(visits.delete().where(visits.c.agent == agent))
            connection.execute(visits.delete().where(visits.c.began_at <= now - longest))
            connection.execute(visits.insert().values(asdict(row)))
        return token, row

    def find(self, token: str, now: datetime, idle: timedelta, longest: timedelta) -> LoginSessionRow | None:
        """The session of a cookie, unless it is over: it was not used for `idle`, or it began `longest` ago."""
        chosen = sa.select(visits).where(
            visits.c.id == self._id(token), visits.c.seen_at > now - idle, visits.c.began_at > now - longest
        )
        return self._db.one(LoginSessionRow, chosen)

    def touch(self, session: LoginSessionRow, now: datetime) -> None:
        if now - session.seen_at < SEEN_EVERY:
            return
        self._db.change(visits.update().where(visits.c.id == session.id).values(seen_at=now))

    def set_language(self, session: LoginSessionRow, language: str) -> None:
        self._db.change(visits.update().where(visits.c.id == session.id).values(language=language))

    def end(self, session: LoginSessionRow) -> None:
        self._db.change(visits.delete().where(visits.c.id == session.id))

    def active(self, now: datetime, idle: timedelta, longest: timedelta) -> tuple[LoginSessionRow, ...]:
        """The sessions that are not over, the latest first."""
        chosen = sa.select(visits).where(visits.c.seen_at > now - idle, visits.c.began_at > now - longest)
        return self._db.all(LoginSessionRow, chosen.order_by(visits.c.seen_at.desc()))

    def seen(self, agent: str, since: datetime) -> bool:
        """Whether a session of this agent was in use since then."""
        chosen = sa.select(visits.c.id).where(visits.c.agent == agent, visits.c.seen_at > since).limit(1)
        return bool(self._db.values(chosen))

    def form_token(self, key: str) -> str:
        """The token of the login form for `key`, a random cookie: only we can compute it."""
        return _keyed(self._pepper, "door", key)

    def _id(self, token: str) -> str:
        return _keyed(self._pepper, "visit", token)


class AuditLog:
    """What was done in the console and by `ivr agents`: by whom, and when."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, by: str, what: str, about: str, now: datetime) -> None:
        """`what` is a short key of ours, `about` a name or an id; never what somebody said."""
        with self._db.joined() as connection:
            connection.execute(deeds.insert().values(at=now, by=by, what=what, about=about))

    def latest(self, limit: int = 50) -> tuple[AuditRow, ...]:
        chosen = sa.select(deeds.c.at, deeds.c.by, deeds.c.what, deeds.c.about).order_by(deeds.c.id.desc()).limit(limit)
        return self._db.all(AuditRow, chosen)


def _hold(connection: sa.Connection, agent: str, proof: str | None) -> None:
    """Keeps the agent's password as it is until the transaction ends. Raises Conflict if it is not that of `proof`."""
    row = connection.execute(sa.select(logins.c.hash).where(logins.c.agent == agent).with_for_update()).first()
    if proof is not None and (row is None or row.hash != proof):
        raise Conflict("the password was changed meanwhile")


def _network(address: str) -> str:
    """The network that one person has: an address of IPv4, 64 bits of IPv6. A port, which some proxies add, goes."""
    bare = re.sub(r"^\[(.+)\](:\d+)?$|^([\d.]+):\d+$", r"\1\3", address)
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return bare
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))


def _keyed(pepper: bytes, use: str, text: str) -> str:
    return hmac.new(pepper, f"console {use}: {text}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


# --- passwords -----------------------------------------------------------------------------------------------------


SHORTEST, LONGEST = 10, 200
"""Characters of a password. Composition rules are left out, as NIST asks; spaces and any letters may be used."""

COST = 2**15
"""scrypt's n: about a tenth of a second and 32 MB for each of its three passes."""
CHEAP = 2
"""For a database in memory, which is gone with its key."""

_AT_ONCE = threading.BoundedSemaphore(2)
"""Each takes 32 MB: many logins at once must not fill the memory."""

_PLACES = threading.BoundedSemaphore(4)
"""For strangers who log in, or wait for it: each holds a thread, and pages need the others."""


def flaw(password: str, agent: str) -> str:
    """Why a password will not do: `short`, `long`, `name` (made of the agent's name), `same` (few letters); else ""."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        return "short"
    if len(plain) > LONGEST:
        return "long"
    if not plain.casefold().replace(agent.casefold(), "").strip():
        return "name"
    return "same" if len(set(plain)) < 4 else ""


def prove(pepper: bytes, salt: bytes, password: str, cost: int = COST) -> str:
    """The proof of a password, with the cost it was made at: `scrypt:32768:8:3:…` in hex."""
    keyed = hmac.new(
        pepper, b"password: " + _normal(password[: LONGEST + 1]).encode("utf-8", "replace"), hashlib.sha256
    )
    with _AT_ONCE:
        proof = hashlib.scrypt(keyed.digest(), salt=salt, n=cost, r=8, p=3, maxmem=256 * 1024 * 1024, dklen=32)
    return f"scrypt:{cost}:8:3:{proof.hex()}"


def proves(pepper: bytes, salt: bytes, password: str, proof: str, cost: int = COST) -> bool:
    """Whether this is the password of a proof. An empty proof takes as long as another, and is nobody's."""
    _, _, rest = proof.partition(":")
    made_at = int(rest.partition(":")[0]) if rest else cost
    return hmac.compare_digest(prove(pepper, salt, password, made_at), proof)


def _normal(password: str) -> str:
    """The same password, whichever way a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password)
