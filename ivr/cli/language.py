"""`ivr language`: the file of words of a language, for a translator to fill."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click

from ivr.call.languages import LANGUAGES, learn
from ivr.call.languages.words import FALLBACK, shipped_file, shipped_texts
from ivr.cli.options import config_option, must_be_there, stop
from ivr.config.languages import file_of, is_known, wanted_of

_EXCERPT = 6
"""How many lines of a long list of English phrases stand beside."""
_MORE_NOTES = {
    "numbers": ["# Numbers that people call otherwise than num2words does: the number, then its words."],
    "patterns": ["# Days and times in CLDR's patterns, if its own are not what people say: date, hour, time."],
}


@click.group()
def language() -> None:
    """Speak another language: the hotline's own sentences, in a file that a translator can fill."""


@language.command("new")
@click.argument("code")
@config_option
def new_language(code: str, config_path: Path) -> None:
    """Write languages/CODE.yaml beside the configuration, with the English beside. Nothing is overwritten.

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
    file.write_text("".join(f"{line}\n" for line in _lines(code)), encoding="utf-8")
    click.echo(
        f"written {file}\nfill it, and write {code} under hotline.languages of {config_path.name}; then: ivr check"
    )


def _lines(code: str) -> Iterator[str]:
    """The file, line by line: notes on each section, and each sentence below its English."""
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
            yield from _entry(key, own.get(key, ""))


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
        yield from (f"    {line}" for line in text.splitlines())
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
    return notes | _MORE_NOTES
