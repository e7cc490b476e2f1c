"""Sound files: how long a fetched one plays, and the files that recordings become.

A <Play> of an address that an app on this network serves is fetched, without call parameters, and measured
when it is WAV; anything else takes `Options.play_seconds`.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Generator
from typing import Any

from ivr.network.carrier import Fetched
from ivr.network.debugger import Problem
from ivr.network.fiber import Job, Wait
from ivr.network.leg import Leg


def play_length(leg: Leg, url: str) -> Generator[Wait | Job, Any, float]:
    """Give the seconds `url` plays; fetches it once per network when an app here serves it."""
    known = leg.net.media
    if url not in known:
        known[url] = leg.net.options.play_seconds
        if leg.net.carrier.serves(url):
            jar = leg.jar
            fetched: Fetched = yield Job(lambda: _timed(leg.net.carrier.fetch("GET", url, (), jar)))
            leg.requests.extend(fetched.exchanges)
            if fetched.problem is not None:
                leg.problem(fetched.problem, url)
                known[url] = 0.0
            elif fetched.reply is not None:
                kind = (fetched.reply.header("content-type") or "").partition(";")[0].strip().lower()
                if not kind.startswith("audio/"):
                    leg.problem(Problem(12300, f"Content-Type {kind!r} is no sound"), url)
                known[url] = wav_seconds(fetched.reply.body) or known[url]
    return known[url]


def wav_seconds(data: bytes) -> float | None:
    """Give the length of a WAV file, or None when it is something else."""
    try:
        with wave.open(io.BytesIO(data)) as sound:
            return float(round(sound.getnframes() / sound.getframerate(), 3))
    except (wave.Error, EOFError, ZeroDivisionError):
        return None


def silent_wav(seconds: float) -> bytes:
    """Give a WAV file (8 kHz, 16 bit, one channel) of that length."""
    data = io.BytesIO()
    with wave.open(data, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * round(8000 * seconds)))
    return data.getvalue()


def _timed(fetched: Fetched) -> tuple[Fetched, float]:
    return fetched, fetched.seconds
