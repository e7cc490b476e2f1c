"""What people who test their own app do: ASGI apps, frozen clocks, curl, a call written down, foreign tests."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import freezegun
import pytest
import time_machine
from click.testing import CliRunner

from ivr.cli import main
from ivr.network import Network, RealClock, Server, VirtualClock
from tests.network.sockets import served
from tests.network.twiml_app import NUMBER, TwimlApp

PAGE = Path(__file__).parents[2] / "docs" / "network.md"
MENU = {
    "/voice": '<Gather numDigits="1" action="/key"><Say>Press one.</Say></Gather>',
    "/key": "<Say>Thank you.</Say><Hangup/>",
}


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/xml")]})
    await send({"type": "http.response.body", "body": b"<Response><Say>Hello.</Say></Response>"})


class AsgiObject:
    async def __call__(self, scope, receive, send):
        await asgi(scope, receive, send)


def test_three_lines_of_the_readme_are_a_test(network):
    (lines,) = re.findall(r"```python\n(.*?)```", (PAGE.parents[1] / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(lines.splitlines()) == 3
    given = {"app": TwimlApp(MENU)}
    exec(lines, given)
    given["test_the_menu_names_its_key"](network)


@pytest.mark.parametrize("app", [asgi, AsgiObject()])
def test_an_asgi_app_is_taken_as_it_is(app):
    with Network() as net:
        net.number(NUMBER, "http://app.test/voice", app=app)
        net.dial(NUMBER).hears("Hello.")


def test_without_the_bridge_an_asgi_app_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "a2wsgi", None)
    with pytest.raises(TypeError, match="install a2wsgi, or serve it and give its address"):
        Network().serve("http://app.test", asgi)


def told_the_time(environ, start):
    start("200 OK", [("Content-Type", "text/xml")])
    return [f"<Response><Say>It is {datetime.now(UTC):%H:%M}.</Say><Pause length='2'/></Response>".encode()]


@pytest.mark.parametrize("frozen", [freezegun.freeze_time, lambda at: time_machine.travel(at, tick=False)])
@pytest.mark.parametrize("clock", [VirtualClock, lambda: RealClock(speed=50)])
def test_the_apps_clock_may_be_held_still(frozen, clock):
    with frozen("2026-03-01 09:30:00Z"), Network(clock()) as net:
        net.number(NUMBER, "http://app.test/voice", app=told_the_time)
        call = net.dial(NUMBER)
        call.hears("It is 09:30.")
        assert net.clock.run_until(lambda: call.ended, within=60)


def test_curl_makes_a_call_as_the_page_says():
    command = re.search(r"```sh\n(curl .*?)```", PAGE.read_text("utf-8"), re.DOTALL)[1]
    with served(TwimlApp(MENU)) as app, Network(RealClock(speed=50)) as net, Server(net) as server:
        net.verify("+15005550006")
        net.person("+15005550020", answers_after=1)
        command = command.replace("http://127.0.0.1:8090", server.url).replace("http://127.0.0.1:3000", app)
        names = {"ACCOUNT": net.account_sid, "TOKEN": net.auth_token, "PATH": "/usr/bin:/bin"}
        answer = subprocess.run(["sh", "-c", command], env=names, capture_output=True, text=True, check=True)
        assert json.loads(answer.stdout)["status"] == "queued"


def test_a_call_that_was_dialled_is_written_down_and_made_again(tmp_path):
    script = tmp_path / "menu.call.yaml"
    with served(TwimlApp(MENU)) as address:
        url = f"{address}/voice"
        assert CliRunner().invoke(main, ["dial", url, "--keys", "1", "--record", str(script)]).exit_code == 0
        steps = [line for line in script.read_text().splitlines() if line.startswith("- ")]
        assert steps == ['- hear: "Press one."', '- press: "1"', '- hear: "Thank you."']
        again = CliRunner().invoke(main, ["replay", str(script), "--url", url, "--json"])
        (told,) = json.loads(again.stdout)["calls"]
        assert (again.exit_code, told["result"], told["line"]) == (0, "passed", 2)


def ran_by_pytest(folder, *options):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *options, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_scripts_beside_a_foreign_pytest_need_an_address_only(tmp_path):
    (tmp_path / "menu.call.yaml").write_text('call: a key\nsteps:\n- hear: Press one.\n- press: "1"\n- hear: Thank\n')
    (tmp_path / "broken.call.yaml").write_text("call: [\n")
    (tmp_path / "test_ok.py").write_text("def test_ok(): assert 1\n")
    with served(TwimlApp(MENU)) as address:
        (tmp_path / "pytest.ini").write_text(f"[pytest]\nivr_url = {address}/voice\n")
        ran = ran_by_pytest(tmp_path)
    assert "1 failed, 2 passed" in ran.stdout
    assert "broken.call.yaml:1" in ran.stdout


def test_a_script_with_nothing_to_call_fails_alone_and_says_what_to_write(tmp_path):
    (tmp_path / "menu.call.yaml").write_text("call: a key\nsteps:\n- hear: Press one.\n")
    (tmp_path / "test_ok.py").write_text("def test_ok(): assert 1\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ran = ran_by_pytest(tmp_path)
    assert "1 failed, 1 passed" in ran.stdout
    assert "ivr_url = http://127.0.0.1:5000/voice" in ran.stdout


def test_pytest_starts_without_the_network():
    plugins = "ivr.network.pytest_fixture, ivr.testing.pytest_plugin"
    code = f"import sys, {plugins}; print('ivr.network.network' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
