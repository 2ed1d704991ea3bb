"""The files that a document names, packed for another computer.

Each goes into the job's workspace as `inputs/<digest>/<name>`, and the document names it there:
the same content has the same place on every agent, and so the same identity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cluster_agent.protocol.job_spec import InputFile
from engine.errors import InvalidInput
from engine.file_digests import content_digest
from engine.graph.document import SUBGRAPH, Document, NodeSpec, Subgraph
from engine.graph.params import ParamValue
from engine.graph.registry import Registry

_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]")


@dataclass
class Luggage:
    """What travels: where each file lies here, and where it will lie there."""

    files: dict[str, Path] = field(default_factory=dict)
    places: dict[str, InputFile] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """As a job names them."""
        return tuple(self.places.values())

    def add(self, path: Path) -> str:
        """Take along a file, or a folder's files; says where it will be found."""
        digest = content_digest(path)
        place = PurePosixPath("inputs", digest[:32], _UNUSUAL.sub("_", path.name)[-100:] or "_")
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if file.is_file():
                inside = place / _UNUSUAL.sub("_", file.name) if path.is_dir() else place
                self._add_file(file, str(inside), content_digest(file))
        return str(place)

    def _add_file(self, file: Path, place: str, digest: str) -> None:
        self.files[digest] = file
        self.places[place] = InputFile(path=place, digest=digest, size=file.stat().st_size)


def pack_files(document: Document, registry: Registry) -> tuple[Document, Luggage]:
    """The document as it reads in the workspace, and the files it needs there.

    Raises InvalidInput for a file that cannot be read, unless its node is switched off.
    """
    luggage = Luggage()
    packing = _Packing(document.subgraphs, registry, luggage)
    subgraphs = {
        name: subgraph.model_copy(update={"nodes": packing.all(subgraph.nodes)})
        for name, subgraph in document.subgraphs.items()
    }
    nodes = packing.all(document.nodes)
    return document.model_copy(update={"nodes": nodes, "subgraphs": subgraphs}), luggage


@dataclass(frozen=True)
class _Packing:
    subgraphs: Mapping[str, Subgraph]
    registry: Registry
    luggage: Luggage

    def all(self, nodes: Mapping[str, NodeSpec]) -> dict[str, NodeSpec]:
        return {id: self._node(id, spec) for id, spec in nodes.items()}

    def _node(self, id: str, spec: NodeSpec) -> NodeSpec:
        changed = {
            name: self._value(id, name, value, spec.mode == "on")
            for name, value in spec.params.items()
            if value and self._names_files(spec.type, name)
        }
        if not changed:
            return spec
        return spec.model_copy(update={"params": {**spec.params, **changed}})

    def _names_files(self, type: str, param: str) -> bool:
        """Whether a parameter holds a file's path; promoted ones are followed inwards."""
        for _ in range(len(self.subgraphs) + 1):
            if not type.startswith(SUBGRAPH):
                found = self.registry.get(type)
                return found is not None and (
                    param in found.params and found.params[param].widget == "open-file"
                )
            subgraph = self.subgraphs.get(type.removeprefix(SUBGRAPH))
            if subgraph is None or param not in subgraph.params:
                return False
            inner, param = subgraph.params[param]
            type = subgraph.nodes[inner].type
        return False

    def _value(self, id: str, name: str, value: ParamValue, on: bool) -> ParamValue:
        if isinstance(value, list):
            return [self._place(id, name, str(each), on) for each in value]
        return self._place(id, name, str(value), on)

    def _place(self, id: str, name: str, path: str, on: bool) -> str:
        try:
            return self.luggage.add(Path(path).expanduser())
        except OSError as error:
            if not on:
                return ""
            raise InvalidInput(
                f"Node '{id}': the file '{path}' of '{name}' cannot be sent: {error.strerror}.",
                remedy="Check the path.",
            ) from error
