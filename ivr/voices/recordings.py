"""Recordings of sentences: `media/recordings.yaml` says which file speaks which words.

A recording belongs to its words, not to the place where they stand: it is played wherever a call says exactly these
words in its language, and no longer when they change.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from ivr.flow.issues import NOWHERE, Issue, Place, Severity
from ivr.flow.media import unplayable
from ivr.flow.reading.fields import Reading, read
from ivr.flow.reading.rewriting import CannotRewrite, rewrite, write_whole
from ivr.flow.reading.source import ListNode, Scalar, parse
from ivr.flow.vocabulary import Language, yaml_field

LIST = "media/recordings.yaml"
FOLDER = "media/spoken"
"""Where the files are that are recorded on the page of the studio."""
HEAD = "# Which recording speaks which words. Written by `ivr studio` and `ivr voices render`; see docs/flows.md.\n"
_END_OF_SENTENCE = re.compile(r"(?<=[。！？；])|(?<=[.!?;])\s+|\n+")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSentence:
    """One recording, as the list has it."""

    file: str = yaml_field("the sound, a file under media/")
    words: str = yaml_field("what it speaks: the words as callers would hear them, and no others")
    language: Language = yaml_field("the language of the words")
    by: str = yaml_field("whose voice it is", "")
    voice: str = yaml_field("the voice that read it, where nobody recorded it", "")
    at: date = yaml_field("when it was recorded", date.min)
    part: str = yaml_field("where these words stood then, as flow.step and field", "")
    place: Place = field(default=NOWHERE, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, eq=False)
class Recorded:
    """The recordings of one moment. Two of them are equal only if they are the same object."""

    sentences: tuple[RecordedSentence, ...] = ()
    issues: tuple[Issue, ...] = ()
    files: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The address under media/ by language and words; only those whose file is there."""

    def file(self, words: str, language: str) -> str:
        """The address of the recording of exactly these words; "" if there is none."""
        return self.files.get((language, one_line(words)), "")

    @property
    def rendered(self) -> Mapping[tuple[str, str], str]:
        """The voices that read sentences, by language and words; those that a person recorded have none."""
        voices = {(each.language, one_line(each.words)): each.voice for each in self.sentences}
        return {key: voice for key, voice in voices.items() if voice}

    def parts(self, words: str, language: str) -> Iterator[tuple[str, str]]:
        """The words in parts of whole sentences, each with the address of its recording, or ""; the longest are tried
        first."""
        if not any(language == known for known, _ in self.files):
            yield words, ""
            return
        cuts = [0, *(end for match in _END_OF_SENTENCE.finditer(words) if 0 < (end := match.end()) < len(words))]
        at, unrecorded = 0, 0
        ends = [*cuts[1:], len(words)]
        while at < len(words):
            found = next((end for end in reversed(ends) if end > at and self.file(words[at:end], language)), 0)
            if not found:
                at = next(end for end in ends if end > at)
                continue
            if before := words[unrecorded:at].strip():
                yield before, ""
            yield words[at:found].strip(), self.file(words[at:found], language)
            at = unrecorded = found
        if rest := words[unrecorded:].strip():
            yield rest, ""


