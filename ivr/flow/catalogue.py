"""The names outside of flows that flows use, and what handlers declare."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr.flow.model import ValueKind


@dataclass(frozen=True, slots=True)
class HandlerSpec:
    """What a handler declares: the values it takes and, per outcome, the values it gives, by kind."""

    name: str
    takes: Mapping[str, ValueKind] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    outcomes: Mapping[str, Mapping[str, ValueKind]] = field(default_factory=dict)
    doc: str = ""
    identified: bool = False
    """Runs only for a caller whom an `identify` step has verified before."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The names outside the flows that flows may use; the checker compares against it."""

    handlers: Mapping[str, HandlerSpec] = field(default_factory=dict)
    calendars: frozenset[str] = frozenset()
    never_open: frozenset[str] = frozenset()
    """Those of the calendars that open at no hour."""
    no_holidays: frozenset[str] = frozenset()
    """Those that have neither public holidays nor single days."""
    policies: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    destinations: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ("zh", "en")
    say_limit: int = 2900
    """The longest text one Say may carry, in bytes of UTF-8 (Twilio counts "single byte characters")."""
    back_office: bool = True
    """Whether there is somebody to ask who callers are."""
    folder: Path | None = None
    """Where media/ with the recordings stands; None where nobody can look."""
    call_values: Mapping[str, ValueKind] = field(default_factory=lambda: dict(CALL_VALUES))

    @property
    def always(self) -> Mapping[str, ValueKind]:
        """The values that can be said anywhere, by kind: those of the call, and the hours of every calendar."""
        return {**self.call_values, **{f"hours:{calendar}": "words" for calendar in self.calendars}}


CALL_VALUES: Mapping[str, ValueKind] = {
    "caller": "phone", "called": "phone", "today": "date", "recordings_kept": "duration", "ready": "words",
}  # fmt: skip
