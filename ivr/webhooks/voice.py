"""The webhooks of callers: one request of the carrier in, one TwiML document out.

`ivr.webhooks.authenticity` checks a request before the hotline is asked; a request that is not the carrier's gets a
status and an empty body. A fault of ours is heard by a caller: it is answered with an apology and status 200
(docs/design.md#promise-7), and logged with its trace.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.routing import BaseConverter

from ivr.call.events import Recorded
from ivr.hotline.hotline import Hotline
from ivr.store.rows import Stale
from ivr.webhooks import form as forms
from ivr.webhooks.authenticity import Authenticity
from ivr.webhooks.form import Form
from ivr.webhooks.framing import QUEUED_SECONDS
from ivr.webhooks.settings import WebhookSettings
from ivr.webhooks.twiml import TwimlWriter

log = logging.getLogger(__name__)

_XML = "text/xml; charset=utf-8"
_LONGEST_CALL_TURNS = 9_999
BUSY_SECONDS = 0.5
"""A new call whose request had to wait for a thread for so long is told that we are busy. Below what the server can do,
requests wait for some hundredths of a second."""
SLOW_MS = 1_000
"""An answer that takes longer is logged as a warning: the caller hears nothing meanwhile."""


class CallId(BaseConverter):
    """A CallSid in an address; any other address is answered with 404."""

    regex = "CA[0-9a-fA-F]{32}"


def voice_routes(
    hotline: Hotline, writer: TwimlWriter, settings: WebhookSettings, in_talk: Callable[[str], str]
) -> Blueprint:
    """The routes that a carrier uses. All take POST alone, and all are signed.

    `in_talk` gives the document for a call that is in the middle of a talk with an agent, "" for any other.
    """
    views = _Views(hotline, writer, settings, in_talk)
    routes = Blueprint("voice", __name__)
    turn = f"<int(max={_LONGEST_CALL_TURNS}):turn>"
    for path, view in (
        ("/voice", views.ring),
        ("/voice/fallback", views.resume),
        ("/voice/status", views.report),
        (f"/voice/<call:call>/turns/{turn}", views.take),
        (f"/voice/<call:call>/turns/{turn}/poll", views.poll),
        (f"/voice/<call:call>/hold/{turn}", views.hold),
    ):
        routes.add_url_rule(path, view.__name__, view, methods=["POST"])
    routes.register_error_handler(Stale, _stale)
    return routes


class _Views:
    """One method per route."""

    def __init__(
        self, hotline: Hotline, writer: TwimlWriter, settings: WebhookSettings, in_talk: Callable[[str], str]
    ) -> None:
        self._hotline = hotline
        self._writer = writer
        self._in_talk = in_talk
        self._authenticity = Authenticity(settings)

    def ring(self) -> Response:
        form = self._authenticity.form()
        queued = request.environ.get(QUEUED_SECONDS, 0.0)
        if queued > BUSY_SECONDS:  # callers who are in a call already come first: they are answered as they are
            log.warning("busy", extra={"call": form["CallSid"], "ms": round(queued * 1000)})
            return Response(self._writer.busy(forms.whole(request.args.get("busy", "")) or 0), content_type=_XML)
        return self._spoken(form, lambda: self._hotline.ring(forms.ringing(form)))

    def take(self, call: str, turn: int) -> Response:
        form = self._authenticity.form(call)
        if forms.steered(form):
            return Response(self._writer.nothing(), content_type=_XML)
        nothing = Recorded("", 0) if request.args.get("empty") == "recording" else None
        return self._spoken(form, lambda: self._hotline.take(call, turn, forms.heard(form, empty=nothing)), turn)

    def poll(self, call: str, turn: int) -> Response:
        form = self._authenticity.form(call)
        return self._spoken(form, lambda: self._hotline.poll(call, turn), turn)

    def hold(self, call: str, turn: int) -> Response:
        form = self._authenticity.form(call)
        position, waited = forms.whole(form.get("QueuePosition", "")), forms.whole(form.get("QueueTime", "")) or 0
        return self._spoken(
            form,
            lambda: self._hotline.hold(
                call,
                turn,
                position=position,
                waited_seconds=waited,
                key=forms.key(form),
                heard=request.args.get("heard", ""),
            ),
            turn,
        )

    def resume(self) -> Response:
        """The carrier could not use our last answer, or it was our own last words that led here. A fault now is
        counted in the address, so that a broken hotline cannot keep a caller in a circle."""
        form = self._authenticity.form()
        faults = forms.whole(request.args.get("faults", "")) or 0
        error = forms.whole(form.get("ErrorCode", ""))

        def where_it_stands() -> str:
            call = forms.ringing(form)
            return self._in_talk(call.call_id) or self._hotline.resume(call, error, forms.failed_turn(form))

        return self._spoken(form, where_it_stands, faults=faults)

    def report(self) -> Response:
        """A status callback: always 204, as the carrier does nothing with our answer but complain."""
        form = self._authenticity.form()
        call, status = form["CallSid"], form["CallStatus"]
        try:
            self._hotline.report(
                call,
                status,
                sequence=forms.whole(form.get("SequenceNumber", "")),
                seconds=forms.whole(form.get("CallDuration", "")),
            )
        except Exception:
            log.exception("status lost", extra={"call": call, "status": status})
        return Response(status=204)

    # --- answering ----------------------------------------------------------------------------------------

    def _spoken(self, form: Form, answer: Callable[[], str], turn: int | None = None, faults: int = 0) -> Response:
        """The hotline's answer, or `last_words`. Stale passes through: the call has gone on."""
        began = time.perf_counter()
        try:
            document = answer()
        except Stale:
            raise
        except Exception:
            log.exception("no answer", extra={"call": form["CallSid"], "turn": turn, "route": request.endpoint})
            document = self._writer.last_words(faults)
        ms = round((time.perf_counter() - began) * 1000, 1)
        level = logging.WARNING if ms > SLOW_MS else logging.DEBUG
        if log.isEnabledFor(level):  # the hotline has logged the turn; one more line costs a tenth of a webhook
            route = request.endpoint
            log.log(level, "webhook", extra={"call": form["CallSid"], "turn": turn, "route": route, "ms": ms})
        return Response(document, content_type=_XML)


def _stale(_: Stale) -> Response:
    arguments = request.view_args or {}
    log.warning("stale turn", extra={"call": arguments.get("call"), "turn": arguments.get("turn")})
    return Response(status=409)
