"""Seeds that change by themselves: which ones take a new number at each run; knows no Qt.

A document remembers it with the node's box: view["nodes"][place key]["fresh"] = ["seed", ...].
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final

from pydantic import JsonValue

from engine.graph.document import Document, Subgraph
from engine.graph.edits import Composite, Edit, SetParam
from engine.graph.edits.names import place_key
from studio.document import OpenDocument
from studio.editing.looks import ChangeLooks
from studio.view_data import box_of

HIGHEST: Final = 2**32 - 1
"""Rolled seeds stay short enough to read and to tell."""

FRESH: Final = "fresh"


def fresh_seeds(document: Document, key: str) -> frozenset[str]:
    """The parameters of a node, by its place key, that take a new number at each run."""
    box = box_of(document, key)
    found = box.get(FRESH) if isinstance(box, dict) else None
    return (
        frozenset(name for name in found if isinstance(name, str))
        if isinstance(found, list)
        else frozenset()
    )


def set_fresh(document: Document, key: str, param: str, fresh: bool) -> Edit:
    """Let a seed take a new number at each run, or keep the one it has."""
    names = fresh_seeds(document, key) | {param} if fresh else fresh_seeds(document, key) - {param}
    label = "New seed at each run" if fresh else "Keep the seed"
    stored: list[JsonValue] = [*sorted(names)]
    return ChangeLooks(label, "nodes", {key: {FRESH: stored or None}})


def renew_seeds(opened: OpenDocument, roll: Callable[[int, int], int] = random.randint) -> None:
    """Give every seed that is not kept a new number; call it right before a run is submitted.

    So the seed that is shown is that of the last run, and whoever likes the result can keep it.
    """
    edits = tuple(_renewals(opened, roll))
    if edits:
        opened.do(Composite("New seeds", edits))


def _renewals(opened: OpenDocument, roll: Callable[[int, int], int]) -> Iterator[SetParam]:
    document = opened.document
    levels: dict[str, Document | Subgraph] = {"": document, **document.subgraphs}
    for level, graph in levels.items():
        for id, spec in graph.nodes.items():
            names = fresh_seeds(document, place_key(id, level))
            type = opened.type_named(spec.type) if names else None
            for name in sorted(names):
                param = type.params.get(name) if type is not None else None
                if param is not None and param.type is int:
                    high = HIGHEST if param.le is None else min(int(param.le), HIGHEST)
                    yield SetParam(id, name, roll(int(param.ge or 0), high), level)
