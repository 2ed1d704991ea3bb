"""Pasting and duplicating: a fragment gets free names, a place, and perhaps its inputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.errors import InvalidInput
from engine.graph.document import SUBGRAPH, Link, Subgraph
from engine.graph.edits import Edit
from engine.graph.edits.names import free_name
from engine.graph.order import dependencies_first
from engine.graph.subgraphs import definition_name
from studio.editing.adding import refuse_recursion
from studio.editing.connect import why_not
from studio.editing.copying import copy
from studio.editing.fragment import Fragment, parse_fragment
from studio.editing.level import Level
from studio.editing.looks import Part, place_of
from studio.editing.pasting import Names, PasteFragment, looks_in, renamed
from studio.faces import Point
from studio.view_data import section

OFFSET: Final = (40.0, 40.0)
"""How far from the original a copy lies."""


@dataclass(frozen=True)
class Pasted:
    """An edit that pastes, and what it adds: nodes by their new ids, frames and notes."""

    edit: Edit
    nodes: tuple[str, ...]
    frames: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def paste_text(level: Level, text: str, at: Point | None = None, linked: bool = False) -> Pasted:
    """Paste text; see `paste`.  Raises InvalidInput with what is wrong with it."""
    return paste(level, parse_fragment(text), at, linked)


def duplicate(
    level: Level,
    nodes: Collection[str],
    frames: Collection[str] = (),
    notes: Collection[str] = (),
    linked: bool = False,
) -> Pasted:
    """Copies beside the originals; `linked` ones take their inputs from where these do."""
    fragment = copy(level.document, level.within, nodes, frames, notes)
    corner = corner_of(fragment)
    at = None if corner is None else (corner[0] + OFFSET[0], corner[1] + OFFSET[1])
    return paste(level, fragment, at, linked, label="Duplicate")


def paste(
    level: Level,
    fragment: Fragment,
    at: Point | None = None,
    linked: bool = False,
    label: str = "Paste",
) -> Pasted:
    """Put a fragment into the shown level, with the upper left corner of it all at `at`.

    With `linked`, inputs that came from outside come from the nodes of the same ids, where these
    are there and fit.  Raises InvalidInput if a definition would come to contain itself.
    """
    definitions = _definition_names(level, fragment)
    ids = _free_names(fragment.nodes, level.graph.nodes)
    frames = _free_names(looks_in(fragment, "frames"), section(level.document, "frames"))
    notes = _free_names(looks_in(fragment, "notes"), section(level.document, "notes"))
    names = Names(ids, definitions, frames, notes)
    edit = PasteFragment(label, fragment, names, _shift(fragment, at), within=level.within)
    if linked:
        after = level.after(edit.apply(level.document)[0])
        inputs = tuple(_inputs(after, fragment, ids))
        edit = PasteFragment(label, fragment, names, edit.shift, inputs, level.within)
    return Pasted(edit, tuple(ids.values()), tuple(frames.values()), tuple(notes.values()))


def corner_of(fragment: Fragment) -> Point | None:
    """The upper left corner of everything in a fragment; None if nothing of it has a place."""
    parts: tuple[Part, ...] = ("nodes", "frames", "notes")
    inside = {
        part: [entry for id, entry in looks_in(fragment, part).items() if ":" not in id]
        for part in parts
    }
    places = [place_of(entry) for entries in inside.values() for entry in entries]
    known = [place for place in places if place is not None]
    if not known:
        return None
    return min(x for x, _ in known), min(y for _, y in known)


def _shift(fragment: Fragment, at: Point | None) -> Point:
    corner = corner_of(fragment)
    if at is None or corner is None:
        return 0.0, 0.0
    return at[0] - corner[0], at[1] - corner[1]


def _free_names(wishes: Collection[str], taken: Collection[str]) -> dict[str, str]:
    used = set(taken)
    names: dict[str, str] = {}
    for wish in wishes:
        names[wish] = free_name(wish, used)
        used.add(names[wish])
    return names


def _inputs(after: Level, fragment: Fragment, ids: Mapping[str, str]) -> Iterator[Link]:
    """The links from outside that can be made in the document as it is after the paste."""
    for link in fragment.inputs:
        target = (ids[link.target[0]], link.target[1])
        there = link.source[0] in after.graph.nodes and link.source[0] not in ids.values()
        if there and not why_not(after, link.source, target):
            yield Link(source=link.source, target=target)


def _definition_names(level: Level, fragment: Fragment) -> dict[str, str]:
    """How each definition is called in the document: one that is the same there is shared."""
    _refuse_circle(fragment.subgraphs)
    known = level.document.subgraphs
    names: dict[str, str] = {}
    taken = set(known)
    for old in _inner_first(fragment.subgraphs):
        same = old in known and known[old] == renamed(fragment.subgraphs[old], names)
        names[old] = old if same else free_name(old, taken)
        taken.add(names[old])
    for spec in fragment.nodes.values():
        name = definition_name(spec.type)
        if name is not None:
            refuse_recursion(level, SUBGRAPH + names.get(name, name))
    return names


def _inner_first(subgraphs: Mapping[str, Subgraph]) -> list[str]:
    return dependencies_first(_uses(subgraphs)) or []


def _refuse_circle(subgraphs: Mapping[str, Subgraph]) -> None:
    if dependencies_first(_uses(subgraphs)) is None:
        what = "What was pasted has subgraphs that contain themselves."
        raise InvalidInput(what, remedy="Take one of their instances out.")


def _uses(subgraphs: Mapping[str, Subgraph]) -> dict[str, list[str]]:
    found = {
        name: [definition_name(spec.type) for spec in graph.nodes.values()]
        for name, graph in subgraphs.items()
    }
    return {name: [u for u in used if u in subgraphs and u] for name, used in found.items()}


def accepts_text(text: str) -> bool:
    """Whether a text seems to hold a graph: cheap enough to ask whenever a menu opens."""
    return "{" in text and ('"reelwright"' in text or '"nodes"' in text or '"format"' in text)
