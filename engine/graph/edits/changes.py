"""What all edits come down to: six small changes of a document, each exactly invertible.

A document's mappings keep their order, as it decides between equals when a graph is run and makes
saved files comparable; so do inverses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, TypeVar

from pydantic import JsonValue

from engine.errors import InvalidInput
from engine.graph.document import Document, Endpoint, Exposed, Link, NodeSpec, Subgraph

Entry: TypeAlias = NodeSpec | Subgraph | Exposed | Endpoint | JsonValue
Section: TypeAlias = Literal["nodes", "subgraphs", "exposed", "view", "inputs", "outputs", "params"]
E = TypeVar("E", bound=Entry)


class Change(Protocol):
    """One small change of a document, or an edit that is a part of another."""

    def apply(self, document: Document) -> tuple[Document, Change]:
        """The changed document, and the change back."""
        ...


class Edit(Protocol):
    """Something a user does; `label` names it in the undo menu."""

    @property
    def label(self) -> str: ...

    def apply(self, document: Document) -> tuple[Document, Edit]:
        """The edited document, and the inverse.  Raises InvalidInput if it cannot be done."""
        ...


@dataclass(frozen=True)
class Changes:
    """Changes applied one after the other."""

    label: str
    changes: tuple[Change, ...]

    def apply(self, document: Document) -> tuple[Document, Changes]:
        """The changed document, and the changes back."""
        back: list[Change] = []
        for change in self.changes:
            document, inverse = change.apply(document)
            back.append(inverse)
        return document, Changes(self.label, tuple(reversed(back)))


@dataclass(frozen=True)
class Composite:
    """Edits that the user sees as one."""

    label: str
    edits: tuple[Edit, ...]

    def apply(self, document: Document) -> tuple[Document, Composite]:
        """The edited document, and the inverse.  Raises InvalidInput; then nothing was done."""
        back: list[Edit] = []
        for edit in self.edits:
            document, inverse = edit.apply(document)
            back.append(inverse)
        return document, Composite(self.label, tuple(reversed(back)))


class PlannedEdit(ABC):
    """Base of the edits that have a name: each plans its changes from the document as it is."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What the undo menu calls it."""

    @abstractmethod
    def plan(self, document: Document) -> Iterable[Change]:
        """The changes to make, in order.  Raises InvalidInput if the edit cannot be done.

        What is planned is of the document as it was; an edit among the changes plans its own
        when its turn comes.
        """

    def apply(self, document: Document) -> tuple[Document, Edit]:
        """The edited document, and the inverse.  Raises InvalidInput if it cannot be done."""
        return Changes(self.label, tuple(self.plan(document))).apply(document)


@dataclass(frozen=True)
class Put:
    """Set an entry of a mapping; a new one goes to `index`, or to the end."""

    section: Section
    key: str
    value: Entry
    within: str = ""
    index: int | None = None

    def apply(self, document: Document) -> tuple[Document, Change]:
        """The changed document, and the change back."""
        entries = entries_of(document, self.section, self.within)
        if self.key in entries:
            inverse: Change = Put(self.section, self.key, entries[self.key], self.within)
            changed = {**entries, self.key: self.value}
        else:
            inverse = Drop(self.section, self.key, self.within)
            items = list(entries.items())
            items.insert(len(items) if self.index is None else self.index, (self.key, self.value))
            changed = dict(items)
        return _with(document, self.within, self.section, changed), inverse


@dataclass(frozen=True)
class Drop:
    """Remove an entry of a mapping."""

    section: Section
    key: str
    within: str = ""

    def apply(self, document: Document) -> tuple[Document, Change]:
        """The changed document, and the change back."""
        entries = entries_of(document, self.section, self.within)
        index = list(entries).index(self.key)
        inverse = Put(self.section, self.key, entries[self.key], self.within, index)
        changed = {key: value for key, value in entries.items() if key != self.key}
        return _with(document, self.within, self.section, changed), inverse


@dataclass(frozen=True)
class Rekey:
    """Give an entry of a mapping another key, in its place."""

    section: Section
    old: str
    new: str
    within: str = ""

    def apply(self, document: Document) -> tuple[Document, Change]:
        """The changed document, and the change back."""
        entries = entries_of(document, self.section, self.within)
        changed = {self.new if key == self.old else key: value for key, value in entries.items()}
        inverse = Rekey(self.section, self.new, self.old, self.within)
        return _with(document, self.within, self.section, changed), inverse


@dataclass(frozen=True)
class InsertLink:
    """Put a link at a place in the list of links."""

    index: int
    link: Link
    within: str = ""

    def apply(self, document: Document) -> tuple[Document, Change]:
        """The changed document, and the change back."""
        links = graph_in(document, self.within).links
        changed = (*links[: self.index], self.link, *links[self.index :])
        return _with(document, self.within, "links", changed), DropLink(self.index, self.within)


@dataclass(frozen=True)
class DropLink:
    """Remove the link at a place in the list of links."""

    index: int
    within: str = ""

    def apply(self, document: Document) -> tuple[Document, Change]:
        """The changed document, and the change back."""
        links = graph_in(document, self.within).links
        inverse = InsertLink(self.index, links[self.index], self.within)
        changed = (*links[: self.index], *links[self.index + 1 :])
        return _with(document, self.within, "links", changed), inverse


@dataclass(frozen=True)
class ReplaceLink:
    """Put another link in the place of one."""

    index: int
    link: Link
    within: str = ""

    def apply(self, document: Document) -> tuple[Document, Change]:
        """The changed document, and the change back."""
        links = graph_in(document, self.within).links
        inverse = ReplaceLink(self.index, links[self.index], self.within)
        changed = (*links[: self.index], self.link, *links[self.index + 1 :])
        return _with(document, self.within, "links", changed), inverse


def graph_in(document: Document, within: str) -> Document | Subgraph:
    """The document itself, or the definition called `within`.  Raises InvalidInput if none is."""
    if not within:
        return document
    if within not in document.subgraphs:
        raise InvalidInput(f"There is no subgraph '{within}'.")
    return document.subgraphs[within]


def entries_of(document: Document, section: Section, within: str) -> Mapping[str, Entry]:
    """One of the mappings of a document or a definition."""
    entries: Mapping[str, Entry] = getattr(graph_in(document, within), section)
    return entries


def _with(
    document: Document,
    within: str,
    section: Section | Literal["links"],
    value: Mapping[str, Entry] | tuple[Link, ...],
) -> Document:
    if not within:
        return document.model_copy(update={section: value})
    graph = document.subgraphs[within].model_copy(update={section: value})
    return document.model_copy(update={"subgraphs": {**document.subgraphs, within: graph}})
