"""Sound for tests."""

from __future__ import annotations

import io
import math
import wave


def tone(seconds: float, *, rate: int = 8000, loud: float = 0.5, channels: int = 1, width: int = 2) -> bytes:
    """A WAV file with a tone of 400 Hz; `loud` is a share of what a file can hold."""
    period = rate // math.gcd(rate, 400)  # then it begins anew
    frames = []
    for place in range(period):
        level = loud * math.sin(2 * math.pi * 400 * place / rate)
        frame = round(max(-1, min(1, level)) * (2 ** (8 * width - 1) - 1))
        sample = bytes([frame + 128]) if width == 1 else frame.to_bytes(width, "little", signed=True)
        frames.append(sample * channels)
    whole, rest = divmod(round(rate * seconds), period)
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframesraw(b"".join([*frames * whole, *frames[:rest]]))
    return file.getvalue()
