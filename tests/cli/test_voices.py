"""`ivr voices`: what reads and what is recorded; sentences rendered to files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from ivr.flow.model import Language
from ivr.voices.recordings import LIST, RecordedSentence, SentenceRecordings, read_recordings
from ivr.voices.speaker import Speaker
from tests.cli.conftest import Ivr
from tests.voices.programs import install_piper
from tests.voices.sounds import tone

LANGUAGES = ("zh", "en")
MENU = "How can we help?"


@pytest.fixture(autouse=True)
def no_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has beside is out of sight."""
    monkeypatch.setattr("ivr.voices.speaker.find_espeak", lambda: None)


@pytest.fixture
def no_piper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.voices.piper.DISTRIBUTION", "no-such-piper")


@pytest.fixture
def piper(house: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    return install_piper(tmp_path_factory.mktemp("piper"), monkeypatch, "en_US-amy-low")


def listed(house: Path) -> dict[str, RecordedSentence]:
    """The English recordings by their words."""
    return {each.words: each for each in read_recordings(house, LANGUAGES).sentences if each.language == "en"}


def written(house: Path, recording: RecordedSentence) -> tuple[str, int]:
    """A file and when it was written."""
    return recording.file, (house / recording.file).stat().st_mtime_ns


def counts(ivr: Ivr, language: str = "en") -> dict[str, int]:
    told = json.loads(ivr("voices", "--format", "json").output)
    found: dict[str, int] = told["recordings"][language]
    return found


def edit(house: Path, old: str, new: str) -> None:
    file = house / "flows" / "hotline.yaml"
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


def test_voices_and_recordings_are_listed_with_what_to_install(ivr: Ivr, piper: Path) -> None:
    told = ivr("voices").output.splitlines()
    assert told[0].split() == ["language", "voice", "program"]
    assert told[1].split() == ["en", "en_US-amy-low", "piper", "1.8.0"]
    assert told[3].split() == ["language", "sentences", "recorded", "rendered", "stale", "missing"]
    assert told[4].split()[::5] == ["zh", told[4].split()[1]], "all are missing"
    advice = f"no voice reads it (espeak-ng is not installed); for a better one: put a voice of Piper into {piper}"
    assert told[-1].startswith(f"zh: {advice}: zh_")


@pytest.mark.usefixtures("house", "no_piper")
def test_without_the_extra_its_installation_is_told(ivr: Ivr) -> None:
    told = json.loads(ivr("voices", "--format", "json").output)
    assert told["voices"] == []
    assert [line[:2] for line in told["advice"]] == ["zh", "en"]
    assert told["advice"][1].endswith("pip install 'ivr-hotline[voices]'")


def test_constant_sentences_are_rendered_and_listed_with_voice_and_day(ivr: Ivr, house: Path, piper: Path) -> None:
    before = counts(ivr)
    result = ivr("voices", "render")
    assert result.exit_code == 0, result.output
    assert "zh is not rendered: no voice reads it" in result.stderr
    known = listed(house)
    assert {MENU, "For your limit, press 1.", "Goodbye.", "I heard nothing."} <= known.keys()
    assert not [words for words in known if "{" in words or "left" in words], "values differ from call to call"
    menu = known[MENU]
    assert (menu.voice, menu.by, menu.part) == ("piper en_US-amy-low", "", "hotline.main menu")
    assert abs((menu.at - date.today()).days) <= 1  # noqa: DTZ011 - the hotline is in Shanghai
    assert (house / menu.file).read_bytes().startswith(b"RIFF")
    after = counts(ivr)
    assert (after["rendered"], after["missing"]) == (before["missing"], 0) == (len(known), 0)
    assert ivr("check").output.count("recording") == 0


def test_only_what_changed_is_rendered_and_never_over_what_a_person_recorded(
    ivr: Ivr, house: Path, piper: Path
) -> None:
    recordings = SentenceRecordings(house, LANGUAGES)
    wang = recordings.keep(tone(1), "wav", RecordedSentence(file="", words=MENU, language=Language("en"), by="Wang"))
    lost = recordings.keep(tone(2), "wav", RecordedSentence(file="", words="Goodbye.", language=Language("en")))
    (house / lost.file).unlink()
    assert ivr("voices", "render").exit_code == 0
    files = {
        words: (each.file, (house / each.file).stat().st_mtime_ns)
        for words, each in listed(house).items()
        if each.voice
    }
    assert (listed(house)[MENU], "Goodbye." in files) == (wang, False)
    edit(house, "I heard nothing.", "I did not hear you.")
    assert "the words are others now: it is not played; render them again: ivr voices render" in ivr("check").output
    assert counts(ivr)["stale"] == 1
    checked = ivr("voices", "render", "--check")
    assert (checked.exit_code, [line for line in checked.output.splitlines() if line[:2] == "en"]) == (
        1, ["en: I did not hear you."],
    )  # fmt: skip
    assert "en: rendered into media/spoken with piper en_US-amy-low: 1\n" in ivr("voices", "render").output
    now = listed(house)
    assert {words: written(house, now[words]) for words in files} == files
    assert "stale" not in ivr("check").output, "a rendered file is nobody's work"
    assert ivr("voices", "render", "--language", "en", "--check").exit_code == 0


def test_a_sentence_that_was_rendered_can_be_recorded_and_then_stays(
    ivr: Ivr, house: Path, piper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ivr("voices", "render")
    mine = RecordedSentence(file="", words=MENU, language=Language("en"), by="Wang", at=date(2026, 11, 30))
    kept = SentenceRecordings(house, LANGUAGES).keep(tone(1), "wav", mine)
    assert (listed(house)[MENU].file, listed(house)[MENU].voice) == (kept.file, "")
    assert counts(ivr)["recorded"] == 1
    monkeypatch.setattr("ivr.voices.piper.DISTRIBUTION", "no-such-piper")
    assert ivr("voices", "render", "--language", "en").exit_code == 0, "nothing is left to read"
    assert listed(house)[MENU].file == kept.file


def test_what_is_interrupted_is_whole_and_goes_on_from_there(
    ivr: Ivr, house: Path, piper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, heard = Speaker.read, []

    def interrupted(speaker: Speaker, *asked: object, **more: object) -> bytes:
        heard.append(asked)
        if len(heard) == 4:
            raise KeyboardInterrupt
        return read(speaker, *asked, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Speaker, "read", interrupted)
    assert ivr("voices", "render").exit_code == 1
    known = read_recordings(house, LANGUAGES)
    assert (len(known.sentences), known.issues) == (3, ())
    assert {each.file for each in known.sentences} == {
        str(file.relative_to(house)) for file in (house / "media" / "spoken").iterdir()
    }
    assert ivr("voices", "render").exit_code == 0
    assert len(heard) == 4 + counts(ivr)["rendered"] - 3


@pytest.mark.usefixtures("no_piper")
@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        (("--with", "say"), 2, "'say' is not one of 'piper', 'espeak-ng'"),
        (("--language", "fr"), 2, 'the hotline does not speak "fr", but zh and en'),
        ((), 2, "nothing was rendered"),
        (("--with", "espeak-ng"), 2, "no voice of espeak-ng reads it"),
    ],
)  # fmt: skip
def test_what_cannot_be_rendered_is_told_and_nothing_is_written(
    given: tuple[str, ...], status: int, told: str, ivr: Ivr, house: Path
) -> None:
    result = ivr("voices", "render", *given)
    assert (result.exit_code, told in result.stderr) == (status, True), result.output
    assert not (house / LIST).exists()
