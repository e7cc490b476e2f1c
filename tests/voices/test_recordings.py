"""Recordings of sentences: which are played where, when they are stale, and how the list is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from ivr.app.build import handlers_of
from ivr.app.checking import check_flows
from ivr.app.simulation import Simulation
from ivr.cli import main
from ivr.config import Config
from ivr.flow.model import Language
from ivr.flow.reading.reader import flow_sources
from ivr.network import VirtualClock
from ivr.voices.recordings import LIST, RecordedSentence, SentenceRecordings, read_recordings
from tests.small_hotline import hotline_in
from tests.voices.sounds import tone

LANGUAGES = ("zh", "en")
MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
MENU = "How can we help?"
CHOICE = "For your limit, press 1."
SENTENCE = RecordedSentence(
    file="", words=MENU, language=Language("en"), by="Wang", at=date(2026, 11, 30), part="x.y menu"
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return hotline_in(tmp_path)


def keep(
    config: Config, words: str, language: str = "en", seconds: float = 1.0, part: str = "hotline.main menu"
) -> str:
    """Records these words; the address of the file."""
    sentence = replace(SENTENCE, words=words, language=Language(language), part=part)
    return SentenceRecordings(config.folder, LANGUAGES).keep(tone(seconds), "wav", sentence).file


def problems(config: Config) -> list[str]:
    sources, _ = flow_sources(config.flows)
    _, issues = check_flows(config, handlers_of(config), sources)
    return [f"{Path(issue.place.file).name}:{issue.place.line} {issue.rule}" for issue in issues]


def edit(config: Config, old: str, new: str) -> None:
    file = config.flows / "hotline.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


# --- what is played -------------------------------------------------------------------------------------------------


def heard(config: Config, *keys: str) -> list[tuple[str, str, float, bool]]:
    """What a caller hears who presses these keys: kind, words, seconds, and whether it comes from a file."""
    with Simulation(config, clock=VirtualClock(MONDAY), store_url="sqlite://") as simulation:
        call = simulation.dial("+8613800138000")
        for key in keys:
            call.press(key)
        simulation.network.clock.run(30)
        return [
            (each.kind, each.text, each.duration, bool(each.sound))
            for each in call.transcript
            if each.kind in ("said", "played", "error")
        ]


def test_a_recording_is_heard_in_the_place_of_its_words_and_takes_as_long_as_it_is(config: Config) -> None:
    before = [words for _, words, _, _ in heard(config, "2")]
    keep(config, MENU, seconds=1.75)
    keep(config, CHOICE, seconds=2.5)
    lines = heard(config, "2")
    assert [words for _, words, _, _ in lines][:5] == before[:5], "a script hears the same words as before"
    assert [line for line in lines if line[3]][:2] == [("said", MENU, 1.75, True), ("said", CHOICE, 2.5, True)]


def test_in_another_language_the_same_words_are_said(config: Config) -> None:
    keep(config, MENU, language="zh")
    assert not any(from_file for *_, from_file in heard(config, "2"))


@pytest.mark.parametrize(
    ("recorded", "parts"),
    [
        (["A. B."], [("A. B.", True), ("C?", False)]),
        (["B."], [("A.", False), ("B.", True), ("C?", False)]),
        (["A.", "B.", "C?"], [("A.", True), ("B.", True), ("C?", True)]),
        (["A. B. C?"], [("A. B. C?", True)]),
        (["A"], [("A. B. C?", False)]),
        ([], [("A. B. C?", False)]),
    ],
)
def test_whole_sentences_of_joined_words_are_played_and_the_rest_is_said(
    tmp_path: Path, recorded: list[str], parts: list[tuple[str, bool]]
) -> None:
    """So the words of a queue, to which places in line are joined, and whispers can have recordings."""
    recordings = SentenceRecordings(tmp_path, LANGUAGES)
    for number, words in enumerate(recorded):
        recordings.keep(tone(1 + number), "wav", replace(SENTENCE, words=words))
    found = [(words, bool(address)) for words, address in recordings.current().parts("A. B. C?", "en")]
    assert found == parts


def test_chinese_sentences_need_no_space_between_them(tmp_path: Path) -> None:
    recordings = SentenceRecordings(tmp_path, LANGUAGES)
    recordings.keep(tone(1), "wav", replace(SENTENCE, words="请稍等。", language=Language("zh")))
    found = [(words, bool(address)) for words, address in recordings.current().parts("前面还有两位。请稍等。", "zh")]
    assert found == [("前面还有两位。", False), ("请稍等。", True)]


def test_a_file_that_is_gone_is_not_played(config: Config) -> None:
    (config.folder / keep(config, MENU)).unlink()
    assert not any(from_file for *_, from_file in heard(config, "2"))


def test_a_list_that_is_broken_by_an_edit_changes_nothing_until_it_is_mended(tmp_path: Path) -> None:
    recordings = SentenceRecordings(tmp_path, LANGUAGES)
    address = recordings.keep(tone(1), "wav", SENTENCE).file
    assert recordings.current().file(MENU, "en") == address
    (tmp_path / LIST).write_text("- {file: [}", "utf-8")
    assert recordings.current().file(MENU, "en") == address


def test_a_file_that_the_carrier_was_told_a_moment_ago_may_still_be_fetched(tmp_path: Path) -> None:
    recordings = SentenceRecordings(tmp_path, LANGUAGES)
    old = recordings.keep(tone(1), "wav", SENTENCE).file
    assert recordings.plays(old)
    new = recordings.keep(tone(2), "wav", SENTENCE).file
    assert (recordings.plays(new), recordings.plays(old), recordings.plays("media/other.wav")) == (True, True, False)


# --- what is stale --------------------------------------------------------------------------------------------------


def test_other_words_make_a_recording_stale_and_the_checker_says_where(config: Config) -> None:
    keep(config, MENU)
    keep(config, CHOICE)
    assert problems(config) == []
    edit(config, "How can we help?", "What can we do for you?")
    assert problems(config) == ["hotline.yaml:16 stale-recording"]
    assert not any(words == MENU for _, words, _, _ in heard(config, "2"))


def test_another_key_makes_the_recording_of_a_choice_stale(config: Config) -> None:
    keep(config, CHOICE, part="hotline.main choices.1")
    edit(config, "{key: 1, label: {zh: 限额", "{key: 7, label: {zh: 限额")
    assert "hotline.yaml:18 stale-recording" in problems(config)


def test_a_recording_of_a_step_that_is_gone_is_told_in_the_list(config: Config) -> None:
    keep(config, "Welcome.", part="hotline.welcome say")
    assert problems(config) == ["recordings.yaml:2 stale-recording"]


def test_the_hotlines_own_sentences_can_be_recorded(config: Config) -> None:
    keep(config, "Goodbye.", part="")
    keep(config, "没有听到。", language="zh", part="")
    assert problems(config) == []


def test_the_command_shows_the_line(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(config.folder)
    keep(config, MENU)
    edit(config, "How can we help?", "What can we do for you?")
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 0
    assert 'speaks "How can we help?", and the words are others now' in result.output
    assert "1 warning in 1 file" in result.output


# --- the list -------------------------------------------------------------------------------------------------------


def test_the_list_says_which_file_speaks_which_words_by_whom_and_when(tmp_path: Path) -> None:
    kept = SentenceRecordings(tmp_path, LANGUAGES).keep(tone(1), "wav", SENTENCE)
    assert kept.file.startswith("media/spoken/en-")
    assert (tmp_path / LIST).read_text("utf-8").splitlines()[1:] == [
        f'- file: "{kept.file}"',
        f'  words: "{MENU}"',
        '  language: "en"',
        '  by: "Wang"',
        '  at: "2026-11-30"',
        '  part: "x.y menu"',
    ]


def test_recording_again_changes_the_values_of_its_entry_and_no_other_byte(tmp_path: Path) -> None:
    recordings = SentenceRecordings(tmp_path, LANGUAGES)
    (tmp_path / "media").mkdir()
    text = dedent("""\
        # ours
        - file: media/old.wav   # in the studio of Ms Li
          words: How can
            we help?
          language: en
          at: 2025-01-01

        # theirs
        - {file: media/bye.mp3, words: 再见。, language: zh}
        """)
    (tmp_path / LIST).write_text(text, "utf-8")
    kept = recordings.keep(tone(1), "wav", SENTENCE)
    changed = (tmp_path / LIST).read_text("utf-8")
    expected = text.replace("media/old.wav", kept.file).replace("2025-01-01", "2026-11-30")
    lines = [line for line in changed.splitlines() if not line.strip().startswith(("by:", "part:"))]
    assert lines == expected.splitlines()
    assert [(each.file, each.by) for each in read_recordings(tmp_path, LANGUAGES).sentences] == [
        (kept.file, "Wang"), ("media/bye.mp3", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {file: media/no.wav, words: a, language: en}", "lost-recording"),
        ("- {file: 'https://example.com/a.wav', words: a, language: en}", "lost-recording"),
        ("- {file: ../config.yaml, words: a, language: en}", "lost-recording"),
        ("- {file: media/a.wav, words: a, language: fr}", "unknown-language"),
        ("- {file: media/a.wav, words: a}", "missing-field"),
        ("- {file: media/a.wav, word: a, language: en}", "unknown-field"),
        ("file: media/a.wav", "wrong-type"),
        ("- {file: [}", "yaml-syntax"),
    ],
)
def test_what_is_wrong_with_the_list_is_told_and_never_played(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.wav").write_bytes(tone(1))
    (tmp_path / LIST).write_text(text, "utf-8")
    recorded = read_recordings(tmp_path, LANGUAGES)
    assert told in {issue.rule for issue in recorded.issues}
    assert not recorded.files


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_a_list_may_be_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / LIST).write_text(text, "utf-8")
    assert read_recordings(tmp_path, LANGUAGES).issues == ()
