"""What espeak-ng makes of words. With CI=true it has to be there; elsewhere these tests are skipped without it."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import wave
from array import array
from pathlib import Path

import pytest

from ivr.voices.espeak import WOMAN, Speaker, find_speaker

ZH = "您好，这里是云钱包客服热线，查询退款请按一。"
EN = "Thank you for calling. For our opening hours, press 2."
BOTH = pytest.mark.parametrize(("words", "language"), [(ZH, "zh-CN"), (EN, "en-US")], ids=["zh", "en"])


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    found = find_speaker()
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("espeak-ng is not installed: apt-get install espeak-ng")
    assert found is not None, "CI installs espeak-ng: see .ci/run"
    return found


def heard(sound: bytes) -> tuple[float, int]:
    """Seconds, and the loudest frame (of 32,767)."""
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        frames = array("h", file.readframes(file.getnframes()))
        return len(frames) / file.getframerate(), max(map(abs, frames))


@BOTH
def test_words_are_sound_of_plausible_length(speaker, words, language):
    seconds, loudest = heard(speaker.say(words, language))
    assert 2 < seconds < 9
    assert loudest > 5000


@BOTH
@pytest.mark.parametrize("wanted", [3.0, 4.5])
def test_it_takes_about_as_long_as_it_is_given(speaker, words, language, wanted):
    seconds, _ = heard(speaker.say(words, language, wanted))
    assert seconds == pytest.approx(wanted, rel=0.2)


def test_chinese_is_read_by_a_voice_that_knows_it_and_not_as_english(speaker):
    program = shutil.which("espeak-ng")
    told = subprocess.run([program, "-q", "--ipa", "-v", speaker.mandarin, ZH], capture_output=True, check=True)
    assert "(en)" not in told.stdout.decode()
    as_english, _ = heard(speaker.say(ZH, "en-US"))
    assert heard(speaker.say(ZH, "zh-CN"))[0] < as_english / 1.5, "letter by letter takes far longer"


@pytest.mark.parametrize(("words", "language"), [(ZH, ""), (EN, "")], ids=["zh", "en"])
def test_without_a_language_the_words_tell_it(speaker, words, language):
    known = "zh-CN" if words is ZH else "en-US"
    assert speaker.say(words, language) == speaker.say(words, known)


def test_another_person_sounds_otherwise(speaker):
    assert speaker.say(EN, "en-US") != speaker.say(EN, "en-US", variant=WOMAN)


def test_what_was_read_is_kept(speaker):
    assert speaker.say(EN, "en-US", 4.0) is speaker.say(EN, "en-US", 4.02)


@pytest.mark.parametrize("words", ["-x --ipa", "[[h@l'oU]]", "<speak>x</speak>", "\0hello"])
def test_words_are_never_orders(speaker, words):
    seconds, _ = heard(speaker.say(words, "en-US"))
    assert seconds > 0.2


@pytest.mark.parametrize(("words", "language"), [("", "en-US"), ("。", "zh-CN"), ("hello", "tlh")])
def test_what_cannot_be_read_is_no_sound(speaker, words, language):
    assert speaker.say(words, language) == b""


def fake(folder: Path, *, chinese: str) -> Speaker:
    """An espeak-ng of which only these voices read Chinese, as its releases differ."""
    program = folder / "espeak-ng"
    program.write_text(f'#!/bin/sh\ncase "$*" in *"-v {chinese} "*) echo ni;; *) echo "(en)juu";; esac\n', "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Speaker(str(program))


@pytest.mark.parametrize("voice", ["cmn", "cmn-latn-pinyin"])
def test_the_mandarin_voice_is_the_one_of_the_release(tmp_path, voice):
    assert fake(tmp_path, chinese=voice).mandarin == voice


def test_where_no_voice_knows_chinese_none_is_read(tmp_path):
    speaker = fake(tmp_path, chinese="none")
    assert (speaker.mandarin, speaker.say(ZH, "zh-CN")) == ("", b"")


def test_a_program_that_is_gone_is_no_sound(tmp_path):
    assert Speaker(str(tmp_path / "nothing")).say(EN, "en-US") == b""
