"""`ivr new`: the folder of a hotline to begin with, in the languages its callers speak. It takes calls at once."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from ivr.call.languages import LANGUAGES, learn
from ivr.call.languages.words import FALLBACK
from ivr.call.values import Value
from ivr.cli.options import stop
from ivr.cli.texts import words_to_fill
from ivr.config.languages import is_known
from ivr.flow.examples import load_texts

_HOMES = {"zh": "CN", "en": "GB", "es": "ES", "ja": "JP", "ar": "AE"}
"""The languages there are words to begin with in, and the country of a hotline in each if none is given. Any other
language begins with the English words, in the country where CLDR says that most people speak it."""
_MEMBERS = {
    "member_choice": "      - {key: 3, label: $member_label, also: $member_also, next: member}\n",
    "member_steps": "  member: {run: identity, on: {verified: known, person: person}}\n"
    "  known: {say: $member_hello, next: main}   # what only members are told goes here\n",
}
"""How callers come to the flow that finds out who they are, where there is one."""
_BACK_OFFICE = """
back_office:
  module: my_back_office           # who callers are is asked of it: a Python module beside this file
"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--languages", help="What callers speak, the first one spoken first; by country, and zh,en without one.")
@click.option("--country", metavar="XX", help="Where they call from, for numbers and public holidays; by language.")
@click.option("--time-zone", metavar="ZONE", help="Where the hours are counted, such as Europe/Paris; by country.")
@click.option("--identity", is_flag=True, help="Also a flow that finds out who calls, and a back office to begin with.")
def new(folder: Path, languages: str | None, country: str | None, time_zone: str | None, identity: bool) -> None:
    """Write a small hotline into FOLDER, which is made: flows, configuration, call scripts, and schemas for editors.

    It greets, knows its hours, answers a question, takes messages and leads to a person. Nothing is overwritten.
    """
    wanted = languages.split(",") if languages is not None else _languages_of(country) if country else ("zh", "en")
    spoken = tuple(dict.fromkeys(code.strip() for code in wanted if code.strip()))
    strange = [code for code in spoken if not is_known(code)]
    if strange or not spoken:
        stop(f'there is no language "{", ".join(strange)}"; name codes of two or three letters, such as en,it')
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        stop(f'there is something in "{folder}" already; name a folder that is empty or not there')
    home = (country or _home(spoken[0])).upper()
    from ivr.call.countries import zones_of

    prefixes, zones = _prefixes(home), zones_of(home)
    zone = time_zone or (zones[0] if zones else "")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        stop(f'there is no time zone "{zone}"; name one with --time-zone, such as Europe/London or Asia/Shanghai')
    foreign = [code for code in spoken if code not in _HOMES]
    documents = _documents(spoken, home, prefixes, zone, identity=identity)
    to_translate = {f"languages/{code}.yaml": words_to_fill(code) for code in foreign}
    for name, text in {**documents, **to_translate, **_schemas(spoken)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"written {path}")
    if not time_zone and len(zones) > 1:
        click.echo(f"\nIts hours are counted in {zone}, one of {len(zones)} zones of {home}: time_zone in config.yaml.")
    for code in foreign:
        click.echo(
            f'\n"{code}" is not translated yet; English stands for it. For a translator: languages/{code}.yaml, and'
        )
        click.echo(f"ivr texts export {code}.csv --language {code}   # the texts of flows/")
    click.echo(f"\ncd {folder}\nivr call                  # dial it; ivr phone is the same as a page")
    click.echo("ivr check                 # after every change")
    click.echo("ivr replay tests/calls    # are callers still answered as they were?")


def _languages_of(country: str) -> Sequence[str]:
    """What is spoken in a country, of what there are words to begin with in; English where there are none."""
    from ivr.call.countries import languages_of

    return [code for code in languages_of(country.upper()) if code in _HOMES] or ["en"]


