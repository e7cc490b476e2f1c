"""Where the time of a webhook goes: one process, one thread, no server, with a stopwatch around the public pieces.

The stopwatch is put on from outside and counts each piece without the pieces inside it. It costs about a
microsecond for each piece it times, so the sum is a little more than a webhook takes without it.
"""

from __future__ import annotations

import functools
import io
import logging
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.carrier import ACCOUNT, FORM_TYPE, PUBLIC_URL, TOKEN, call_id, form, pressed, signature, turn_path
from bench.figures import Figure, figure
from bench.servers import environment, hotline_folder
from ivr.app.build import App, Environment, build_app, real_clock
from ivr.call import engine
from ivr.call.session import Session
from ivr.config import load_config
from ivr.hotline import journal
from ivr.store import Store, TurnTransaction
from ivr.webhooks import form as forms
from ivr.webhooks import logs
from ivr.webhooks.authenticity import Signatures
from ivr.webhooks.twiml import TwimlWriter

CALLS = 100
THE_REST = "the rest of webhooks and hotline"


class Stopwatch:
    """Adds up the seconds of named pieces, each without the pieces within it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._within: list[float] = []
        self._replaced: list[tuple[Any, str, object]] = []

    @contextmanager
    def piece(self, name: str) -> Iterator[None]:
        self._within.append(0.0)
        began = time.perf_counter()
        try:
            yield
        finally:
            taken = time.perf_counter() - began
            self.seconds[name] += taken - self._within.pop()
            if self._within:
                self._within[-1] += taken

    def around(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        seconds, within, clock = self.seconds, self._within, time.perf_counter

        @functools.wraps(function)
        def timed(*given: Any, **named: Any) -> Any:
            within.append(0.0)
            began = clock()
            try:
                return function(*given, **named)
            finally:
                taken = clock() - began
                seconds[name] += taken - within.pop()
                if within:
                    within[-1] += taken

        return timed

    def on(self, owner: Any, attribute: str, name: str) -> None:
        """Times a function of a module or a class from now on, until `off`."""
        self.put(owner, attribute, self.around(getattr(owner, attribute), name))

    def put(self, owner: Any, attribute: str, timed: object) -> None:
        self._replaced.append((owner, attribute, vars(owner)[attribute]))
        setattr(owner, attribute, timed)

    def off(self) -> None:
        for owner, attribute, original in reversed(self._replaced):
            setattr(owner, attribute, original)


def measure(folder: Path, rounds: int, turns: int) -> list[Figure]:
    """Takes so many turns of a hundred calls in each round, first without the stopwatch and then with it."""
    app = _app(folder)
    _play(app, range(2))
    starts = range(2, 2 + 2 * rounds * turns, turns)
    plain = [_play(app, range(first, first + turns)) for first in starts[:rounds]]
    watch = _stopwatch()
    taken: dict[str, list[float]] = defaultdict(list)
    for first in starts[rounds:]:
        watch.seconds.clear()
        taken["sum"].append(_play(app, range(first, first + turns), watch))
        for name, seconds in watch.seconds.items():
            taken[name].append(seconds / (CALLS * turns) * 1e6)
    watch.off()
    app.close()
    ours = sorted((name for name in taken if name != "sum"), key=lambda name: -min(taken[name]))
    return [
        figure("one webhook, in process", "µs", plain),
        figure("the same under the stopwatch", "µs", taken["sum"]),
        *(figure(f"  {name}", "µs", taken[name]) for name in ours),
    ]


def _app(folder: Path) -> App:
    config, _ = load_config(hotline_folder(folder), today=datetime.now(UTC).date(), environ=environment())
    assert config is not None
    logs.configure(stream=(folder / "stages.log").open("w"))
    around = Environment(sender=_Nobody(), clock=real_clock, tokens=(TOKEN,), account_sid=ACCOUNT)
    return build_app(config, around)


class _Nobody:
    """Nothing leaves this machine."""

    def send_text(self, key: str, to: str, body: str) -> str:
        return key

    def place_call(self, key: str, to: str, url: str, *, status_url: str = "", ring_seconds: int = 30) -> str:
        return key

    def steer(self, key: str, call: str, url: str) -> None:
        pass

    def placed_calls(self, to: str, since: datetime) -> tuple[str, ...]:
        return ()

    def sent_texts(self, to: str, body: str, since: datetime) -> tuple[str, ...]:
        return ()


def _play(app: App, turns: range, watch: Stopwatch | None = None) -> float:
    """Takes these turns of every call; gives the microseconds of one, with the requests made beforehand."""
    asked = [_environ(turn, call_id(number)) for turn in turns for number in range(CALLS)]
    app = watch.around(app.webhooks, THE_REST) if watch else app.webhooks
    statuses: list[str] = []

    def start(status: str, *_: object) -> Any:
        statuses.append(status)

    began = time.perf_counter()
    for environ in asked:
        b"".join(app(environ, start))
    taken = time.perf_counter() - began
    assert {status[:3] for status in statuses} == {"200"}, set(statuses)
    return taken / len(asked) * 1e6


def _environ(turn: int, call: str) -> dict[str, Any]:
    path, fields = (turn_path(call, turn), pressed(call, "1")) if turn else ("/voice", form(call))
    body = urlencode(fields).encode()
    return {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "hotline.example",
        "CONTENT_TYPE": FORM_TYPE, "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_TWILIO_SIGNATURE": signature(path, fields), "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip


def _stopwatch() -> Stopwatch:
    watch = Stopwatch()
    watch.on(forms, "pairs", "form: names and values")
    watch.on(Signatures, "valid", "signature")
    watch.on(forms, "fields", "form: shapes and borders")
    watch.on(TurnTransaction, "__init__", "store: read call and turn")
    watch.on(TurnTransaction, "save", "store: write session")
    watch.on(TurnTransaction, "record", "store: write turn and answer")
    watch.on(Session, "to_json", "session to JSON")
    watch.put(Session, "from_json", watch.around(Session.from_json, "session from JSON"))
    watch.on(engine, "answer", "engine")
    watch.on(TwimlWriter, "write", "TwiML, checked")
    watch.on(journal, "to_json", "journal of the turn")
    watch.on(logging.Logger, "_log", "log")
    _time_transactions(watch)
    return watch


def _time_transactions(watch: Stopwatch) -> None:
    turn = Store.turn

    @contextmanager
    def timed(store: Store, call_id: str, number: int | None = None) -> Iterator[TurnTransaction]:
        transaction = turn(store, call_id, number)
        with watch.piece("store: begin"):
            page = transaction.__enter__()
        try:
            yield page
        except BaseException:
            transaction.__exit__(*sys.exc_info())
            raise
        with watch.piece("store: commit, synced to disk"):
            transaction.__exit__(None, None, None)

    watch.put(Store, "turn", timed)


assert PUBLIC_URL in (Path(__file__).parent / "hotline" / "config.yaml").read_text()
