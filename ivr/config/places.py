"""Where a setting stands in the file, by its path from the top."""

from dataclasses import dataclass

from ivr.flow.issues import Place
from ivr.flow.reading.source import Entry, ListNode, MapNode, Node, Scalar

KeyPath = tuple[str | int, ...]
"""Keys, and numbers of list items from 0: `("queues", "support", "agents", 0)`."""


@dataclass(frozen=True, slots=True)
class Places:
    """Finds places in one document. What is not written there stands where its nearest parent does."""

    file: str
    root: Node

    def key(self, *path: str | int) -> Place:
        """The place of the last key on this path that is written."""
        place, node = Place(self.file), self.root
        for part in path:
            entry = _entry(node, part)
            if entry is None:
                return place
            place, node = entry.key.place, entry.value
        return place

    def value(self, *path: str | int) -> Place:
        """The place of the value of this path; of its key when it was left empty or is not a single word."""
        node: Node | None = self.root
        for part in path:
            entry = _entry(node, part)
            if entry is not None:
                node = entry.value
            elif isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
            elif not (isinstance(node, Scalar) and part == 0):  # one item alone, written without its list
                return self.key(*path)
        return node.place if isinstance(node, Scalar) and not node.is_empty else self.key(*path)

    def is_written(self, *path: str | int) -> bool:
        node: Node | None = self.root
        for part in path:
            entry = _entry(node, part)
            if entry is None:
                return False
            node = entry.value
        return True


def _entry(node: Node | None, part: str | int) -> Entry | None:
    return node.get(part) if isinstance(node, MapNode) and isinstance(part, str) else None
