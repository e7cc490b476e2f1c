"""What translators get and give back.

`ivr texts`: the texts of the flows as CSV, PO or Excel. `ivr language`: the file of words of a language.
"""

import json
import re
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import click

from ivr.call.languages import LANGUAGES, learn
from ivr.call.languages.words import FALLBACK, shipped_file, shipped_texts
from ivr.cli.options import BROKEN, config_option, configuration, must_be_there, stop
from ivr.config.languages import file_of, is_known, wanted_of
from ivr.flow.issues import as_text
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.flow.reading.rewriting import CannotRewrite, write_whole
from ivr.flow.reading.source import parse
from ivr.flow.reading.translations import (
    BadTranslation,
    Change,
    FlowText,
    Translation,
    changed_sources,
    changes_of,
    mark_of,
    texts_of,
)  # fmt: skip
from ivr.hotline.reports.format import as_csv, from_csv

HEAD = ("text", "said", "values", "seconds")
"""The columns before those of the languages: the name of the text, what says it, what is filled in, seconds to say."""
EXPORTED = "exported"
"""The last column: marks of the words that were given out, by language. What nobody touched takes nothing back."""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    said: str
    values: str
    seconds: str
    words: Mapping[str, str]


# --- files of translators: rows go out and come back ---


def write_csv(path: Path, rows: Sequence[Row], languages: Sequence[str]) -> None:
    """With a byte order mark, by which spreadsheets know UTF-8."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(as_csv(list(_table(rows, languages))))


def read_csv(path: Path) -> Iterator[Translation]:
    """Spreadsheets also write UTF-16 with tabs, and semicolons where the comma is for decimals."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError:
        stop(f'"{path}" is not in UTF-8; save it anew as "CSV UTF-8"')
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    yield from _translations(from_csv(StringIO(text, newline=""), delimiter))


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
    try:
        sheet = _openpyxl().load_workbook(path).active
    except (BadZipFile, KeyError, ValueError) as wrong:
        stop(f'"{path}" is no Excel file (.xlsx): {wrong}')
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
    try:
        file = _polib().pofile(str(path))
    except (OSError, ValueError) as wrong:  # ValueError: not in the encoding that it names
        stop(f'"{path}" is no PO file: {wrong}')
    language = file.metadata.get("Language", "")
    unsure = [entry for entry in file if entry.fuzzy and not entry.obsolete]
    if unsure:
        click.echo(f"{len(unsure)} texts are marked as fuzzy and not taken: line {unsure[0].linenum} is the first")
    for entry in file:
        if not entry.obsolete and not entry.fuzzy:
            yield Translation(entry.linenum, entry.msgctxt or "", language, entry.msgstr, entry.msgid)


WRITERS: Mapping[str, Callable[[Path, Sequence[Row], Sequence[str]], None]] = {
    "csv": write_csv, "po": write_po, "xlsx": write_xlsx,
}  # fmt: skip
READERS: Mapping[str, Callable[[Path], Iterator[Translation]]] = {"csv": read_csv, "po": read_po, "xlsx": read_xlsx}


def _table(rows: Sequence[Row], languages: Sequence[str]) -> Iterator[list[str]]:
    yield [*HEAD, *languages, EXPORTED]
    for row in rows:
        words = {code: row.words.get(code, "") for code in languages}
        marks = " ".join(f"{code}:{mark_of(said)}" for code, said in words.items())
        yield [row.name, row.said, row.values, row.seconds, *words.values(), marks]


def _translations(table: list[list[str]]) -> Iterator[Translation]:
    head = table[0] if table else []
    if head[:1] != [HEAD[0]]:
        stop(f'the first column is called "{HEAD[0]}" and holds the names of the texts; export them and write there')
    languages = [code for code in head if code and code not in (*HEAD, EXPORTED)]
    for number, cells in enumerate(table[1:], 2):
        row = dict(zip(head, cells, strict=False))
        marks = dict(mark.split(":", 1) for mark in row.get(EXPORTED, "").split() if ":" in mark)
        kept = (row[code] for code in languages if code in row and marks.get(code) == mark_of(row[code].strip()))
        source = next(filter(None, kept), "").strip()
        for code in languages:
            if row.get(HEAD[0]) and code in row:
                yield Translation(number, row[HEAD[0]], code, row[code], source, marks.get(code, ""))


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


