"""The public holidays of a country, one year at a time. Knows the `holidays` library; knows nothing of hours.

Two things are added to what the library gives. Its names are made fit to be spoken: "Labor Day
(observed)" is told to a caller as "Labor Day". And China's list is completed to what the State Council's
notice says: a holiday there is a run of days off, weekends between and beside them included, so the Sunday in
the middle of the National Day week is a holiday too and not merely a Sunday.
"""

import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

Names = Mapping[str, str]
"""What something is called, by language code (zh, en, …)."""

ONE_DAY = timedelta(days=1)
REMARKS = re.compile(r"(\s*[(（][^()（）]*[)）])+$")


@dataclass(frozen=True)
class YearOfHolidays:
    """`worked`: weekend days that are worked in exchange for a day off (调休).

    `known`: there is data for this year at all. `published`: and the official list of moved days is among it;
    true for every country that moves no days.
    """

    country: str
    year: int
    worked: frozenset[date]
    known: bool
    published: bool

    @cached_property
    def off(self) -> Mapping[date, Names]:
        """The holidays and their names; a language the library has no names in is missing."""
        if not self.country or not self.known:
            return {}
        off = _named(self.country, _around(self.year))
        if self.country[:2] == "CN":
            off = _with_weekends(off, _worked(self.country, self.year))
        return {day: names for day, names in sorted(off.items()) if day.year == self.year}


@lru_cache(maxsize=256)
def holidays_of(country: str, year: int) -> YearOfHolidays:
    """The public holidays of `country` ("CN", or "DE-BY" with a region) in one year. "" has none.

    Raises ValueError for a country or region that the library does not know.
    """
    known = not country or _entity(country).start_year <= year <= _entity(country).end_year
    worked = frozenset(day for day in _worked(country, year) if day.year == year) if country and known else frozenset()
    return YearOfHolidays(country, year, worked, known, known and (country[:2] != "CN" or bool(worked)))


def _around(year: int) -> range:
    """A day at new year can be moved across it: 31 December 2005 was worked for a day off of 2006."""
    return range(year - 1, year + 2)


def _worked(country: str, year: int) -> frozenset[date]:
    return frozenset(_table(country, _around(year)).weekend_workdays)


def country_problem(country: str) -> str:
    """Why `country` can not be used, as half a sentence, or "" when it can."""
    try:
        _entity(country)
    except ValueError as problem:
        return str(problem)
    return ""


@lru_cache(maxsize=64)
def _entity(country: str) -> Any:
    from holidays.registry import COUNTRIES

    code, _, region = country.partition("-")
    modules = {entry[1]: module for module, entry in COUNTRIES.items()}
    if code not in modules:
        by_name = {entry[0].lower(): entry[1] for entry in COUNTRIES.values()}
        near = (
            {"UK": "GB"}.get(code)
            or by_name.get(re.sub("[^a-z]", "", country.lower()))
            or (code.upper() if code.upper() in modules else "")
        )
        hint = f'; did you mean "{near}"?' if near else ", which is two capital letters such as CN, US or DE"
        raise ValueError(f'"{country}" is not a country code{hint}')
    entity = getattr(_module(modules[code]), code)
    if region and region not in entity.subdivisions:
        known = ", ".join(entity.subdivisions)
        raise ValueError(f'"{region}" is not a region of {code}' + (f" (known: {known})" if known else ""))
    return entity


def _module(name: str) -> ModuleType:
    """The module of one country. Its package imports all 250 of them when it is carried out: twice as long as our
    flows take to read. So it is not, unless somebody else has done it; the modules it holds do not ask for it."""
    if (package := "holidays.countries") in sys.modules:
        return import_module(f"{package}.{name}")
    spec = find_spec(package)
    assert spec is not None  # noqa: S101 - the library has it
    sys.modules[package] = module_from_spec(spec)
    try:
        return import_module(f"{package}.{name}")
    finally:
        del sys.modules[package]


def _table(country: str, years: range) -> Any:
    # Without a language the library asks the locale of the machine, and names would differ between two of them.
    return _table_in(country, years, _entity(country).default_language)


@lru_cache(maxsize=256)
def _table_in(country: str, years: range, language: str | None) -> Any:
    import holidays

    code, _, region = country.partition("-")
    return holidays.country_holidays(code, subdiv=region or None, years=years, language=language, expand=False)


def _named(country: str, years: range) -> dict[date, dict[str, str]]:
    """Every holiday of these years with its names; a day that only stands in for another has none yet."""
    entity = _entity(country)
    codes = entity.supported_languages or ()
    # English first, for callers in whose language there is no name. zh_CN stands before zh_HK and zh_TW. The names of
    # countries without languages are written in English.
    languages = {"en": entity.default_language, **{code[:2]: code for code in reversed(codes)}}
    swapped = _swapped_days(country, years)
    named: dict[date, dict[str, str]] = {}
    for language, code in languages.items():
        for day, name in _table_in(country, years, code).items():
            names = named.setdefault(day, {})
            if day not in swapped:
                names[language] = _spoken(name, language)
    return named


def _swapped_days(country: str, years: range) -> frozenset[date]:
    """Days off that are not holidays themselves: a weekend day is worked in exchange."""
    table = _table(country, years)
    remark = str(getattr(table, "substituted_label", "")).partition("%s")[0]
    return frozenset(day for day, name in table.items() if remark and name.startswith(remark))


def _spoken(name: str, language: str) -> str:
    """A name without the remarks of a list that a caller does not need: (observed), （补假）, (estimated)."""
    parts = dict.fromkeys(REMARKS.sub("", part.strip()) for part in name.split(";"))
    return {"zh": "和", "en": " and "}.get(language, ", ").join(parts)


def _with_weekends(off: dict[date, dict[str, str]], worked: frozenset[date]) -> dict[date, dict[str, str]]:
    """China's list with the weekends that belong to each holiday, every day named.

    A day off in exchange, or a weekend day, takes the name that most days of its run have.
    """
    whole: dict[date, dict[str, str]] = {}
    for first in sorted(off):
        if first in whole:
            continue
        run = [first]
        while _is_off(run[0] - ONE_DAY, off, worked):
            run.insert(0, run[0] - ONE_DAY)
        while _is_off(run[-1] + ONE_DAY, off, worked):
            run.append(run[-1] + ONE_DAY)
        named = [off[day] for day in run if off.get(day)]
        usual = Counter(names["en"] for names in named).most_common(1)
        most = next((names for names in named if usual and names["en"] == usual[0][0]), {})
        whole.update({day: off.get(day) or most for day in run})
    return whole


def _is_off(day: date, off: Mapping[date, Names], worked: frozenset[date]) -> bool:
    return day in off or (day.weekday() >= 5 and day not in worked)
