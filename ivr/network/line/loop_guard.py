"""Stops a call that asks for documents without end. This network's own rule: Twilio has none.

docs/twilio-facts.md#a5-documents
"""

from ivr.network.wire.options import Options


class LoopGuard:
    """Counts the documents of one call against the limits in the options."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._documents = 0
        self._second = -1.0
        self._in_a_row = 0  # documents in this very second

    def count(self, second: float, *, waiting: bool) -> str:
        """Count one more document; gives what is wrong when a limit is passed, else nothing.

        Those of a queue's waiting do not count towards the limit of a whole call.
        """
        self._in_a_row = self._in_a_row + 1 if second == self._second else 1
        self._second = second
        self._documents += not waiting
        if self._in_a_row > self._options.loop_guard_instant:
            return f"{self._options.loop_guard_instant} documents in a row without a moment passing"
        if self._documents > self._options.loop_guard_documents:
            return f"{self._options.loop_guard_documents} documents in one call"
        return ""

    def person_acted(self) -> None:
        """Count the documents in a row from 0: the person did something."""
        self._second, self._in_a_row = -1.0, 0

    def reset(self) -> None:
        """Count everything from 0: the call goes on elsewhere after a limit was passed."""
        self.person_acted()
        self._documents = 0
