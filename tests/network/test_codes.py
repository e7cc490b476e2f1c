"""The debugger's numbers: every one that is logged stands in the table."""

import re
from pathlib import Path

import ivr.network
from ivr.network.wire.debugger import CODES, level_of
from ivr.network.wire.twiml_schema import ELEMENTS

ROOM = Path(ivr.network.__file__).parent


def test_every_number_in_the_source_is_in_the_table_and_every_one_of_the_table_is_used():
    files = [*ROOM.rglob("*.py"), *ROOM.rglob("*.toml")]
    source = "\n".join(path.read_text() for path in files if path.stem not in ("error_codes", "transport", "places"))
    written = {int(code) for code in re.findall(r"\b(1[1-6]\d{3}|641\d\d)\b", source)}
    written |= {int(code) for code in re.findall(r"\b(11\d{3}),", (ROOM / "wire" / "transport.py").read_text())}
    assert written - {16000} == set(CODES) - {13335, 14202, 14203}


def test_every_attributes_code_is_in_the_table():
    codes = {attribute.code for word in ELEMENTS.values() for attribute in word.attributes.values()}
    assert codes | {word.nested_code for word in ELEMENTS.values()} <= set(CODES)


def test_levels_are_those_of_the_dictionary():
    warnings = [12200, 13000, 13210, 13223, 13232, 13310, 13320, 13335, 13410, 13810, 13910, 14207, 15003]
    errors = [11200, 12100, 12300, 13201, 13238, 13325, 13338, 13420, 13801, 14204, 14300, 15004, 16020]
    assert {level_of(code) for code in warnings} == {"warning"}
    assert {level_of(code) for code in errors} == {"error"}
    assert level_of(0) == "notice"
