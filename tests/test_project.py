"""The files beside the code agree: `make lint` and the hooks, the licence, and what editors are told."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def lint_commands() -> list[str]:
    """What `make lint` runs, line by line."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    found = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert found, "the Makefile has no target lint"
    return [line.strip().replace("$(BIN)/", ".venv/bin/") for line in found[1].splitlines()]


def test_the_hooks_before_a_commit_run_exactly_what_make_lint_runs() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert [hook["entry"] for hook in hooks] == lint_commands()
    for hook in hooks:
        assert hook["always_run"] is True, f"{hook['id']} would see changed files only"
        assert hook["pass_filenames"] is False, f"{hook['id']} would see changed files only"


def test_the_hooks_are_local_and_download_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert {repo["repo"] for repo in config["repos"]} == {"local"}


def test_the_licence_of_the_package_is_the_licence_in_the_folder() -> None:
    assert PROJECT["project"]["license"] == "MIT"
    (author,) = PROJECT["project"]["authors"]
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.startswith("MIT License\n")
    assert author["name"] in text


def test_editors_break_python_lines_where_ruff_does() -> None:
    sections = configparser.ConfigParser()
    text = (ROOT / ".editorconfig").read_text("utf-8")
    sections.read_string(re.sub(r"^root = true$", "", text, flags=re.MULTILINE))
    assert int(sections["*.py"]["max_line_length"]) == PROJECT["tool"]["ruff"]["line-length"]


def test_every_folder_of_tests_with_python_in_it_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []
