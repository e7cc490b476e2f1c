"""What calls leave behind: text messages and recordings. Values only."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ivr.network.line.documents import Webhook
from ivr.network.wire.transport import Params

RecordingStatus = Literal["in-progress", "paused", "completed", "absent"]
RecordingSource = Literal["RecordVerb", "DialVerb", "Conference", "StartCallRecordingAPI", "OutboundAPI"]
RecordingTrack = Literal["both", "inbound", "outbound"]
"""What is recorded: all, what the person of the call says, or what they hear. [L]"""
RECORDING_TRACKS: dict[str, RecordingTrack] = {"both": "both", "inbound": "inbound", "outbound": "outbound"}
MessageStatus = Literal["sent", "delivered"]


@dataclass(frozen=True, slots=True)
class Message:
    """A text message in the network's inbox."""

    sid: str
    from_: str
    to: str
    body: str
    at: datetime

    def callback_params(self, account_sid: str, status: MessageStatus) -> Params:
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
    source: RecordingSource
    duration: int
    started: datetime
    words: str = ""
    channels: int = 1
    spans: tuple[tuple[float, float], ...] = ()  # when somebody spoke: start and length, in seconds of the recording
    second_spans: tuple[tuple[float, float], ...] = ()  # on the second channel: when others than this person spoke
    status: RecordingStatus = "completed"
    conference_sid: str = ""


@dataclass(frozen=True, slots=True)
class RecordingCallback:
    """Who is told of a recording, and of which of its statuses."""

    webhook: Webhook | None = None
    statuses: frozenset[str] = frozenset({"completed"})


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """How a recording is made, and who is told. With `trims` silence at its beginning and end is left out. [D]"""

    callback: RecordingCallback = RecordingCallback()
    channels: int = 1
    track: RecordingTrack = "both"
    trims: bool = False
    conference_sid: str = ""


@dataclass(frozen=True, slots=True)
class RecordingPause:
    """Seconds of the clock in which a recorder took nothing in; a pause that lasts has no end yet."""

    begin: float
    end: float = math.inf
    keeps_silence: bool = True
