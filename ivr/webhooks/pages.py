"""The addresses that are not the carrier's: health, readiness, metrics and recordings, with Flask."""

import logging

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
        """A recording or music, if flows, queues or the list of recordings name it: no other file, none that is hidden,
        and nothing by a link that leads out of the folder. The store is asked about files alone that are there."""
        if settings.media is None:
            abort(404)
        folder, address = settings.media.resolve(), f"media/{name}"
        try:
            file = (folder / name).resolve()
            if not file.is_file():
                abort(404)
        except (OSError, ValueError):  # too long for a name, or a NUL in it
            abort(404)
        if not file.is_relative_to(folder) or any(part.startswith(".") for part in file.relative_to(folder).parts):
            abort(404)
        if not (address in settings.music or writer.recordings.plays(address) or hotline.plays(address)):
            abort(404)
        return send_from_directory(folder, str(file.relative_to(folder)))

    @app.errorhandler(HTTPException)
    def short(error: HTTPException) -> Response:
        """An error as its status and an empty body: nobody reads it in a browser."""
        why = f"{request.method}: {error.name}"
        log.warning("refused", extra={"status": error.code, "why": why, "path": request.path})
        return Response(status=error.code, headers=[header for header in error.get_headers() if header[0] == "Allow"])

    @app.errorhandler(Exception)
    def ours(error: Exception) -> Response:
        log.exception("request failed", exc_info=error)
        return Response(status=500)

    @app.after_request
    def guard(response: Response) -> Response:
        given = {name for name, _ in response.headers}
        for name, value in SAFE_HEADERS.items():
            if name not in given:
                response.headers.add(name, value)
        return response

    return app