# --- the commands ---


@click.group()
def texts() -> None:
    """Give the texts of the flows to a translator, and take them back."""


@texts.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--format", "form", type=click.Choice(list(WRITERS)), help="By the end of FILE if not given.")
@click.option("--language", metavar="CODE", help="The language that is wanted; all others of the hotline without it.")
@click.option("--missing", is_flag=True, help="Only texts that are not written in it.")
@config_option
def export(file: Path, form: str | None, language: str | None, missing: bool, config_path: Path) -> None:
    """Write every text into FILE: where it is said, what is filled in, how long it takes, and its words."""
    config = configuration(config_path)
    languages = config.hotline.languages
    if language is not None and language not in languages:
        stop(f'the hotline does not speak "{language}", but {" and ".join(languages)}')
    others = [language] if language else list(languages[1:])
    wanted = [languages[0], *(code for code in others if code != languages[0])]
    form = _form(file, form)
    if form == "po" and len(wanted) != 2:
        stop(f"a .po file has one language to translate into: --language {' or '.join(languages[1:]) or 'CODE'}")
    found = texts_of(_sources(config.flows), languages)
    rows = [_row(text) for text in found if not missing or any(code not in text.words for code in wanted)]
    WRITERS[form](file, rows, wanted)
    click.echo(f"{len(rows)} texts in {' and '.join(wanted)} written to {file}")


@texts.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--format", "form", type=click.Choice(list(READERS)), help="By the end of FILE if not given.")
@click.option("--yes", is_flag=True, help="Write the files; without it the difference is only shown.")
@config_option
def take_back(file: Path, form: str | None, yes: bool, config_path: Path) -> None:
    """Put the translations of FILE into the flows. Only texts that changed are touched; all else stays as it is.

    Exit status: 0 all is well, 1 a row cannot be taken and nothing was written, 2 the command cannot be carried out.
    """
    config = configuration(config_path)
    languages = config.hotline.languages
    sources = _sources(config.flows)
    read = list(READERS[_form(file, form)](file))
    given = [row for row in read if row.language in languages]
    if not given:
        stop(f'"{file}" has no words in {" or ".join(languages)}, by which it calls the languages')
    try:
        changes = changes_of(texts_of(sources, languages), given)
        changed = changed_sources(sources, changes)
    except (BadTranslation, CannotRewrite) as refused:
        click.echo(f"ivr: {file}: {refused}; nothing was written", err=True)
        sys.exit(BROKEN)
    _tell(changes)
    after = {**sources, **changed}
    issues = [issue for issue in read_flows(after, config.hotline.start, languages)[1] if issue.is_error]
    old = {issue.message for issue in read_flows(sources, config.hotline.start, languages)[1]}
    if new := [issue for issue in issues if issue.message not in old]:
        click.echo(as_text(new, after) + "ivr: the flows would be wrong; nothing was written", err=True)
        sys.exit(BROKEN)
    if not changes:
        click.echo("nothing changes")
    elif not yes:
        click.echo(f"{len(changes)} texts would change; write them with --yes")
    else:
        for name, text in changed.items():
            write_whole(Path(name), text)
        click.echo(f"{len(changes)} texts changed in {', '.join(sorted(changed))}")


def _form(file: Path, form: str | None) -> str:
    found = form or file.suffix.removeprefix(".").lower()
    if found not in WRITERS:
        stop(f'"{file}" does not end in .csv, .po or .xlsx; name its kind with --format')
    return found


def _sources(folder: Path) -> dict[str, bytes]:
    sources, issues = flow_sources(folder)
    if not sources:
        stop(issues[0].message if issues else f'no flows in "{folder}"')
    for file, source in sources.items():
        root, wrong = parse(source, file)
        if root is None:
            stop(f"{wrong[0]}; mend it first: ivr check")
    return sources


def _row(text: FlowText) -> Row:
    from ivr.testing.explorer.distances import length

    language, words = next(iter(text.words.items()))
    return Row(
        text.name,
        _KINDS.get(text.field, text.field),
        " ".join(text.values),
        f"{length(words, language):.0f}",
        text.words,
    )


