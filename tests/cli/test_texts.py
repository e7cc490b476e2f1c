"""`ivr texts`: out to a translator and back; only what changed is touched, and what would break is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ivr.hotline.reports.format import TRIGGERS
from tests.cli.conftest import Ivr

FLOW = Path("flows/hotline.yaml")
OURS = "我们在中山路12号。"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ivr: Ivr) -> Path:
    assert ivr("new", str(tmp_path / "shop")).exit_code == 0
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


def written(file: Path, before: str, after: str) -> None:
    """What the lead has written meanwhile."""
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def change(file: Path, before: str, after: str) -> None:
    """Edits a file of a translator as its program would: by cell."""
    match file.suffix:
        case ".csv":
            rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
            with file.open("w", encoding="utf-8-sig", newline="") as out:
                csv.writer(out).writerows([cell.replace(before, after) for cell in row] for row in rows)
        case ".po":
            polib = pytest.importorskip("polib")
            book = polib.pofile(str(file))
            for entry in book:
                entry.msgstr = entry.msgstr.replace(before, after)
            book.save()
        case _:
            book = pytest.importorskip("openpyxl").load_workbook(file)
            for cells in book.active.iter_rows():
                for cell in cells:
                    cell.value = str(cell.value or "").replace(before, after)
            book.save(file)


@pytest.mark.parametrize("kind", ["csv", "po", "xlsx"])
def test_a_text_comes_back_changed_and_nothing_else_is_touched(shop: Path, ivr: Ivr, kind: str) -> None:
    pytest.importorskip({"po": "polib", "xlsx": "openpyxl"}.get(kind, "csv"))
    before, file = FLOW.read_text("utf-8"), Path(f"texts.{kind}")
    assert "texts in zh and en written" in ivr("texts", "export", str(file), "--language", "en").output
    assert ivr("texts", "import", str(file)).output == "nothing changes\n"
    change(file, "You can find us at 12 Market Street.", 'Come to "12", Market Street: it\'s #1.')
    shown = ivr("texts", "import", str(file))
    assert "  - You can find us at 12 Market Street.\n  + Come to" in shown.output
    assert FLOW.read_text("utf-8") == before
    assert "1 texts changed in" in ivr("texts", "import", str(file), "--yes").output
    wanted = before.replace("You can find us at 12 Market Street.", 'Come to \\"12\\", Market Street: it\'s #1.')
    assert FLOW.read_text("utf-8") == wanted
    assert ivr("check").exit_code == 0


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_old_file_takes_nothing_back_that_was_written_since(shop: Path, ivr: Ivr, kind: str) -> None:
    pytest.importorskip({"xlsx": "openpyxl"}.get(kind, "csv"))
    file = Path(f"texts.{kind}")
    ivr("texts", "export", str(file))
    written(FLOW, "at 12 Market Street.", "at 14 Market Street.")
    assert ivr("texts", "import", str(file)).output == "nothing changes\n"
    change(file, "Goodbye.", "Farewell.")
    assert "1 texts changed" in ivr("texts", "import", str(file), "--yes").output
    assert "14 Market Street" in FLOW.read_text("utf-8")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_words_that_both_have_changed_are_refused(shop: Path, ivr: Ivr, kind: str) -> None:
    pytest.importorskip({"xlsx": "openpyxl"}.get(kind, "csv"))
    file = Path(f"texts.{kind}")
    ivr("texts", "export", str(file))
    written(FLOW, "at 12 Market Street.", "at 14 Market Street.")
    change(file, "You can find us at 12 Market Street.", "We are at 12 Market Street.")
    refused = ivr("texts", "import", str(file), "--yes")
    assert refused.exit_code == 1
    assert "was changed here, too, since it was exported" in refused.output
    assert "14 Market Street" in FLOW.read_text("utf-8")


def test_a_translation_of_words_that_have_changed_since_is_refused(shop: Path, ivr: Ivr) -> None:
    ivr("texts", "export", "texts.csv")
    written(FLOW, OURS, "我们搬家了。")
    change(Path("texts.csv"), "You can find us at 12 Market Street.", "We are at 12 Market Street.")
    refused = ivr("texts", "import", "texts.csv", "--yes")
    assert refused.exit_code == 1
    assert "does not say any more what was translated" in refused.output


def test_no_cell_of_a_translator_begins_like_a_formula(shop: Path, ivr: Ivr) -> None:
    file = Path("texts.csv")
    ivr("texts", "export", str(file))
    change(file, "You can find us at 12 Market Street.", "=1+1")
    assert ivr("texts", "import", str(file), "--yes").exit_code == 0
    ivr("texts", "export", str(file))
    cells = [cell for row in csv.reader(file.read_text("utf-8-sig").splitlines()) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(TRIGGERS)]
    assert ivr("texts", "import", str(file)).output == "nothing changes\n"


def test_a_row_says_where_it_is_said_what_is_filled_in_and_how_long_it_takes(shop: Path, ivr: Ivr) -> None:
    ivr("texts", "export", "texts.csv")
    rows = {row["text"]: row for row in csv.DictReader(Path("texts.csv").read_text("utf-8-sig").splitlines())}
    hold = rows["hotline.yaml steps.person.hold"]
    assert (hold["said"], hold["values"]) == ("said again and again in the queue", "{position}")
    assert 1 < int(hold["seconds"]) < 20
    assert hold["en"].startswith("Please hold.")
    assert rows["hotline.yaml steps.main.choices.1.label"]["said"] == "the name of a choice"
    assert rows["hotline.yaml defaults.silence"]["said"] == "said after silence"
    assert not any("also" in name for name in rows)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("{position}", "your place", "leaves out {position}"),
        ("Goodbye.", "Goodbye {name}.", "has other values than the text: {name}"),
        ("hotline.yaml steps.goodbye", "hotline.yaml steps.farewell", 'there is no text "hotline.yaml steps.farewell'),
    ],
)
def test_what_would_break_is_refused_with_its_row(shop: Path, ivr: Ivr, before: str, after: str, why: str) -> None:
    flow = FLOW.read_text("utf-8")
    ivr("texts", "export", "texts.csv")
    change(Path("texts.csv"), before, after)
    refused = ivr("texts", "import", "texts.csv", "--yes")
    assert refused.exit_code == 1
    assert why in refused.stderr
    assert "texts.csv: row " in refused.stderr
    assert FLOW.read_text("utf-8") == flow


def test_a_language_that_lacks_is_exported_alone_and_written_beside_the_other(shop: Path, ivr: Ivr) -> None:
    text = FLOW.read_text("utf-8")
    FLOW.write_text(text.replace(', en: "You can find us at 12 Market Street."', ""), "utf-8")
    assert ivr("check").exit_code == 1
    assert "1 texts in zh and en written" in ivr("texts", "export", "texts.csv", "--missing").output
    rows = list(csv.reader(Path("texts.csv").read_text("utf-8-sig").splitlines()))
    rows[1][5] = "You can find us at 12 Market Street."
    with Path("texts.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    assert ivr("texts", "import", "texts.csv", "--yes").exit_code == 0
    assert FLOW.read_text("utf-8") == text


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-8", ",")])
def test_what_spreadsheets_make_of_csv_is_read(shop: Path, ivr: Ivr, encoding: str, delimiter: str) -> None:
    ivr("texts", "export", "texts.csv")
    rows = list(csv.reader(Path("texts.csv").read_text("utf-8-sig").splitlines()))
    with Path("back.csv").open("w", encoding=encoding, newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows(
            [cell.replace("How can we help?", "Hello, you; what is it?") for cell in row] for row in rows
        )
    assert ivr("texts", "import", "back.csv", "--yes").exit_code == 0
    assert "Hello, you; what is it?" in FLOW.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("back.csv", "text,said,en\nhotline.yaml steps.main.menu,,Café?\n".encode("cp1252"), "is not in UTF-8"),
        ("back.csv", b"text,said,English\nhotline.yaml steps.main.menu,,What?\n", "has no words in zh or en"),
        ("back.csv", b"", "the first column is called"),
        ("back.xlsx", b"PK\x03\x04 cut off", "is no Excel file"),
        ("back.po", b'msgid "x\nfoo', "is no PO file"),
        ("back.po", b'msgctxt "hotline.yaml steps.main.menu"\nmsgid "x"\nmsgstr "What?"\n', "has no words in zh or en"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(shop: Path, ivr: Ivr, name: str, data: bytes, why: str) -> None:
    pytest.importorskip({"po": "polib", "xlsx": "openpyxl"}.get(name.partition(".")[2], "csv"))
    Path(name).write_bytes(data)
    refused = ivr("texts", "import", name, "--yes")
    assert (refused.exit_code, why in refused.stderr) == (2, True), refused.stderr


def test_a_sentence_that_changed_since_it_was_translated_is_refused_with_its_row(shop: Path, ivr: Ivr) -> None:
    pytest.importorskip("polib")
    ivr("texts", "export", "texts.po", "--language", "en")
    change(Path("texts.po"), "How can we help?", "What is it?")
    FLOW.write_text(FLOW.read_text("utf-8").replace("请问需要什么帮助？", "请按键。"), "utf-8")
    refused = ivr("texts", "import", "texts.po", "--yes")
    assert "hotline.yaml steps.main.menu does not say any more what was translated" in refused.stderr
    assert "How can we help?" in FLOW.read_text("utf-8")


def test_a_sentence_that_the_translator_is_not_sure_of_is_told_and_not_taken(shop: Path, ivr: Ivr) -> None:
    polib = pytest.importorskip("polib")
    ivr("texts", "export", "texts.po", "--language", "en")
    change(Path("texts.po"), "How can we help?", "What is it?")
    book = polib.pofile("texts.po")
    next(entry for entry in book if entry.msgstr == "What is it?").flags.append("fuzzy")
    book.save()
    told = ivr("texts", "import", "texts.po", "--yes").output
    assert "1 texts are marked as fuzzy and not taken" in told
    assert "How can we help?" in FLOW.read_text("utf-8")
