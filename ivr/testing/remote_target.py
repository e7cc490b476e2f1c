"""A hotline at an address: runs the scripts that need nothing set up in the hotline.

Time is real there. Checked is only what a script hears, presses and says. Scripts that need more are left out, with
the reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

from ivr.config import Config
from ivr.network import Network, Options, RealClock
from ivr.testing.reader import Names
from ivr.testing.script import DEFAULT_AT, SLOT, Given, Script
from ivr.testing.target import Setup

FAST_FORWARD = 30.0
"""How fast a call passes for us: half a minute of talk in a second."""


NUMBER = "+864008200000"
"""What is dialled where only an address is known."""


class RemoteTarget:
    """Runs scripts against a voice address. Raises ValueError for an address that is none."""

    def __init__(
        self, url: str, *, account_sid: str = "", token: str = "", config: Config | None = None,
        options: Options | None = None,
    ) -> None:  # fmt: skip
        """`url` is the hotline's, or the very address of another voice app's first document.

        `token` is the account's auth token that signs requests; `config` has the languages of the hotline; `options`
        are the switches of the network that dials.
        """
        self.names = Names(languages=config.hotline.languages if config else ("zh", "en"))
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f'"{url}" is no address; write one such as http://127.0.0.1:8000')
        self._ours = parts.path in ("", "/")
        self.url = url.rstrip("/") if self._ours else url
        self._account, self._token, self._options = account_sid, token, options

    def why_not(self, script: Script) -> str:
        if script.given != Given():
            return "it sets up a world, which cannot be done from outside"
        if script.at != DEFAULT_AT:
            return "it says when the call is made, and a hotline at an address has its own time"
        if any(step.agent is not None for step in script.steps):
            return "it plays an agent's part, whose phone is elsewhere"
        if any(step.act in ("customer", "restart") for step in script.steps):
            return "it plays more than the caller's part, which cannot be done from outside"
        asks = any(
            step.text is not None or _asks_for_text(step.press) or _asks_for_text(step.say) for step in script.steps
        )
        if asks or script.expect.texts is not None:
            return "it reads text messages, which go to real phones"
        return ""

    @contextmanager
    def setup(self, script: Script) -> Iterator[Setup]:
        seed = f"{script.file} {script.call} {datetime.now().timestamp()}"  # noqa: DTZ005 - another call id every time
        network = Network(
            RealClock(FAST_FORWARD), self._account or None, self._token or "0" * 32, seed=seed, options=self._options
        )
        number = NUMBER
        if self._ours:
            network.number(
                number,
                f"{self.url}/voice",
                voice_fallback_url=f"{self.url}/voice/fallback",
                status_callback=f"{self.url}/voice/status",
            )
        else:
            network.number(number, self.url)
        with network:
            yield Setup(network, script, lambda caller: network.dial(number, caller))


def _asks_for_text(words: str | None) -> bool:
    return bool(words and SLOT.search(words))
