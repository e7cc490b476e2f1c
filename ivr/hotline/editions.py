"""The editions of the hotline: the flows that new calls begin with, and those that calls in progress began with.

New calls begin with the published edition in force, or with the folder as it is where nothing is published. A call is
pinned to the hash of the flows it began with, so an edit changes new calls only. A broken edit keeps the last good
flows and says so, with file and line; a folder that cannot be read is a broken edit too.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.call.machine import FlowMachine
from ivr.call.turn import Edition
from ivr.flow.checks.lint import lint
from ivr.flow.gc_pause import gc_paused
from ivr.flow.issues import BrokenDocument, Issue
from ivr.flow.model import Catalogue, FlowSet, Play
from ivr.flow.reading.reader import flow_sources, read_flows

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EditionSource:
    """What all editions of a hotline share: the start flow, the names flows may use, and how an edition is made.

    `bind` makes an edition of a flow set and its machine: it adds calendars, policies and limits of the configuration.
    """

    folder: Path
    start: str
    catalogue: Catalogue
    bind: Callable[[FlowSet, FlowMachine], Edition]


class Editions:
    """Gives the current edition and pinned ones. Safe to share between threads."""

    def __init__(
        self,
        source: EditionSource,
        keep: Callable[[str, Mapping[str, str]], None],
        fetch: Callable[[str], Mapping[str, str] | None],
        published: Callable[[], str] = lambda: "",
        last_good: Callable[[], str] = lambda: "",
    ) -> None:
        """`keep` stores the sources of an edition by digest, `fetch` finds them again (after a restart).

        `published` is asked for the digest of the published edition in force; "" stands for the folder as it is.
        `last_good` is asked for the digest to begin with where the folder is broken; "" for none.
        Raises BrokenDocument when there are no flows that can be used.
        """
        self._source = source
        self._keep = keep
        self._fetch = fetch
        self._published = published
        self._lock = threading.Lock()
        self._known: dict[str, Edition] = {}
        self._recordings: dict[str, frozenset[str]] = {}
        self._seen: object = None
        self._problems: tuple[Issue, ...] = ()
        digest = published()
        self._seen = digest or _stamp(source.folder)
        try:
            self._current = self._take(digest)
        except BrokenDocument as broken:
            last = last_good()
            if not last:
                raise
            self._current, self._problems = self._take(last), broken.issues

    @property
    def current(self) -> Edition:
        return self._current

    @property
    def problems(self) -> Sequence[Issue]:
        """What is wrong with the latest edit; empty when it is the current edition."""
        return self._problems

    def pinned(self, digest: str) -> Edition:
        """The edition a call began with. Raises KeyError when its sources are gone."""
        edition = self._known.get(digest)
        if edition is None:
            sources = self._fetch(digest)
            if sources is None:
                raise KeyError(digest)
            edition, _ = self._read(sources)  # not checked again: it was, and the configuration may have changed since
            with self._lock:
                self._known[digest] = edition
        return edition

    def plays(self, digest: str, address: str) -> bool:
        named = self._recordings.get(digest)
        if named is None:
            steps = self.pinned(digest).flows.steps()
            named = frozenset(each for step in steps if isinstance(step, Play) for each in step.play.values())
            self._recordings[digest] = named
        return address in named

    def refresh(self) -> bool:
        """Looks whether another edition is in force or the folder has changed. True when new calls begin with it now.

        Raises what `keep`, `fetch` and `published` raise; the edit is then taken by a later look.
        """
        digest = self._published()
        stamp = digest or _stamp(self._source.folder)
        if stamp == self._seen:
            return False
        try:
            edition = self._take(digest)
        except BrokenDocument as broken:
            self._seen, self._problems = stamp, broken.issues
            first = next(issue for issue in broken.issues if issue.is_error)
            told = {"file": first.place.file, "line": first.place.line, "why": f"{first.message} [{first.rule}]"}
            log.warning("flows not usable: the last good ones answer", extra=told)
            return False
        self._seen, self._problems, self._current = stamp, (), edition
        return True

    def forget(self, live: frozenset[str]) -> None:
        with self._lock:
            needed = live | {self._current.flows.digest}
            self._known = {digest: edition for digest, edition in self._known.items() if digest in needed}
            self._recordings = {digest: named for digest, named in self._recordings.items() if digest in needed}

    def _take(self, digest: str) -> Edition:
        """The published edition of this digest, or the folder. Raises BrokenDocument, and KeyError for lost sources."""
        sources = self._fetch(digest) if digest else _sources(self._source.folder)
        if sources is None:
            raise KeyError(digest)
        edition, issues = self._read(sources)
        issues = [*issues, *_linted(edition.flows, self._source.catalogue)]
        if any(issue.is_error for issue in issues):
            raise BrokenDocument(issues)
        self._keep(edition.flows.digest, sources)
        with self._lock:
            self._known[edition.flows.digest] = edition
        return edition

    def _read(self, sources: Mapping[str, str]) -> tuple[Edition, Sequence[Issue]]:
        """The edition of these files, and the warnings. Raises BrokenDocument."""
        flow_set, machine, issues = _read_flows(sources, self._source.start, self._source.catalogue)
        return self._source.bind(flow_set, machine), issues


# What was read last is kept: a run of call scripts makes the same hotline many times, and would read and check the same
# flows each time. Flow sets and machines never change, so hotlines may share them.

ReadFlows = tuple[FlowSet, FlowMachine, Sequence[Issue]]
_read_last: list[tuple[tuple[object, ...], ReadFlows]] = []
_linted_last: list[tuple[FlowSet, Catalogue, Sequence[Issue]]] = []


def _read_flows(sources: Mapping[str, str], start: str, catalogue: Catalogue) -> ReadFlows:
    """The flows of these files, their machine, and the warnings. Raises BrokenDocument."""
    key = (dict(sources), start, catalogue)
    for known, read in _read_last:
        if known == key:
            return read
    flow_set, issues = read_flows(sources, start, catalogue.languages, catalogue.handlers)
    if flow_set is None:
        raise BrokenDocument(issues)
    with gc_paused():
        read = flow_set, FlowMachine(flow_set), issues
    _read_last[:] = [(key, read)]
    return read


def _linted(flows: FlowSet, catalogue: Catalogue) -> Sequence[Issue]:
    """What keeps these flows from being used. Warnings are told by `ivr check`, and no call waits for them."""
    for known, by, issues in _linted_last:
        if known is flows and by == catalogue:
            return issues
    issues = lint(flows, catalogue, only_errors=True)
    if not issues:  # a recording that is missing may be there the next time
        _linted_last[:] = [(flows, catalogue, issues)]
    return issues


def _sources(folder: Path) -> dict[str, str]:
    """The files of a folder as text. Raises BrokenDocument for what cannot or must not be read."""
    sources, issues = flow_sources(folder)
    if issues:
        raise BrokenDocument(issues)
    try:
        return {file: text.decode() for file, text in sources.items()}
    except UnicodeDecodeError:
        _, issues = read_flows(sources, "", ())
        raise BrokenDocument(issues) from None


def _stamp(folder: Path) -> object:
    """What changes when a file of the folder does. A folder that cannot be read is a state of its own."""
    try:
        with os.scandir(folder) as entries:
            files = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".yaml")]
        return tuple(sorted((name, known.st_mtime_ns, known.st_size) for name, known in files))
    except OSError as gone:
        return str(gone)
