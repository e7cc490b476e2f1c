"""The web phone as a Flask application: its page, what happens as server-sent events, and what is done at a phone.

`Server` serves it with a thread for each request, because a page that listens keeps one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.serving import WSGIRequestHandler, make_server

from ivr.phone.access import guard
from ivr.phone.fields import field
from ivr.phone.session import PhoneSession
from ivr.phone.transcript import Lines
from ivr.texts.load import load_texts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HERE = "127.0.0.1"
HEARTBEAT_SECONDS = 10.0
"""A line is written at least this often: only by writing does a server learn that nobody reads any more."""
LARGEST_BODY = 8192
TEXTS = load_texts(Path(__file__).with_name("texts.yaml"))
LANGUAGES = tuple(TEXTS["lang"])


def create_phone(phones: PhoneSession) -> Flask:
    """The application of the web phone, for requests of this machine."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    guard(app)
    _add_page_routes(app, phones)
    _add_call_routes(app, phones)
    _add_setting_routes(app, phones)
    return app


def texts_in(language: str) -> dict[str, str]:
    return {key: words[language] for key, words in TEXTS.items()}


def _add_page_routes(app: Flask, phones: PhoneSession) -> None:

    @app.get("/")
    def page() -> str:
        language = request.args.get("lang") or request.accept_languages.best_match(LANGUAGES)
        texts = texts_in(language if language in LANGUAGES else LANGUAGES[0])
        return render_template("phone.html", texts=texts, languages=LANGUAGES)

    @app.get("/state")
    def state() -> Response:
        return jsonify(phones.overview())

    @app.get("/lines")
    def lines() -> Response:
        """Everything that happens from now on, or after a number: `Last-Event-ID` of a browser that comes back."""
        came_back = request.headers.get("Last-Event-ID") or request.args.get("after") or "0"
        number = int(came_back) if came_back.isascii() and came_back.isdigit() else 0
        return Response(_server_sent(phones.lines, number), content_type="text/event-stream")

    @app.get("/sound/<int:number>")
    def sound(number: int) -> Response:
        heard = phones.sound(number)
        kind = "audio/wav" if heard.startswith(b"RIFF") else "audio/mpeg"
        return Response(heard, content_type=kind) if heard else abort(404)

    @app.get("/map.css")
    def map_style() -> Response:
        return Response(phones.map_style, content_type="text/css; charset=utf-8")


def _add_call_routes(app: Flask, phones: PhoneSession) -> None:

    @app.post("/dial")
    def dial() -> tuple[Response, int]:
        try:
            call = phones.dial(field("from"), field("at"))
        except KeyError:
            return jsonify(why="no step"), 409
        return jsonify(call=call), 200 if call else 409

    @app.post("/calls/<call>/<action>")
    def act(call: str, action: str) -> tuple[Response, int]:
        match action:
            case "press":
                done = phones.press(call, field("key"))
            case "say":
                done = phones.say(call, field("words"))
            case "hang-up":
                done = phones.hang_up(call)
            case "pick-up":
                done = phones.pick_up(call)
            case "decline":
                done = phones.decline(call)
            case _:
                abort(404)
        return _done(done)

    @app.post("/calls/<call>/script")
    def script(call: str) -> Response:
        return jsonify(phones.script(call, field("should_hear")))

    @app.get("/calls/<call>/map/<flow>.svg")
    def drawn(call: str, flow: str) -> Response:
        """The flow a call stands in, as it is for this call."""
        drawn = phones.map(call, flow, request.args.get("lang", ""))
        return Response(drawn, content_type="image/svg+xml; charset=utf-8") if drawn else abort(404)


def _add_setting_routes(app: Flask, phones: PhoneSession) -> None:

    @app.post("/phones/take")
    def take() -> tuple[Response, int]:
        return _done(phones.take(field("number")))

    @app.post("/phones/give-back")
    def give_back() -> tuple[Response, int]:
        return _done(phones.give_back(field("number")))

    @app.post("/time")
    def time() -> tuple[Response, int]:
        try:
            moment = datetime.fromisoformat(at) if (at := field("at")) else None
        except ValueError:
            abort(400)
        why = phones.begin_at(moment)
        return jsonify(why=why), 409 if why else 200


def _server_sent(lines: Lines, number: int) -> Iterator[str]:
    """Server-sent events; they end when the telephones are taken down."""
    yield "retry: 1000\n\n"
    while not lines.closed:
        news = lines.after(number, HEARTBEAT_SECONDS)
        if not news:
            yield ": still here\n\n"
        for line in news:
            number = line["n"]
            yield f"id: {number}\ndata: {json.dumps(line, ensure_ascii=False)}\n\n"


def _done(done: bool) -> tuple[Response, int]:
    return jsonify(done=done), 200 if done else 409


# --- serving ------------------------------------------------------------------------------------------------------


class Server:
    """A running server for this machine; a context manager. `port` 0 takes a free one. OSError for a taken one."""

    def __init__(self, app: WSGIApplication, port: int) -> None:
        self._http = make_server(HERE, port, app, threaded=True, request_handler=_Quiet)
        self.url = f"http://{HERE}:{self._http.server_port}"
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
