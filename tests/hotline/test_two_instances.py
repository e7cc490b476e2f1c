"""Two instances of a hotline behind the nginx of docs/deploy, on one store: calls hop from one to the other."""

from __future__ import annotations

import http.client
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from bench import servers
from bench.servers import Server, Serving
from ivr.store import Store
from tests.hotline.harness import FLOW
from tests.hotline.over_http import dialled
from tests.hotline.test_under_load import CONFIG
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_ports
from tests.stores import PEPPER
from tests.trust_gates import Amount, Measured

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")


def nginx_conf(folder: Path, port: int, instances: list[int]) -> Path:
    """The site that ships, without TLS and on ports of this test, in a configuration of its own."""
    site = (DEPLOY / "hotline.nginx").read_text()
    site = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", site)
    site = re.sub(r"\n +ssl_certificate.*", "", site)
    for written, instance in zip(("8000", "8002"), instances, strict=True):
        site = site.replace(f"127.0.0.1:{written} ", f"127.0.0.1:{instance} ")
    (folder / "site").write_text(site)
    temporary = "\n".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\nworker_processes 1;\nevents {{}}\n"
        f"http {{ access_log off;\n{temporary}\ninclude {folder}/site; }}\n"
    )
    return conf


@needs_nginx
def test_the_site_that_ships_is_accepted_by_nginx(tmp_path: Path) -> None:
    front, *behind = free_ports(3)
    conf = nginx_conf(tmp_path, front, behind)
    told = subprocess.run([str(NGINX), "-t", "-c", str(conf)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


@needs_nginx
def test_nobody_at_one_address_takes_all_connections_of_nginx(tmp_path: Path) -> None:
    """goal 44: who sends the head of a request, and of its body nothing or little, is not seen by the instances."""
    head = b"POST /voice HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    with behind_nginx(tmp_path, free_ports(2)) as port, ExitStack() as lines, selectors.DefaultSelector() as answered:
        for _ in range(201):
            line = socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0))
            answered.register(lines.enter_context(line), selectors.EVENT_READ, data=line)
            line.sendall(head)
        [(refused, _), *_] = answered.select(PATIENCE_SECONDS)
        assert refused.data.recv(1024).startswith(b"HTTP/1.1 503")
        other = lines.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)))
        other.request("POST", "/voice", body="CallSid=x")
        assert other.getresponse().status == 502, "it is let in; there are no instances behind this nginx"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze: apt-get install systemd")
def test_the_units_that_ship_are_accepted_by_systemd(tmp_path: Path) -> None:
    for name in ("ivr@.service", "ivr@.socket", "ivr-console.service"):
        unit = (DEPLOY / name).read_text().replace("/srv/hotline/.venv/bin/ivr", sys.executable)
        (tmp_path / name.replace("@", "@8000")).write_text(unit.replace("User=ivr\n", ""))
    units = [str(tmp_path / name) for name in ("ivr@8000.service", "ivr@8000.socket", "ivr-console.service")]
    told = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    consoles = re.findall("--port ([0-9]+)", (DEPLOY / "ivr-console.service").read_text())
    assert not set(consoles) & set(re.findall("127.0.0.1:([0-9]+)", (DEPLOY / "hotline.nginx").read_text()))
    ours = [line for line in told.stderr.splitlines() if str(tmp_path) in line or "ivr" in line]
    assert (told.returncode, ours) == (0, [])


@contextmanager
def instance(folder: Path, store_url: str, port: int) -> Iterator[Server]:
    """One machine's worth of processes."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "flows").mkdir(parents=True)
    (folder / "flows" / "hotline.yaml").write_text(FLOW)
    config = folder / "config.yaml"
    config.write_text(CONFIG.replace("PORT", "9") + f"store: {{url: '{store_url}'}}\n")
    with servers.served(config, Serving(2, 8, {"IVR_PEPPER": PEPPER.decode()}), "--port", str(port)) as server:
        yield server


@contextmanager
def behind_nginx(folder: Path, instances: list[int]) -> Iterator[int]:
    """Gives the port of nginx."""
    [port] = free_ports(1)
    process = subprocess.Popen([str(NGINX), "-c", str(nginx_conf(folder, port, instances))])
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and process.poll() is None:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def kill(server: Server) -> None:
    """As when the power of its machine is cut: all of its processes at once."""
    for process in (server.process, *server.workers()):
        os.kill(process, signal.SIGKILL)


@needs_nginx
@pytest.mark.slow
@pytest.mark.trust(goal=21, minutes=2)
def test_calls_that_hop_between_two_instances_lose_nothing_when_one_is_killed(
    tmp_path: Path, store: Store, store_url: str, amount: Amount, measured: Measured
) -> None:
    """Callers complain, one after another, while an instance is killed and another takes its place, again and again."""
    kills, over = amount(1, 20), threading.Event()
    ports = free_ports(2)
    seconds: list[float] = []
    cut: list[str] = []

    def complain() -> list[str]:
        """The calls that were told the reference of their ticket."""
        told = []
        while not over.is_set():
            call, carrier = dialled(entrance)
            for keys in ("", "2", "2", "12345", "1"):
                try:
                    reply = call.press(keys) if keys else call.ring()
                    while reply.status == 200 and "Gather" not in reply.verbs:  # we are busy, or one moment
                        reply = call.on()
                except http.client.IncompleteRead:  # half of an answer: the carrier asks the fallback address
                    carrier.close()
                    cut.append(call.sid)
                    break
                assert reply.status == 200, (keys, reply)
            else:
                assert "Your reference is" in call.reply.words
                told.append(call.sid)
            carrier.close()
            seconds.extend(carrier.seconds)
        return told

    with ExitStack() as stack:
        running = [stack.enter_context(instance(tmp_path / str(port), store_url, port)) for port in ports]
        entrance = stack.enter_context(behind_nginx(tmp_path, ports))
        with ThreadPoolExecutor(4) as pool:
            callers = [pool.submit(complain) for _ in range(4)]
            try:
                for number in range(kills):
                    over.wait(1)
                    which = number % 2
                    kill(running[which])
                    over.wait(1)
                    port = ports[which]
                    running[which] = stack.enter_context(instance(tmp_path / f"{port}-{number}", store_url, port))
                over.wait(1)
            finally:
                over.set()
            told = [call for caller in callers for call in caller.result(PATIENCE_SECONDS)]
    tickets = Counter(ticket.call_id for ticket in store.tickets(1_000_000))
    lost = sum(call not in tickets for call in told)
    doubled = sum(count - 1 for count in tickets.values())
    measured(
        f"{kills} times one of two instances killed and replaced, beside {len(seconds):,} webhooks that go to either: "
        f"{len(told):,} tickets told, {lost} lost, {doubled} doubled, {len(cut)} answers cut off in the middle "
        f"(the carrier asks the fallback address then); the slowest answer took {max(seconds):.2f} s"
    )
    assert (lost, doubled) == (0, 0)
    assert len(told) > 10
