"""Files that translators work with: CSV, PO and Excel. Rows go out and come back; what they mean is not known here."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr.cli.options import stop
from ivr.flow.reading.translations import Translation

HEAD = ("text", "said", "values", "seconds")
"""The columns before those of the languages: the name of the text, what says it, what is filled in, seconds to say."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text as it goes to a translator."""

    name: str
    said: str
    values: str
    seconds: str
    words: Mapping[str, str]


def write_csv(path: Path, rows: Sequence[Row], languages: Sequence[str]) -> None:
    """With a byte order mark, by which spreadsheets know UTF-8."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(_table(rows, languages))


def read_csv(path: Path) -> Iterator[Translation]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from _translations(list(csv.reader(file)))


def write_xlsx(path: Path, rows: Sequence[Row], languages: Sequence[str]) -> None:
    book = _openpyxl().Workbook()
    sheet = book.active
    for row in _table(rows, languages):
        sheet.append(row)
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.data_type = "s"  # a sentence that begins with = is no formula
    sheet.freeze_panes = "B2"
    for letter, width in zip("ABCDEFGHIJ", (40, 24, 20, 9, *[60] * 6), strict=True):
        sheet.column_dimensions[letter].width = width
    book.save(path)


def read_xlsx(path: Path) -> Iterator[Translation]:
    sheet = _openpyxl().load_workbook(path).active
    yield from _translations(
        [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    )


def write_po(path: Path, rows: Sequence[Row], languages: Sequence[str]) -> None:
    """The first language is translated into the second; the name of a text is its context."""
    polib, (given, wanted) = _polib(), languages
    file = polib.POFile(wrapwidth=0)
    file.metadata = {"Content-Type": "text/plain; charset=utf-8", "Language": wanted}
    for row in rows:
        comment = ", ".join(filter(None, (row.said, row.values, f"{row.seconds} s")))
        file.append(
            polib.POEntry(
                msgctxt=row.name, msgid=row.words.get(given, ""), msgstr=row.words.get(wanted, ""), comment=comment
            )
        )
    file.save(str(path))


def read_po(path: Path) -> Iterator[Translation]:
    file = _polib().pofile(str(path))
    for entry in file:
        if not entry.obsolete and "fuzzy" not in entry.flags:
            yield Translation(entry.linenum, entry.msgctxt or "", file.metadata.get("Language", ""), entry.msgstr)


WRITERS: Mapping[str, Callable[[Path, Sequence[Row], Sequence[str]], None]] = {
    "csv": write_csv, "po": write_po, "xlsx": write_xlsx,
}  # fmt: skip
READERS: Mapping[str, Callable[[Path], Iterator[Translation]]] = {"csv": read_csv, "po": read_po, "xlsx": read_xlsx}


def _table(rows: Sequence[Row], languages: Sequence[str]) -> Iterator[list[str]]:
    yield [*HEAD, *languages]
    for row in rows:
        yield [row.name, row.said, row.values, row.seconds, *(row.words.get(code, "") for code in languages)]


def _translations(table: list[list[str]]) -> Iterator[Translation]:
    head = table[0] if table else []
    if head[:1] != [HEAD[0]]:
        stop(f'the first column is called "{HEAD[0]}" and holds the names of the texts; export them and write there')
    languages = [(index, code) for index, code in enumerate(head) if code and code not in HEAD]
    for number, cells in enumerate(table[1:], 2):
        for index, code in languages:
            if cells and cells[0] and index < len(cells):
                yield Translation(number, cells[0], code, cells[index])


def _polib() -> Any:
    try:
        import polib
    except ImportError:
        stop("files of translators (.po) need polib: pip install 'ivr-hotline[translation]'")
    return polib


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError:
        stop("Excel files need openpyxl: pip install 'ivr-hotline[translation]'")
    return openpyxl
