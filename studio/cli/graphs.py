"""Opening what a user names: a graph file, or a video or picture that carries its graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from engine.errors import InvalidInput
from engine.graph.document import Document, load_document, parse_document

VIDEO: Final = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi")
PICTURE: Final = (".png", ".apng", ".gif", ".webp", ".jpg", ".jpeg", ".tif", ".tiff")
MEDIA: Final = frozenset((*VIDEO, *PICTURE))

GraphFile: TypeAlias = Annotated[
    Path, typer.Argument(metavar="GRAPH", help="A graph, or a video or picture made from one.")
]


def open_graph(path: Path) -> Document:
    """The graph in a file, or in a folder of frames.

    Raises InvalidInput for media without a graph, InvalidDocument and StorageFailed as
    `load_document` does.
    """
    carries = path.is_dir() or (path.suffix.lower() in MEDIA and path.is_file())
    if not carries:
        return load_document(path)
    from engine.media.embed import read_embedded

    text = read_embedded(path)
    if text is None:
        raise InvalidInput(
            f"'{path}' carries no graph.",
            remedy="Only files that Reelwright exported do, and converting them may lose it.",
        )
    return parse_document(text, f"the graph in '{path}'")
