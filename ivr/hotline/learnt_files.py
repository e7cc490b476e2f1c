"""What was learnt from examples, kept in files of the user's cache folder.

Learning takes a second of a core and 50 MB. A process of its own does it, so that no caller waits meanwhile for the
threads that answer, and a worker does not keep that memory.

A file is named by a digest of all that it was learnt from, so it is never out of date. It begins with a digest of the
rest; what is damaged is learnt anew. Nothing in it is run.
"""

import logging
import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile

from ivr.call import understanding
from ivr.call.understanding.classifier import Learn, learnt_from

FILES = 16
"""So many are kept, those that were used last: two for each hotline of two languages."""
_DIGEST_BYTES = 32
LONGEST_SECONDS = 20
"""Some callers wait for it. It takes a tenth of that."""

log = logging.getLogger(__name__)

_PROGRAM = """
import sys
from ivr.call.understanding.classifier import learnt_from
sys.stdout.buffer.write(learnt_from(sys.stdin.read()))
"""


def learn_aside(told: str) -> bytes:
    """As `learnt_from`, in another process."""
    program = [sys.executable, "-P", "-c", _PROGRAM]
    try:  # what it says of errors comes here: nobody is to read it where this process ends before
        done = subprocess.run(  # noqa: S603 - our own
            program, input=told.encode(), capture_output=True, check=False, timeout=LONGEST_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        why = str(failed)
    else:
        if done.returncode == 0:
            return done.stdout
        why = done.stderr.decode(errors="replace")
    log.warning("no process to learn in, learnt in this one", extra={"why": why})
    return learnt_from(told)


def learnt(told: str, learn: Learn = learn_aside) -> bytes:
    """What `learnt_from` gives for `told`: read from its file, or learnt now and kept.

    Never raises for a file or a folder.
    """
    folder = _folder()
    if folder is None:
        return learn(told)
    file = folder / blake2b(_learner() + told.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    try:
        return _read(file)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as broken:
        log.warning("what was learnt cannot be read, and is learnt anew", extra={"file": str(file), "why": str(broken)})
    data = learn(told)
    try:
        _write(file, data)
    except OSError as refused:
        log.info("what was learnt is not kept", extra={"file": str(file), "why": str(refused)})
    return data


def _folder() -> Path | None:
    """The folder of the XDG Base Directory Specification; None for a user without a home."""
    told = Path(os.environ.get("XDG_CACHE_HOME", ""))
    with suppress(RuntimeError):
        return (told if told.is_absolute() else Path.home() / ".cache") / "ivr"
    return None


@cache
def _learner() -> bytes:
    """The code that learns, and what its arrays depend on."""
    sources = sorted(Path(understanding.__path__[0]).glob("*.py"))
    return b"".join((f"{sys.version_info[:2]} {sys.byteorder} ".encode(), *(file.read_bytes() for file in sources)))


def _read(file: Path) -> bytes:
    """Raises OSError, and ValueError for another content than was written."""
    content = file.read_bytes()
    digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if digest != _digest(data):
        raise ValueError("its digest is another one")
    with suppress(OSError):  # in a folder that is only read
        os.utime(file)
    return data


def _write(file: Path, data: bytes) -> None:
    """Beside it first, as other processes may read or write it now. Raises OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, delete=False) as new:
        new.write(_digest(data) + data)
    Path(new.name).replace(file)
    by_use = sorted((each for each in file.parent.iterdir() if each.is_file()), key=lambda each: each.stat().st_mtime)
    for old in by_use[:-FILES]:
        old.unlink(missing_ok=True)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST_BYTES).digest()
