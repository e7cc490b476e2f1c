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

from ivr.voices.espeak import WOMAN, Espeak, find_espeak

ZH = "您好，这里是云钱包客服热线，查询退款请按一。"
EN = "Thank you for calling. For our opening hours, press 2."
BOTH = pytest.mark.parametrize(("words", "language"), [(ZH, "zh"), (EN, "en")], ids=["zh", "en"])


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    found = find_espeak()
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
def test_words_are_sound_of_plausible_length(espeak, words, language):
    seconds, loudest = heard(espeak.say(words, language))
    assert 2 < seconds < 9
    assert loudest > 5000


@BOTH
@pytest.mark.parametrize("wanted", [3.0, 4.5])
def test_it_takes_about_as_long_as_it_is_given(espeak, words, language, wanted):
    seconds, _ = heard(espeak.say(words, language, wanted))
    assert seconds == pytest.approx(wanted, rel=0.2)


def test_chinese_is_read_by_a_voice_that_knows_it_and_not_as_english(espeak):
    program = shutil.which("espeak-ng")
    told = subprocess.run([program, "-q", "--ipa", "-v", espeak.mandarin, ZH], capture_output=True, check=True)
    assert "(en)" not in told.stdout.decode()
    as_english, _ = heard(espeak.say(ZH, "en"))
    assert heard(espeak.say(ZH, "zh"))[0] < as_english / 1.5, "letter by letter takes far longer"


def test_another_person_sounds_otherwise(espeak):
    assert espeak.say(EN, "en") != espeak.say(EN, "en", variant=WOMAN)


def test_it_says_its_release_and_which_languages_it_reads(espeak):
    assert espeak.version[0].isdigit()
    assert (espeak.voice_for("en"), espeak.voice_for("es"), espeak.voice_for("tlh")) == ("en-us", "es", "")


@pytest.mark.parametrize("words", ["-x --ipa", "[[h@l'oU]]", "<speak>x</speak>", "\0hello"])
def test_words_are_never_orders(espeak, words):
    seconds, _ = heard(espeak.say(words, "en"))
    assert seconds > 0.2


@pytest.mark.parametrize(("words", "language"), [("", "en"), ("。", "zh"), ("hello", "tlh")])
def test_what_cannot_be_read_is_no_sound(espeak, words, language):
    assert espeak.say(words, language) == b""


def fake(folder: Path, *, chinese: str) -> Espeak:
    """An espeak-ng of which only these voices read Chinese, as its releases differ."""
    program = folder / "espeak-ng"
    program.write_text(f'#!/bin/sh\ncase "$*" in *"-v {chinese} "*) echo ni;; *) echo "(en)juu";; esac\n', "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Espeak(str(program))


@pytest.mark.parametrize("voice", ["cmn", "cmn-latn-pinyin"])
def test_the_mandarin_voice_is_the_one_of_the_release(tmp_path, voice):
    assert fake(tmp_path, chinese=voice).mandarin == voice


def test_where_no_voice_knows_chinese_none_is_read(tmp_path):
    espeak = fake(tmp_path, chinese="none")
    assert (espeak.mandarin, espeak.say(ZH, "zh")) == ("", b"")


def test_a_program_that_is_gone_is_no_sound(tmp_path):
    assert Espeak(str(tmp_path / "nothing")).say(EN, "en") == b""
