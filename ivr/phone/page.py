"""The addresses of the web phone: the page, what happens on it as server-sent events, and what is done at a phone.

Knows no network: telephones are handed in (`Phones`), and all they tell is ready for JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from flask import Flask, Response, abort, jsonify, render_template, request

from ivr.phone.access import Doors
from ivr.phone.texts import LANGUAGES, WORDS

Row = Mapping[str, Any]
HEARTBEAT_SECONDS = 10.0
"""A line is written at least this often: only by writing does a server learn that nobody reads any more."""
LARGEST_BODY = 8192


class Lines(Protocol):
    """What happens, numbered; every line has its number as `n`."""

    @property
    def closed(self) -> bool: ...

    def after(self, number: int, patience: float) -> Sequence[Row]:
        """The lines after this number; waits so many seconds for the first."""
        ...


class Phones(Protocol):
    """What the page needs of telephones. What cannot be done now gives False, "" or nothing."""

    @property
    def lines(self) -> Lines: ...
    def overview(self) -> Row: ...
    def dial(self, from_: str) -> str: ...
    def pick_up(self, call: str) -> bool: ...
    def decline(self, call: str) -> bool: ...
    def press(self, call: str, key: str) -> bool: ...
    def say(self, call: str, words: str) -> bool: ...
    def hang_up(self, call: str) -> bool: ...
    def take(self, number: str) -> bool: ...
    def give_back(self, number: str) -> bool: ...
    def begin_at(self, moment: datetime | None) -> str: ...
    def sound(self, number: int) -> bytes: ...
    def script(self, call: str, should_hear: str) -> Row: ...
    def map(self, call: str, flow: str, language: str) -> str: ...
    @property
    def map_style(self) -> str: ...


def create_phone(phones: Phones, doors: Doors) -> Flask:
    """The app of the web phone. Whom it lets in is the matter of `doors`."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    doors.put_on(app)

    @app.get("/")
    def page() -> str:
        language = request.args.get("lang") or request.accept_languages.best_match(LANGUAGES)
        words = WORDS.get(language or "", WORDS[LANGUAGES[0]])
        return render_template("phone.html", words=words, languages=LANGUAGES)

    @app.get("/state")
    def state() -> Response:
        return jsonify(phones.overview())

    @app.get("/lines")
    def lines() -> Response:
        """Everything that happens from now on, or after a number: `Last-Event-ID` of a browser that comes back."""
        came_back = request.headers.get("Last-Event-ID") or request.args.get("after") or "0"
        number = int(came_back) if came_back.isascii() and came_back.isdigit() else 0
        return Response(_told(phones.lines, number), content_type="text/event-stream")

    @app.get("/sound/<int:number>.wav")
    def sound(number: int) -> Response:
        heard = phones.sound(number)
        return Response(heard, content_type="audio/wav") if heard else abort(404)

    @app.post("/dial")
    def dial() -> tuple[Response, int]:
        call = phones.dial(_field("from"))
        return jsonify(call=call), 200 if call else 409

    @app.post("/calls/<call>/<act>")
    def act(call: str, act: str) -> tuple[Response, int]:
        match act:
            case "press":
                done = phones.press(call, _field("key"))
            case "say":
                done = phones.say(call, _field("words"))
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
        return jsonify(phones.script(call, _field("should_hear")))

    @app.get("/calls/<call>/map/<flow>.svg")
    def drawn(call: str, flow: str) -> Response:
        """The flow a call stands in, as it is for this call."""
        drawn = phones.map(call, flow, request.args.get("lang", ""))
        return Response(drawn, content_type="image/svg+xml; charset=utf-8") if drawn else abort(404)

    @app.get("/map.css")
    def map_style() -> Response:
        return Response(phones.map_style, content_type="text/css; charset=utf-8")

    @app.post("/phones/<act>")
    def phone(act: str) -> tuple[Response, int]:
        match act:
            case "take":
                return _done(phones.take(_field("number")))
            case "give-back":
                return _done(phones.give_back(_field("number")))
        abort(404)

    @app.post("/time")
    def time() -> tuple[Response, int]:
        try:
            moment = datetime.fromisoformat(at) if (at := _field("at")) else None
        except ValueError:
            abort(400)
        why = phones.begin_at(moment)
        return jsonify(why=why), 409 if why else 200

    return app


def _told(lines: Lines, number: int) -> Iterator[str]:
    """Server-sent events; they end when the telephones are taken down."""
    yield "retry: 1000\n\n"
    while not lines.closed:
        news = lines.after(number, HEARTBEAT_SECONDS)
        if not news:
            yield ": still here\n\n"
        for line in news:
            number = line["n"]
            yield f"id: {number}\ndata: {json.dumps(line, ensure_ascii=False)}\n\n"


def _field(name: str) -> str:
    """A text of the request's JSON; "" if it has none. Ends the request where it is something else."""
    body = request.get_json()
    value = body.get(name, "") if isinstance(body, dict) else None
    if not isinstance(value, str):
        abort(400)
    return value


def _done(done: bool) -> tuple[Response, int]:
    return jsonify(done=done), 200 if done else 409
