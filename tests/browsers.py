"""A real browser and a real server for the tests of pages.

Without a browser they are skipped with a sentence that says what to install; with CI=true or
IVR_TEST_BROWSER=1 nothing is skipped, and its absence is a failure.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.patience import PATIENCE_SECONDS

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""In the order of what they cost: the first is Chromium without windows, menus and profiles, and takes half as long."""

ADVICE = (
    "no browser here: apt-get install chromium-headless-shell fonts-noto-cjk (on Debian), "
    "or set IVR_TEST_BROWSER=1 to have this fail"
)


PATIENCE_MS = PATIENCE_SECONDS * 1000
"""How long a browser on a busy machine may take; how long things really take is measured by `bench`."""


def chromium() -> str:
    """The path of a browser; skips the test, or fails it where browsers are wanted, if there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), "")
    if not found:
        wanted = os.environ.get("CI", "").lower() == "true" or os.environ.get("IVR_TEST_BROWSER") == "1"
        (pytest.fail if wanted else pytest.skip)(ADVICE)
    return found


def barriers(frame: Page | Frame) -> str:
    """What axe-core finds on a page, or in a frame of it, that is serious or worse: a line for each.

    Skips the test where axe-core is not installed: `npm install axe-core`, and NODE_PATH says where.
    """
    folders = os.environ.get("NODE_PATH", "node_modules").split(os.pathsep)
    axe = next((file for each in folders if (file := Path(each) / "axe-core" / "axe.min.js").is_file()), None)
    if axe is None:
        pytest.skip("axe-core is not here: npm install axe-core, and let NODE_PATH name its node_modules")
    frame.evaluate(axe.read_text("utf-8"))
    run = "axe.run({resultTypes: ['violations'], iframes: false}).then((found) => found.violations)"
    found = [each for each in frame.evaluate(run) if each["impact"] in ("serious", "critical")]
    return "\n".join(f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"])


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without a screen."""
    path = chromium()
    expect.set_options(timeout=PATIENCE_MS)
    arguments = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # a microphone that beeps
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def listener() -> Iterator[tuple[socket.socket, str]]:
    """A port of this machine, and the origin of pages served on it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken, f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def serving(app: Flask, taken: socket.socket) -> Iterator[None]:
    """The application on that port, in a thread, as long as the block."""
    host, port = taken.getsockname()
    server = make_server(host, port, app, threaded=True, fd=taken.fileno(), request_handler=_Quiet)
    server.daemon_threads = False  # closing waits for the last answer, so that nothing uses a closed store
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        app.extensions["console"].changes.close()
        server.shutdown()
        thread.join()
        server.server_close()


class Watched:
    """A window whose mistakes are counted: whatever a page writes to the console, or throws, fails the test."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.mistakes: list[str] = []

    def window(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        page.on("console", lambda said: self.mistakes.append(said.text) if said.type == "error" else None)
        page.set_default_timeout(PATIENCE_MS)
        return page


def real_time() -> datetime:
    """A page counts time by the clock of its own machine, so its server must do so too."""
    return datetime.now(UTC)
