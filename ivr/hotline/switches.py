"""What may change while a call runs: notices, closings, who is there, which edition. Read at most once a second."""

import logging
import re
import threading
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from ivr.call.calendar import Closure
from ivr.call.turn import Notice
from ivr.store.rows import Switch

FRESH = timedelta(seconds=1)
NOTICE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}", re.ASCII)
AREA = re.compile(r"[^\s./\\]{1,40}")
"""What a value of the caller can say: a postcode, a district, a branch."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Switched:
    notices: tuple[Notice, ...] = ()
    closures: tuple[Closure, ...] = ()
    unstaffed: Container[str] = frozenset()
    crowded: Container[str] = frozenset()
    published: str = ""
    """The digest of the published edition in force; "" where the folder of the flows is served as it is."""


class QueueNames(Container[str]):
    """Queues of which something is true. The store is asked when a call comes to the first queue; most come to none."""

    def __init__(self, read: Callable[[], frozenset[str]]) -> None:
        self._read = cache(read)

    def __contains__(self, queue: object) -> bool:
        return queue in self._read()


def switch_name(name: str, area: str) -> str:
    """The name under which a notice is kept: `outage`, or `outage.north` for one area."""
    return f"{name}.{area}" if area else name


def notice_of(switch: Switch) -> Notice:
    name, _, area = switch.name.partition(".")
    return Notice(name, switch.text, area)


class Switches:
    """Keeps what the store said for a second, so that turns need not ask it.

    One thread asks; the others go on with what was known, because a waiting turn would hold the store.
    """

    def __init__(self, read: Callable[[datetime], Switched]) -> None:
        self._read = read
        self._asking = threading.Lock()
        self._known: tuple[datetime, Switched] | None = None

    def now(self, moment: datetime) -> Switched:
        """What is on at this moment (aware), as of a second ago or so. Raises what reading raises, the first time."""
        known = self._known
        if known is None:
            return self._ask(moment)
        if abs(moment - known[0]) >= FRESH and self._asking.acquire(blocking=False):
            try:
                return self._ask(moment)
            except Exception:  # a notice of a second ago is better than no call
                log.exception("switches not read")
            finally:
                self._asking.release()
        return known[1]

    def forget(self) -> None:
        """The next one who asks is told what is true by then."""
        self._known = None

    def _ask(self, moment: datetime) -> Switched:
        switched = self._read(moment)
        self._known = (moment, switched)
        return switched
