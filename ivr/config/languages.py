"""The languages of a hotline, and the files of words that stand beside its configuration: `languages/es.yaml`.

Such a file has the sections of `ivr/call/languages/words_en.yaml`. What it leaves empty is said by the file that
ships for this language, and else in English.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from textwrap import shorten

from ivr.call.languages import LANGUAGES, learn
from ivr.call.languages.words import FALLBACK, merged, shipped_texts
from ivr.config.places import Places
from ivr.flow.issues import Issue, Place, Severity, did_you_mean
from ivr.flow.reading.source import MapNode, Node, Scalar, parse
from ivr.texts.load import Texts

OPTIONAL = frozenset({"language", "values", "moment", "patterns", "numbers", "currencies", "listening", "days"})
"""Sections that a translator may leave empty: what they refine is taken from CLDR and num2words."""
WITHOUT_VALUES = frozenset({"language", "patterns", "numbers", "currencies", "listening", "days", "agreement", "asks"})
PLURALS = ("zero", "one", "two", "few", "many", "other")
_SLOT = re.compile(r"\{(\w+)\}")
_CODE = re.compile(r"[a-z]{2,3}")


def file_of(folder: Path, code: str) -> Path:
    return folder / "languages" / f"{code}.yaml"


def is_known(code: str) -> bool:
    """Whether there are names and forms of this language: our own, or those of CLDR."""
    if not _CODE.fullmatch(code):
        return False  # it would be a part of the names of files
    if shipped_texts(code):
        return True
    from babel.localedata import exists  # only for a language that does not ship

    return exists(code)


def spoken(languages: Iterable[str]) -> tuple[str, ...]:
    """The languages that callers may hear: these, and those whose sentences stand in for missing ones."""
    told = (LANGUAGES[code] for code in languages)
    both = ((language, language.fallback) for language in told)
    return tuple(dict.fromkeys(language.code for pair in both for language in pair if language is not None))


def learn_languages(languages: Iterable[str], folder: Path, places: Places) -> list[Issue]:
    """Has this process speak the languages of a hotline; what its files of words lack, and what is wrong with them."""
    issues: list[Issue] = []
    for index, code in enumerate(languages):
        if not is_known(code):
            continue
        own, found = _read(file_of(folder, code))
        issues += found
        learn(code, {} if any(issue.is_error for issue in found) else own)
        if not own and not shipped_texts(code):
            message = (
                f'nothing of "{code}" is translated: "ivr language new {code}" writes languages/{code}.yaml for a '
                "translator, and until then English is said"
            )
            issues.append(_warning(message, places.value("hotline", "languages", index)))
        if LANGUAGES[code].fallback is not None and find_spec("num2words") is None:
            message = f"\"{code}\" has no numbers in words: pip install 'ivr-hotline[languages]'"
            issues.append(_warning(message, places.value("hotline", "languages", index)))
    return issues


def _warning(message: str, place: Place) -> Issue:
    return Issue("missing-words", message, place, Severity.WARNING)


def _read(file: Path) -> tuple[Texts, list[Issue]]:
    """The texts of a file of words, "" where nothing is written, and its issues; nothing where there is no file."""
    if not file.is_file():
        return {}, []
    root, issues = parse(file.read_bytes(), str(file))
    if not isinstance(root, MapNode):
        return {}, issues
    texts = {section.key.text: _section(section.value) for section in root.entries}
    wanted = wanted_of(file.stem)
    return texts, [*issues, *_strange(root, wanted), *_missing(root, texts, wanted, file.stem)]


def _section(node: Node) -> Mapping[str, str]:
    entries = node.entries if isinstance(node, MapNode) else ()
    return {entry.key.text: entry.value.text for entry in entries if isinstance(entry.value, Scalar)}


def wanted_of(code: str) -> Texts:
    """The sections of a file of this language with the English beside, and the plural forms that it needs."""
    english = shipped_texts(FALLBACK)
    from babel import Locale

    forms = Locale.parse(code).plural_form.tags | {"other"}
    ahead = english["ahead"]
    plurals = {form: ahead["one" if form == "one" else "other"] for form in PLURALS if form in forms}
    return {**english, "ahead": {"0": ahead["0"], **plurals}, "patterns": {}}


def _strange(root: MapNode, wanted: Texts) -> Iterator[Issue]:
    """Sections and sentences that there are none of, and sentences that lost a value or have another one."""
    for section in root.entries:
        name = section.key.text
        if name not in wanted:
            yield Issue("unknown-field", f'there is no section "{name}"{did_you_mean(name, wanted)}', section.key.place)
            continue
        for entry in section.value.entries if isinstance(section.value, MapNode) else ():
            key, text = entry.key.text, entry.value.text if isinstance(entry.value, Scalar) else ""
            if not isinstance(entry.value, Scalar):
                message = f'"{key}" is a text; several sentences stand one a line, indented, below "{key}: |"'
                yield Issue("wrong-type", message, entry.value.place)
            if text and (wrong := _wrong(name, key, text)):
                yield Issue("unknown-field", wrong, entry.value.place)
            if not text or name in WITHOUT_VALUES:
                continue
            if key not in wanted[name] and name not in OPTIONAL and not (name == "ahead" and key.isdecimal()):
                message = f'there is no sentence "{key}" in {name}{did_you_mean(key, wanted[name])}'
                yield Issue("unknown-field", message, entry.key.place)
                continue
            english = wanted[name].get(key) or wanted[name].get("other", "")
            yield from _values(key, text, english, entry.value.place)


def _wrong(section: str, key: str, text: str) -> str:
    """What is wrong with an entry that is no sentence, if anything."""
    if section in ("numbers", "days") and not re.fullmatch("-?[0-9]+", key):
        return f'"{key}" is no number; {section} are named by numbers'
    words = {"digits": 10, "weekdays": 7}.get(key) if section == "values" else None
    if words and len(text.split()) != words:
        return f"{key} are {words} words with spaces between"
    return f'"{text}" is no language' if (section, key) == ("language", "locale") and not _is_locale(text) else ""


def _is_locale(tag: str) -> bool:
    from babel.localedata import exists

    return exists(tag)


def _values(key: str, text: str, english: str, place: Place) -> Iterator[Issue]:
    if re.search("[{}]", _SLOT.sub("", text)):
        yield Issue("bad-slot", f'a brace of "{key}" has no other; values stand in a pair: {english}', place)
    has, needs = set(_SLOT.findall(text)), set(_SLOT.findall(english))
    if lost := sorted(needs - has - {"count"}):
        yield Issue("bad-slot", f'"{key}" has lost {{{lost[0]}}}, which its English says: {english}', place)
    if strange := sorted(has - needs - {"count"}):
        known = f"; it can say {', '.join(f'{{{name}}}' for name in sorted(needs))}" if needs else ""
        yield Issue("bad-slot", f'"{key}" has no value {{{strange[0]}}}{known}', place)


def _missing(root: MapNode, texts: Texts, wanted: Texts, code: str) -> Iterator[Issue]:
    """What no file has, at its line; of a section without anything, its line alone."""
    has = merged(texts, shipped_texts(code))
    for name, english in wanted.items():
        lacking = [key for key in english if not has.get(name, {}).get(key)]
        if name in OPTIONAL or not lacking:
            continue
        section = root.get(name)
        if len(lacking) == len(english) or section is None:
            message = f"{name} is not translated; until it is, {_instead(name)}"
            yield _warning(message, section.key.place if section else root.place)
            continue
        for key in lacking:
            entry = section.value.get(key) if isinstance(section.value, MapNode) else None
            message = f'"{key}" is not translated; until it is, {_instead(name)}: {shorten(english[key], 80)}'
            yield _warning(message, entry.key.place if entry else section.key.place)


def _instead(section: str) -> str:
    if section in ("agreement", "asks"):
        return "callers are not understood who say such words"
    return "English is said"
