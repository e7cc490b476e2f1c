"""The web phone as a Flask application: its page, what happens as server-sent events, and what is done at a phone.

`Server` serves it with a thread for each request, because a page that listens keeps one.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from flask import Flask, Response, abort, jsonify, request, send_from_directory
from jinja2 import Environment, FileSystemLoader
from werkzeug.serving import WSGIRequestHandler, make_server

from ivr.flow.picture import STYLE
from ivr.phone.access import HEADERS, field, guard
from ivr.phone.session import PhoneSession
from ivr.phone.transcript import Lines
from ivr.phone.views import View, Views, add_views
from ivr.texts.load import load_texts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"
HEARTBEAT_SECONDS = 5.0
"""A line is written at least this often: only by writing does a server learn that nobody reads any more."""
LARGEST_BODY = 8192
HERE = Path(__file__).parent
TEXTS = load_texts(HERE / "texts.yaml")
TEMPLATES = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
LANGUAGES = tuple(TEXTS["lang"])


@dataclass(frozen=True, kw_only=True)
class PhonePlace:
    """What a web phone is a part of. Requests that change something bring the token `csrf`, if it is not empty."""

    csrf: Callable[[], str] = lambda: ""
    listen: Callable[[Iterator[bytes]], Iterator[bytes] | None] = lambda events: events
    """Is given the events for one page, and gives None where too many pages listen."""


def create_phone(phones: PhoneSession) -> Flask:
    """The application of the web phone, for requests of this machine."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    guard(app)
    add_views(app, "", "phone", phone_views(phones, PhonePlace()))
    return app


def phone_views(phones: PhoneSession, place: PhonePlace) -> tuple[View, ...]:
    """Everything that the page asks for; it asks below the address that it has itself.

    `phones` may be a proxy of what belongs to whoever asks.
    """
    phone = Views()
    _add_page_views(phone, phones, place)
    _add_call_views(phone, phones)
    _add_setting_views(phone, phones)
    return tuple(phone.all)


def texts_in(language: str) -> dict[str, str]:
    return {key: words[language] for key, words in TEXTS.items()}


def _add_page_views(phone: Views, phones: PhoneSession, place: PhonePlace) -> None:

    @phone.get("/")
    def page() -> Response:
        asked = request.args.get("lang") or request.accept_languages.best_match(LANGUAGES)
        texts = texts_in(asked if asked in LANGUAGES else LANGUAGES[0])
        made = TEMPLATES.get_template("phone.html").render(texts=texts, languages=LANGUAGES, csrf=place.csrf())
        policy = "Content-Security-Policy"
        return Response(made, content_type="text/html; charset=utf-8", headers={policy: HEADERS[policy]})

    @phone.get("/static/<name>")
    def static(name: str) -> Response:
        return send_from_directory(HERE / "static", name)

    @phone.get("/state")
    def state() -> Response:
        return jsonify(phones.overview())

    @phone.get("/lines")
    def lines() -> Response:
        """Everything that happens from now on, or after a number: `Last-Event-ID` of a browser that comes back."""
        came_back = request.headers.get("Last-Event-ID") or request.args.get("after") or "0"
        number = int(came_back) if re.fullmatch(r"[0-9]{1,18}", came_back) else 0
        events = place.listen(_server_sent(phones.lines, number))
        if events is None:
            return Response(status=503)
        return Response(events, content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @phone.get("/sound/<int:number>")
    def sound(number: int) -> Response:
        heard = phones.sound(number)
        kind = "audio/wav" if heard.startswith(b"RIFF") else "audio/mpeg"
        return Response(heard, content_type=kind) if heard else abort(404)

    @phone.get("/map.css")
    def map_style() -> Response:
        return Response(STYLE, content_type="text/css; charset=utf-8")


def _add_call_views(phone: Views, phones: PhoneSession) -> None:

    @phone.post("/dial")
    def dial() -> tuple[Response, int]:
        try:
            call = phones.dial(field("from"), field("at"))
        except KeyError:
            return jsonify(why="no step"), 409
        return jsonify(call=call), 200 if call else 409

    @phone.post("/calls/<call>/<action>")
    def act(call: str, action: str) -> tuple[Response, int]:
        acts = {
            "press": lambda: phones.press(call, field("key")),
            "say": lambda: phones.say(call, field("words")),
            "hang-up": lambda: phones.hang_up(call),
            "pick-up": lambda: phones.pick_up(call),
            "decline": lambda: phones.decline(call),
        }
        return _done(acts[action]()) if action in acts else abort(404)

    @phone.post("/calls/<call>/script")
    def script(call: str) -> Response:
        return jsonify(phones.script(call, field("should_hear")))

    @phone.get("/calls/<call>/map/<flow>.svg")
    def map_of_call(call: str, flow: str) -> Response:
        """The flow a call stands in, as it is for this call."""
        drawn = phones.map(call, flow, request.args.get("lang", ""))
        return Response(drawn, content_type="image/svg+xml; charset=utf-8") if drawn else abort(404)


def _add_setting_views(phone: Views, phones: PhoneSession) -> None:

    @phone.post("/phones/take")
    def take() -> tuple[Response, int]:
        return _done(phones.take(field("number")))

    @phone.post("/phones/give-back")
    def give_back() -> tuple[Response, int]:
        return _done(phones.give_back(field("number")))

    @phone.post("/time")
    def time() -> tuple[Response, int]:
        try:
            moment = datetime.fromisoformat(at) if (at := field("at")) else None
        except ValueError:
            abort(400)
        why = phones.begin_at(moment)
        return jsonify(why=why), 409 if why else 200


def _server_sent(lines: Lines, number: int) -> Iterator[bytes]:
    """Server-sent events; they end when the telephones are taken down."""
    yield b"retry: 1000\n\n"
    while not lines.closed:
        news = lines.after(number, HEARTBEAT_SECONDS)
        if not news:
            yield b": still here\n\n"
        for line in news:
            number = line["n"]
            yield f"id: {number}\ndata: {json.dumps(line, ensure_ascii=False)}\n\n".encode()


def _done(done: bool) -> tuple[Response, int]:
    return jsonify(done=done), 200 if done else 409


# --- serving ------------------------------------------------------------------------------------------------------


class Server:
    """A running server for this machine; a context manager. `port` 0 takes a free one. OSError for a taken one."""

    def __init__(self, app: WSGIApplication, port: int) -> None:
        # Werkzeug would end the process at a port that is taken, so it is opened here.
        with socket.create_server((HOST, port)) as opened:
            self._http = make_server(HOST, port, app, threaded=True, request_handler=_Quiet, fd=opened.fileno())
        self.url = f"http://{HOST}:{self._http.port}"
        self._thread = threading.Thread(target=lambda: self._http.serve_forever(0.05), name="web phone", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Quiet(WSGIRequestHandler):
    timeout = 60  # seconds that a silent client holds a thread

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: the page shows what matters."""
