"""`ivr doctor`: what is set up, what is not, what to enter at Twilio, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Ivr

ACCOUNT = "AC" + "0123456789abcdef" * 2
LIVE = """\
hotline:
  {public_url: "https://hotline.example/line", number: "+8675512345678", handlers: [ivr.wallet.handlers]}
back_office: {module: ivr.wallet.back_office, url: {env: WALLET_URL}, token: {env: WALLET_TOKEN}}
numbers: {allowed: ["+86"], destinations: {person: "+8613800138009"}}
queues:
  support: {calendar: support, agents: ["+8613800138001"]}
"""


@pytest.fixture
def live(house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hotline with an account at Twilio."""
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "canary-token-0123456789")
    monkeypatch.setenv("WALLET_URL", "https://wallet.example")
    monkeypatch.setenv("WALLET_TOKEN", "canary-wallet-0123456789")
    monkeypatch.setenv("IVR_PEPPER", "canary-pepper-0123456789")
    (house / "config.yaml").write_text(LIVE, encoding="utf-8")
    return house


def line(output: str, part: str) -> str:
    return next(line for line in output.splitlines() if line[6:].startswith(part))


def test_a_hotline_on_this_machine_is_fine(house: Path, ivr: Ivr) -> None:
    result = ivr("doctor")
    assert result.exit_code == 0, result.output
    assert line(result.output, "flows") == "ok    flows          flows: no problems in 1 file"
    assert line(result.output, "store").startswith("ok    store ")
    assert line(result.output, "pepper").startswith("ok    pepper         kept in ")
    assert "no account: calls and text messages stay on this machine" in line(result.output, "Twilio")
    assert result.output.endswith("Nothing to enter at Twilio yet: hotline.public_url is empty.\n")


def test_going_live_is_told_what_to_enter_at_twilio(live: Path, ivr: Ivr) -> None:
    result = ivr("doctor")
    assert result.exit_code == 0, result.output
    assert result.output.endswith(
        "Signatures are checked against https://hotline.example/line\n"
        "Enter at Twilio, for the number +8675512345678:\n"
        "  A call comes in         Webhook, HTTP POST   https://hotline.example/line/voice\n"
        "  Primary handler fails   Webhook, HTTP POST   https://hotline.example/line/voice/fallback\n"
        "  Call status changes     HTTP POST            https://hotline.example/line/voice/status#rc=3&rp=ct,rt,5xx\n"
    )
    assert line(result.output, "pepper") == "ok    pepper         from IVR_PEPPER"
    assert line(result.output, "back office").startswith("ok ")
    assert "last resort" not in result.output


def test_no_secret_is_shown(live: Path, ivr: Ivr) -> None:
    output = ivr("doctor").output
    assert "canary" not in output
    assert ACCOUNT not in output


@pytest.mark.parametrize(
    ("break_it", "part", "told"),
    [
        (lambda home: (home / "flows" / "hotline.yaml").write_text("flow: hotline\n"), "flows", "error"),
        (lambda home: (home / "flows" / "hotline.yaml").unlink(), "flows", "flows"),
        (lambda home: ((home / "data").mkdir(), (home / "data" / "ivr.db").write_bytes(b"x" * 5000)), "store", ""),
        (
            lambda home: (home / "config.yaml").write_text("hotline: {handlers: [nowhere_at_all]}\n"),
            "handlers",
            "nowhere_at_all",
        ),
    ],
)
def test_what_is_broken_fails(break_it, part: str, told: str, house: Path, ivr: Ivr) -> None:  # type: ignore[no-untyped-def]
    break_it(house)
    result = ivr("doctor")
    assert result.exit_code == 1, result.output
    assert line(result.output, part).startswith("FAIL")
    assert told in line(result.output, part)
    assert "Traceback" not in result.output


def test_files_that_others_can_read_are_told(house: Path, ivr: Ivr) -> None:
    ivr("call", "--keys", "2 3")
    database = house / "data" / "ivr.db"
    assert "others can read" not in ivr("doctor").output, "what commands write is private"
    database.chmod(0o644)
    result = ivr("doctor")
    assert f"warn  files          others can read {database.resolve()} (mode 644)" in result.output
    assert result.exit_code == 0


def test_a_plain_http_address_is_no_place_for_private_data(live: Path, ivr: Ivr) -> None:
    (live / "config.yaml").write_text(LIVE.replace("https://", "http://"), encoding="utf-8")
    result = ivr("doctor")
    assert result.exit_code == 1
    assert line(result.output, "public address").startswith("FAIL")


def test_what_keeps_the_server_from_starting_fails(live: Path, ivr: Ivr) -> None:
    without = LIVE.replace(", url: {env: WALLET_URL}, token: {env: WALLET_TOKEN}", "")
    (live / "config.yaml").write_text(without, encoding="utf-8")
    result = ivr("doctor")
    assert line(result.output, "back office").startswith("FAIL")
    assert "back_office.url" in line(result.output, "back office")
    assert result.exit_code == 1
    assert ivr("serve", "--port", "0").exit_code == 2


def test_a_last_resort_that_is_missing_is_told(live: Path, ivr: Ivr) -> None:
    (live / "config.yaml").write_text(LIVE.replace("person:", "branch:"), encoding="utf-8")
    assert "person under numbers.destinations" in line(ivr("doctor").output, "last resort")


def test_a_queue_is_answered_by_agents(live: Path, ivr: Ivr) -> None:
    queues = """\
  senior: {}
  alone: {}
agents:
  li: {phone: "+8613800138003", queues: [senior]}
"""
    (live / "config.yaml").write_text(LIVE + queues, encoding="utf-8")
    assert line(ivr("doctor").output, "queues").startswith("warn  queues         no agents in alone; ")
