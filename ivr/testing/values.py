"""The values that are written in a call script: moments, keys, numbers, faults. Each knows its own text form."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from ivr.flow.issues import did_you_mean
from ivr.flow.vocabulary import E164
from ivr.hotline.demo import DemoFault

WITHHELD = "withheld"
_PAUSE_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PAUSE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(?:(ms|[smhd])(?:ecs?|econds?|ins?|inutes?|ours?|ays?)?)?")
ANYTHING = ("…", "...")
"""In `path`: any number of steps."""
SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""In `text`, what is taken from a message; in `press` and `say`, where it is put."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as people write it; `zone` is "" where it is the hotline's."""

    local: datetime
    zone: str = ""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """`2026-11-22 10:00`, or with a zone after it. Raises ValueError, which says which part is wrong."""
        expected = "expected a moment such as 2026-11-22 10:00 Asia/Shanghai"
        day, _, rest = text.strip().partition(" ")
        if "T" in day:
            day, _, rest = text.strip().partition("T")
        clock, _, zone = rest.strip().partition(" ")
        try:
            date.fromisoformat(day)
        except ValueError:
            written = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day)
            raise ValueError(f"{expected} (there is no {day})" if written else expected) from None
        if not clock:
            raise ValueError(f"{expected}, with the time of day")
        try:
            local = datetime.fromisoformat(f"{day} {clock}")
        except ValueError:
            raise ValueError(f"{expected} (there is no time {clock})") from None
        try:
            if zone:
                ZoneInfo(zone)
        except (ValueError, LookupError, OSError):
            hint = did_you_mean(zone, available_timezones())
            raise ValueError(f'{expected} (there is no time zone "{zone}"{hint})') from None
        return cls(local, zone)

    def within(self, zone: str) -> datetime:
        return self.local if self.local.tzinfo else self.local.replace(tzinfo=ZoneInfo(self.zone or zone))


DEFAULT_AT = Moment(datetime(2026, 11, 23, 10, 0))  # noqa: DTZ001 - in the hotline's own zone
"""A Monday morning."""


class Keys(str):
    """Telephone keys, with blanks for pauses and `{code}` for what a text message brought."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        if not text or set(SLOT.sub("", text)) - set("0123456789*#w "):
            raise ValueError("expected telephone keys: 0-9 * #, or {code} for what a text message brought")
        return cls(text)


class Caller(str):
    """A phone number in E.164, or `withheld`."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        if text != WITHHELD and not E164.fullmatch(text):
            meant = "+" + re.sub(r"[ ().-]|^\+|^00", "", text)
            hint = f' (write "{meant}")' if text[:1] in "+0" and E164.fullmatch(meant) else ""
            raise ValueError(f'expected a number with + and country code such as "+8613800138000", or withheld{hint}')
        return cls(text)


class Fault(str):
    """How something fails, as `DemoFault` takes it."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        DemoFault(text)
        return cls(text)


class Pause(timedelta):
    """How long somebody does nothing, down to a thousandth of a second."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        written = _PAUSE.fullmatch(text.strip())
        if written is None:
            raise ValueError('expected a time span such as "30 s", "0.5 s", "300 ms" or "5 min"')
        unit = _PAUSE_UNITS[written[2] or "s"]
        return cls(milliseconds=round(float(written[1]) * unit))
