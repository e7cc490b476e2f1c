"""SIDs: the names of calls, numbers, recordings and so on. Equal seeds give equal ones."""

import hashlib
from collections import Counter


class Sids:
    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def next(self, prefix: str) -> str:
        """Give the next SID of a kind: the prefix and 32 hex digits."""
        self._counts[prefix] += 1
        text = f"{self._seed}/{prefix}/{self._counts[prefix]}"
        return prefix + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def next_uuid(self) -> str:
        text = self.next("")
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
