"""The transcript of a call: one entry for each thing that happened on the line, and its line of text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

Party = Literal["caller", "agent"]
"""A person on a telephone."""

Speaker = Party | Literal["hotline", "network"]

SpeechKind = Literal["said", "played"]
"""What the hotline does with words and with sound files."""

EntryKind = (
    SpeechKind
    | Literal[
        "pressed", "spoke", "silence", "text message", "ringing", "answered", "connected", "hung up", "error", "cut"
    ]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a transcript. `seconds` counts from the start of the call, `at` is the moment in UTC.

    Kind `cut` goes to observers only. It tells them that an entry they have seen was cut off, and holds the part that
    was heard. The transcript itself then keeps the shortened entry, marked `cut`.
    """

    at: datetime
    seconds: float
    who: Speaker
    kind: EntryKind
    text: str
    language: str = ""
    url: str = ""  # the document that spoke
    cut: bool = False
    duration: float = 0.0
    call_sid: str = ""
    own: bool = False  # said by the person on this very telephone, not heard by them
    sound: str = ""  # of words from a file: its address


def format_entry(entry: Entry) -> str:
    """Give one line of transcript for a terminal: time, who, what."""
    return f"{clock_text(entry.seconds)}  {entry.who:<8} {entry_text(entry)}"


def clock_text(seconds: float) -> str:
    """Minutes and seconds since the call began, as 01:05."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02}:{rest:02}"


def entry_text(entry: Entry) -> str:
    """What happened, without time and without who: words as they are, [keys] that were pressed, (all else)."""
    match entry.kind:
        case "said" | "spoke":
            return f"{entry.text} —".lstrip() if entry.cut else entry.text
        case "pressed":
            return f"[{entry.text}]"
        case "played" | "silence" | "text message" | "ringing" | "answered" | "connected" | "hung up" | "error" | "cut":
            return f"({entry.kind}{f': {entry.text}' if entry.text else ''})"
        case _:
            assert_never(entry.kind)
