"""The files of words beside a configuration: what they lack is told at its line, and said in English until then."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ivr.call import languages
from ivr.call.languages import LANGUAGES
from ivr.call.values import Value
from ivr.config import Config, read_config
from ivr.config.languages import file_of

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def languages_of_this_test() -> Iterator[None]:
    """A configuration teaches the process its languages, and English its own sentences, which are forgotten again."""
    yield
    languages.learn("en", {})


def read(folder: Path, spoken: str, **files: str) -> tuple[Config | None, list[str]]:
    """A hotline that speaks these languages, and what is wrong with its files of words."""
    for code, text in files.items():
        file_of(folder, code).parent.mkdir(exist_ok=True)
        file_of(folder, code).write_text(text, "utf-8")
    config, issues = read_config(
        f"hotline: {{languages: [{spoken}]}}", "config.yaml", folder=folder, today=date(2026, 1, 1), environ={}
    )
    return config, [str(issue).replace(f"{folder}/", "") for issue in issues]


def test_a_language_that_ships_lacks_nothing(tmp_path: Path) -> None:
    pytest.importorskip("num2words")
    config, issues = read(tmp_path, "en, es, ja, ar")
    assert issues == []
    assert config is not None
    assert [config.voices[code].say for code in ("en", "es", "ja", "ar")] == ["en-US", "es-ES", "ja-JP", "ar-AE"]


def test_a_language_without_a_file_is_told_where_it_is_named_and_says_english(tmp_path: Path) -> None:
    pytest.importorskip("num2words")
    config, [told] = read(tmp_path, "zh, fr")
    assert told.startswith('config.yaml:1:27: warning: nothing of "fr" is translated: "ivr language new fr" writes')
    french = LANGUAGES["fr"]
    assert french.teller(french.phrases.apology).code == "en"
    assert config is not None
    assert {"fr", "en"} <= config.voices.keys(), "an English voice says the English sentences"


def test_what_is_missing_is_told_at_its_line(tmp_path: Path) -> None:
    _, issues = read(tmp_path, "fr", fr="phrases:\n  goodbye: Au revoir.\n  apology:\nmenu:\n")
    apology = 'languages/fr.yaml:3:3: warning: "apology" is not translated; until it is, English is said: I am sorry'
    assert any(told.startswith(apology) for told in issues)
    assert any(told.startswith("languages/fr.yaml:4:1: warning: menu is not translated;") for told in issues)
    assert not any('"goodbye"' in told for told in issues)


def test_a_sentence_that_lost_its_value_is_an_error(tmp_path: Path) -> None:
    config, issues = read(
        tmp_path, "es", es="phrases:\n  wait: Espere.\n  confirm: ¿{answer} o {other}?\nphrase:\n  a: b\n"
    )
    assert config is None
    assert [told.partition(";")[0] for told in issues] == [
        'languages/es.yaml:2:9: "wait" has lost {wait}, which its English says: The expected wait is about {wait}. '
        "[bad-slot]",
        'languages/es.yaml:3:12: "confirm" has no value {other}',
        'languages/es.yaml:4:1: there is no section "phrase"',
    ]


def test_a_hotline_says_its_own_sentence_in_place_of_ours(tmp_path: Path) -> None:
    read(tmp_path, "en, es", es="phrases: {goodbye: ¡Hasta pronto!}", en="phrases: {goodbye: Bye for now.}")
    assert LANGUAGES["es"].phrases.goodbye == "¡Hasta pronto!"
    assert LANGUAGES["en"].phrases.goodbye == "Bye for now."
    assert LANGUAGES["es"].phrases.between == "¿A cuál de estas opciones se refiere?"
    read(tmp_path / "elsewhere", "en")
    assert LANGUAGES["en"].phrases.goodbye == "Thank you for calling. Goodbye."


def test_a_code_that_no_language_has_is_an_error(tmp_path: Path) -> None:
    config, issues = read(tmp_path, "en, spanish")
    assert config is None
    assert '"spanish" is no language' in issues[0]


def test_numbers_without_num2words_are_said_as_numerals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "num2words", None)
    languages.learn("es", {})
    spanish = LANGUAGES["es"]
    assert spanish.speak(Value("number", "1234.5"), today=TODAY) == "1.234,5"
    assert spanish.hearing.digits("300 123") == "300123"
    assert spanish.hearing.number("uno") == 1, "the file of words has other names of a few numbers"


def test_that_num2words_is_not_installed_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "num2words", None)
    config, [told] = read(tmp_path, "en, es")
    assert config is not None
    assert told.startswith("config.yaml:1:27: warning: ")
    assert "\"es\" has no numbers in words: pip install 'ivr-hotline[languages]'" in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("phrases: {farewell: Adiós.}", 'there is no sentence "farewell" in phrases'),
        ("numbers: {uno: 1}", '"uno" is no number; numbers are named by numbers'),
        ("days: {ayer: hoy}", '"ayer" is no number; days are named by numbers'),
        ("values: {digits: cero uno}", "digits are 10 words with spaces between"),
        ("values: {tail: terminada}", '"tail" has lost {digits}'),
        ("moment: {one: a la una}", '"one" has lost {date}'),
        ('hours: {span: "{begins} a {ends"}', 'a brace of "span" has no other'),
        ("asks: {repeat: [cómo, repita]}", '"repeat" is a text; several sentences stand one a line'),
        ("language: {locale: elvish}", '"elvish" is no language'),
    ],
)
def test_what_is_wrong_with_a_file_of_words_is_an_error_at_its_place(tmp_path: Path, words: str, why: str) -> None:
    config, issues = read(tmp_path, "es", es=words)
    assert config is None
    assert any(why in told and told.startswith("languages/es.yaml:1:") for told in issues), issues
    assert LANGUAGES["es"].phrases.goodbye == "Gracias por llamar. Adiós."
