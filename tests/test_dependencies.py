"""What we build on: held to tested versions, its licences listed in docs/licences.md, and without known holes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.trust_gates import Measured

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = [
    Requirement(line) for line in {*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)}
]
LINES = (ROOT / "constraints.txt").read_text().splitlines()
TESTED = {canonicalize_name(line.name): line for line in map(Requirement, filter(lambda line: line[0] != "#", LINES))}
PAGE = ROOT / "docs" / "licences.md"
PERMISSIVE = ("MIT", "BSD", "Apache", "Python Software Foundation", "PSF")
WEAK_COPYLEFT = (
    "MPL-2.0",
    "LGPL-3.0-only",
    "Mozilla Public License 2.0 (MPL 2.0)",
    "GNU Library or Lesser General Public License (LGPL)",
)
"""Binds who changes the package itself, not who uses it."""


@pytest.mark.parametrize("wanted", sorted(WANTED, key=str), ids=str)
def test_a_dependency_is_held_to_a_version_it_allows(wanted: Requirement) -> None:
    (pin,) = TESTED[canonicalize_name(wanted.name)].specifier
    assert pin.operator == "=="
    assert pin.version in wanted.specifier


def used(wanted: list[Requirement], seen: set[tuple[str, str]]) -> Iterator[Distribution]:
    """The installed packages that these ask for, and what those ask for."""
    for each in wanted:
        for extra in {"", *each.extras}:
            if (each.name, extra) in seen:
                continue
            seen.add((each.name, extra))
            found = distribution(each.name)
            yield found
            asked = [Requirement(line) for line in found.requires or ()]
            yield from used([one for one in asked if not one.marker or one.marker.evaluate({"extra": extra})], seen)


def licence(package: Distribution) -> str:
    """What a package says of its licence, where it says it best."""
    classified = [line for line in package.metadata.get_all("Classifier", ()) if line.startswith("License :: ")]
    names = " OR ".join(line.rpartition(" :: ")[2].removesuffix(" License") for line in classified)
    return package.metadata.get("License-Expression") or names or package.metadata.get("License") or "unknown"


def test_the_licences_of_what_is_used_are_listed_and_bind_no_user() -> None:
    wanted = [
        Requirement(line)
        for name in ("", *EXTRAS)
        if name not in ("dev", "voices")  # a program under GPL-3, run as one: docs/licences.md says so in words
        for line in EXTRAS.get(name, PROJECT["dependencies"])
    ]
    packages = {canonicalize_name(one.name): one for one in used(wanted, set())}
    licences = {name: licence(package) for name, package in sorted(packages.items())}
    assert [name for name, said in licences.items() if not said.startswith((*PERMISSIVE, *WEAK_COPYLEFT))] == []
    head, _, rest = PAGE.read_text("utf-8").partition("<!-- made: licences -->\n")
    _, _, tail = rest.partition("<!-- end -->")
    if os.environ.get("IVR_UPDATE"):
        rows = "\n".join(f"| {name} | {said} |" for name, said in licences.items())
        PAGE.write_text(
            f"{head}<!-- made: licences -->\n\n| package | licence |\n| --- | --- |\n{rows}\n\n<!-- end -->{tail}",
            "utf-8",
        )
    listed = re.findall(r"^\| (\S+) \| ", PAGE.read_text("utf-8"), re.MULTILINE)
    assert set(licences) <= set(listed), "run: make docs"


@pytest.mark.slow
@pytest.mark.trust(minutes=0.5)
def test_no_dependency_has_a_known_hole(measured: Measured) -> None:
    """pip-audit ends well, too, when it could look up nothing; what it did not look up is told as not run."""
    audit = shutil.which("pip-audit", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if audit is None:
        pytest.skip("nothing was audited: pip-audit is not installed")
    command = [
        audit,
        "-r",
        "constraints.txt",
        "--no-deps",
        "--disable-pip",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)
    if not ran.stdout:
        pytest.skip(f"nothing was audited: {(ran.stderr.strip().splitlines() or ['no answer'])[-1]}")
    told = json.loads(ran.stdout)["dependencies"]
    assert {one["name"]: one["vulns"] for one in told if one.get("vulns")} == {}
    missed = [one["name"] for one in told if "skip_reason" in one]
    if missed:
        pytest.skip(f"{len(missed)} of {len(told)} packages were not audited: what is known of them could not be had")
    measured(f"{len(told)} packages, no known hole")
