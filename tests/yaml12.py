"""A document as editors see it, which read YAML 1.2: what the JSON Schemas in `docs/` are held against."""

from __future__ import annotations

from typing import Any

from ivr.flow.reading.source import ListNode, MapNode, Node


def yaml12_values(node: Node) -> Any:
    """The values of YAML 1.2: numbers, true and false, null, and otherwise text."""
    if isinstance(node, MapNode):
        return {entry.key.text: yaml12_values(entry.value) for entry in node.entries}
    if isinstance(node, ListNode):
        return [yaml12_values(item) for item in node.items]
    if node.plain and node.text in ("", "null", "~"):
        return None
    if node.plain and node.text in ("true", "false"):
        return node.text == "true"
    if node.plain and node.text.isascii() and node.text.isdigit():
        return int(node.text)
    return node.text
