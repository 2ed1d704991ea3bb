"""What all nodes do alike that write a clip: check it, mark it, write it, sign it, place it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from engine.graph.context import Context
from engine.values import Artifact, Clip
from nodes.checking import Checks
from nodes.marking import Language, Marking
from nodes.publishing import Export, Kind, publish

Write = Callable[[Clip, Marking, Path], None]
"""Writes the checked clip with its marks to a path."""


class Exporting(Protocol):
    """The inputs and parameters of a node that writes a clip."""

    clip: Clip
    name: str
    classifiers: str
    faces: str
    mark: bool
    label: Language
    sign: bool
    overwrite: bool


def export_clip(
    node: Exporting,
    ctx: Context,
    write: Write,
    *,
    kind: Kind,
    suffix: str = "",
    thumbnail: Callable[[Path], None] | None = None,
) -> Artifact:
    """Publish the node's clip under an ending, '' for a folder.  Raises as `publish` does."""
    checks = Checks(node.classifiers, node.faces)
    marking = Marking(ctx, mark=node.mark, label=node.label)
    export = Export(
        kind=kind,
        name=node.name,
        suffix=suffix,
        origin=node.clip.origin,
        write=lambda path: write(checks.clip(node.clip), marking, path),
        sign=node.sign,
        overwrite=node.overwrite,
        assessed=checks.assessed,
        marks=marking.marks,
        thumbnail=thumbnail,
    )
    return publish(ctx, export)
