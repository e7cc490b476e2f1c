"""The carrier of `PostedCall` over a real connection, with how long each answer took."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from tests.hotline.harness import PostedCall
from tests.patience import PATIENCE_SECONDS

_SIDS = count(1)


@dataclass(frozen=True)
class Answer:
    """What werkzeug's test client gives, as far as `PostedCall` looks at it."""

    status_code: int
    text: str

    def get_data(self, as_text: bool) -> str:
        return self.text


@dataclass
class OverHttp:
    """One caller's carrier: a connection that stays open. `seconds` is how long each answer took, in order."""

    port: int
    seconds: list[float] = field(default_factory=list)
    _line: http.client.HTTPConnection | None = None

    def post(self, path: str, *, data: str, content_type: str, headers: Mapping[str, str]) -> Answer:
        began = time.monotonic()
        if self._line is None:
            self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            self._line.request("POST", path, body=data, headers={"Content-Type": content_type, **headers})
            response = self._line.getresponse()
            answer = Answer(response.status, response.read().decode())
        except (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected):
            self.close()  # the server closed a connection that was idle, or has gone
            raise
        if response.will_close:
            self.close()
        self.seconds.append(time.monotonic() - began)
        return answer

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def dialled(port: int, number: str = "") -> tuple[PostedCall, OverHttp]:
    """A new call, and its carrier."""
    carrier, sid = OverHttp(port), next(_SIDS)
    return PostedCall(carrier, f"CA{sid:032x}", number or f"+8613{sid:09d}"), carrier  # type: ignore[arg-type]
