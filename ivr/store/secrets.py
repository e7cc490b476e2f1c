"""Secrets that live for one request: making, hashing and sealing one-time codes. Knows no store and no clock.

A six-digit code can be guessed from any hash of it. What protects it are the pepper (a key that is never in the
database), the three tries and the ten minutes (NIST SP 800-63B). The hash is slow in case the pepper leaks too.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

PEPPER_VARIABLE = "IVR_PEPPER"
WORK = 2**12


def new_code(digits: int = 6) -> str:
    """A one-time code of so many digits, leading zeros included."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def load_pepper(environment: Mapping[str, str], folder: Path) -> bytes:
    """The pepper from the environment, else from `folder/pepper`, which is made on first use (mode 0600).

    Raises ValueError for a pepper in the environment under 16 characters.
    """
    given = environment.get(PEPPER_VARIABLE, "")
    if given:
        if len(given) < 16:
            raise ValueError(f"{PEPPER_VARIABLE} has {len(given)} characters; use at least 16")
        return given.encode()
    path = folder / "pepper"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"pepper.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        # Written whole, then linked: of several workers starting at once, one wins and all read the same.
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip().encode()


def hash_code(pepper: bytes, salt: bytes, code: str, work: int) -> str:
    """The keyed slow hash of a code, in hex: with WORK about 15 ms and 4 MB, on purpose. `work` is scrypt's n."""
    keyed = hmac.new(pepper, code.encode("utf-8", "replace"), hashlib.sha256).digest()
    return hashlib.scrypt(keyed, salt=salt, n=work, r=8, p=1, dklen=32).hex()


def seal(pepper: bytes, secret: str) -> str:
    """`secret` made unreadable and tamper-proof for whoever lacks the pepper; for the minutes a code waits to be sent.

    HMAC-SHA256 in counter mode, then HMAC over the whole (encrypt-then-MAC), with keys derived per use.
    """
    nonce = secrets.token_bytes(16)
    hidden = _stream(pepper, nonce, secret.encode())
    return (nonce + hidden + _tag(pepper, nonce + hidden)).hex()


def unseal(pepper: bytes, sealed: str) -> str:
    """What `seal` was given. Raises ValueError when the pepper is another, or the text was changed."""
    data = bytes.fromhex(sealed)
    body, tag = data[:-32], data[-32:]
    if len(data) < 48 or not hmac.compare_digest(tag, _tag(pepper, body)):
        raise ValueError("sealed with another pepper, or changed since")
    return _stream(pepper, body[:16], body[16:]).decode()


def _stream(pepper: bytes, nonce: bytes, data: bytes) -> bytes:
    key = hmac.new(pepper, b"seal: cipher", hashlib.sha256).digest()
    blocks = range(len(data) // 32 + 1)
    pad = b"".join(hmac.new(key, nonce + block.to_bytes(8), hashlib.sha256).digest() for block in blocks)
    return bytes(a ^ b for a, b in zip(data, pad, strict=False))


def _tag(pepper: bytes, data: bytes) -> bytes:
    key = hmac.new(pepper, b"seal: tag", hashlib.sha256).digest()
    return hmac.new(key, data, hashlib.sha256).digest()
