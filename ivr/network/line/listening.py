"""What a line waits for from the person on the telephone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

ListeningKind = Literal["gather", "record", "hold", "bridge"]
InputKind = Literal["dtmf", "speech"]


@dataclass(slots=True)
class Listening:
    """What a line waits for from its person: a Gather, a Record, a hold, or the other end of a bridge."""

    kind: ListeningKind
    ready: bool = False  # the prompt is over, the timer runs
    begun: bool = False  # the person has begun to press or speak; the line waits for the rest
    inputs: tuple[InputKind, ...] = ("dtmf",)
    num_digits: int | None = None
    finish_keys: str = "#"
    language: str = ""
    holding: bool = False  # inside a queue's wait document, which goes on by itself
    digits: str = ""  # what a Gather has collected so far
    more: Callable[[], float] | None = None  # has the app say more if it will; gives the seconds of the clock it has

    @property
    def open(self) -> bool:
        """Whether it is the person's turn."""
        return self.ready and not self.begun
