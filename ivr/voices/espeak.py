"""espeak-ng, a small voice that is there at once for a hundred languages: it reads words into WAV.

Debian 12's espeak-ng 1.51 has a Mandarin voice, `cmn`, that reads Chinese characters as English letters; there the one
called `cmn-latn-pinyin` is right, while with later releases `cmn` is. So the voice is chosen by what it makes of two
characters (espeak-ng's issues 1236 and 1370), and if none can read them, nothing Chinese is read at all.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import wave
from array import array
from functools import cache, cached_property

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
_QUIET = 60
"""Below this amplitude (of 32,767) is silence."""


class Espeak:
    """The espeak-ng of this machine. Safe to share between threads."""

    def __init__(self, program: str) -> None:
        """`program`: the path of espeak-ng."""
        self._program = program
        self.voice_for = cache(self._voice_for)

    @cached_property
    def version(self) -> str:
        told = re.search(rb"\d[\w.]*", self._run("--version", words=""))
        return told[0].decode() if told else ""

    @cached_property
    def mandarin(self) -> str:
        """The voice that reads Chinese, or "" if this espeak-ng has none."""
        return next((voice for voice in MANDARIN if self._reads_chinese(voice)), "")

    def _voice_for(self, language: str) -> str:
        """The name of the voice that reads a language (`zh`), "" where there is none."""
        if language == "zh":
            return self.mandarin
        voice = "en-us" if language == "en" else language
        return voice if self._run("-q", "--ipa", "-v", voice, words="a") else ""

    def say(self, words: str, language: str, seconds: float = 0.0, variant: str = "") -> bytes:
        """The words as a WAV file of about so many seconds (0: as long as it takes); b"" if they cannot be read.

        `variant` is one of espeak-ng's, such as `WOMAN`.
        """
        voice = self.voice_for(language)
        return self._read(voice + variant, _plain(words), round(seconds, 1)) if voice else b""

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


def find_espeak() -> Espeak | None:
    program = shutil.which(PROGRAM)
    return Espeak(program) if program else None


def _plain(words: str) -> str:
    """Without the brackets that espeak-ng takes for phonemes, and no longer than anybody listens."""
    return words.replace("[[", "[ [").replace("]]", "] ]").replace("\0", " ")[:LONGEST_WORDS]
