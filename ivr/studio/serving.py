"""The studio with the web phone beside it, which dials the drafts as soon as they can be dialled."""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

from flask import Flask

from ivr.flow.issues import BrokenDocument
from ivr.phone import PhoneSession, create_phone
from ivr.studio.drafts import Drafts
from ivr.studio.page import create_studio

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

NO_PHONE = b"The flows have errors. Mend them, then load this page again.\n"


class Studio:
    """A WSGI application: /studio is the studio, everything else the phone. As a context manager it takes both down."""

    def __init__(self, drafts: Drafts, open_phone: Callable[[], PhoneSession]) -> None:
        """`open_phone` opens the phone of the drafts; what it raises besides BrokenDocument is raised here."""
        self._studio = create_studio(drafts)
        self._open_phone = open_phone
        self._lock = threading.Lock()
        self._session: PhoneSession | None = None
        self._phone: Flask | None = None
        self._try_phone()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._session is not None:
            self._session.close()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        app: WSGIApplication | None = self._studio if path.startswith("/studio") else self._try_phone()
        if app is None:
            start_response("503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")])
            return [NO_PHONE]
        return app(environ, start_response)

    def _try_phone(self) -> Flask | None:
        with self._lock:
            if self._phone is None:
                try:
                    self._session = self._open_phone()
                except BrokenDocument:
                    return None
                self._phone = create_phone(self._session)
            return self._phone
