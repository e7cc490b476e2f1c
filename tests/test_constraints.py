"""The versions that `make` installs are versions that `pyproject.toml` allows, and none is forgotten."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"].values()
WANTED = [Requirement(line) for line in {*PROJECT["dependencies"], *(line for extra in EXTRAS for line in extra)}]
LINES = (ROOT / "constraints.txt").read_text().splitlines()
TESTED = {canonicalize_name(line.name): line for line in map(Requirement, filter(lambda line: line[0] != "#", LINES))}


@pytest.mark.parametrize("wanted", sorted(WANTED, key=str), ids=str)
def test_a_dependency_is_held_to_a_version_it_allows(wanted: Requirement) -> None:
    (pin,) = TESTED[canonicalize_name(wanted.name)].specifier
    assert pin.operator == "=="
    assert pin.version in wanted.specifier
