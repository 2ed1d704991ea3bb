"""A document that is being edited: its history, what is shown of it, and what is selected.

Knows no screen.  Every change goes through `OpenDocument.do` with an edit that knows its inverse,
so everything can be undone; whoever shows the document listens to its signals.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from psygnal import Signal

from engine.errors import InvalidInput
from engine.graph.document import Document, Endpoint, Subgraph, load_document, save_document
from engine.graph.edits import Edit
from engine.graph.edits.changes import graph_in
from engine.graph.node import NodeType
from engine.graph.problems import Problem
from engine.graph.registry import Registry
from engine.graph.subgraphs import TypeLookup, definition_name, lookup_in, read_definitions
from engine.graph.validate import validate

UNTITLED: Final = "Untitled"
LONGEST_HISTORY: Final = 1000
"""How many steps can be undone; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected on the level that is shown; links by their target."""

    nodes: frozenset[str] = frozenset()
    links: frozenset[Endpoint] = frozenset()
    frames: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.links or self.frames or self.notes)

    @classmethod
    def of_nodes(cls, ids: Iterable[str]) -> Selection:
        """These nodes and nothing else."""
        return cls(nodes=frozenset(ids))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the history: what the user did, and the documents on both sides of it.

    Documents share what an edit left alone, so that keeping both costs no more than an inverse
    and the way back cannot go wrong.
    """

    label: str
    before: Document
    after: Document
    merge: str = ""


@dataclass
class History:
    """Steps done and undone; `position` is how many are done."""

    steps: list[Step] = field(default_factory=list)
    position: int = 0

    def push(self, step: Step) -> None:
        """A new step takes the place of what was undone; it may continue the last one."""
        last = self.steps[-1] if self.steps and self.position == len(self.steps) else None
        del self.steps[self.position :]
        if last is not None and step.merge and step.merge == last.merge:
            self.steps[-1] = replace(last, after=step.after)
        else:
            self.steps.append(step)
        del self.steps[:-LONGEST_HISTORY]
        self.position = len(self.steps)


