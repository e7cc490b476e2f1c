"""Passwords of agents and supervisors: which are accepted, and how they are hashed. Knows no store.

The proof is scrypt (n = 2^15, r = 8, p = 3: OWASP's Password Storage Cheat Sheet) with a salt of its own, over the
password keyed with the pepper, so that a stolen database alone is worth nothing (NIST SP 800-63B, 5.1.1.2).
"""

import hashlib
import hmac
import threading
import unicodedata

SHORTEST, LONGEST = 10, 200
"""Characters of a password. Composition rules are left out, as NIST asks; spaces and any letters may be used."""

COST = 2**15
"""scrypt's n: about a tenth of a second and 32 MB for each of its three passes."""
CHEAP = 2
"""For a database in memory, which is gone with its key."""

_AT_ONCE = threading.BoundedSemaphore(2)
"""Each takes 32 MB: many logins at once must not fill the memory."""


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
