"""Which voice of a machine reads what: Piper where it can, else espeak-ng."""

from __future__ import annotations

import gc
import subprocess
import tempfile
from pathlib import Path
from threading import Event

import pytest

from ivr.voices import piper
from ivr.voices.audio import sound_of
from ivr.voices.espeak import WOMAN, Espeak
from ivr.voices.piper import Piper, find_piper
from ivr.voices.speaker import Speaker, Voice, language_of
from tests.voices.programs import install_piper, own_voices
from tests.voices.sounds import tone

EN = "Thank you for calling."
ESPEAK_SECONDS = 7.0
"""How long this espeak-ng takes for whatever it reads: so it is known by its sound."""


@pytest.fixture
def espeak(tmp_path: Path) -> Espeak:
    """An espeak-ng that whistles, and knows no Klingon."""
    (tmp_path / "tone.wav").write_bytes(tone(ESPEAK_SECONDS))
    program = tmp_path / "espeak-ng"
    program.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *tlh*) exit 1;; *--ipa*) echo a;; *--version*) echo "eSpeak 1.51 Data";; '
        f"*) cat '{tmp_path}/tone.wav';; esac\n",
        "utf-8",
    )
    program.chmod(0o755)
    return Espeak(str(program))


def seconds(sound: bytes) -> float:
    return round(sound_of(sound).seconds, 1)


def test_a_voice_of_piper_is_preferred_in_its_language(
    espeak: Espeak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_piper(tmp_path, monkeypatch, "en_US-amy-low", "es_ES-davefx-medium")
    speaker = Speaker(espeak, find_piper())
    assert list(speaker.voices("en")) == [
        Voice("en", "en_US-amy-low", "piper", "1.8.0"), Voice("en", "en-us", "espeak-ng", "1.51"),
    ]  # fmt: skip
    assert [voice.program for voice in speaker.voices("ja")] == ["espeak-ng"]
    assert list(speaker.voices("tlh")) == []
    assert seconds(speaker.say(EN, "en-US")) == 2.0
    assert seconds(speaker.say(EN, "ja-JP")) == ESPEAK_SECONDS


def test_piper_is_not_hurried_and_is_one_person(
    espeak: Espeak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_piper(tmp_path, monkeypatch, "en_US-amy-low")
    speaker = Speaker(espeak, find_piper())
    usual = 4 / 2.6
    assert seconds(speaker.say(EN, "en-US", usual)) == 2.0
    assert seconds(speaker.say(EN, "en-US", usual / 4)) == ESPEAK_SECONDS
    assert seconds(speaker.say(EN, "en-US", usual, WOMAN)) == ESPEAK_SECONDS


def test_what_comes_too_late_is_read_by_espeak_and_by_piper_the_next_time(
    espeak: Espeak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = Event()

    class SlowPiper(Piper):
        def say(self, words: str) -> bytes:
            release.wait()
            return tone(2.0)

    slow = SlowPiper(tmp_path / "en_US-amy-low.onnx", "1.8.0")
    speaker = Speaker(espeak, {"en": slow})
    monkeypatch.setattr("ivr.voices.speaker._LEAST_PATIENCE_SECONDS", 0.0)
    assert seconds(speaker.say(EN, "en", 1.6)) == ESPEAK_SECONDS
    monkeypatch.setattr("ivr.voices.speaker._LEAST_PATIENCE_SECONDS", 60.0)
    assert seconds(speaker.say("You are next.", "en", 1.6)) == ESPEAK_SECONDS, "it is behind, and not waited for"
    release.set()
    assert seconds(speaker.say(EN, "en")) == 2.0, "without a line it has all the time"
    assert seconds(speaker.say(EN, "en", 1.6)) == 2.0


def test_where_piper_fails_espeak_reads_and_the_next_words_are_piper_s_again(
    espeak: Espeak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_piper(tmp_path, monkeypatch, "en_US-amy-low")
    speaker = Speaker(espeak, find_piper())
    monkeypatch.setattr(piper, "LONGEST_READING_SECONDS", 0.3)
    assert seconds(speaker.say("crash", "en")) == ESPEAK_SECONDS
    assert seconds(speaker.say("hang", "en")) == ESPEAK_SECONDS
    monkeypatch.setattr(piper, "LONGEST_READING_SECONDS", 60.0)
    assert seconds(speaker.say("One\ntwo three.", "en")) == 1.6, "two lines are one sentence"
    assert seconds(speaker.say("One.", "en")) == 0.8


def test_its_program_and_its_files_end_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_piper(tmp_path, monkeypatch, "en_US-amy-low")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    voice = find_piper()["en"]
    voice.start()
    assert voice.say(EN)
    program = voice._program
    assert isinstance(program, subprocess.Popen)
    assert [list(folder.iterdir()) for folder in tmp_path.glob("ivr-piper-*")] == [[]]
    del voice
    gc.collect()
    assert program.returncode is not None
    assert list(tmp_path.glob("ivr-piper-*")) == []


def test_a_voice_is_two_files_and_named_by_its_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = install_piper(tmp_path, monkeypatch, "zh_CN-huayan-medium", "en_GB-alba-medium", "en_US-amy-low")
    (place / "fr_FR-siwis-low.onnx").touch()
    assert {code: voice.name for code, voice in find_piper().items()} == {
        "zh": "zh_CN-huayan-medium", "en": "en_GB-alba-medium",
    }  # fmt: skip


def test_voices_without_piper_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_voices(tmp_path, monkeypatch, "en_US-amy-low")
    monkeypatch.setattr(piper, "DISTRIBUTION", "no-such-piper")
    assert find_piper() == {}


def test_what_was_read_is_kept(espeak: Espeak) -> None:
    speaker = Speaker(espeak, {})
    assert speaker.say(EN, "en-US", 4.0) is speaker.say(EN, "en-US", 4.02)


@pytest.mark.parametrize(
    ("words", "tag", "language"),
    [("您好", "", "zh"), ("Hello", "", "en"), ("x", "cmn-Hans-CN", "zh"), ("x", "en-GB", "en"), ("x", "es", "es")],
)
def test_without_a_tag_the_words_tell_the_language(words: str, tag: str, language: str) -> None:
    assert language_of(words, tag) == language
