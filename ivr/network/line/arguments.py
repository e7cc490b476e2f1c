"""What may be written where a number, an address or an app is asked for; anything else is refused where it is given."""

import inspect
import re
from typing import Any, cast

from ivr.network.wire.transport import BridgedApp, WSGIApp, is_web_address

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
