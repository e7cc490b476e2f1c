"""Where a telephone number is, as Twilio's requests say it: the country by calling code, the state by area code.

City and postal code are known of large cities that have an area code for themselves; of others a network is told.
docs/twilio-facts.md#a2-1-standard-parameters
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number is. `country` is two letters; what is not known is blank."""

    country: str = ""
    state: str = ""
    city: str = ""
    zip: str = ""


_NOWHERE = Place()


def _read(file: Path) -> dict[str, Place]:
    written = tomllib.loads(file.read_text("utf-8"))
    places = {f"+{entry[2:]}": Place(entry[:2]) for entry in written["countries"].split()}
    for country, areas in written["areas"].items():
        for line in areas.split(";"):
            region, *codes = line.split()
            place = Place(region) if country == "elsewhere" else Place(country, region)
            places.update((f"+1{code}", place) for code in codes)
    for code, city, postal_code in re.findall(r"(\d+) ([A-Z ]+) (\w*\d\w*(?: \w+)?)", written["cities"]):
        places[f"+1{code}"] = replace(places[f"+1{code}"], city=city, zip=postal_code)
    return places


_PLACES = _read(Path(__file__).with_name("places.toml"))


def place_of(number: str, told: Mapping[str, Place]) -> Place:
    """Give where a number is; `told` are places by number or its beginning, and the longest that fits is taken."""
    fitting = [start for start in told if number.startswith(start)]
    return told[max(fitting, key=len)] if fitting else _known(number)


@lru_cache(maxsize=4096)
def _known(number: str) -> Place:
    return next((_PLACES[number[:end]] for end in (5, 4, 3, 2) if number[:end] in _PLACES), _NOWHERE)
