"""The settings of the webhooks, and which of them are refused as unsafe."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class WebhookSettings:
    """`public_url` is the address the carrier uses, path included if there is one.

    `auth_tokens` are the carrier's one or two accepted tokens. None at all is accepted in `dev` alone, and then
    from this machine alone. `account_sid` "" takes any account. Of the folder `media`,
    /media/ serves what flows name, and `music`.
    """

    public_url: str
    account_sid: str = ""
    auth_tokens: tuple[str, ...] = field(default=(), repr=False)
    media: Path | None = None
    music: frozenset[str] = frozenset()
    dev: bool = False
    largest_body: int = 65_536
    most_fields: int = 200


class Unsafe(Exception):
    """Settings with which nothing may be served; the message is one sentence for whoever starts the server."""


def refuse_unsafe(settings: WebhookSettings, host: str = "127.0.0.1") -> None:
    """Raises Unsafe for settings that would let strangers in, or could not work. `host` is what we listen on."""
    parts = urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise Unsafe(f'the public address "{settings.public_url}" is no http:// or https:// address')
    if any(not token.strip() for token in settings.auth_tokens):
        raise Unsafe("an auth token is empty")
    if len(settings.auth_tokens) > 2:
        raise Unsafe("more than two auth tokens are set; two are enough to change one without an outage")
    if settings.auth_tokens:
        return
    if not settings.dev:
        raise Unsafe("no auth token is set, so anybody could play the carrier")
    if not is_loopback(host):
        raise Unsafe(f'without an auth token only this machine is served, and "{host}" is not this machine')


FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")
"""Headers that proxies add. A request with one of them may come from anywhere."""


def is_of_this_machine(environ: Mapping[str, str]) -> bool:
    """Whether a program here asks for itself: not through a proxy or tunnel, and not a browser for another page, which
    names where that comes from, or calls us by a name of its own (DNS rebinding)."""
    asked = names_this_machine(environ.get("HTTP_HOST", "localhost")) and is_loopback(environ.get("REMOTE_ADDR", ""))
    return asked and not any(name in environ for name in (*FORWARDED, "HTTP_ORIGIN"))


def names_this_machine(host: str) -> bool:
    """Whether the host of a request, with its port or without, is this machine."""
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
