"""The addresses that are not the carrier's: health, readiness, metrics and recordings, with Flask."""

import logging
from pathlib import Path

from flask import Flask, Response, abort, jsonify, request, send_from_directory
from werkzeug.exceptions import HTTPException

from ivr.hotline.hotline import Hotline
from ivr.webhooks.carrier import SAFE_HEADERS
from ivr.webhooks.metrics import Meter, metrics_of
from ivr.webhooks.settings import WebhookSettings
from ivr.webhooks.twiml import TwimlWriter

log = logging.getLogger(__name__)


def create_pages(hotline: Hotline, writer: TwimlWriter, settings: WebhookSettings, meter: Meter | None) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.largest_body
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False
    if meter is not None:
        app.add_url_rule("/metrics", "metrics", metrics_of(meter))

    @app.get("/health")
    def health() -> Response:
        """The process is up. Says nothing about the store or the carrier."""
        return jsonify(status="ok")

    @app.get("/ready")
    def ready() -> tuple[Response, int]:
        """200 if a call would be answered, else 503 with the problems by part."""
        try:
            problems = dict(hotline.ready())
        except Exception as fault:
            log.exception("readiness could not be told")
            problems = {"hotline": type(fault).__name__}
        return jsonify(status="not ready" if problems else "ready", problems=problems), 503 if problems else 200

    @app.get("/media/<path:name>")
    def media(name: str) -> Response:
        """A recording or music, if flows, queues or the list of recordings name it, and no other file.
        The store is asked about files alone that are there."""
        file = _inside(settings.media, name) if settings.media else None
        address = f"media/{name}"
        if settings.media is None or file is None or not (
            address in settings.music or writer.recordings.plays(address) or hotline.plays(address)
        ):  # fmt: skip
            abort(404)
        return send_from_directory(settings.media.resolve(), file)

    app.register_error_handler(HTTPException, _short)
    app.register_error_handler(Exception, _ours)
    app.after_request(_guarded)
    return app


def _inside(folder: Path, name: str) -> str | None:
    """The path of a file in a folder, relative to it. None for one that is not there, is hidden, or is reached by a
    link that leads out of the folder."""
    folder = folder.resolve()
    try:
        file = (folder / name).resolve()
        if not file.is_file() or not file.is_relative_to(folder):
            return None
    except (OSError, ValueError):  # too long for a name, or a NUL in it
        return None
    path = file.relative_to(folder)
    return None if any(part.startswith(".") for part in path.parts) else str(path)


def _short(error: HTTPException) -> Response:
    """An error as its status and an empty body: nobody reads it in a browser."""
    why = f"{request.method}: {error.name}"
    log.warning("refused", extra={"status": error.code, "why": why, "path": request.path})
    return Response(status=error.code, headers=[header for header in error.get_headers() if header[0] == "Allow"])


def _ours(error: Exception) -> Response:
    log.exception("request failed", exc_info=error)
    return Response(status=500)


def _guarded(response: Response) -> Response:
    for name, value in SAFE_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
