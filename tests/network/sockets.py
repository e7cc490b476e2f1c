"""Apps behind real sockets, for tests: WSGI in a thread, node in a process, and bytes that trickle."""

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

NODE = shutil.which("node")


def node_has(*packages: str) -> bool:
    """Whether node is here, with these packages of npm (NODE_PATH says where they are)."""
    folders = [Path(folder) for folder in os.environ.get("NODE_PATH", "node_modules").split(os.pathsep)]
    return NODE is not None and all(any((folder / name).is_dir() for folder in folders) for name in packages)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(app):
    """Serve a WSGI app on a port of this machine; gives its address."""
    server = make_server("127.0.0.1", 0, app, _Server, _Quiet)
    threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def program(*command: str | Path):
    """Run a server in a process of its own, which first prints its port or its address; gives the address."""
    with subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            told = process.stdout.readline()
            yield f"http://127.0.0.1:{re.search(r'(?:^|127.0.0.1:)([0-9]+)', told)[1]}"
        finally:
            process.kill()


def node(script: Path):
    return program(NODE, script)


@contextmanager
def trickling(gap: float):
    """A server that answers with one byte every `gap` seconds, for ever; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def answer(connection):
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
                while not over.is_set():
                    connection.sendall(b" ")
                    time.sleep(gap)
            except OSError:
                return

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()
