"""Sound as it comes from a browser or a file, made fit for the telephone, and what is wrong with it as a recording.

Twilio plays WAV and MP3. A WAV file becomes 16 kHz at most, one channel and 16 bits, without the silence around it; an
MP3 file stays as it is. Anything else is read by ffmpeg, where that is installed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

from ivr.call.pace import seconds_of
from ivr.network.line.media import BROKEN_WAV, mp3_seconds

Flaw = Literal["silent", "quiet", "clipped", "long", "short"]
"""What may be wrong with a recording: nothing is heard, it is too quiet or too loud, or it takes longer or shorter than
the words could."""

LARGEST_BYTES, LONGEST_SECONDS = 8_000_000, 300.0
FASTEST_FRAMES = 16_000
"""Frames a second that are kept; the telephone has 8,000."""
CONVERTER = "ffmpeg"
_CONVERTING_SECONDS = 20.0
_SILENCE, _QUIET, _LOUDEST = 330, 4_000, 32_600
"""Amplitudes, of 32,767: what counts as silence, as too quiet at its loudest, and as cut off at the top."""
_CLIPPED_SHARE = 0.001
_AROUND_SECONDS = 0.1
"""How much of the silence around the words stays."""


class NoSound(ValueError):
    """A file that nothing here can read."""


class TooLong(NoSound):
    """A file of more than LARGEST_BYTES or LONGEST_SECONDS, which is no sentence."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A file for the carrier.

    `loudest` is the highest amplitude, `clipped` the share of frames at the very top; None and 0 where they are not
    known, as of MP3.
    """

    data: bytes
    ending: Literal["wav", "mp3"]
    seconds: float
    loudest: int | None = None
    clipped: float = 0.0


def sound_of(data: bytes) -> Sound:
    """The sound in these bytes, as the carrier is to have it. Raises NoSound and TooLong."""
    if len(data) > LARGEST_BYTES:
        raise TooLong
    if data[:4] == b"RIFF":
        try:
            return _as_sound(*_read_wav(data))
        except BROKEN_WAV:  # not PCM, which ffmpeg may know
            return _converted(data)
    seconds = mp3_seconds(data)
    if seconds is not None and seconds > LONGEST_SECONDS:
        raise TooLong
    return Sound(data, "mp3", seconds) if seconds else _converted(data)


def flaws(sound: Sound, words: str, language: str) -> Iterator[Flaw]:
    expected = seconds_of(words, language)
    if sound.loudest is not None and sound.loudest < _SILENCE:
        yield "silent"
        return
    if sound.loudest is not None and sound.loudest < _QUIET:
        yield "quiet"
    if sound.clipped > _CLIPPED_SHARE:
        yield "clipped"
    if sound.seconds > 2.5 * expected + 2:
        yield "long"
    if sound.seconds < 0.4 * expected - 0.2:
        yield "short"


def as_wav(rate: int, frames: array[int]) -> bytes:
    """One channel of 16 bits as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(frames.tobytes())
    return file.getvalue()


def trimmed(frames: array[int], quiet: int, around: int = 0) -> array[int]:
    """Without the frames at both ends that are not louder than `quiet`; `around` of them stay."""
    first = next((place for place, frame in enumerate(frames) if abs(frame) > quiet), len(frames))
    last = next((place for place in range(len(frames) - 1, -1, -1) if abs(frames[place]) > quiet), -1)
    return frames[max(0, first - around) : last + 1 + around] if last >= first else array("h")


def _as_sound(rate: int, frames: array[int]) -> Sound:
    if len(frames) > rate * LONGEST_SECONDS:
        raise TooLong
    if rate > FASTEST_FRAMES:
        rate, frames = FASTEST_FRAMES, _resampled(frames, rate / FASTEST_FRAMES)
    spoken = trimmed(frames, _SILENCE, round(rate * _AROUND_SECONDS))
    loud = [abs(frame) for frame in spoken]
    clipped = sum(frame >= _LOUDEST for frame in loud) / max(1, len(loud))
    return Sound(as_wav(rate, spoken), "wav", round(len(spoken) / rate, 3), max(loud, default=0), clipped)


def _read_wav(data: bytes) -> tuple[int, array[int]]:
    """Frames a second, and the frames of all channels mixed. Raises BROKEN_WAV."""
    with wave.open(io.BytesIO(data)) as file:
        channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
        raw = file.readframes(file.getnframes())
    if rate <= 0:
        raise wave.Error("no frames a second")
    if width == 1:
        samples = array("h", ((byte - 128) << 8 for byte in raw))
    else:  # the two upper bytes of each
        upper = bytearray(len(raw) // width * 2)
        upper[::2], upper[1::2] = raw[width - 2 : len(raw) // width * width : width], raw[width - 1 :: width]
        samples = array("h", bytes(upper))
    if channels == 1:
        return rate, samples
    each = (samples[channel::channels] for channel in range(channels))
    return rate, array("h", (sum(together) // channels for together in zip(*each, strict=False)))


def _resampled(frames: array[int], step: float) -> array[int]:
    """Every `step` frames as one, their mean: what the slower rate cannot carry is mostly gone."""
    sums = [0, *accumulate(frames)]
    cuts = [int(place * step) for place in range(int(len(frames) / step) + 1)]
    return array("h", ((sums[b] - sums[a]) // (b - a) for a, b in pairwise(cuts)))


def _converted(data: bytes) -> Sound:
    """What ffmpeg reads out of it, which may open nothing but what it is given. Raises NoSound."""
    program = shutil.which(CONVERTER)
    if program is None:
        raise NoSound
    options = ("-v", "error", "-protocol_whitelist", "pipe", "-i", "pipe:0", "-t", str(LONGEST_SECONDS + 1))
    try:
        done = subprocess.run(  # noqa: S603 - the program was found on the path, the arguments are ours
            (program, *options, "-f", "s16le", "-ac", "1", "-ar", str(FASTEST_FRAMES), "pipe:1"),
            input=data, capture_output=True, check=False, timeout=_CONVERTING_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise NoSound from failed
    if done.returncode or not done.stdout:
        raise NoSound
    return _as_sound(FASTEST_FRAMES, array("h", done.stdout[: len(done.stdout) // 2 * 2]))
