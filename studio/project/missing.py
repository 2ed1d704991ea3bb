"""Nodes whose types are not installed: which, from which pack, and what to install."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.graph.document import SUBGRAPH, Document, Subgraph
from engine.graph.registry import Registry


@dataclass(frozen=True)
class MissingType:
    """A node type that is not installed, and how many nodes of the document are of it."""

    type: str
    version: int
    count: int
    meant: str = ""
    """An installed type that is called almost the same, or ''."""


@dataclass(frozen=True)
class MissingPack:
    """A pack that the document was saved with and that is not here, or is older here."""

    name: str
    wanted: str
    installed: str
    reason: str = ""
    """Why an installed pack could not be loaded, or ''."""

    @property
    def advice(self) -> str:
        """What to do, in one sentence."""
        if self.reason:
            return f"Repair the pack '{self.name}': {self.reason}"
        if self.installed:
            return (
                f"Update the pack '{self.name}' from {self.installed} to {self.wanted} or newer: "
                f"{self.command}"
            )
        return f"Install the pack '{self.name}' {self.wanted}: {self.command}"

    @property
    def command(self) -> str:
        """What to type into a terminal, if the pack is published under its name."""
        return f"pip install --upgrade '{self.name}>={self.wanted}'"


@dataclass(frozen=True)
class Missing:
    """Everything that a document needs and this computer lacks; false if that is nothing."""

    types: tuple[MissingType, ...]
    packs: tuple[MissingPack, ...]

    def __bool__(self) -> bool:
        return bool(self.types)

    @property
    def sentence(self) -> str:
        """What a bar above the canvas says."""
        count = sum(each.count for each in self.types)
        nodes = "1 node" if count == 1 else f"{count} nodes"
        kinds = f" of {len(self.types)} types" if len(self.types) > 1 else ""
        verb = "is" if count == 1 else "are"
        return f"{nodes}{kinds} {verb} not installed; everything is kept, and can be saved again."

    @property
    def advice(self) -> str:
        """The way out, where the document does not tell which pack it is."""
        if self.packs:
            return ""
        meant = next((each for each in self.types if each.meant), None)
        if meant is not None:
            return f"Is '{meant.type}' the node '{meant.meant}'?"
        return "Ask whoever made the graph which node pack it needs."


def missing_in(document: Document, registry: Registry) -> Missing:
    """What is missing for a document, in any of its graphs."""
    versions: dict[str, int] = {}
    counts: dict[str, int] = {}
    for type, version in _uses(document):
        if registry.get(type) is None and not _is_defined(type, document):
            counts[type] = counts.get(type, 0) + 1
            versions[type] = max(version, versions.get(type, 0))
    types = tuple(
        MissingType(type, versions[type], counts[type], registry.suggest(type) or "")
        for type in sorted(counts)
    )
    return Missing(types, tuple(_packs(document, registry)) if types else ())


def _uses(document: Document) -> Iterator[tuple[str, int]]:
    graphs: list[Document | Subgraph] = [document, *document.subgraphs.values()]
    for graph in graphs:
        for spec in graph.nodes.values():
            yield spec.type, spec.version


def _is_defined(type: str, document: Document) -> bool:
    return type.startswith(SUBGRAPH) and type.removeprefix(SUBGRAPH) in document.subgraphs


def _packs(document: Document, registry: Registry) -> Iterator[MissingPack]:
    for name, wanted in document.packs.items():
        installed = registry.packs.get(name, "")
        if not installed or _numbers(installed) < _numbers(wanted):
            yield MissingPack(name, wanted, installed, _failure(name, registry))


def _failure(name: str, registry: Registry) -> str:
    """Why a pack that is installed could not be loaded."""
    for problem in registry.problems:
        _, found, reason = problem.message.partition(f"pack '{name}' could not be loaded: ")
        if found:
            return reason
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split("+")[0].split(".")
    return tuple(int(part) if part.isdecimal() else 0 for part in parts)
