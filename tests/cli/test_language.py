"""`ivr language new`: a file that a translator fills, and a hotline that speaks it as far as it is filled."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Ivr

pytest.importorskip("num2words")

FLOW = """\
flow: hotline
start: number
steps:
  number:
    ask: {en: Which number?, fr: Quel numéro ?}
    as: digits
    confirm: true
    exhausted: bye
    next: bye
  bye: {hangup: {en: Goodbye., fr: Au revoir.}}
"""


@pytest.fixture
def french(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a hotline whose callers speak French."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "hotline.yaml").write_text(FLOW, "utf-8")
    (tmp_path / "config.yaml").write_text("hotline: {languages: [fr, en]}\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def missing(ivr: Ivr) -> list[str]:
    return [line for line in ivr("check").output.splitlines() if "[missing-words]" in line]


def filled(lines: list[str]) -> Iterator[str]:
    """The file with a word of French before each English sentence."""
    english = ""
    for line in lines:
        english = line.strip(' #"') if line.startswith("  # ") else english
        if re.fullmatch(r"  (\S+|\w+ \w+):", line):
            yield f"{line} {json.dumps(f'Oui {english}')}"
        else:
            yield line
            if line.endswith(": |"):  # where English has a sentence a line
                yield f"    Oui {english}"


def test_a_file_that_is_filled_line_by_line_is_all_that_a_language_needs(french: Path, ivr: Ivr) -> None:
    assert len(missing(ivr)) == 1
    assert ivr("language", "new", "fr").exit_code == 0
    file = french / "languages" / "fr.yaml"
    assert len(missing(ivr)) == 10, "a section each"
    text = file.read_text("utf-8")
    assert "  # I have {answer}. To confirm, press 1. To enter it again, press 2.\n  confirm:\n" in text
    file.write_text("\n".join(filled(text.splitlines())), "utf-8")
    assert missing(ivr) == []


def test_until_then_its_sentences_are_said_in_english(french: Path, ivr: Ivr) -> None:
    ivr("language", "new", "fr")
    called = ivr("call", "--keys", "12# 1", "--fresh").output
    assert "Quel numéro ?" in called
    assert "I have 1 2. To confirm, press 1." in called
    file = french / "languages" / "fr.yaml"
    confirm = "  confirm: J'ai compris {answer}. Pour confirmer, tapez 1.\n"
    file.write_text(file.read_text("utf-8").replace("  confirm:\n", confirm), "utf-8")
    assert "J'ai compris un deux. Pour confirmer" in ivr("call", "--keys", "12# 1", "--fresh").output


def test_what_ships_is_filled_in(french: Path, ivr: Ivr) -> None:
    (french / "config.yaml").write_text("hotline: {languages: [ar, en]}\n", "utf-8")
    before = missing(ivr)
    ivr("language", "new", "ar")
    text = (french / "languages" / "ar.yaml").read_text("utf-8")
    assert 'few: "هناك {count} متصلين قبلك."' in text
    assert before == missing(ivr) == []


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("klingon", 'there is no language "klingon"'),
        ("../es", 'there is no language "../es"'),
        ("fr", "already; ivr check says what is missing"),
    ],
)
def test_no_language_and_no_file_twice(french: Path, ivr: Ivr, code: str, why: str) -> None:
    ivr("language", "new", "fr")
    refused = ivr("language", "new", code)
    assert refused.exit_code == 2
    assert why in refused.stderr
