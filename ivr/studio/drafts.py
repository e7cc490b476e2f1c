"""The flows while somebody edits them: a copy in a folder of its own, which is checked and dialled, until it is saved.

A file is named by its name alone, never by a path: what a page asks for is looked up among the files of the hotline.
"""

import re
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Self

from ivr.config import Config
from ivr.flow.issues import BrokenDocument
from ivr.flow.reading.reader import flow_sources
from ivr.flow.reading.rewriting import write_whole
from ivr.flow.reading.source import MAX_BYTES, parse

NEW_NAME = re.compile(r"[a-z][a-z0-9_-]{0,60}\.yaml", re.ASCII)


class Changed(Exception):
    """The saved file is not the one that the draft was made from: somebody else has changed or removed it."""


class Unusable(ValueError):
    """A name or a text that no file of flows can have."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as it is being edited. `mark` is of the saved text that it was made from, "" for a new file."""

    text: str
    mark: str

    @property
    def is_saved(self) -> bool:
        return mark_of(self.text) == self.mark


def mark_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


class ReadOnly(Exception):
    """There are no files to save into: what is published is kept in the store alone."""


class Drafts:
    """The files of one hotline and their drafts. Safe to share between threads. As a context manager it is taken down.

    Raises BrokenDocument when the files cannot be read; flows with errors in them can.
    """

    def __init__(self, config: Config, published: Callable[[], Mapping[str, str]] | None = None) -> None:
        """`published` gives the flows that callers hear, text by path, where there are no files to save into."""
        self.folder = config.flows
        self._published = published
        saved = self._saved()  # before there is a folder to be left behind
        self._place = tempfile.TemporaryDirectory(prefix="ivr-studio-")
        self._drafted = Path(self._place.name) / config.flows.name
        self.config = replace(config, hotline=replace(config.hotline, flows=str(self._drafted)))
        """The configuration of the hotline with the drafts as its flows."""
        self._lock = threading.RLock()
        self._drafts = {name: Draft(text, mark_of(text)) for name, text in saved.items()}
        self._drafted.mkdir()
        for name, draft in self._drafts.items():
            write_whole(self._drafted / name, draft.text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._place.cleanup()

    def all(self) -> Mapping[str, Draft]:
        """The drafts by name. What was saved elsewhere meanwhile is taken over where nothing was edited here."""
        with self._lock:
            saved = self._saved()
            for name in [name for name, draft in self._drafts.items() if draft.is_saved and name not in saved]:
                del self._drafts[name]
                (self._drafted / name).unlink()
            for name, text in saved.items():
                known = self._drafts.get(name)
                if known is None or known.is_saved != (known.text == text):
                    self._take(name, Draft(text, mark_of(text)))
            return dict(self._drafts)

    def sources(self) -> Mapping[str, str]:
        """The text of each draft, under the path that its file has for the checker."""
        return {f"{self.folder.name}/{name}": draft.text for name, draft in self.all().items()}

    def files(self) -> Mapping[str, bytes]:
        """The same as bytes, as files hold them."""
        return {path: text.encode() for path, text in self.sources().items()}

    def saved(self) -> Mapping[str, str]:
        """The text of each saved file, under the same path."""
        return {f"{self.folder.name}/{name}": text for name, text in self._saved().items()}

    @property
    def has_files(self) -> bool:
        return self._published is None

    def edit(self, name: str, text: str, *, on: str | None = None) -> None:
        """Changes a draft, or begins a new file. `on` is the mark of the draft that the edit was made from.

        Raises Unusable, and Changed where the draft is another one meanwhile: the page stands open twice.
        """
        with self._lock:
            known = self._drafts.get(name)
            if on is not None and known is not None and on != mark_of(known.text):
                raise Changed(mark_of(known.text))
            if known is None and not NEW_NAME.fullmatch(name):
                raise Unusable(f'"{name}" is no name for a file of flows; write it like opening_hours.yaml')
            if len(text.encode()) > MAX_BYTES:
                raise Unusable(f"the file is longer than {MAX_BYTES:,} bytes; split it into several files")
            self._take(name, Draft(text, known.mark if known else ""))

    def save(self, name: str, *, over: str | None = None) -> None:
        """Writes a draft into its file, whole or not at all.

        `over` is the mark of a changed file that may be overwritten. Raises Changed, ReadOnly, KeyError and OSError.
        """
        if not self.has_files:
            raise ReadOnly
        with self._lock:
            draft = self._drafts[name]
            found = self._saved().get(name)
            mark = "" if found is None else mark_of(found)
            if mark not in (draft.mark, over):
                raise Changed(mark)
            write_whole(self.folder / name, draft.text.encode())
            self._drafts[name] = Draft(draft.text, mark_of(draft.text))

    def discard(self, name: str) -> None:
        """Gives up a draft: the saved file is taken again, or a new file forgotten. Raises KeyError."""
        with self._lock:
            del self._drafts[name]
            text = self._saved().get(name)
            if text is None:
                (self._drafted / name).unlink()
            else:
                self._take(name, Draft(text, mark_of(text)))

    def _take(self, name: str, draft: Draft) -> None:
        self._drafts[name] = draft
        write_whole(self._drafted / name, draft.text.encode())

    def _saved(self) -> dict[str, str]:
        if self._published is not None:
            return {Path(path).name: text for path, text in self._published().items()}
        sources, issues = flow_sources(self.folder)
        if wrong := [issue for issue in issues if issue.rule != "no-flows"]:
            raise BrokenDocument(wrong)
        return {Path(path).name: decoded(text, path) for path, text in sources.items()}


def decoded(text: bytes, path: str) -> str:
    """Raises BrokenDocument for a file in another encoding: saving would lose its letters."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenDocument(parse(text, path)[1]) from None
