"""Drafts: edited in a folder of their own, saved whole or not at all, never over what somebody else has written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from ivr.config import Config
from ivr.flow.issues import BrokenDocument
from ivr.flow.reading.source import MAX_BYTES
from ivr.studio.drafts import Changed, Drafts, Unusable, mark_of

FILE = "hotline.yaml"


def saved(drafts: Drafts) -> str:
    return (drafts.folder / FILE).read_text("utf-8")


def edited(drafts: Drafts, old: str = "en: Goodbye.", new: str = "en: Farewell.") -> str:
    text = drafts.all()[FILE].text
    assert old in text
    drafts.edit(FILE, text.replace(old, new))
    return text.replace(old, new)


def test_an_edit_is_dialled_and_changes_no_file(drafts: Drafts) -> None:
    before = saved(drafts)
    text = edited(drafts)
    assert saved(drafts) == before
    assert (drafts.config.flows / FILE).read_text("utf-8") == text
    assert not drafts.all()[FILE].is_saved


def test_saving_writes_exactly_what_was_typed(drafts: Drafts) -> None:
    text = "flow: hotline\r\nsteps:\n  a: {say: 你好 😀}   \n\n# a comment"
    drafts.edit(FILE, text)
    drafts.save(FILE)
    assert (drafts.folder / FILE).read_bytes() == text.encode()
    assert drafts.all()[FILE].is_saved


def test_a_file_keeps_its_rights(drafts: Drafts) -> None:
    os.chmod(drafts.folder / FILE, 0o640)
    edited(drafts)
    drafts.save(FILE)
    assert (drafts.folder / FILE).stat().st_mode & 0o777 == 0o640


def test_saving_leaves_no_other_file_behind(drafts: Drafts) -> None:
    edited(drafts)
    drafts.save(FILE)
    assert os.listdir(drafts.folder) == [FILE]


def test_what_somebody_else_saved_is_not_overwritten_unseen(drafts: Drafts) -> None:
    edited(drafts)
    theirs = saved(drafts).replace("en: Goodbye.", "en: See you.")
    (drafts.folder / FILE).write_text(theirs, "utf-8")
    with pytest.raises(Changed) as found:
        drafts.save(FILE)
    assert saved(drafts) == theirs
    drafts.save(FILE, over=str(found.value))
    assert "en: Farewell." in saved(drafts)


def test_only_the_change_that_was_seen_is_overwritten(drafts: Drafts) -> None:
    edited(drafts)
    (drafts.folder / FILE).write_text("flow: theirs", "utf-8")
    with pytest.raises(Changed):
        drafts.save(FILE, over=mark_of("flow: something else"))
    assert saved(drafts) == "flow: theirs"


def test_what_was_saved_elsewhere_is_taken_over_where_nothing_was_edited(drafts: Drafts) -> None:
    (drafts.folder / FILE).write_text("flow: theirs", "utf-8")
    (drafts.folder / "more.yaml").write_text("flow: more", "utf-8")
    assert {name: draft.text for name, draft in drafts.all().items()} == {
        FILE: "flow: theirs",
        "more.yaml": "flow: more",
    }
    assert (drafts.config.flows / FILE).read_text("utf-8") == "flow: theirs"


def test_an_edit_outlives_a_change_of_the_file(drafts: Drafts) -> None:
    text = edited(drafts)
    (drafts.folder / FILE).write_text("flow: theirs", "utf-8")
    assert drafts.all()[FILE].text == text


def test_a_file_that_somebody_removed_goes_unless_it_was_edited(drafts: Drafts) -> None:
    (drafts.folder / "more.yaml").write_text("flow: more", "utf-8")
    assert "more.yaml" in drafts.all()
    (drafts.folder / "more.yaml").unlink()
    assert "more.yaml" not in drafts.all()
    assert not (drafts.config.flows / "more.yaml").exists()
    edited(drafts)
    (drafts.folder / FILE).unlink()
    assert FILE in drafts.all()
    with pytest.raises(Changed):
        drafts.save(FILE)


def test_a_discarded_edit_is_gone(drafts: Drafts) -> None:
    before = saved(drafts)
    edited(drafts)
    drafts.discard(FILE)
    assert drafts.all()[FILE].text == before
    assert (drafts.config.flows / FILE).read_text("utf-8") == before


def test_a_new_file_begins_as_a_draft(drafts: Drafts) -> None:
    drafts.edit("opening.yaml", "flow: opening")
    assert not (drafts.folder / "opening.yaml").exists()
    drafts.save("opening.yaml")
    assert (drafts.folder / "opening.yaml").read_text("utf-8") == "flow: opening"


def test_a_new_file_that_was_discarded_never_was(drafts: Drafts) -> None:
    drafts.edit("opening.yaml", "flow: opening")
    drafts.discard("opening.yaml")
    assert "opening.yaml" not in drafts.all()
    assert not (drafts.config.flows / "opening.yaml").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../config.yaml", "/etc/passwd", "flows/a.yaml", "..\\a.yaml", ".yaml", ".hidden.yaml", "a.yml", "a.py", "",
        "a\x00.yaml", "A.yaml", "é.yaml", "a.yaml\n", "con fig.yaml",
    ],
)  # fmt: skip
def test_no_path_from_the_page_is_followed(name: str, drafts: Drafts) -> None:
    before = {path: path.read_bytes() for path in drafts.folder.parent.rglob("*") if path.is_file()}
    with pytest.raises(Unusable):
        drafts.edit(name, "flow: a")
    with pytest.raises(KeyError):
        drafts.save(name)
    with pytest.raises(KeyError):
        drafts.discard(name)
    assert {path: path.read_bytes() for path in drafts.folder.parent.rglob("*") if path.is_file()} == before


def test_a_text_longer_than_a_flow_may_be_is_refused(drafts: Drafts) -> None:
    with pytest.raises(Unusable, match="split it into several files"):
        drafts.edit(FILE, "x" * (MAX_BYTES + 1))
    assert drafts.all()[FILE].is_saved


def test_a_file_that_cannot_be_written_keeps_its_words_and_the_draft(
    drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, text = saved(drafts), edited(drafts)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        drafts.save(FILE)
    assert saved(drafts) == before
    assert drafts.all()[FILE].text == text
    assert os.listdir(drafts.folder) == [FILE]


def test_the_copy_is_gone_at_the_end(drafts: Drafts) -> None:
    place = drafts.config.flows
    with drafts:
        pass
    assert not Path(place).exists()


def test_a_file_in_another_encoding_is_told_and_loses_no_letter(config: Config) -> None:
    file = config.flows / FILE
    file.write_bytes(file.read_bytes().replace(b"How can we help?", "Café?".encode("cp1252")))
    before = file.read_bytes()
    with pytest.raises(BrokenDocument) as broken:
        Drafts(config)
    assert broken.value.issues[0].rule == "not-utf8"
    assert file.read_bytes() == before


def test_files_that_cannot_be_read_leave_no_folder_behind(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config.flows / FILE).write_bytes(b"\xff\xfe\xfa")
    here = tmp_path / "temporary"
    here.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(here))
    with pytest.raises(BrokenDocument):
        Drafts(config)
    assert os.listdir(here) == []
