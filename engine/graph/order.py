"""Topological order without recursion, for the path that every run takes.

networkx answers the other questions (`queries.py`); importing it costs 0.13 s and building its
graph of 1,000 nodes more than everything here, so the order is found by hand (Kahn 1962).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush


def dependencies_first(needs: Mapping[str, Iterable[str]]) -> list[str] | None:
    """The keys, each after what it needs, else in the order of the mapping; None for a cycle.

    Everything that is needed must be a key too.
    """
    ids = list(needs)
    if _ordered(needs):  # most are: people build a graph from its beginning to its end
        return ids
    place = {id: index for index, id in enumerate(ids)}
    waiting: list[int] = []
    feeds: list[list[int]] = [[] for _ in ids]
    for index, sources in enumerate(needs.values()):
        distinct = set(sources)
        waiting.append(len(distinct))
        for source in distinct:
            feeds[place[source]].append(index)
    ready = [index for index, count in enumerate(waiting) if not count]
    heapify(ready)
    order: list[str] = []
    while ready:
        done = heappop(ready)
        order.append(ids[done])
        for index in feeds[done]:
            waiting[index] -= 1
            if not waiting[index]:
                heappush(ready, index)
    return order if len(order) == len(ids) else None


def _ordered(needs: Mapping[str, Iterable[str]]) -> bool:
    """Whether every key comes after what it needs already."""
    before: set[str] = set()
    for id, sources in needs.items():
        if not before.issuperset(sources):
            return False
        before.add(id)
    return True
