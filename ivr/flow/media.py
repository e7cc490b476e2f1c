"""Sound that the carrier may be told to play: a file under media/, or an https address of a public host."""

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

_FILE = re.compile(r"media/(?:[\w-][\w.-]*/)*[\w-][\w.-]*\.(?:mp3|wav|aiff?|gsm|ulaw)", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+(?!(?:internal|local|localhost|home|lan)$)(?:[a-z]{2,63}|xn--[a-z0-9-]+)")


def unplayable(address: str, folder: Path | None) -> str:
    """Why the carrier could not play this address, as one sentence; "" if it can.

    `folder` is where media/ stands; without one, files are not looked for.
    """
    if _FILE.fullmatch(address):
        missing = folder is not None and not (folder / address).is_file()
        return f'there is no file "{address}" beside the configuration' if missing else ""
    if not _is_public(address):
        return "expected a file such as media/waiting.mp3 (mp3, wav, aiff, gsm, ulaw) or an https address"
    return ""


def _is_public(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, plain = parts.hostname or "", not parts.username and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    if parts.scheme != "https" or not plain or not parts.path.strip("/") or re.search(r"[\s\x00-\x1f\\]", address):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return _HOST.fullmatch(host) is not None
