"""The voices of this machine: Piper where it has one for the language, else espeak-ng. Knows no call and no hotline."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ivr.call.pace import seconds_of
from ivr.voices.espeak import Espeak, find_espeak
from ivr.voices.piper import Piper, find_piper

Program = Literal["piper", "espeak-ng"]

KEPT_BYTES = 48_000_000
"""How much sound is kept ready; ten seconds are 440 kB."""
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
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._reading: dict[_Key, Future[bytes]] = {}
        self._is_slow = False

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
        better = None if variant else self._piper.get(spoken)
        is_hurried = 0 < seconds < _HURRIED * seconds_of(words, spoken)
        if better is not None and not is_hurried and (sound := self._in_time(better, words, seconds)):
            return sound
        key = (spoken + variant, words, round(seconds, 1))
        if (kept := self._known(key)) is not None:
            return kept
        sound = self._espeak.say(words, spoken, seconds, variant) if self._espeak is not None else b""
        self._keep(key, sound)
        return sound

    def _in_time(self, piper: Piper, words: str, seconds: float) -> bytes:
        """What Piper reads, if it is there early enough in a line of so many seconds; else b"", and there next time."""
        key = (piper.name, words, 0.0)
        if (kept := self._known(key)) is not None:
            return kept
        with self._lock:
            is_behind = self._is_slow or bool(self._reading.keys() - {key})
            reading = self._reading.get(key)
            if reading is None:
                reading = self._reading[key] = Future()
                threading.Thread(target=self._read, args=(key, piper, reading), daemon=True).start()
        patience = 0.0 if is_behind else max(_LEAST_PATIENCE_SECONDS, _PATIENCE * seconds)
        try:
            return reading.result(patience if seconds else None)
        except TimeoutError:
            return b""

    def _read(self, key: _Key, piper: Piper, reading: Future[bytes]) -> None:
        began = time.perf_counter()
        sound = piper.say(key[1])
        self._keep(key, sound)
        with self._lock:
            del self._reading[key]
            self._is_slow = time.perf_counter() - began > 2 * _PATIENCE * seconds_of(key[1], piper.language)
        reading.set_result(sound)

    def _known(self, key: _Key) -> bytes | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: _Key, sound: bytes) -> None:
        with self._lock:
            self._kept[key] = sound
            while sum(map(len, self._kept.values())) > KEPT_BYTES and len(self._kept) > 1:
                self._kept.popitem(last=False)


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
