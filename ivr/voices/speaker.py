"""The voices of this machine: Piper where it has one for the language, else espeak-ng. Knows no call and no hotline."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

from ivr.call.pace import seconds_of
from ivr.voices.espeak import Espeak, find_espeak
from ivr.voices.piper import Piper, find_piper

Program = Literal["piper", "espeak-ng"]

MOST_KEPT = 200
"""How many sentences are kept ready; ten seconds of one are 440 kB."""
_HURRIED = 0.8
"""Piper has one pace; in less than this share of the usual time it would be cut off."""
_PATIENCE, _LEAST_PATIENCE_SECONDS = 0.3, 0.7
"""How much of a line's time Piper may take, and how long at least, before espeak-ng reads it: machines are busy."""
_CHINESE = re.compile(r"[\u3400-\u9fff]")

_Key = tuple[str, str, float]
"""Who reads, the words, and in how many seconds; 0 for as long as it takes."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of this machine for one language (`zh`)."""

    language: str
    name: str
    program: Program
    version: str


class Speaker:
    """Reads aloud with the best voice for each language, and keeps what it has read. Safe to share between threads."""

    def __init__(self, espeak: Espeak | None, piper: Mapping[str, Piper]) -> None:
        """`piper` is by language."""
        self._espeak = espeak
        self._piper = piper
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, Future[bytes]] = OrderedDict()

    def voices(self, language: str) -> Iterator[Voice]:
        """Those that read this language, the best first."""
        if better := self._piper.get(language):
            yield Voice(language, better.name, "piper", better.version)
        if self._espeak is not None and (name := self._espeak.voice_for(language)):
            yield Voice(language, name, "espeak-ng", self._espeak.version)

    def read(self, words: str, voice: Voice) -> bytes:
        """The words as a WAV file, read by this voice; b"" if it cannot read them."""
        if voice.program == "piper":
            return self._piper[voice.language].say(words)
        return self._espeak.say(words, voice.language) if self._espeak is not None else b""

    def get_ready(self, language: str) -> None:
        """Has Piper load its voice, which takes a second, before it is to read."""
        if better := self._piper.get(language):
            better.start()

    def say(self, words: str, language: str, seconds: float = 0.0, variant: str = "") -> bytes:
        """The words as a WAV file that takes at most about so many seconds (0: as long as it takes); b"" if they cannot
        be read.

        `language` is a BCP 47 tag such as `zh-CN`, or "" for whatever the words are. `variant` is another person:
        one of espeak-ng's, such as `WOMAN`.
        """
        spoken = language_of(words, language)
        is_hurried = 0 < seconds < _HURRIED * seconds_of(words, spoken)
        if not variant and not is_hurried and (sound := self._by_piper(words, spoken, seconds)):
            return sound
        if self._espeak is None:
            return b""
        read = partial(self._espeak.say, words, spoken, seconds, variant)
        return self._reading((spoken + variant, words, round(seconds, 1)), read).result()

    def _by_piper(self, words: str, language: str, seconds: float) -> bytes:
        """What Piper reads, if it is there early enough in a line of so many seconds; else b"", and there next time."""
        piper = self._piper.get(language)
        if piper is None:
            return b""
        key = (piper.name, words, 0.0)
        with self._lock:
            is_behind = any(not each.done() for other, each in self._kept.items() if other[0] == piper.name)
        patience = 0.0 if is_behind else max(_LEAST_PATIENCE_SECONDS, _PATIENCE * seconds)
        try:
            return self._reading(key, partial(piper.say, words)).result(patience if seconds else None)
        except TimeoutError:
            return b""

    def _reading(self, key: _Key, read: Callable[[], bytes]) -> Future[bytes]:
        """What was read, or is being read in a thread of its own."""
        with self._lock:
            reading = self._kept.get(key)
            if reading is None:
                reading = self._kept[key] = Future()
                threading.Thread(target=_settle, args=(reading, read), daemon=True).start()
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return reading


def _settle(reading: Future[bytes], read: Callable[[], bytes]) -> None:
    try:
        reading.set_result(read())
    except Exception as wrong:  # it is raised where the sound is waited for
        reading.set_exception(wrong)


def find_speaker() -> Speaker | None:
    """The voices of this machine; None if there is none."""
    espeak, piper = find_espeak(), find_piper()
    return Speaker(espeak, piper) if espeak is not None or piper else None


@cache
def shared_speaker() -> Speaker | None:
    """The same for the whole process, as Piper keeps a program with 200 MB for each voice."""
    return find_speaker()


def language_of(words: str, tag: str) -> str:
    """The language of a BCP 47 tag, as a hotline calls it; of the words where the tag is ""."""
    primary = tag.lower().partition("-")[0] or ("zh" if _CHINESE.search(words) else "en")
    return "zh" if primary == "cmn" else primary
