"""Who carries out what the outbox holds: Twilio for texts and calls, a ticket system for tickets.

Only this module knows Twilio's REST client, and imports it when a request leaves.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ivr.call.redaction import keepable
from ivr.hotline.http_replies import over_http

if TYPE_CHECKING:
    from twilio.rest import Client

Answer = TypeVar("Answer")

LONGEST_ADDRESS = 500
"""Characters kept of where a ticket system says a ticket is."""


class NotSent(Exception):
    """The receiver surely has nothing: nobody was reached, or it said so. Trying again cannot do it twice."""


class Refused(Exception):
    """The receiver refused, and would refuse again. The message is a reason without private data."""


class Unclear(Exception):
    """The receiver answered, and did not say what became of it."""


class Sender(Protocol):
    """Carries texts and calls: Twilio, or the simulated network.

    Raises Refused for what never succeeds, and NotSent for what surely did not leave. Anything else is a doubt.
    """

    def send_text(self, key: str, to: str, body: str) -> str:
        """Send a text message; gives the carrier's id of it."""
        ...

    def place_call(self, key: str, to: str, url: str, *, status_url: str = "", ring_seconds: int = 30) -> str:
        """Ring a number and fetch what to do from `url` once it is answered; gives the carrier's id of the call.

        `status_url` is told once how the call ended, and if nobody answered for `ring_seconds`.
        """
        ...

    def steer(self, key: str, call: str, url: str) -> None:
        """Take a live call away from what it does, to the document at `url`; without one, hang it up.

        Raises Refused for a call that is over.
        """
        ...

    def placed_calls(self, to: str, since: datetime) -> Sequence[str]:
        """Ids of our calls to this number since then (aware), oldest first: to find out what became of an attempt."""
        ...

    def sent_texts(self, to: str, body: str, since: datetime) -> Sequence[str]:
        """Ids of our texts to this number in these words since then (aware), oldest first."""
        ...


class TwilioSender:
    """Twilio's REST API through its own client. Safe to share between threads."""

    API = "https://api.twilio.com"

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        number: str,
        *,
        messages_from: str = "",
        api_url: str = API,
        timeout_seconds: float = 10,
    ) -> None:
        """Calls come from `number`, texts from `messages_from` (a number, or a messaging service MG…) if it is given.

        `api_url` is another address that speaks Twilio's API: the simulated network, or a test's server.
        """
        self._account = account_sid
        self._token = auth_token
        self._number = number
        kind = "messaging_service_sid" if messages_from.startswith("MG") else "from_"
        self._texts_from: dict[str, Any] = {kind: messages_from or number}
        self._api_url = api_url.rstrip("/")
        self._timeout = timeout_seconds
        self._own = threading.local()

    def send_text(self, key: str, to: str, body: str) -> str:
        return self._made(lambda client: client.messages.create(to=to, body=body, **self._texts_from).sid)

    def place_call(self, key: str, to: str, url: str, *, status_url: str = "", ring_seconds: int = 30) -> str:
        told: dict[str, Any] = {"url": url, "timeout": ring_seconds}
        if status_url:
            told["status_callback"] = status_url
        return self._made(lambda client: client.calls.create(to=to, from_=self._number, **told).sid)

    def steer(self, key: str, call: str, url: str) -> None:
        where: dict[str, Any] = {"url": url, "method": "POST"} if url else {"status": "completed"}
        self._asked(lambda client: client.calls(call).update(**where))

    def placed_calls(self, to: str, since: datetime) -> Sequence[str]:
        # By our own comparison: the API's StartTime filter leaves out calls that are still queued.
        calls = self._asked(lambda client: client.calls.list(to=to, from_=self._number, limit=50))
        return _since(since, [(call.date_created, call.sid) for call in calls])

    def sent_texts(self, to: str, body: str, since: datetime) -> Sequence[str]:
        # A trial account puts words of its own before ours; a messaging service sends from any of its numbers.
        texts = self._asked(lambda client: client.messages.list(to=to, limit=50))
        return _since(since, [(text.date_created, text.sid) for text in texts if str(text.body).endswith(body)])

    def _made(self, create: Callable[[Client], str | None]) -> str:
        """The id of what was made. A proxy may answer 201 without a word of Twilio's."""
        sid = self._asked(create)
        if not sid:
            raise Unclear("no id in the answer")
        return sid

    def _asked(self, ask: Callable[[Client], Answer]) -> Answer:
        from twilio.base.exceptions import TwilioRestException

        try:
            return ask(self._client())
        except TwilioRestException as error:
            if error.status in (400, 404):
                raise Refused(f"Twilio error {error.code}") from None
            if error.status < 500:  # about our account: a wrong token, too many requests
                raise NotSent(f"Twilio error {error.code}") from None
            raise
        except OSError as error:  # of requests
            cause = getattr(error.args[0], "reason", None) if error.args else None
            if type(cause).__name__ in _UNCONNECTED:
                raise NotSent("nobody answered") from None
            raise

    def _client(self) -> Client:
        """A client per thread: the session underneath is not made to be shared."""
        client: Client | None = getattr(self._own, "client", None)
        if client is None:
            from twilio.http.http_client import TwilioHttpClient
            from twilio.rest import Client as TwilioClient

            api_url = self._api_url

            class Elsewhere(TwilioHttpClient):
                def request(self, method: str, url: str, *given: Any, **named: Any) -> Any:  # type: ignore[override]
                    return super().request(method, url.replace(TwilioSender.API, api_url, 1), *given, **named)

            http = Elsewhere(timeout=self._timeout)
            if http.session is not None:
                http.session.trust_env = api_url.startswith("https:")  # a proxy would read our token over http
            client = TwilioClient(self._account, self._token, http_client=http)
            self._own.client = client
        return client


_UNCONNECTED = frozenset({"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"})
"""The reasons of urllib3 for which no request has left."""


def _since(since: datetime, found: Iterable[tuple[datetime | None, str | None]]) -> Sequence[str]:
    return [sid for made, sid in sorted((made or since, str(sid)) for made, sid in found) if made >= since]


class HttpTickets:
    """A ticket system that takes JSON by POST, and knows a repeated ticket by its `Idempotency-Key`."""

    def __init__(self, url: str, token: str = "", timeout_seconds: float = 10) -> None:
        """`token` goes along as a bearer token. Raises ValueError for an address that is not http or https."""
        if not url.startswith(("https://", "http://")):
            raise ValueError(f'"{url}" is not an http address')
        self._url = url
        self._token = token
        self._timeout = timeout_seconds

    def send(self, key: str, ticket: Mapping[str, Any]) -> str:
        """Hand a ticket over; the same key again is the same ticket. Gives the system's address of it, or ""."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = json.dumps({"key": key, **ticket}, ensure_ascii=False).encode()
        reply = over_http("POST", self._url, headers, 0, body=body, seconds=self._timeout)
        if reply.status in (400, 413, 422):
            raise Refused(f"the ticket system answered {reply.status}")
        if not (200 <= reply.status < 300 or reply.status == 409):  # 409: it has the ticket already
            raise OSError(f"the ticket system answered {reply.status}")
        return keepable(reply.location)[:LONGEST_ADDRESS] if reply.status != 409 else ""
