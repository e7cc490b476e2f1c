"""`ivr reload`: a server takes new code, settings and tokens."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest

from ivr.cli.reload import take_variables
from tests.cli.conftest import Ivr
from tests.patience import PATIENCE_SECONDS
from tests.webhooks.carrier import ACCOUNT, STANDARD, sign

URL = "https://hotline.example"
CONFIG = f"""
hotline: {{public_url: '{URL}', handlers: [ivr.wallet.handlers]}}
back_office: {{module: ivr.wallet.back_office, url: {{env: WALLET_URL}}, token: {{env: WALLET_TOKEN}}}}
"""


def test_where_no_server_runs_nothing_is_reloaded(house: Path, ivr: Ivr) -> None:
    result = ivr("reload")
    assert result.exit_code == 2
    assert "no server that we may signal serves" in result.stderr


def test_a_process_that_took_the_number_of_a_dead_server_is_left_alone(house: Path, ivr: Ivr) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (house / "data").mkdir(exist_ok=True)
        note = {"pid": stranger.pid, "how": "serving", "at": 1}
        (house / "data" / "server-8000.json").write_text(json.dumps(note), encoding="utf-8")
        result = ivr("reload")
        stranger.communicate(b"\n")
    assert (result.exit_code, stranger.returncode) == (2, 0)
    assert "no server that we may signal serves" in result.stderr


def test_a_variable_that_left_the_file_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "tokens"
    monkeypatch.setenv("IVR_FROM_ENV_FILE", "")
    monkeypatch.setenv("IVR_TEST_OLD", "before")
    monkeypatch.setenv("IVR_TEST_NEW", "before")
    file.write_text("# the token\nIVR_TEST_OLD = a=b\n\nIVR_TEST_NEW=c\n")
    take_variables(file)
    assert (os.environ["IVR_TEST_OLD"], os.environ["IVR_TEST_NEW"]) == ("a=b", "c")
    file.write_text("IVR_TEST_NEW=d\n")
    take_variables(file)
    assert "IVR_TEST_OLD" not in os.environ
    assert os.environ["IVR_TEST_NEW"] == "d"


def test_a_line_that_sets_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tokens").write_text("TOKEN\n")
    with pytest.raises(SystemExit):
        take_variables(tmp_path / "tokens")
    assert "entry 1 is not NAME=value" in capsys.readouterr().err


@pytest.mark.slow
def test_a_reload_takes_a_new_token_and_keeps_the_process(house: Path, ivr: Ivr) -> None:
    (house / "config.yaml").write_text(CONFIG, encoding="utf-8")
    tokens = house / "tokens"

    def write(token: str) -> None:
        wallet = "WALLET_URL=http://127.0.0.1:9\nWALLET_TOKEN=x\n"
        tokens.write_text(f"TWILIO_ACCOUNT_SID={ACCOUNT}\nTWILIO_AUTH_TOKEN={token}\n{wallet}")

    write("a" * 32)
    command = [str(Path(sys.executable).with_name("ivr")), "serve", "--port", "0", "--env-file", str(tokens)]
    with subprocess.Popen(command, cwd=house, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        port = next(json.loads(line)["port"] for line in server.stderr if '"listening"' in line)

        calls = (f"CA{number:032x}" for number in count(1))  # half a minute later a call that rings again is refused

        def ring(token: str) -> int:
            form = {**STANDARD, "CallSid": next(calls)}
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as line:
                signature = sign(f"{URL}/voice", form, token)
                headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
                line.request("POST", "/voice", urlencode(form), headers)
                return line.getresponse().status

        try:
            while not (house / "data" / "server-0.json").exists():  # until all workers answer
                assert server.poll() is None
            assert (ring("a" * 32), ring("b" * 32)) == (200, 403)
            write("b" * 32)
            result = ivr("reload", "--port", "0")
            assert (result.exit_code, result.stdout) == (0, "reloaded\n"), result.output
            until_old_workers_are_gone = [ring("b" * 32) for _ in range(20)]
            assert until_old_workers_are_gone[-1] == 200
            assert server.poll() is None
            write("")
            refused = ivr("reload", "--port", "0")
            assert refused.exit_code == 1, refused.output
            assert ring("b" * 32) == 200
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=PATIENCE_SECONDS)
        assert server.returncode == 0
