"""Which column each node of a graph belongs in, and in which order: Sugiyama's first two steps.

Columns by the longest way from a start, drawn towards what they feed (Sugiyama, Tagawa, Toda
1981); order by medians with a sweep to and fro (Gansner et al. 1993).  The same graph always
comes out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from engine.graph.order import dependencies_first

Needs: TypeAlias = Mapping[str, Sequence[str]]
"""By node, the nodes whose outputs it takes; no circle."""

SWEEPS: Final = 4
LONGEST_CHAIN: Final = 24
"""Links over more columns than this are not led through the ones between."""


def without_circles(ids: Iterable[str], links: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The links as needs, without those that lead back into a circle; a document may have one."""
    needs: dict[str, list[str]] = {id: [] for id in ids}
    for source, target in links:
        if source in needs and target in needs and source != target and source not in needs[target]:
            needs[target].append(source)
    return _broken(needs)


def _broken(needs: dict[str, list[str]]) -> dict[str, list[str]]:
    """Drop what leads back to a node on the way down (depth first, with a stack of its own)."""
    done: dict[str, bool] = {}
    for start in needs:
        if start in done:
            continue
        done[start] = False
        stack = [(start, iter(list(needs[start])))]
        while stack:
            id, left = stack[-1]
            for below in left:
                if below not in done:
                    done[below] = False
                    stack.append((below, iter(list(needs[below]))))
                    break
                if not done[below]:
                    needs[id].remove(below)
            else:
                done[id] = True
                stack.pop()
    return needs


def columns_of(needs: Needs) -> dict[str, int]:
    """The column of each node: right of all it needs, as near as can be to what it feeds."""
    order = _dependencies_first(needs)
    column: dict[str, int] = {}
    for id in order:
        column[id] = max((column[below] + 1 for below in needs[id]), default=0)
    feeds: dict[str, list[str]] = {id: [] for id in needs}
    for id, sources in needs.items():
        for source in sources:
            feeds[source].append(id)
    for id in reversed(order):
        if feeds[id] and len(needs[id]) <= len(feeds[id]):
            column[id] = min(column[above] for above in feeds[id]) - 1
    return column


def _dependencies_first(needs: Needs) -> list[str]:
    order = dependencies_first(needs)
    assert order is not None, "circles were broken before"
    return order


def ordered_columns(needs: Needs, column: Mapping[str, int]) -> list[list[str]]:
    """The columns from left to right, each from top to bottom, with few crossings.

    Where a link passes a column it has a place of its own there, named '' and a number.
    """
    joined = _with_passing(needs, column)
    columns: list[list[str]] = [[] for _ in range(max(joined.column.values(), default=-1) + 1)]
    for id in joined.needs:
        columns[joined.column[id]].append(id)
    best, fewest = [list(c) for c in columns], _crossings(columns, joined.needs)
    for sweep in range(SWEEPS):
        _sweep(columns, joined.needs, joined.feeds, forward=sweep % 2 == 0)
        count = _crossings(columns, joined.needs)
        if count < fewest:
            best, fewest = [list(c) for c in columns], count
        if not count:
            break
    return best


class _Passing:
    """A graph whose long links go through a place in every column between."""

    def __init__(self) -> None:
        self.needs: dict[str, list[str]] = {}
        self.feeds: dict[str, list[str]] = {}
        self.column: dict[str, int] = {}

    def add(self, id: str, column: int) -> None:
        self.needs[id], self.feeds[id], self.column[id] = [], [], column

    def join(self, source: str, target: str) -> None:
        self.needs[target].append(source)
        self.feeds[source].append(target)


def _with_passing(needs: Needs, column: Mapping[str, int]) -> _Passing:
    made = _Passing()
    for id in needs:
        made.add(id, column[id])
    number = 0
    for id, sources in needs.items():
        for source in sources:
            before = source
            between = range(column[source] + 1, column[id])
            for place in between if len(between) <= LONGEST_CHAIN else ():
                number += 1
                made.add(f"\0{number}", place)
                made.join(before, f"\0{number}")
                before = f"\0{number}"
            made.join(before, id)
    return made


def _sweep(
    columns: list[list[str]],
    needs: Mapping[str, list[str]],
    feeds: Mapping[str, list[str]],
    forward: bool,
) -> None:
    """Order each column by the medians of its neighbours in the column before (or after)."""
    order = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
    near = needs if forward else feeds
    for index in order:
        fixed = columns[index - 1 if forward else index + 1]
        place = {id: at for at, id in enumerate(fixed)}
        keys: dict[str, float] = {}
        for at, id in enumerate(columns[index]):
            places = sorted(place[other] for other in near[id] if other in place)
            keys[id] = _median(places) if places else at
        columns[index].sort(key=keys.__getitem__)


def _median(places: Sequence[int]) -> float:
    middle = len(places) // 2
    if len(places) % 2:
        return places[middle]
    return (places[middle - 1] + places[middle]) / 2


def _crossings(columns: Sequence[Sequence[str]], needs: Mapping[str, list[str]]) -> int:
    """How many pairs of links between neighbouring columns cross (counted in a Fenwick tree)."""
    total = 0
    for left, right in pairwise(columns):
        place = {id: at for at, id in enumerate(left)}
        ends = [at for id in right for at in sorted(place[n] for n in needs[id] if n in place)]
        total += _inversions(ends, len(left))
    return total


def _inversions(values: Sequence[int], size: int) -> int:
    tree = [0] * (size + 1)
    total = 0
    for seen, value in enumerate(values):
        at, before = value + 1, 0
        while at:
            before += tree[at]
            at &= at - 1
        total += seen - before
        at = value + 1
        while at <= size:
            tree[at] += 1
            at += at & -at
    return total
