"""`ivr explore`, `ivr coverage` and `ivr diff` on a project in a folder."""

from __future__ import annotations

import subprocess

import pytest
from click.testing import CliRunner

from ivr.cli.explore import coverage, diff, explore
from ivr.cli.replay import replay
from tests.shipped import SPECS
from tests.testing.small_hotline import HOTLINE, SECURITY, replaced

PROJECT = """\
hotline: {languages: [zh, en], handlers: [ivr.wallet.handlers]}
back_office: {module: ivr.wallet.back_office}
store: {url: "sqlite:///ivr.db"}
queues: {support: {}, security: {}}
"""
SCRIPT = """\
call: goodbye
language: en
steps:
- press: "2"
- press: "2"
- say: Please call me back
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The small hotline with a handler that is shipped, in the folder where the commands run."""
    found = 'approved: {say: {zh: "退款{amount}已经通过。", en: "Your refund of {amount} is approved."}, next: main}'
    hotline = replaced(
        HOTLINE,
        ("handle: refund_status", "handle: locked_account"),
        (found, "not_locked: bye"),
        ("overdue: ticket", "else_: ticket"),
        ("about: [amount]", "about: [customer]"),
    )
    outcomes = [name for name in SPECS["locked_account"].outcomes if name != "not_locked"]
    ways = "\n      ".join(f"{name}: ticket" for name in outcomes)
    hotline = replaced(hotline, ("      else_: ticket\n      not_found: main", f"      {ways}"))
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/hotline.yaml").write_text(hotline, encoding="utf-8")
    (tmp_path / "flows/security.yaml").write_text(SECURITY, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(PROJECT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command, *arguments):
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_a_hotline_in_order_exits_with_0(project):
    told = run(explore)
    assert told.exit_code == 0, told.output
    assert "proven   never-stuck" in told.output


def test_a_fault_exits_with_1_and_leaves_a_script_that_replays(project):
    flow = project / "flows/hotline.yaml"
    swapped = ("recorded: message_ticket, empty: bye", "recorded: bye, empty: message_ticket")
    flow.write_text(replaced(flow.read_text("utf-8"), swapped, (", about: [recording]", "")), "utf-8")
    told = run(explore, "--property", "tickets-as-promised", "--scripts", "found")
    assert told.exit_code == 1
    assert "a recording is thrown away" in told.output
    scripts = sorted(path.name for path in (project / "found").iterdir())
    assert scripts[0] == "tickets-as-promised-1.call.yaml"
    assert 'press: "2"' in (project / "found" / scripts[0]).read_text("utf-8")
    replayed = run(replay, "found")
    assert replayed.exit_code == 0, replayed.output


def test_a_property_that_does_not_exist_exits_with_2(project):
    result = run(explore, "--property", "never-stick")
    assert result.exit_code == 2
    assert 'did you mean "never-stuck"?' in result.output


def test_a_property_explains_itself(project):
    assert "whatever" in run(explore, "--explain", "never-stuck").output


def test_coverage_of_scripts_is_told_and_can_be_demanded(project):
    (project / "x.call.yaml").write_text(SCRIPT, encoding="utf-8")
    told = run(coverage, "x.call.yaml")
    assert told.exit_code == 0
    assert told.output.startswith("1 calls\n")
    assert "hotline.welcome [en]" in told.output
    assert "hotline.welcome [zh]" not in told.output
    assert run(coverage, "x.call.yaml", "--fail-under", "99").exit_code == 1
    assert 'partly" data-state="hotline.told"' in run(coverage, "x.call.yaml", "--page").output


def test_flows_are_compared_with_those_of_a_revision(project):
    for words in (
        ["init", "-q"],
        ["add", "flows"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], check=True)
    assert run(diff, "HEAD:flows", "flows").exit_code == 0
    flow = project / "flows/hotline.yaml"
    flow.write_text(replaced(flow.read_text("utf-8"), ("en: Goodbye.", "en: Bye.")), "utf-8")
    told = run(diff, "HEAD:flows", "flows")
    assert told.exit_code == 1
    assert "- Goodbye." in told.output
    assert "+ Bye." in told.output
    assert run(diff, "HEAD:nowhere", "flows").exit_code == 2
