"""The room of a worker, and what a graph from a stranger may do in it.

    <room>/work/      where its process stands: the job's inputs, and nothing else
    <room>/out/       finished files
    <room>/state/     results, checkpoints and temporary files of the engine
    <room>/outbox/    checkpoints on their way to the blob store
    <room>/graph      the document

A graph names files by paths relative to `work`, so the same graph has the same identity on every
machine.  It can leave that folder neither by a path nor by a link that computes one: both are
refused before anything runs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput, StorageFailed
from engine.graph.document import SUBGRAPH, Document
from engine.graph.flat import FlatGraph, FlatNode
from engine.graph.node import Node, NodeType
from engine.graph.registry import Registry

MOST_NODES: Final = 20_000
LARGEST_DOCUMENT: Final = 16 << 20
_FILE_WIDGETS: Final = frozenset({"open-file", "save-folder"})


class NotInstalled(InvalidInput):
    """A graph names a node type that this machine does not have; another may."""


@dataclass(frozen=True)
class Room:
    """The folders of one worker."""

    root: Path

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def graph(self) -> Path:
        return self.root / "graph"

    def make(self) -> None:
        """Make the folders that are missing.  Raises StorageFailed."""
        with storage_errors(self.root):
            for folder in (self.work, self.out, self.state, self.outbox):
                folder.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Remove what the last job left of its own.  The worker stands in `work`: it stays."""
        with storage_errors(self.root):
            for entry in os.scandir(self.work):
                _remove(Path(entry.path))
            _remove(self.out)
            self.out.mkdir()

    def used(self) -> int:
        """Bytes of all files in it."""
        return sum(size for _, size in files_in(self.root))


def files_in(folder: Path) -> Iterator[tuple[Path, int]]:
    """All files below a folder with their sizes, in the order of their names; no links."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                yield from files_in(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path), entry.stat().st_size


def check_document(document: Document, registry: Registry) -> None:
    """Raises InvalidInput for a document that is too large, NotInstalled for unknown nodes."""
    groups = [document.nodes, *(graph.nodes for graph in document.subgraphs.values())]
    if sum(map(len, groups)) > MOST_NODES:
        raise InvalidInput(
            f"The graph has more than {MOST_NODES:,} nodes.", remedy="Split it into several."
        )
    for nodes in groups:
        for id, spec in nodes.items():
            if not spec.type.startswith(SUBGRAPH) and registry.get(spec.type) is None:
                raise NotInstalled(
                    f"Node '{id}': the node type '{spec.type[:100]}' is not installed here.",
                    remedy="Install its node pack on this machine.",
                )


def check_graph(graph: FlatGraph, folder: Path) -> None:
    """Raises InvalidInput for a graph that is too large, or names a file outside of `folder`."""
    if len(graph.nodes) > MOST_NODES:
        raise InvalidInput(
            f"Written out, the graph has more than {MOST_NODES:,} nodes.",
            remedy="Split it into several.",
        )
    for node in graph.nodes.values():
        for name in naming_params(node.type):
            if name in node.inputs:
                raise InvalidInput(
                    f"Node '{node.id}': its parameter '{name}' names a file and is fed by a link.",
                    remedy="On a cluster, set it in the node itself.",
                )
            for value in filter(None, _values(node, name)):
                _check_inside(node, name, value, folder)


def naming_params(type: NodeType) -> tuple[str, ...]:
    """The parameters by which nodes of a type name something outside of the document.

    These are paths, by their widget, and all texts of a type whose content lies elsewhere
    (weights, say): that such a text is only an id is for the node to decide, when it runs.
    """
    elsewhere = type.node.content.__func__ is not Node.content.__func__  # type: ignore[attr-defined]
    return tuple(
        name
        for name, spec in type.params.items()
        if spec.type is str and (spec.widget in _FILE_WIDGETS or (elsewhere and not spec.choices))
    )


def _values(node: FlatNode, name: str) -> Iterable[str]:
    value = node.params.get(name, "")
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _check_inside(node: FlatNode, name: str, value: str, folder: Path) -> None:
    """A path is relative, goes nowhere up, and follows no symbolic link out of the folder."""
    home = folder.resolve()
    parts = value.replace("\\", "/").split("/")
    # Libraries read 'file:/etc/hosts' and 'http://...' where they are given a path.
    address = ":" in parts[0] and node.type.params[name].widget in _FILE_WIDGETS
    plain = not (address or value[0] in "/\\~" or ".." in parts or "\0" in value)
    if not plain or not (home / value).resolve().is_relative_to(home):
        raise InvalidInput(
            f"Node '{node.id}': its parameter '{name}' names '{value[:100]}', which is outside "
            "of the job's workspace.",
            remedy="Send the file along with the job, and name it by its path there.",
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """What the disk says, as StorageFailed."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            f"'{error.filename or place}' cannot be used: {error.strerror or error}.",
            remedy="Free some space there, or choose another folder.",
        ) from error
