"""Sound made fit for the telephone, and what is said of a recording that is none."""

from __future__ import annotations

import io
import shutil
import wave
from array import array
from pathlib import Path

import pytest

from ivr.network.line.media import wav_seconds
from ivr.voices.audio import LARGEST_BYTES, NoSound, Sound, TooLong, flaws, sound_of
from tests.voices.sounds import tone

WORDS = "Thank you for calling, please hold."  # 6 words: 2.3 s


def mp3(kilobits: int, size: int, *, tag: bytes = b"") -> bytes:
    """The beginning of an MP3 file of that bit rate, and zeros."""
    index = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128).index(kilobits)
    return tag + b"\xff\xfb" + bytes([index << 4, 0]) + bytes(size)


def frames(sound: Sound) -> tuple[int, int, int, array[int]]:
    with wave.open(io.BytesIO(sound.data)) as file:
        samples = array("h", file.readframes(file.getnframes()))
        return file.getnchannels(), file.getsampwidth(), file.getframerate(), samples


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("rate", "kept"), [(8000, 8000), (16000, 16000), (44100, 16000), (48000, 16000)])
def test_a_wav_file_becomes_one_channel_of_16_bits(width: int, channels: int, rate: int, kept: int) -> None:
    sound = sound_of(tone(0.5, rate=rate, channels=channels, width=width))
    assert (sound.ending, frames(sound)[:3]) == ("wav", (1, 2, kept))
    assert sound.seconds == pytest.approx(0.5, abs=0.02)
    assert sound.loudest == pytest.approx(16_384, rel=0.06)
    crossings = sum(
        (one < 0) != (other < 0) for one, other in zip(frames(sound)[3], frames(sound)[3][1:], strict=False)
    )
    assert crossings == pytest.approx(400, abs=12), "the tone is the same"


def test_the_silence_around_the_words_goes_but_for_a_breath(tmp_path: Path) -> None:
    loud = tone(1.0)[44:]
    file = tmp_path / "a.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000) + loud + bytes(32_000))
    assert sound_of(file.read_bytes()).seconds == pytest.approx(1.2, abs=0.02)


@pytest.mark.parametrize("tag", [b"", b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)])
def test_an_mp3_file_stays_as_it_is_and_its_length_is_read(tag: bytes) -> None:
    data = mp3(64, 16_000, tag=tag)
    sound = sound_of(data)
    assert (sound.data, sound.ending, sound.loudest) == (data, "mp3", None)
    assert sound.seconds == pytest.approx(2.0, abs=0.01)


PART_LONGER_THAN_ALL = b"RIFF\x0c\0\0\0WAVEjunk\xe8\x03\0\0" + bytes(900)


@pytest.mark.parametrize(
    "data",
    [b"", b"RIFF", b"RIFF" + bytes(60), b"<svg/>", b"OggS" + bytes(900), b"ID3", b"\xff\xfb", tone(0.1)[:30],
     PART_LONGER_THAN_ALL],
)  # fmt: skip
def test_what_is_no_sound_is_refused(data: bytes) -> None:
    assert wav_seconds(data) is None
    with pytest.raises(NoSound):
        sound_of(data)


@pytest.mark.parametrize(
    "data",
    [mp3(32, LARGEST_BYTES), mp3(32, 1_800 * 4_000), tone(301, rate=40)],
    ids=["large", "half an hour of MP3", "five minutes and a second"],
)
def test_what_is_too_long_for_a_sentence_is_refused(data: bytes) -> None:
    with pytest.raises(TooLong):
        sound_of(data)


def test_another_format_is_read_by_the_program_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is called like ffmpeg, and gives what it would give: bare frames."""
    raw = tmp_path / "frames"
    raw.write_bytes(tone(1.5, rate=16000)[44:])
    program = tmp_path / "ffmpeg"
    program.write_text(
        f'#!/bin/sh\n[ "$(head -c 4)" = OggS ] && case "$*" in *"-protocol_whitelist pipe"*) cat {raw};; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert sound_of(b"OggS" + bytes(900)).seconds == pytest.approx(1.5, abs=0.01)
    with pytest.raises(NoSound):
        sound_of(b"flac" + bytes(900))


def test_the_real_program_reads_another_format() -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed: apt-get install ffmpeg")
    au = (
        b".snd"
        + b"".join(number.to_bytes(4, "big") for number in (24, 16_000, 3, 8000, 1))
        + b"\x20\x00\xe0\x00" * 4000
    )
    assert sound_of(au).seconds == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("sound", "told"),
    [
        (tone(2.3), []),
        (tone(1.4), []),
        (tone(0.5), ["short"]),
        (tone(9.0), ["long"]),
        (tone(2.3, loud=0.05), ["quiet"]),
        (tone(2.3, loud=1.4), ["clipped"]),
        (tone(2.3, loud=0.005), ["silent"]),
        (mp3(64, 18_400), []),
        (mp3(64, 80_000), ["long"]),
    ],
)
def test_length_and_level_are_judged(sound: bytes, told: list[str]) -> None:
    assert list(flaws(sound_of(sound), WORDS, "en")) == told


def test_chinese_is_measured_by_its_characters() -> None:
    assert list(flaws(sound_of(tone(3.0)), "感谢您的来电，请不要挂机。", "zh")) == []
    assert list(flaws(sound_of(tone(9.5)), "感谢您的来电，请不要挂机。", "zh")) == ["long"]
