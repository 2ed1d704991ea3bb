"""New nodes: a free id, a place, and a link if they were asked for by one."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from engine.errors import InvalidInput
from engine.graph.document import Endpoint, NodeSpec
from engine.graph.edits import AddNode, Composite, Edit, Move
from engine.graph.edits.names import free_name
from engine.graph.node import NodeType
from engine.graph.params import ParamValue
from engine.graph.subgraphs import definition_name
from studio.editing.connect import connect, why_not, wish_of
from studio.editing.level import Level
from studio.faces import Point

LOADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "input.image": (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"),
    "input.video": (".mp4", ".mov", ".mkv", ".webm", ".gif", ".avi", ".m4v"),
    "input.audio": (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aac", ".opus"),
}
"""The node that loads a file, by the file's ending."""


@dataclass(frozen=True)
class Added:
    """An edit that adds a node, and the id that the node gets."""

    edit: Edit
    id: str


def free_id(type: str, taken: Container[str]) -> str:
    """An id for a node of this type: 'video.sample' is called 'sample', or 'sample_2'."""
    last = type.replace("/", ".").rpartition(".")[2]
    word = "".join(c if c.isalnum() or c in "_-" else "_" for c in last)[:80]
    return free_name(word or "node", taken)


def add_node(
    level: Level, type: NodeType, at: Point, params: Mapping[str, ParamValue] | None = None
) -> Added:
    """Add a node of a type with its upper left corner at a place.

    Raises InvalidInput for a subgraph that would contain itself.
    """
    refuse_recursion(level, type.type)
    id = free_id(type.type, level.graph.nodes)
    spec = NodeSpec(type=type.type, version=type.version, params=dict(params or {}))
    edits: tuple[Edit, ...] = (AddNode(id, spec, level.within), Move({id: at}, level.within))
    return Added(Composite(f"Add {type.title.lower()}", edits), id)


def add_linked(level: Level, type: NodeType, at: Point, fixed: Endpoint, is_output: bool) -> Added:
    """Add a node and link it to the port `fixed` that a link was dragged from, if one fits."""
    added = add_node(level, type, at)
    wish = wish_of(level, fixed, is_output)
    port = None if wish is None else wish.best_port(type)
    if port is None:
        return added
    here, there = (fixed, (added.id, port)) if is_output else ((added.id, port), fixed)
    document, _ = added.edit.apply(level.document)
    after = level.after(document)
    if why_not(after, here, there):
        return added
    link = connect(after, here, there)
    return Added(Composite(added.edit.label, (added.edit, link)), added.id)


def add_loader(level: Level, path: PurePath, at: Point) -> Added:
    """Add the node that loads a media file.  Raises InvalidInput for a file no node loads."""
    ending = path.suffix.lower()
    name = next((type for type, endings in LOADERS.items() if ending in endings), None)
    type = level.registry.get(name) if name is not None else None
    if type is None:
        what = f"No node loads '{path.name}'."
        raise InvalidInput(what, remedy="Pictures, videos, sounds and graphs can be dropped here.")
    return add_node(level, type, at, {"path": str(path)})


def refuse_recursion(level: Level, type: str) -> None:
    """Raise InvalidInput if a node of this type would put the shown definition into itself."""
    name = definition_name(type)
    if name is not None and level.within and _contains(level, name):
        what = f"The subgraph '{name}' contains '{level.within}', so it cannot stand inside of it."
        if name == level.within:
            what = f"The subgraph '{name}' cannot contain itself."
        raise InvalidInput(what)


def _contains(level: Level, name: str) -> bool:
    """Whether a definition is the shown one, or uses it somewhere inside."""
    subgraphs = level.document.subgraphs
    seen: set[str] = set()
    left = [name]
    while left:
        here = left.pop()
        if here == level.within:
            return True
        if here in subgraphs and here not in seen:
            seen.add(here)
            types = (spec.type for spec in subgraphs[here].nodes.values())
            left += [inner for type in types if (inner := definition_name(type)) is not None]
    return False
