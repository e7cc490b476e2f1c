"""A small HTTP server that speaks as much of Twilio's REST API as we use, and fails in the ways networks do."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlparse


class Api:
    """What it was asked to make, and how it is to fail: `drop` (made, but the reply is lost), `lost` (made, and 503 is
    answered), or a status.

    Its lists show only what was made `lag` ago, and its clock is `behind` ours.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.lag = self.behind = timedelta()
        self.url = ""
        self.made: list[dict[str, str]] = []
        self.steered: list[tuple[str, dict[str, str]]] = []
        self.failures: list[str | int] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[Any] = []
        self.asked = Event()

    def rung(self) -> list[str]:
        return [item["to"] for item in self.made if item["sid"].startswith("CA")]

    def texted(self) -> list[tuple[str, str]]:
        return [(item["to"], item["body"]) for item in self.made if item["sid"].startswith("SM")]


@contextmanager
def serving(now: datetime) -> Iterator[Api]:
    """The API on a free port of this machine."""
    api = Api(now)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            api.headers.append({name.lower(): value for name, value in self.headers.items()})
            api.asked.set()
            failure = api.failures.pop(0) if api.failures else None
            if isinstance(failure, int):
                self.reply(failure, {"code": 20000 + failure, "message": "no", "status": failure})
                return
            if self.path == "/tickets":
                api.bodies.append(json.loads(raw))
                self.reply(201, {})
                return
            form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
            if found := re.search(r"/Calls/(CA\w+)\.json$", self.path):
                api.steered.append((found[1], form))
                self.reply(200, {"sid": found[1]})
                return
            if form.get("From", "").startswith("MG"):
                self.reply(400, {"code": 21212, "message": "a service is no number", "status": 400})
                return
            kind = "SM" if "Messages" in self.path else "CA"
            item = {
                "sid": f"{kind}{len(api.made):032x}",
                "to": form["To"],
                "from": form.get("From") or form["MessagingServiceSid"],
                "body": form.get("Body", ""),
                "url": form.get("Url", ""),
                "status_callback": form.get("StatusCallback", ""),
                "timeout": form.get("Timeout", ""),
                "date_created": format_datetime(api.now - api.behind),
            }
            api.made.append(item)
            if failure == "drop":
                self.close_connection = True
                return
            if failure == "lost":
                self.reply(503, {})
                return
            if failure == "empty":
                self.reply(201, {})
                return
            self.reply(201, item)

        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlparse(self.path).query).items()}
            kind, sid = ("messages", "SM") if "Messages" in self.path else ("calls", "CA")
            shown = (api.now - api.behind - api.lag).replace(microsecond=0)
            found = [
                item
                for item in reversed(api.made)
                if item["sid"].startswith(sid)
                and item["to"] == asked["To"]
                and item["from"] == asked.get("From", item["from"])
                and parsedate_to_datetime(item["date_created"]) <= shown
            ]
            self.reply(200, {kind: found, "next_page_uri": None, "page": 0, "page_size": 50})

        def reply(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *told: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
