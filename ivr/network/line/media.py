"""Sound files: how long a fetched one plays, and the files that recordings become.

A <Play> is fetched without call parameters [D] from where the app itself is (`Options.fetch_media`), and measured
when it is WAV, MP3 or u-law; anything else takes `Options.play_seconds`.
"""

import io
import math
import struct
import wave
from collections.abc import Iterable
from urllib.parse import urlsplit

from ivr.network.line.leg import Leg
from ivr.network.wire.carrier import Fetched
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import Job, Program
from ivr.network.wire.transport import Reply

BROKEN_WAV = (wave.Error, EOFError, RuntimeError)
"""What the standard library raises for a file that is no WAV; RuntimeError where a part says it is longer than all."""
_RATE = 8000
_TONE = struct.pack("<20h", *(round(3000 * math.sin(2 * math.pi * step / 20)) for step in range(20)))  # 400 Hz


def play_length(leg: Leg, url: str) -> Program[float]:
    """Give the seconds `url` plays; fetches it once per network when an app here serves it."""
    known = leg.net.media_seconds
    if url not in known:
        known[url] = leg.net.options.play_seconds
        if _asked(leg, url):
            cookies = leg.cookies
            fetched: Fetched = yield Job(lambda: leg.net.carrier.timed_fetch("GET", url, (), cookies))
            leg.requests.extend(fetched.exchanges)
            if fetched.problem is not None:
                leg.problem(fetched.problem, url)
                known[url] = 0.0
            elif fetched.reply is not None:
                kind = (fetched.reply.header("content-type") or "").partition(";")[0].strip().lower()
                if not kind.startswith("audio/"):
                    code = 13325 if leg.listening is not None and leg.listening.kind == "gather" else 13420
                    leg.problem(Problem(code, f"Content-Type {kind!r} is no sound"), url)
                known[url] = sound_seconds(kind, fetched.reply) or known[url]
    return known[url]


def _asked(leg: Leg, url: str) -> bool:
    """Whether the file is fetched. Twilio fetches every one; a test should not depend on the rest of the web."""
    match leg.net.options.fetch_media:
        case "all":
            return True
        case "none":
            return False
    return leg.net.carrier.serves(url) or urlsplit(url).netloc == urlsplit(leg.document_url).netloc


def sound_seconds(kind: str, reply: Reply) -> float | None:
    """Give how long a sound plays: WAV by its header, u-law by its size, MP3 by size and bit rate; else None."""
    size = int(length) if (length := reply.header("content-length") or "").isdecimal() else len(reply.body)
    if kind in ("audio/ulaw", "audio/basic"):
        return round(size / _RATE, 3)
    if kind == "audio/mpeg":
        return mp3_seconds(reply.body, size)
    return wav_seconds(reply.body)


def mp3_seconds(data: bytes, size: int = 0) -> float | None:
    """Give the length of an MP3 file by the bit rate of its first frame, after an ID3 tag if there is one; else None.

    `size` is that of the whole file, where `data` is only its beginning.
    """
    at = 0
    if data[:3] == b"ID3" and len(data) > 10:
        at = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
    at = len(data) - len(data[at:].lstrip(b"\0"))  # what pads the tag
    if len(data) < at + 4 or data[at] != 0xFF or (data[at + 1] & 0xE6) != 0xE2:  # in sync, layer III
        return None
    kilobits = _MP3_KILOBITS[(data[at + 1] & 0x18) != 0x18][data[at + 2] >> 4]
    return round((size or len(data)) / (kilobits * 125), 3) if kilobits else None


_MP3_KILOBITS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),  # MPEG-1
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),  # MPEG-2 and 2.5, below 32 kHz
)


def wav_seconds(data: bytes) -> float | None:
    """Give the length of a WAV file, or None when it is something else."""
    try:
        with wave.open(io.BytesIO(data)) as sound:
            return float(round(sound.getnframes() / sound.getframerate(), 3))
    except (*BROKEN_WAV, ZeroDivisionError):
        return None


def toned_wav(seconds: float, *channels: Iterable[tuple[float, float]]) -> bytes:
    """Give a WAV file (8 kHz, 16 bit): in each channel a soft tone in each (start, length), silence elsewhere."""
    frames = bytearray(2 * len(channels) * round(_RATE * seconds))
    width = 2 * len(channels)
    for place, spans in enumerate(channels):
        for start, length in spans:
            first, last = round(_RATE * max(0.0, start)), min(round(_RATE * seconds), round(_RATE * (start + length)))
            tone = (_TONE * ((last - first) * 2 // len(_TONE) + 1))[: max(0, last - first) * 2]
            for byte in range(2):
                frames[first * width + 2 * place + byte : max(first, last) * width : width] = tone[byte::2]
    data = io.BytesIO()
    with wave.open(data, "wb") as sound:
        sound.setnchannels(len(channels))
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(bytes(frames))
    return data.getvalue()
