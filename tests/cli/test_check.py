"""`ivr check`, `schema` and `picture`: formats, what a path means, and exit statuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ivr.cli.check import rules_by_package
from tests.cli.conftest import ROOT, Ivr


@pytest.fixture
def broken(house: Path) -> Path:
    flow = house / "flows" / "hotline.yaml"
    flow.write_text(flow.read_text(encoding="utf-8").replace("next: case_told", "next: case_tolled"), encoding="utf-8")
    return flow


def test_all_is_well(house: Path, ivr: Ivr) -> None:
    result = ivr("check")
    assert result.exit_code == 0
    assert "error" not in result.output


def test_an_error_is_shown_with_its_line_and_a_caret(broken: Path, ivr: Ivr) -> None:
    result = ivr("check", "flows")
    assert result.exit_code == 1
    assert re.search(r'^flows/hotline\.yaml:\d+:\d+: "case_tolled" .*did you mean "case_told"\?', result.output, re.M)
    assert re.search(r"^ +\d+ \|     next: case_tolled\n +\|           \^{11}$", result.output, re.M)


def test_as_json_an_error_is_an_object(broken: Path, ivr: Ivr) -> None:
    result = ivr("check", "flows", "--format", "json")
    assert result.exit_code == 1
    issues = json.loads(result.output)
    assert {"file", "line", "column", "severity", "rule", "message"} <= set(issues[0])
    assert issues[0]["file"] == "flows/hotline.yaml"


def test_the_folder_of_a_hotline_is_its_configuration_and_its_flows(broken: Path, ivr: Ivr) -> None:
    assert ivr("check", ".").output == ivr("check").output


def test_one_file_is_checked_with_its_neighbours(house: Path, ivr: Ivr) -> None:
    (house / "flows" / "other.yaml").write_text(
        "flow: other\nstart: bye\nsteps:\n  bye: {hangup: {zh: 再见。, en: Goodbye.}}\n", encoding="utf-8"
    )
    result = ivr("check", "flows/other.yaml")
    assert result.exit_code == 0
    assert "unreachable-flow" in result.output
    assert "unreachable-flow" not in ivr("check", "flows/hotline.yaml").output, "what is told is about that file"


def test_a_configuration_is_checked_by_itself(house: Path, ivr: Ivr) -> None:
    (house / "other.yaml").write_text("hotline: {contry: CN}\n", encoding="utf-8")
    result = ivr("check", "other.yaml")
    assert result.exit_code == 1
    assert 'did you mean "country"?' in result.output


def test_secrets_in_a_shown_line_are_redacted(house: Path, ivr: Ivr) -> None:
    (house / "config.yaml").write_text("twilio: {auth_token: canary-0123456789}\n", encoding="utf-8")
    for command in (("check",), ("check", "config.yaml"), ("check", "--format", "json"), ("call", "--keys", "1")):
        result = ivr(*command)
        assert result.exit_code == 1
        assert "auth_token" in result.output
        assert "canary" not in result.output


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("missing.yaml", 'there is no "missing.yaml"'),
        ("empty", "no flows here"),
        ("data", "data"),
        ("notes.md", "no file of flows"),
    ],
)
def test_where_nothing_can_be_checked_one_line_says_so(path: str, told: str, house: Path, ivr: Ivr) -> None:
    (house / "empty").mkdir()
    (house / "notes.md").write_text("flow: hotline\n", "utf-8")
    result = ivr("check", path)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


# --- rules -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", sorted({rule for rules in rules_by_package().values() for rule in rules}))
def test_a_rule_explains_itself(rule: str, house: Path, ivr: Ivr) -> None:
    result = ivr("check", "--explain", rule)
    assert result.exit_code == 0
    assert result.output.startswith(f"{rule}\n\n")


def test_an_explanation_shows_wrong_lines_the_answer_and_mended_lines(house: Path, ivr: Ivr) -> None:
    wrong, _, mended = ivr("check", "--explain", "duplicate-key").output.partition("\n\nMended:\n")
    assert "[duplicate-key]\n   17 |       - {key: 1, label: {zh: 说明" in wrong
    assert mended == "duplicate-key.yaml:17:       - {key: 2, label: {zh: 说明, en: how it works}, next: bye}\n"


def test_a_name_of_two_rules_is_explained_twice(house: Path, ivr: Ivr) -> None:
    output = ivr("check", "--explain", "unknown-queue").output
    assert "A `queue` or `callback` step names a queue" in output
    assert "An agent names a queue" in output


def test_an_unknown_rule_is_told_with_a_hint(house: Path, ivr: Ivr) -> None:
    result = ivr("check", "--explain", "dead-ends")
    assert (result.exit_code, result.stderr) == (2, 'ivr: there is no rule "dead-ends"; did you mean "dead-end"?\n')


def test_every_rule_of_the_configuration_is_explained(house: Path, ivr: Ivr) -> None:
    """Whoever copies a name out of the brackets of a message is told what it is about."""
    sources = [*(ROOT / "ivr" / "config").glob("*.py"), ROOT / "ivr" / "call" / "calendar.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    named = set(re.findall(r'(?:\bIssue|_error)\(\s*"([a-z-]+)"', text))
    assert len(named) > 20
    untold = {name for name in named if ivr("check", "--explain", name).exit_code}
    assert not untold
    assert set(rules_by_package()["ivr.config"]) <= named, "rules that are no more"


# --- schema and picture ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["flow", "config"])
def test_the_schema_is_json(what: str, house: Path, ivr: Ivr) -> None:
    assert "$schema" in json.loads(ivr("schema", what).output)


def test_an_unknown_flow_is_told_with_a_hint(house: Path, ivr: Ivr) -> None:
    result = ivr("picture", "hotlin")
    assert (result.exit_code, result.stderr) == (2, 'ivr: there is no flow "hotlin"; did you mean "hotline"?\n')


def test_a_flow_is_drawn_as_svg_in_a_language(house: Path, ivr: Ivr) -> None:
    assert ivr("picture", "hotline").output.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert ivr("picture", "hotline", "--language", "en").output.startswith("<svg")
    refused = ivr("picture", "hotline", "--language", "fr")
    assert (refused.exit_code, refused.stderr) == (2, 'ivr: the hotline does not speak "fr", but zh and en\n')


def test_the_page_has_all_flows(house: Path, ivr: Ivr) -> None:
    assert '<section id="hotline">' in ivr("picture").output


def test_there_is_no_picture_of_broken_flows(broken: Path, ivr: Ivr) -> None:
    broken.write_text("flow: hotline\n", encoding="utf-8")
    result = ivr("picture")
    assert result.exit_code == 1
    assert result.stdout == ""


def test_editors_complete_the_names_of_the_hotline(house: Path, ivr: Ivr) -> None:
    schema = json.loads(ivr("schema", "flow").output)
    queue = schema["$defs"]["queue-step"]["properties"]["queue"]
    assert "support" in queue["anyOf"][0]["enum"]
    assert "hotline" in schema["$defs"]["run-step"]["properties"]["run"]["anyOf"][0]["enum"]
    way = schema["$defs"]["exit"]["anyOf"][0]
    assert "agent" in way["anyOf"][0]["enum"]
    assert "pattern" in way["anyOf"][1]
