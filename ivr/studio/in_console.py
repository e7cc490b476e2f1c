"""The studio as pages of the console, for people with the role `editor`: behind its login, its token and its audit log.

Everybody has drafts of their own. Two who save one file, or publish, are told of each other before anything is lost.
The phone dials a hotline of its own in this process: nothing of it is kept or leaves, and the demo of the back office
answers, or nobody, but never the real one. Where the folder of the flows is not there or cannot be
written, as in a container, the flows that callers hear are edited, and what is published is kept in the store alone.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Self, cast

from flask import g
from flask.typing import ResponseReturnValue
from werkzeug.local import LocalProxy

from ivr.app.build import handlers_of
from ivr.app.demo import demo_of
from ivr.config import Config
from ivr.console.policy import current_console, goes_on
from ivr.console.routes import LoginSession, Route
from ivr.flow.reading.reader import flow_sources
from ivr.hotline.back_office import NoBackOffice
from ivr.phone import PhoneSession
from ivr.phone.page import PhonePlace, phone_views
from ivr.phone.views import View
from ivr.store import Store
from ivr.studio.analysis import Analyst, Preview
from ivr.studio.drafts import Drafts, decoded
from ivr.studio.page import PHONE, StudioContext, studio_views
from ivr.studio.phone import DraftPhone, proxy_of
from ivr.studio.recorder import Recorder
from ivr.voices.speaker import shared_speaker

BASE = "/console/studio"
LONG = frozenset(f"{BASE}{path}" for path in (f"{PHONE}/lines", "/noticed", "/refuted", "/scripts"))
"""Addresses whose answer may take long: as long as the phone's page is open, or until all calls of flows are tried."""


class _Workspace:
    def __init__(self, config: Config) -> None:
        folder = config.flows
        writable = folder.is_dir() and os.access(folder, os.W_OK)
        handlers = handlers_of(config)
        self.drafts = Drafts(config, None if writable else lambda: _heard(config))
        self.analyst = Analyst(self.drafts.config, handlers)
        self.preview = Preview(self.drafts, handlers)
        self.phone = DraftPhone(lambda: harmless_phone(self.drafts.config))

    def close(self) -> None:
        self.phone.close()
        self.drafts.close()


def harmless_phone(config: Config, speed: float = 1.0) -> PhoneSession:
    """Telephones of these flows that ask no real back office, and keep and send nothing. `speed` is that of time."""
    alone = replace(config, back_office=replace(config.back_office, url=None))
    back_office = NoBackOffice() if demo_of(alone) is None else None
    return PhoneSession(
        alone, at=None, speed=speed, store_url="sqlite://", speaker=shared_speaker(), back_office=back_office
    )


def _heard(config: Config) -> Mapping[str, str]:
    """The flows that callers hear: the edition in force, or else what can be read of the folder."""
    with Store.open(config.store_url, folder=config.folder) as store:
        row = store.editions.in_force(datetime.now(UTC))
        if row is not None and row.digest:
            return store.flow_set(row.digest) or {}
    return {path: decoded(text, path) for path, text in flow_sources(config.flows)[0].items()}


class ConsoleStudio:
    """The studio of a console. `close` it when it is over: drafts that are not saved are gone then."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._workspaces: dict[str, _Workspace] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for workspace in self._workspaces.values():
            workspace.close()

    def routes(self) -> tuple[Route, ...]:
        here = StudioContext(
            base=BASE,
            icon="/console/static/icon.svg",
            home="/console/",
            author=lambda: _session().agent.name,
            language=lambda: _session().language,
            csrf=lambda: _session().csrf,
            done=lambda what, about: _session().record(what, about),
        )
        views = studio_views(
            cast("Drafts", LocalProxy(lambda: self._mine().drafts)),
            cast("Analyst", LocalProxy(lambda: self._mine().analyst)),
            cast("Preview", LocalProxy(lambda: self._mine().preview)),
            Recorder(self._config),
            here,
        )
        place = PhonePlace(csrf=here.csrf, listen=_listen)
        of_phone = (
            replace(view, path=PHONE + view.path) for view in phone_views(proxy_of(lambda: self._mine().phone), place)
        )
        return (*(_route(view) for view in views), *(_route(view, "phone") for view in of_phone))

    def _mine(self) -> _Workspace:
        name = _session().agent.name
        with self._lock:
            if name not in self._workspaces:
                self._workspaces[name] = _Workspace(self._config)
            return self._workspaces[name]


def _session() -> LoginSession:
    found: LoginSession = g.login_session
    return found


def _listen(events: Iterator[bytes]) -> Iterator[bytes] | None:
    """What happens on the telephones, for as long as the login lasts. It counts as a page that listens."""
    listens = goes_on()
    return current_console().changes.admit(takewhile(lambda _: listens(), events))


def _route(view: View, of: str = "studio") -> Route:
    """A view behind the policy of the console. The page of the studio stands in the navigation."""
    is_page = of == "studio" and view.path == "/"
    return Route(
        f"{of}_{view.answer.__name__}", BASE + view.path, _without_session(view.answer), needs="editor",
        methods=(view.method,), sees=(lambda *_, **__: True) if "<" in view.path else None,
        title="studio.title" if is_page else "",
        icon="note" if is_page else "", quiet=view.method == "GET" and not is_page, largest=view.largest,
    )  # fmt: skip


def _without_session(answer: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    def view(session: LoginSession, **named: str) -> ResponseReturnValue:
        return answer(**named)

    return view
