"""What was learnt is kept in the user's cache folder, and learnt anew where a file or the folder is not as it was."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from threading import Barrier, Thread

import pytest

from ivr.app.edition import edition_of
from ivr.call.machine import FlowMachine
from ivr.call.understanding.classifier import learnt_from
from ivr.hotline import learnt_files
from ivr.hotline.learnt_files import learn_aside, learnt
from tests.patience import PATIENCE_SECONDS
from tests.shipped_hotline import config, flows


class Learner:
    """Counts how often it learns."""

    def __init__(self, gives: bytes = b"weights") -> None:
        self.gives, self.times = gives, 0

    def __call__(self, _told: str) -> bytes:
        self.times += 1
        return self.gives


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "ivr"


@pytest.fixture
def read_only(folder: Path) -> Path:
    """Stands where the folder would be: nothing can be made inside a file, not even by root."""
    folder.parent.mkdir()
    folder.write_text("")
    return folder


def test_what_was_learnt_is_read_the_next_time(folder: Path) -> None:
    first, second = Learner(b"first"), Learner(b"second")
    assert (learnt("examples", first), learnt("examples", second)) == (b"first", b"first")
    assert (first.times, second.times) == (1, 0)
    assert len([*folder.iterdir()]) == 1


def test_other_examples_are_learnt_by_themselves(folder: Path) -> None:
    assert (learnt("one", Learner(b"one")), learnt("other", Learner(b"other"))) == (b"one", b"other")


def test_a_learner_that_was_changed_learns_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt("examples", Learner(b"by the old"))
    monkeypatch.setattr(learnt_files, "_learner", lambda: b"another one")
    assert learnt("examples", Learner(b"by the new")) == b"by the new"


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 39], ids=["empty", "cut off", "zeros"])
def test_a_damaged_file_is_learnt_anew_and_mended(
    folder: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    learnt("examples", Learner())
    next(folder.iterdir()).write_bytes(damage)
    again = Learner()
    assert (learnt("examples", again), learnt("examples", again), again.times) == (b"weights", b"weights", 1)
    assert [record.getMessage() for record in caplog.records] == ["what was learnt cannot be read, and is learnt anew"]


def test_without_a_folder_to_write_to_it_is_learnt_each_time(read_only: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    learner = Learner()
    assert (learnt("examples", learner), learnt("examples", learner), learner.times) == (b"weights", b"weights", 2)
    assert "what was learnt is not kept" in caplog.text


def test_a_user_without_a_home_learns_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    assert learnt("examples", Learner()) == b"weights"


def test_a_relative_folder_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    learnt("examples", Learner())
    assert [*(tmp_path / "home" / ".cache" / "ivr").iterdir()]
    assert not (tmp_path / "here").exists()


def test_the_files_that_were_used_last_are_learnt(folder: Path) -> None:
    for number in range(learnt_files.FILES):
        learnt(str(number), Learner())
    for age, file in enumerate(folder.iterdir()):
        os.utime(file, (age, age))
    used = Learner()
    learnt("0", used)
    for number in range(1, learnt_files.FILES):
        learnt(f"new {number}", Learner())
    learnt("0", used)
    assert used.times == 0
    assert len([*folder.iterdir()]) == learnt_files.FILES


def test_processes_that_learn_at_once_leave_one_whole_file(folder: Path) -> None:
    both, given = Barrier(2), []

    def learn(_told: str) -> bytes:
        both.wait(PATIENCE_SECONDS)
        return b"weights" * 100_000

    threads = [Thread(target=lambda: given.append(learnt("examples", learn))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert given == [b"weights" * 100_000] * 2
    assert learnt("examples", Learner()) == b"weights" * 100_000
    assert len([*folder.iterdir()]) == 1


TOLD = json.dumps(
    [[["refund", "money back"], ["fraud", "stolen"]], {"money": "money", "back": "back", "stolen": "steal"}]
)


def test_another_process_learns_the_same() -> None:
    assert learn_aside(TOLD) == learnt_from(TOLD)


def test_where_no_process_can_be_started_this_one_learns(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/there/is/none")
    assert learn_aside(TOLD) == learnt_from(TOLD)
    assert [record.getMessage() for record in caplog.records] == ["no process to learn in, learnt in this one"]


def test_a_hotline_keeps_what_it_learns() -> None:
    assert edition_of(config(), flows(), FlowMachine(flows())).learn is learnt