_KINDS = {
    "silence": "said after silence", "wrong": "said after a wrong key or answer", "label": "the name of a choice",
    "menu": "said before the choices", "hold": "said again and again in the queue", "sms": "a text message",
    "title": "the topic, told to whoever takes over", "hangup": "the last words", "ask": "a question",
    "voicemail": "said before the tone", "survey": "a question with keys",
}  # fmt: skip
"""What some fields are, for somebody who does not know flows; the others are told by their names."""


def _tell(changes: Sequence[Change]) -> None:
    for change in changes:
        click.echo(f"{change.text.name} [{change.language}]")
        if change.before:
            click.echo(f"  - {change.before}")
        click.echo(f"  + {change.after}")


# --- ivr language ---


_EXCERPT = 6
"""How many lines of a long list of English phrases stand beside."""


@click.group()
def language() -> None:
    """Speak another language: the hotline's own sentences, in a file that a translator can fill."""


@language.command("new")
@click.argument("code")
@config_option
def new_language(code: str, config_path: Path) -> None:
    """Write languages/CODE.yaml beside the configuration, the English above each line. Nothing is overwritten.

    What is known of the language already is filled in. `ivr check` says what is missing, at its line, once the code
    stands in hotline.languages; until then the English sentence is said.
    """
    if not is_known(code):
        stop(f'there is no language "{code}"; it is named by its code of two or three letters, such as es, ja and ar')
    must_be_there(config_path)
    file = file_of(config_path.parent, code)
    if file.exists():
        stop(f'there is "{file}" already; ivr check says what is missing in it')
    file.parent.mkdir(exist_ok=True)
    file.write_text(words_to_fill(code), encoding="utf-8")
    click.echo(
        f"written {file}\nfill it, and write {code} under hotline.languages of {config_path.name}; then: ivr check"
    )


def words_to_fill(code: str) -> str:
    """The file of words of a language that is known, for a translator: its text."""
    return "".join(f"{line}\n" for line in _lines(code))


def _lines(code: str) -> Iterator[str]:
    """It, line by line: notes on each section, and each sentence below its English."""
    from babel import Locale

    name, known = str(Locale.parse(code).get_display_name("en")), shipped_texts(code)
    yield f"# The words of {name}: what the hotline itself says, and what callers say whose words it understands."
    yield "# The English stands above each line. {…} is filled in by the hotline and stays as it is."
    notes = _notes()
    for section, english in wanted_of(code).items():
        yield ""
        yield from notes.get(section, ())
        yield f"{section}:"
        own = known.get(section, {}) if section != "language" else known.get(section) or _about(code)
        for key in {**english, **own}:
            yield from (f"  {note}" for note in notes.get(f"{section}.{key}", ()))
            yield from (f"  # {_shown(line)}" for line in english.get(key, "").splitlines()[:_EXCERPT])
            yield from _entry(key, own.get(key) or ("\n" if "\n" in english.get(key, "") else ""))


def _about(code: str) -> dict[str, str]:
    """What a language is called, and how it sounds to the carrier if nobody says otherwise."""
    learn(code, {})
    made = LANGUAGES[code]
    return {"name": made.name, "called": ", ".join(made.called), "say": made.say_code, "listen": made.listen_code}


def _shown(line: str) -> str:
    return line if line == line.strip() else f'"{line}"'


def _entry(key: str, text: str) -> Iterator[str]:
    plain = re.fullmatch(r"[\w -]+", key) and key.strip()
    name = key if plain else json.dumps(key)
    if "\n" in text:
        yield f"  {name}: |"
        yield from (f"    {line}".rstrip() for line in text.splitlines())
    else:
        yield f"  {name}: {json.dumps(text, ensure_ascii=False) if text else ''}".rstrip()


def _notes() -> dict[str, list[str]]:
    """The comments above each section of the English file, and above each of its sentences (`phrases.wait`)."""
    notes: dict[str, list[str]] = {}
    section, above = "", []
    for line in shipped_file(FALLBACK).read_text("utf-8").splitlines():
        key = line.strip().partition(":")[0]
        if key.startswith("#"):
            above.append(line.strip())
            continue
        if key and not line.startswith(" "):
            section = key
        notes[f"{section}.{key}" if line.startswith(" ") else key] = above
        above = []
    return notes
