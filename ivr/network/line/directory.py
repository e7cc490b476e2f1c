"""Who is at which number: apps with their settings, plain lines, persons; and where numbers are.

What is no number, address or app is refused where it is given.
"""

import hashlib
import inspect
import re
from collections import Counter
from typing import Any, cast

from ivr.network.line.handset import Person
from ivr.network.line.lines import UNKNOWN_NUMBER_LINES, App, Line, LineOutcome
from ivr.network.line.parameters import Place
from ivr.network.line.transcript import Party
from ivr.network.wire.carrier import Carrier
from ivr.network.wire.options import Options
from ivr.network.wire.transport import ASGIApp, BridgedApp, WSGIApp, is_web_address

_NUMBER = re.compile(r"\+?[0-9]{1,15}|[a-z]+:.+")
_BLANKS = re.compile(r"[\s().-]")


def is_telephone_number(text: str) -> bool:
    """Whether it is a number in E.164, a short code, or an address such as `client:kate`."""
    return _NUMBER.fullmatch(text) is not None


def telephone_number(text: str) -> str:
    """Give a number that is one; raises ValueError for anything else."""
    if is_telephone_number(text):
        return text
    bare = _BLANKS.sub("", text)
    hint = f"; write {bare!r}" if is_telephone_number(bare) else ""
    raise ValueError(f"{text!r} is no telephone number such as '+15005550006'{hint}")


WITHHELD = frozenset({"anonymous", "restricted", "unavailable", "unknown"})
"""What stands where a caller shows no number. [O]"""


def caller_number(text: str) -> str:
    """Give what a caller shows: a number, or that it is withheld; raises ValueError for anything else."""
    return text if text.lower() in WITHHELD else telephone_number(text)


def web_address(name: str, text: str) -> str:
    """Give an http(s) address with a host, or nothing; raises ValueError, which names the parameter."""
    if text and not is_web_address(text):
        raise ValueError(f"{name}={text!r} is no address such as 'http://app.test/voice'")
    return text


def wsgi_app(app: Any) -> WSGIApp:
    """Give a WSGI app: what is one already, or an ASGI app behind the bridge of the package `a2wsgi`.

    Raises TypeError for anything else, and for an ASGI app where that package is not installed.
    """
    if not callable(app):
        raise TypeError(f"app={app!r} is no WSGI app and no ASGI app")
    if not inspect.iscoroutinefunction(app) and not inspect.iscoroutinefunction(getattr(app, "__call__", None)):  # noqa: B004
        served: WSGIApp = app
        return served
    try:
        from a2wsgi import ASGIMiddleware
    except ImportError:
        raise TypeError(f"{app!r} is an ASGI app: install a2wsgi, or serve it and give its address alone") from None
    bridge = ASGIMiddleware(app)
    return BridgedApp(app, bridge.loop, cast("WSGIApp", bridge))


class Sids:
    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def next(self, prefix: str) -> str:
        """Give the next SID of a kind: the prefix and 32 hex digits."""
        self._counts[prefix] += 1
        text = f"{self._seed}/{prefix}/{self._counts[prefix]}"
        return prefix + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def next_uuid(self) -> str:
        text = self.next("")
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