class SentenceRecordings:
    """The recordings of one hotline, read again when the list has changed. Safe to share between threads."""

    def __init__(self, folder: Path | None, languages: tuple[str, ...] = ()) -> None:
        """`folder` is that of the configuration, in which media/ stands; with None nothing is recorded."""
        self._folder = folder
        self._languages = languages
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] = ()
        self._now = Recorded()
        self._before = Recorded()

    def current(self) -> Recorded:
        """The recordings of now; those of before while the list cannot be read."""
        if self._folder is None or (stamp := _stamp(self._folder)) == self._stamp:
            return self._now
        with self._lock:
            found = read_recordings(self._folder, self._languages)
            if any(issue.is_error for issue in found.issues):
                log.error("the list of recordings cannot be used", extra={"why": str(found.issues[0])})
            else:
                self._before, self._now = self._now, found
            self._stamp = stamp
        return self._now

    def plays(self, address: str) -> bool:
        """Whether the carrier may be told to play this file, or was told so a moment ago."""
        return address in self.current().files.values() or address in self._before.files.values()

    def words_on(self, address: str) -> tuple[str, str] | None:
        """What a recording speaks, and its language."""
        known = (each for recorded in (self.current(), self._before) for each in recorded.sentences)
        return next(((each.words, each.language) for each in known if each.file == address), None)

    def keep(self, sound: bytes, ending: str, sentence: RecordedSentence) -> RecordedSentence:
        """Writes a sound into a file of its own and the list, over the recording that these words had.

        `ending` is "wav" or "mp3"; the file's name is made here. Raises OSError and CannotRewrite.
        """
        assert self._folder is not None  # noqa: S101 - nobody records for a hotline without a folder
        named = sha256(sentence.words.encode() + sound).hexdigest()[:12]
        kept = replace(sentence, file=f"{FOLDER}/{sentence.language}-{named}.{ending}")
        with self._lock:
            known = read_recordings(self._folder, self._languages)
            if any(issue.is_error for issue in known.issues):
                raise CannotRewrite("this file cannot be read; mend it first")
            (self._folder / FOLDER).mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / kept.file, sound)
            text = (self._folder / LIST).read_text("utf-8") if (self._folder / LIST).is_file() else HEAD
            write_whole(self._folder / LIST, _listed(text, kept, known.sentences).encode())
        return kept


def read_recordings(folder: Path, languages: tuple[str, ...]) -> Recorded:
    """The list of a hotline's recordings, and what is wrong with it. No list is an empty one."""
    file = folder / LIST
    try:
        root, issues = parse(file.read_bytes(), str(file))
    except (FileNotFoundError, NotADirectoryError):
        return Recorded()
    except OSError as error:
        return Recorded(issues=(Issue("unreadable", f"this file cannot be read: {error.strerror}", Place(str(file))),))
    reading = Reading(languages, issues)
    items = root.items if isinstance(root, ListNode) else ()
    if root is not None and not isinstance(root, ListNode) and not (isinstance(root, Scalar) and root.is_empty):
        reading.error("wrong-type", "expected a list of recordings", root.place)
    sentences = [each for item in items if (each := read(item, RecordedSentence, reading, "a recording"))]
    files: dict[tuple[str, str], str] = {}
    for each in sentences:
        place = each.places.get("file", each.place)
        if why := unplayable(each.file, folder):
            issues.append(Issue("lost-recording", why, place, Severity.WARNING))
        elif not each.file.startswith("media/"):
            issues.append(Issue("lost-recording", "a recording is a file under media/", place, Severity.WARNING))
        else:
            files[each.language, one_line(each.words)] = each.file
    return Recorded(tuple(sentences), tuple(issues), files)


def _listed(text: str, kept: RecordedSentence, known: Iterable[RecordedSentence]) -> str:
    """The list with this recording in it: in the place of an older one of the same words, or else at the end."""
    written = {
        "file": kept.file, "by": kept.by, "voice": kept.voice, "at": kept.at.isoformat(), "part": kept.part,
    }  # fmt: skip
    for old in reversed(tuple(known)):
        if (old.language, one_line(old.words)) == (kept.language, one_line(kept.words)):
            there = {old.places[name]: value for name, value in written.items() if name in old.places}
            more = {name: value for name, value in written.items() if name not in old.places and value}
            return rewrite(text, there, {old.places["file"]: more} if more else None)
    words = {"file": kept.file, "words": kept.words, "language": kept.language, **written}
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in words.items() if value]
    glue = "" if text.endswith("\n") or not text else "\n"
    return f"{text}{glue}- " + "\n  ".join(lines) + "\n"


def _stamp(folder: Path) -> tuple[int, ...]:
    """Changes when the list or its files do; empty for no list. Asked for every document, so it makes no paths."""
    try:
        known, files = os.stat(f"{folder}/{LIST}"), f"{folder}/{FOLDER}"
        return known.st_mtime_ns, known.st_size, os.stat(files).st_mtime_ns if os.path.isdir(files) else 0
    except OSError:
        return ()


def one_line(words: str) -> str:
    """Words as they are compared: in one line, with single spaces."""
    return " ".join(words.split())
