"""The cycles of a graph, as strongly connected components. Knows nothing of flows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def strongly_connected_components(
    nodes: Iterable[Node], successors: Callable[[Node], Iterable[Node]]
) -> list[list[Node]]:
    """The strongly connected components (Tarjan 1972, without recursion), each after all that it leads to."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    path: list[Node] = []
    found: list[list[Node]] = []
    done: set[Node] = set()
    for root in nodes:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        path.append(root)
        work = [(root, iter(successors(root)))]
        while work:
            here, onward = work[-1]
            ahead = next(onward, None)
            if ahead is not None:
                if ahead not in index:
                    index[ahead] = low[ahead] = len(index)
                    path.append(ahead)
                    work.append((ahead, iter(successors(ahead))))
                elif ahead not in done:
                    low[here] = min(low[here], index[ahead])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[here])
            if low[here] == index[here]:
                cut = _last_index(path, here)
                found.append(path[cut:])
                done.update(path[cut:])
                del path[cut:]
    return found


def _last_index(path: list[Node], node: Node) -> int:
    """The position of a node, searched from the end, where it nearly always is."""
    position = len(path) - 1
    while path[position] != node:
        position -= 1
    return position