class Directory:
    def __init__(self, carrier: Carrier, options: Options, sids: Sids) -> None:
        self.carrier = carrier
        self.options = options
        self._sids = sids
        self.numbers: dict[str, App] = {}
        self.applications: dict[str, App] = {}
        self.lines: dict[str, Line] = {}
        self.people: dict[str, Person] = {}
        self.places: dict[str, Place] = {}
        self.caller_ids: set[str] = set()  # verified, beside the numbers of apps

    def serve(self, base_url: str, app: WSGIApp | ASGIApp) -> None:
        """Let `app`, WSGI or ASGI, answer every URL with the scheme, host and port of `base_url`, in this process."""
        served = wsgi_app(app)
        web_address("base_url", base_url)
        self.carrier.mount(base_url, served)

    def number(
        self,
        number: str,
        voice_url: str,
        *,
        voice_method: str = "POST",
        voice_fallback_url: str = "",
        voice_fallback_method: str = "POST",
        status_callback: str = "",
        status_callback_method: str = "POST",
        caller_id_lookup: bool = False,
        friendly_name: str = "",
        application_sid: str = "",
        app: WSGIApp | ASGIApp | None = None,
    ) -> App:
        """Give a number to a voice app, with the settings Twilio's console has; `app` is mounted in process."""
        telephone_number(number)
        web_address("voice_url", voice_url)
        web_address("voice_fallback_url", voice_fallback_url)
        web_address("status_callback", status_callback)
        if app is not None:
            self.serve(voice_url, app)
        self.numbers[number] = App(
            number,
            voice_url,
            voice_method,
            voice_fallback_url,
            voice_fallback_method,
            status_callback,
            status_callback_method,
            caller_id_lookup,
            self.new_sid("PN"),
            friendly_name or number,
            application_sid,
        )
        return self.numbers[number]

    def application(self, voice_url: str, friendly_name: str = "", **settings: Any) -> App:
        """Make a TwiML App: settings that numbers (`application_sid`) and outbound calls share. As `number`."""
        sid = self.new_sid("AP")
        self.applications[sid] = App("", voice_url, sid=sid, friendly_name=friendly_name, **settings)
        return self.applications[sid]

    def line(self, number: str, line: Line) -> None:
        """Put a plain line at a number."""
        if not isinstance(line, Line):
            raise TypeError(f"line({number!r}, {line!r}): expected a Line, such as Line.busy()")
        self.lines[caller_number(number)] = line

    def person(
        self,
        number: str,
        *,
        answers_after: float | None = 4.0,
        says: str | tuple[str, ...] = (),
        hangs_up_after: float | None = None,
        talks_for: float | None = None,
        presses: str = "",
        language: str = "zh-CN",
        role: Party = "agent",
    ) -> Person:
        """Put a scripted person at a number; without `says` it is a live one, moved through `.call`.

        They hang up `hangs_up_after` seconds after they picked up, or after having talked with somebody `talks_for`
        seconds. With `answers_after` None the telephone rings until `.call.pick_up()` or `.call.decline()`.
        """
        utterances = (says,) if isinstance(says, str) else says
        outcome: LineOutcome = "no-answer" if answers_after is None else "answer"
        line = Line(
            outcome, answers_after or 0.0, hangs_up_after, utterances, language, presses, role, talks_for=talks_for
        )
        self.line(number, line)
        self.people[number] = Person(number, line, [])
        return self.people[number]

    def app_at(self, number: str) -> App | None:
        """Give the app at `number`, or the TwiML App whose SID follows `app:`."""
        return self.numbers.get(number) or self.applications.get(number.removeprefix("app:"))

    def line_at(self, number: str) -> Line | None:
        """Give the line at `number`; None when it is a number of an app."""
        if number in self.lines:
            return self.lines[number]
        return None if self.app_at(number) is not None else UNKNOWN_NUMBER_LINES[self.options.unknown_number]

    def verify(self, number: str) -> None:
        """Let calls come from a number that is somebody's own, as after Twilio's call with a code."""
        self.caller_ids.add(telephone_number(number))

    def may_call_from(self, number: str) -> bool:
        """Whether a call or message may come from a number: an app's or a verified one. Names are free."""
        ours = number in self.numbers or number in self.caller_ids or not number.startswith("+")
        return ours or self.options.caller_id == "any"

    def locate(self, number: str, *, country: str = "", state: str = "", city: str = "", zip: str = "") -> None:
        """Say where a number, or every number that begins so, is; `country` is two letters."""
        self.places[number] = Place(country, state, city, zip)

    def new_sid(self, prefix: str) -> str:
        return self._sids.next(prefix)
