"""What `ivr serve` refuses before anything is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Ivr

URL = "hotline: {public_url: 'https://hotline.example'}\n"


@pytest.mark.parametrize(
    ("arguments", "config", "told"),
    [
        ((), URL, "set TWILIO_AUTH_TOKEN to the token of your account"),
        ((), "", "hotline.public_url is empty"),
        (("--dev", "--host", "0.0.0.0"), "", '"0.0.0.0" is not this machine'),
        (("--port", "70000"), "", "70000 is not in the range"),
        (("--port", "abc"), "", "'abc' is not a valid integer"),
        (("--token", "canary-1234"), "", "no such option"),
        (("--workers", "0"), "", "0 is not in the range"),
    ],
)
def test_a_server_that_may_not_serve_says_so_in_one_line(
    arguments: tuple[str, ...], config: str, told: str, house: Path, ivr: Ivr
) -> None:
    (house / "config.yaml").write_text(config, encoding="utf-8")
    result = ivr("serve", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert "canary" not in result.output


def test_an_account_without_its_address_is_a_mistake_of_the_configuration(
    house: Path, ivr: Ivr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "canary-1234")
    result = ivr("serve")
    assert result.exit_code == 1
    assert "hotline.public_url is not" in result.stderr
    assert "canary" not in result.output
