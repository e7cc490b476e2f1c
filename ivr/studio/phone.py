"""The web phone beside the studio, which dials the drafts as soon as they can be dialled."""

import threading
from collections.abc import Callable
from typing import Self, cast

from werkzeug.local import LocalProxy

from ivr.phone import PhoneSession


class DraftPhone:
    """The telephones of some drafts. As a context manager they are taken down at the end."""

    def __init__(self, open_phone: Callable[[], PhoneSession]) -> None:
        self._open = open_phone
        self._lock = threading.Lock()
        self._session: PhoneSession | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            if self._session is not None:
                self._session.close()

    def session(self) -> PhoneSession:
        """The telephones, from the first time that they are asked for. Raises what opening them raises: BrokenDocument
        while the drafts have errors, and it is tried again."""
        with self._lock:
            if self._session is None:
                self._session = self._open()
            return self._session


def proxy_of(find: Callable[[], DraftPhone]) -> PhoneSession:
    """Stands for the telephones of whoever asks, in the views of the phone."""
    return cast("PhoneSession", LocalProxy(lambda: find().session()))
