"""Words as sound: espeak-ng, if it is installed, reads them into WAV. Knows no call and no hotline.

Debian 12's espeak-ng 1.51 has a Mandarin voice, `cmn`, that reads Chinese characters as English letters; there the one
called `cmn-latn-pinyin` is right, while with later releases `cmn` is. So the voice is chosen by what it makes of two
characters (espeak-ng's issues 1236 and 1370), and if none can read them, nothing Chinese is read at all.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import threading
import wave
from array import array
from collections import OrderedDict
from functools import cached_property

from ivr.voices.audio import as_wav, trimmed

PROGRAM = "espeak-ng"
MANDARIN = ("cmn", "cmn-latn-pinyin")
"""Voices that may be able to read Chinese, the better first."""
WOMAN = "+f3"
"""Variants that make a voice sound like another person."""

USUAL, SLOWEST, FASTEST = 175, 110, 420
"""Words a minute, as espeak-ng counts them."""
LONGEST_WORDS = 4096
LONGEST_READING_SECONDS = 20.0
KEPT_BYTES = 48_000_000
"""How much sound is kept ready; ten seconds are 440 kB."""
_QUIET = 60
"""Below this amplitude (of 32,767) is silence."""
_CHINESE = re.compile(r"[\u3400-\u9fff]")


class Speaker:
    """Reads aloud with the espeak-ng of this machine, and keeps what it has read. Safe to share between threads."""

    def __init__(self, program: str) -> None:
        """`program`: the path of espeak-ng."""
        self._program = program
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str, float], bytes] = OrderedDict()

    @cached_property
    def mandarin(self) -> str:
        """The voice that reads Chinese, or "" if this espeak-ng has none."""
        return next((voice for voice in MANDARIN if self._reads_chinese(voice)), "")

    def can_read(self, language: str) -> bool:
        """Whether there is a voice for this language that reads its script."""
        return bool(self._voice("", language))

    def say(self, words: str, language: str, seconds: float = 0.0, variant: str = "") -> bytes:
        """The words as a WAV file of about so many seconds (0: as long as it takes); b"" if they cannot be read.

        `language` is a BCP 47 tag such as `zh-CN`, or "" for whatever the words are; `variant` is one of espeak-ng's,
        such as `WOMAN`.
        """
        voice = self._voice(words, language)
        if not voice:
            return b""
        key = (voice + variant, _plain(words), round(seconds, 1))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        sound = self._read(*key)
        with self._lock:
            self._kept[key] = sound
            while sum(map(len, self._kept.values())) > KEPT_BYTES and len(self._kept) > 1:
                self._kept.popitem(last=False)
        return sound

    def _voice(self, words: str, language: str) -> str:
        primary = language.lower().partition("-")[0] or ("zh" if _CHINESE.search(words) else "en")
        if primary in ("zh", "cmn"):
            return self.mandarin
        return "en-us" if primary == "en" else primary

    def _read(self, voice: str, words: str, seconds: float) -> bytes:
        """Reads once at the usual pace, and if need be once more at the pace that fills the time."""
        rate, frames = self._frames(voice, words, USUAL)
        if frames and seconds:
            wanted = round(USUAL * len(frames) / rate / seconds)
            pace = min(max(wanted, SLOWEST), FASTEST)
            if abs(pace - USUAL) > USUAL // 20:
                rate, frames = self._frames(voice, words, pace)
        return as_wav(rate, frames) if frames else b""

    def _frames(self, voice: str, words: str, pace: int) -> tuple[int, array[int]]:
        """Frames a second, and the frames without the silence around them."""
        sound = self._run("-v", voice, "-s", str(pace), "--stdout", words=words)
        if sound[:4] != b"RIFF":
            return 0, array("h")
        with wave.open(io.BytesIO(sound)) as file:
            rate = file.getframerate()
        frames = array("h", sound[44:][: (len(sound) - 44) // 2 * 2])  # the header does not know how long it is
        return rate, trimmed(frames, _QUIET)

    def _reads_chinese(self, voice: str) -> bool:
        heard = self._run("-q", "--ipa", "-v", voice, words="你好").decode("utf-8", "replace")
        return bool(heard.strip()) and "(en)" not in heard

    def _run(self, *arguments: str, words: str) -> bytes:
        """What espeak-ng prints; words go in by its standard input, so that none is taken for an option."""
        try:
            done = subprocess.run(  # noqa: S603 - the program was found on the path, the arguments are ours
                (self._program, *arguments, "--stdin"),
                input=words.encode(), capture_output=True, check=False, timeout=LONGEST_READING_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return b""
        return done.stdout if done.returncode == 0 else b""


def find_speaker() -> Speaker | None:
    program = shutil.which(PROGRAM)
    return Speaker(program) if program else None


def _plain(words: str) -> str:
    """Without the brackets that espeak-ng takes for phonemes, and no longer than anybody listens."""
    return words.replace("[[", "[ [").replace("]]", "] ]").replace("\0", " ")[:LONGEST_WORDS]