def _documents(
    languages: tuple[str, ...], country: str, prefixes: tuple[str, ...], time_zone: str, *, identity: bool
) -> Mapping[str, str]:
    """The files that are edited, by their path in the folder."""
    words = {code: _words(code) for code in languages}
    values = {name: _text(name, words) for name in words[languages[0]]}
    values |= {"languages": ", ".join(languages), "country": country, "time_zone": time_zone}
    values |= {"prefixes": json.dumps(prefixes), **_phones(country)}
    values |= {"back_office": _BACK_OFFICE if identity else "", "language": languages[0]}
    values |= _agent(words)
    values |= _opening(words)
    values |= {name: Template(text if identity else "").substitute(values) for name, text in _MEMBERS.items()}
    written = {
        "config.yaml": "config.yaml",
        "flows/hotline.yaml": "hotline.yaml",
        "tests/calls/in-hours.call.yaml": "in-hours.call.yaml",
        "tests/calls/closed.call.yaml": "closed.call.yaml",
    }
    if identity:
        written |= {"flows/identity.yaml": "identity.yaml", "my_back_office.py": "my_back_office.txt"}
    return {path: Template(_starter(name).read_text("utf-8")).substitute(values) for path, name in written.items()}


def _schemas(languages: tuple[str, ...]) -> Mapping[str, str]:
    """What editors hold against them."""
    from ivr.config import config_schema
    from ivr.flow.schema import flow_schema
    from ivr.testing.reader import script_schema

    schemas = {"flow": flow_schema(languages), "config": config_schema(languages), "script": script_schema(languages)}
    return {
        f"schemas/{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


def _starter(name: str) -> Traversable:
    return files(__package__) / "starter" / name


def _words(code: str) -> Mapping[str, str]:
    """The first words of a hotline in this language; the English ones where there are none in it."""
    if code in _HOMES:
        return load_texts(_starter(f"words.{code}.yaml"))
    learn(code, {})
    monday = LANGUAGES[code].speak(Value("datetime", "2026-11-23T09:00"), today=date(2026, 11, 22))
    return {**_words(FALLBACK), "language_label": LANGUAGES[code].name, "hear_monday": monday}


def _home(code: str) -> str:
    if code in _HOMES:
        return _HOMES[code]
    learn(code, {})
    return LANGUAGES[code].say_code.rpartition("-")[2]  # pt-BR: where most of those live who speak it


def _text(name: str, words: Mapping[str, Mapping[str, str]]) -> str:
    """A text as the flow language writes it; other words for a choice as lists."""
    form = "{code}: [{text}]" if name.endswith("_also") else '{code}: "{text}"'
    return "{" + ", ".join(form.format(code=code, text=own[name]) for code, own in words.items()) + "}"


def _agent(words: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """The example of an agent: somebody who speaks the first language, named so that all others can read it."""
    own, *_ = words.values()
    names = {code: {"agent": own["agent"] if of is own else own["agent_abroad"]} for code, of in words.items()}
    return {"agent_login": own["agent_login"], "agent": _text("agent", names)}


def _opening(words: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """The first step, and how scripts pass it: a menu of languages where there are several, else a greeting."""
    if len(words) == 1:
        [own] = words.values()
        greeting = f"  welcome: {{say: {_text('welcome', words)}, next: notices}}\n"
        return {"start": "welcome", "greeting": greeting, "choose": f'- hear: "{own["welcome"]}"'}
    keys = ", ".join(f"{code}: {key}" for key, code in enumerate(words, 1))
    lines = ["  language:", f"    menu: {_text('welcome', words)}", "    choices:"]
    for key, (code, own) in enumerate(words.items(), 1):
        label = own["language_label"]
        lines.append(f"      - {{key: {key}, language: {code}, label: {label}, next: notices}}")
    return {"start": "language", "greeting": "\n".join(lines) + "\n", "choose": f"- press: {{{keys}}}"}


def _phones(country: str) -> Mapping[str, str]:
    """Numbers of made-up people there: two callers and an agent."""
    from ivr.call.countries import example_numbers

    numbers = tuple(islice(example_numbers(country), 3)) or ("", "", "")
    return dict(zip(("first", "second", "phone"), numbers, strict=True))


def _prefixes(country: str) -> tuple[str, ...]:
    from ivr.call.countries import prefixes_of
    from ivr.call.holiday_source import country_problem

    found = prefixes_of(country)
    if not found or country_problem(country):
        stop(f'there is no country "{country}"; name one with --country, by two capital letters: CN, GB, US')
    return found
