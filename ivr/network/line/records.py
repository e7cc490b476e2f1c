"""What is left behind: text messages and recordings."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A text message in the network's inbox."""

    sid: str
    from_: str
    to: str
    body: str
    at: datetime

    def form(self, account_sid: str, status: str) -> tuple[tuple[str, str], ...]:
        """Give what a status callback is told, in byte order of the names. [U]"""
        fields = {"AccountSid": account_sid, "ApiVersion": "2010-04-01", "From": self.from_, "To": self.to}
        fields |= {"MessageSid": self.sid, "MessageStatus": status, "SmsSid": self.sid, "SmsStatus": status}
        return tuple(sorted(fields.items()))


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording: how long it is, in seconds, and in words what was said while it ran."""

    sid: str
    call_sid: str
    url: str
    source: str  # RecordVerb, DialVerb, Conference, StartCallRecordingAPI, OutboundAPI
    duration: int
    started: datetime
    words: str = ""
    channels: int = 1
    spans: tuple[tuple[float, float], ...] = ()  # when somebody spoke: start and length, in seconds of the recording
    status: str = "completed"  # in-progress, completed, absent
    conference_sid: str = ""