class OpenDocument:
    """A document with its history, the level that is shown, and the selection on it."""

    changed = Signal(object, object)
    """The document before and after."""
    selection_changed = Signal(object)
    level_changed = Signal()
    problems_changed = Signal()
    status_changed = Signal()
    """Path, dirt, or what can be undone."""

    def __init__(
        self, document: Document, registry: Registry, path: Path | None = None, id: str = ""
    ) -> None:
        """`id` is what its runs call it: that of an earlier session, or '' for a new one."""
        self.id = id or uuid.uuid4().hex
        self.document = document
        self.registry = registry
        self.path = path
        self.trail: tuple[str, ...] = ()
        self.selection = Selection()
        self._saved = document
        self._history = History()
        self._checked: Document | None = None
        self.known_problems: tuple[Problem, ...] = ()
        """What was wrong when it was last looked at; see `problems` and `know`."""
        self._types: tuple[Mapping[str, Subgraph], TypeLookup] | None = None

    @classmethod
    def load(cls, path: Path, registry: Registry) -> OpenDocument:
        """Open a file.  Raises InvalidDocument, StorageFailed."""
        return cls(load_document(path), registry, path.absolute())

    @property
    def name(self) -> str:
        """What a tab and a title call it."""
        return self.path.stem if self.path else self.document.name or UNTITLED

    @property
    def dirty(self) -> bool:
        """Whether it differs from what is saved; undoing back to that makes it clean again."""
        return not _same(self.document, self._saved)

    def save(self, path: Path | None = None) -> None:
        """Write it to its file, or to another that is its file from then on.

        Raises StorageFailed, and then nothing has changed.
        """
        target = path or self.path
        if target is None:
            raise InvalidInput("This document has no file yet.", remedy="Choose a name for it.")
        save_document(self.document, target)
        self.mark_saved(self.document, target)

    def mark_saved(self, document: Document, path: Path) -> None:
        """Take note that a file holds `document`, which may be older than what is shown by now."""
        self.path = path.absolute()
        self._saved = document
        self.status_changed.emit()

    # History

    def do(self, edit: Edit, merge: str = "") -> None:
        """Carry out an edit.  Raises InvalidInput, and then nothing has changed.

        Edits that follow each other with the same `merge` are one step of the history.
        """
        before = self.document
        after, _ = edit.apply(before)
        if not _same(after, before):
            self._history.push(Step(edit.label, before, after, merge))
            self._set(after)

    def end_merge(self) -> None:
        """Let the next edit be a step of its own, whatever its `merge`."""
        steps = self._history.steps
        if steps and steps[-1].merge:
            steps[-1] = replace(steps[-1], merge="")

    def undo(self) -> None:
        """Take back the last step; nothing if there is none."""
        history = self._history
        if history.position:
            self.end_merge()
            history.position -= 1
            self._set(history.steps[history.position].before)

    def redo(self) -> None:
        """Do the step again that was taken back last; nothing if there is none."""
        history = self._history
        if history.position < len(history.steps):
            history.position += 1
            self._set(history.steps[history.position - 1].after)

    def go_to(self, position: int) -> None:
        """Undo or redo until so many steps are done."""
        history = self._history
        position = min(max(0, position), len(history.steps))
        if position == history.position:
            return
        self.end_merge()
        history.position = position
        self._set(history.steps[position - 1].after if position else history.steps[0].before)

    @property
    def history(self) -> tuple[str, ...]:
        """The label of every step, done or undone, oldest first."""
        return tuple(step.label for step in self._history.steps)

    @property
    def position(self) -> int:
        """How many steps of the history are done."""
        return self._history.position

    @property
    def undo_label(self) -> str:
        """What `undo` takes back, or ''."""
        return self._history.steps[self.position - 1].label if self.position else ""

    @property
    def redo_label(self) -> str:
        """What `redo` does again, or ''."""
        steps = self._history.steps[self.position :]
        return steps[0].label if steps else ""

    # What is shown

    @property
    def level(self) -> str:
        """The definition that is shown; '' is the top."""
        return self._level_after(self.trail)

    @property
    def graph(self) -> Document | Subgraph:
        """The level that is shown."""
        return graph_in(self.document, self.level)

    def enter(self, node: str) -> None:
        """Show the inside of a subgraph's instance.  Raises InvalidInput for another node."""
        spec = self.graph.nodes.get(node)
        definition = definition_name(spec.type) if spec is not None else None
        if definition not in self.document.subgraphs:
            raise InvalidInput(f"'{node}' is no subgraph.", remedy="Only subgraphs have an inside.")
        self._show((*self.trail, node))

    def leave(self) -> None:
        """Show the level that holds the instance; nothing at the top."""
        if self.trail:
            left = self.trail[-1]
            self._show(self.trail[:-1])
            self.select(Selection.of_nodes([left]))

    def go_to_level(self, depth: int) -> None:
        """Show the level after the first `depth` instances of the trail."""
        if depth < len(self.trail):
            self._show(self.trail[:depth])

    def flat_path(self, id: str) -> str:
        """How the events of a run call a node of the shown level."""
        return "/".join((*self.trail, id))

    def type_of(self, id: str) -> NodeType | None:
        """The declaration of a node of the shown level; None where it is not installed."""
        return self.type_named(self.graph.nodes[id].type)

    def type_named(self, type: str) -> NodeType | None:
        """A node type by name; the document's subgraphs are types too."""
        subgraphs = self.document.subgraphs
        if self._types is None or self._types[0] is not subgraphs:
            types = read_definitions(self.document, self.registry).types
            self._types = (subgraphs, lookup_in(types, self.registry))
        return self._types[1](type)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with the document as it is now."""
        if self._checked is not self.document:
            self.know(self.document, validate(self.document, self.registry))
        return self.known_problems

    def know(self, document: Document, problems: tuple[Problem, ...]) -> None:
        """Take what was found wrong with `document`, perhaps on another thread; late is useless."""
        if document is not self.document:
            return
        self._checked = document
        if problems != self.known_problems:
            self.known_problems = problems
            self.problems_changed.emit()

    def select(self, selection: Selection) -> None:
        """Select this and nothing else."""
        if selection != self.selection:
            self.selection = selection
            self.selection_changed.emit(selection)

    def _set(self, document: Document) -> None:
        before, self.document = self.document, document
        self._return_to_what_exists()
        self.changed.emit(before, document)
        self.status_changed.emit()

    def _return_to_what_exists(self) -> None:
        """An undo may take away the level that is shown, or what is selected."""
        trail = self.trail
        while trail and not self._exists(trail):
            trail = trail[:-1]
        if trail != self.trail:
            self._show(trail)
            return
        here, view, chosen = self.graph, self.document.view, self.selection
        if not chosen:
            return
        targets = {link.target for link in here.links} if chosen.links else set()
        self.select(
            Selection(
                nodes=frozenset(id for id in chosen.nodes if id in here.nodes),
                links=chosen.links & targets,
                frames=frozenset(id for id in chosen.frames if id in _entries(view.get("frames"))),
                notes=frozenset(id for id in chosen.notes if id in _entries(view.get("notes"))),
            )
        )

    def _show(self, trail: tuple[str, ...]) -> None:
        self.trail = trail
        self.select(Selection())
        self.level_changed.emit()

    def _exists(self, trail: tuple[str, ...]) -> bool:
        spec = graph_in(self.document, self._level_after(trail[:-1])).nodes.get(trail[-1])
        return spec is not None and definition_name(spec.type) in self.document.subgraphs

    def _level_after(self, trail: tuple[str, ...]) -> str:
        level = ""
        for id in trail:
            spec = graph_in(self.document, level).nodes.get(id)
            definition = definition_name(spec.type) if spec is not None else None
            if definition is None or definition not in self.document.subgraphs:
                return ""
            level = definition
        return level


def _same(one: Document, other: Document) -> bool:
    """Whether both say the same, in the same order: that of nodes and controls is part of it."""
    if one is other:
        return True
    orders = (list(one.nodes) == list(other.nodes), list(one.exposed) == list(other.exposed))
    return all(orders) and one == other


def _entries(value: object) -> frozenset[str]:
    return frozenset(value) if isinstance(value, dict) else frozenset()
