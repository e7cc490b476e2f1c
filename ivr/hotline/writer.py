"""What the hotline asks of whoever puts its answers into the words of a carrier."""

from collections.abc import Sequence
from typing import Protocol

from ivr.call.events import Event


class Writer(Protocol):
    """Writes answers; webhooks write TwiML. Raises for a document that must not be sent."""

    def write(self, call_id: str, next_turn: int, happened: Sequence[Event]) -> str: ...

    def hold(
        self,
        call_id: str,
        turn: int,
        words: str,
        language: str,
        *,
        pause_seconds: int,
        music: str = "",
        heard: str = "",
    ) -> str: ...

    def leave(self) -> str: ...

    def last_words(self, faults: int) -> str: ...
