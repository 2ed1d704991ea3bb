"""The ids that edits give and take."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Final, TypeVar

from engine.errors import InvalidInput
from engine.graph.document import MAX_NAME_LENGTH, Document, NodeSpec, Subgraph
from engine.graph.names import way_out

T = TypeVar("T")

NAME: Final = re.compile(rf"[\w-]{{1,{MAX_NAME_LENGTH}}}")


def refuse_bad_name(name: str) -> None:
    """Raise InvalidInput for a name that no node, definition or exposed parameter can have."""
    if not NAME.fullmatch(name):
        remedy = f"Use 1 to {MAX_NAME_LENGTH} letters, digits, '_' and '-'."
        raise InvalidInput(f"'{name[:MAX_NAME_LENGTH]}' cannot be a name.", remedy=remedy)


def refuse_taken(name: str, taken: Container[str], what: str) -> None:
    """Raise InvalidInput if `name` is bad, or there is such a `what` already."""
    refuse_bad_name(name)
    if name in taken:
        raise InvalidInput(f"There is a {what} '{name}' already.", remedy="Choose another name.")


def node_in(graph: Document | Subgraph, id: str) -> NodeSpec:
    """The node of this id.  Raises InvalidInput if there is none."""
    return entry(graph.nodes, id, "node")


def entry(entries: Mapping[str, T], name: str, what: str) -> T:
    """The entry of this name.  Raises InvalidInput if there is none."""
    if name not in entries:
        remedy = way_out(name, entries, none=f"There is no {what} at all.")
        raise InvalidInput(f"There is no {what} '{name}'.", remedy=remedy)
    return entries[name]


def free_name(wish: str, taken: Container[str]) -> str:
    """`wish`, or with a number after it if that is taken."""
    name, number = wish, 1
    while name in taken:
        number += 1
        name = f"{wish}_{number}"
    return name


def place_key(id: str, within: str) -> str:
    """How `view['nodes']` calls a node; problems call it the same."""
    return f"{within}:{id}" if within else id
