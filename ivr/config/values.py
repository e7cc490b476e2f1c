"""Finds what is wrong with single values of a configuration: a name, a number, an address."""

import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from ivr.flow.issues import Issue, Place, Severity
from ivr.flow.reading.scalars import NAME
from ivr.flow.vocabulary import E164

_TARGET = re.compile(r"([0-9]{1,3}) ?% in ([0-9]{1,4}) ?(s|min)")


def check_name(text: str, place: Place) -> Iterator[Issue]:
    if not NAME.fullmatch(text):
        expected = "a name has the letters a-z, digits, _ and -, and begins with a letter"
        yield Issue("bad-name", f'"{text}" is not a name; {expected}', place)


def check_phone(number: str, place: Place) -> Iterator[Issue]:
    if not E164.fullmatch(number):
        message = f'"{number}" is not a number with + and country code, digits only, such as +8675512345678'
        yield Issue("bad-number", message, place)


def check_reachable(number: str, allowed: tuple[str, ...], place: Place) -> Iterator[Issue]:
    wrong = list(check_phone(number, place))
    yield from wrong
    if not wrong and not number.startswith(allowed):
        message = f'"{number}" begins with none of {listed(allowed)}; add its beginning to numbers.allowed'
        yield Issue("outside-allow-list", message, place)


def _is_of_the_cloud(host: str) -> bool:
    """Whether a host has an address of this link alone, in any spelling that a resolver takes."""
    try:
        if ":" in host:
            address = ipaddress.IPv6Address(host)
            return (address.ipv4_mapped or address).is_link_local
        return ipaddress.IPv4Address(socket.inet_aton(host)).is_link_local
    except (OSError, ValueError):
        return host.rstrip(".") == "metadata.google.internal"


def check_url(url: str, place: Place) -> Iterator[Issue]:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
        good = good and (parts.port is None or parts.port > 0) and not parts.username
    except ValueError:
        good = False
        parts = None
    if not good or parts is None or re.search(r"\s", url):
        message = "expected an address such as https://hotline.example.com, without a name, a question mark or #"
        yield Issue("bad-url", message, place)
    elif _is_of_the_cloud(parts.hostname or ""):
        message = f'"{parts.hostname}" belongs to the cloud that this machine runs in, which hands out keys there'
        yield Issue("bad-url", message, place)
    elif parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        message = "over http everybody on the way can read and change what is said; use https"
        yield Issue("plain-http", message, place, Severity.WARNING)


def target_of(text: str) -> tuple[int, int] | None:
    """The percent and the seconds of a target such as "80 % in 20 s" or "90% in 2 min"; None for any other text."""
    match = _TARGET.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= 100 or not int(match[2]):
        return None
    return int(match[1]), int(match[2]) * (60 if match[3] == "min" else 1)


def listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names) or "none"
