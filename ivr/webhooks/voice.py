"""The webhooks of callers: a request of the carrier in, a TwiML document out."""

import logging
from collections.abc import Callable, Mapping

from ivr.call.events import Input, QueueEnded, Recorded
from ivr.hotline.hotline import Hotline
from ivr.webhooks import form as forms
from ivr.webhooks.carrier import CarrierRequest, Route
from ivr.webhooks.twiml import TwimlWriter

log = logging.getLogger(__name__)

BUSY_SECONDS = 0.5
"""A new call whose request had to wait for a thread for so long is told that we are busy. Below what the server can do,
requests wait for some hundredths of a second."""

NOTHING: Mapping[str, Input] = {"recording": Recorded("", 0), "queue": QueueEnded("left", 0)}
"""What a form says that has none of its fields, by `empty` in the address: nothing was recorded; the caller was fetched
out of the queue."""


def voice_routes(hotline: Hotline, writer: TwimlWriter, in_talk: Callable[[str], str]) -> tuple[Route, ...]:
    """The routes of callers, the one that is asked most first.

    `in_talk` gives the document for a call that is in the middle of a talk with an agent, "" for any other.
    """
    views = _Views(hotline, writer, in_talk)
    turn = "/voice/<call>/turns/<turn>"

    def sorry(_: CarrierRequest) -> str:
        return writer.last_words(0)

    return (
        Route("voice.take", turn, views.take, sorry),
        Route("voice.ring", "/voice", views.ring, sorry),
        Route("voice.report", "/voice/status", views.report),
        Route("voice.poll", f"{turn}/poll", lambda asked: hotline.poll(asked.call, asked.turn), sorry),
        Route("voice.hold", "/voice/<call>/hold/<turn>", views.hold, sorry),
        Route("voice.resume", "/voice/fallback", views.resume, lambda asked: writer.last_words(_faults(asked))),
    )


class _Views:
    def __init__(self, hotline: Hotline, writer: TwimlWriter, in_talk: Callable[[str], str]) -> None:
        self._hotline = hotline
        self._writer = writer
        self._in_talk = in_talk

    def ring(self, asked: CarrierRequest) -> str:
        if asked.queued_seconds > BUSY_SECONDS:  # callers who are in a call already come first
            log.warning("busy", extra={"call": asked.form["CallSid"], "ms": round(asked.queued_seconds * 1000)})
            return self._writer.busy(forms.whole(asked.query.get("busy", "")) or 0)
        return self._hotline.ring(forms.ringing(asked.form))

    def take(self, asked: CarrierRequest) -> str:
        if forms.steered(asked.form):
            return self._writer.nothing()
        nothing = NOTHING.get(asked.query.get("empty", ""))
        return self._hotline.take(asked.call, asked.turn, forms.heard(asked.form, empty=nothing))

    def hold(self, asked: CarrierRequest) -> str:
        return self._hotline.hold(
            asked.call,
            asked.turn,
            position=forms.whole(asked.form.get("QueuePosition", "")),
            waited_seconds=forms.whole(asked.form.get("QueueTime", "")) or 0,
            key=forms.key(asked.form),
            heard=asked.query.get("heard", ""),
        )

    def resume(self, asked: CarrierRequest) -> str:
        """The carrier could not use our last answer, or it was our own last words that led here."""
        call = forms.ringing(asked.form)
        error = forms.whole(asked.form.get("ErrorCode", ""))
        return self._in_talk(call.call_id) or self._hotline.resume(call, error, forms.failed_turn(asked.form))

    def report(self, asked: CarrierRequest) -> None:
        self._hotline.report(
            asked.form["CallSid"],
            asked.form["CallStatus"],
            sequence=forms.whole(asked.form.get("SequenceNumber", "")),
            seconds=forms.whole(asked.form.get("CallDuration", "")),
        )


def _faults(asked: CarrierRequest) -> int:
    """How often we have failed in a row: counted in the address, so that a broken hotline cannot keep a caller in a
    circle."""
    return forms.whole(asked.query.get("faults", "")) or 0
