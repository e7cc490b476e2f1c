"""The sound of recordings: fetched from the carrier that keeps it, and from nowhere else, and deleted there in time.

Nothing that a webhook says of a recording is trusted (docs/trust.md#goal-13). Its address must be the carrier's own, of
our own account, to the letter, or no connection is made. No redirect is followed, and the size of a sound is limited.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.hotline.http_replies import Reply, over_http
from ivr.hotline.senders import Refused

TWILIO = "https://api.twilio.com"
LARGEST = 20_000_000
"""The largest sound in bytes: 20 minutes of telephone sound, and ours last two."""
IS_RECORDING = re.compile(r"RE[0-9a-f]{32}", re.ASCII)
_KIND = re.compile(r"audio/[a-z0-9.+-]{1,40}", re.ASCII)


class NoSound(Exception):
    """A recording can not be played; `reason` is a key: foreign, gone, away, large or silent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as bytes, and what kind of sound they are (audio/x-wav, audio/mpeg)."""

    body: bytes = field(repr=False)
    kind: str


Ask = Callable[[str, str, Mapping[str, str], int], Reply]
"""One request: method, address, headers, and how many bytes are read at most. Raises OSError when nobody answers."""


@dataclass(frozen=True)
class Recordings:
    """The recordings of one account. `origins` are the carrier's addresses, the first one our own choice.

    `ask` carries a request there; the default goes over the network and follows no redirect.
    """

    account: str
    token: str = field(repr=False)
    origins: tuple[str, ...] = (TWILIO,)
    ask: Ask = over_http

    def sound(self, url: str) -> Sound:
        """The sound at an address that a webhook gave. Raises NoSound."""
        if not self._ours(url):
            raise NoSound("foreign")
        try:
            answer = self.ask("GET", url, self._headers(), LARGEST)
        except OSError:
            raise NoSound("away") from None
        if answer.status in (404, 410):
            raise NoSound("gone")
        if answer.status != 200:
            raise NoSound("away")
        if len(answer.body) > LARGEST:
            raise NoSound("large")
        kind = answer.kind.partition(";")[0].strip().lower()
        if not _KIND.fullmatch(kind) or not answer.body:
            raise NoSound("silent")
        return Sound(answer.body, kind)

    def forget(self, recording: str) -> None:
        """Delete a recording at the carrier; one that is gone already is as good. Raises Refused, OSError."""
        if not IS_RECORDING.fullmatch(recording) or not self.account:
            raise Refused("no recording of our account")
        address = f"{self.origins[0]}/2010-04-01/Accounts/{self.account}/Recordings/{recording}.json"
        answer = self.ask("DELETE", address, self._headers(), 10_000)
        if answer.status in (200, 204, 404, 410):
            return
        if answer.status in (400, 403):
            raise Refused(f"the carrier answered {answer.status}")
        raise OSError(f"the carrier answered {answer.status}")

    def _ours(self, url: str) -> bool:
        """Compares the text with the only addresses allowed, so that no address can be read in two ways."""
        for origin in self.origins:
            address = f"{origin}/2010-04-01/Accounts/{self.account}/Recordings/"
            if self.account and url.startswith(address):
                return IS_RECORDING.fullmatch(url.removeprefix(address)) is not None
        return False

    def _headers(self) -> Mapping[str, str]:
        proof = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        return {"Authorization": f"Basic {proof}", "Accept": "audio/*, application/json"}
