"""What can go wrong with the store."""


class StoreError(Exception):
    """Something about the store; nothing was written."""


class Conflict(StoreError):
    """Another writer was first: the call has moved on, or the row exists. Read again and decide again."""


class Unavailable(StoreError):
    """The store did not answer, is full, or was locked for longer than a caller can wait."""


class UnusableStore(StoreError):
    """The store can not be used as it is set up; the message says what to change. Raised at the start only."""


class Stale(Exception):
    """A turn that is too old: nothing is run and nothing is answered."""
