"""What a file that somebody opens or drops means: a graph, the graph inside a video, or media.

`plan` reads the file and decides, on any thread; the shell carries the plan out.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from engine.atomic import PARTIAL
from engine.errors import InvalidInput, InvalidMedia, ReelwrightError
from engine.graph.document import Document, load_document, parse_document
from engine.graph.registry import Registry
from engine.media.embed import DOCUMENT_FILE, read_embedded
from studio.project.templates import SUFFIX

MediaKind: TypeAlias = Literal["video", "image", "audio"]

ENDINGS: Final[dict[str, MediaKind]] = {
    **dict.fromkeys(("mp4", "mov", "m4v", "mkv", "webm", "avi", "gif", "mpg", "mpeg"), "video"),
    **dict.fromkeys(("png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "exr"), "image"),
    **dict.fromkeys(("wav", "mp3", "flac", "ogg", "opus", "m4a", "aac"), "audio"),
}
LOADERS: Final[dict[MediaKind, str]] = {
    "video": "input.video",
    "image": "input.image",
    "audio": "input.audio",
}
STALE_AFTER: Final = 3600.0
"""Seconds after which an unfinished file beside a graph is of a save that a crash cut off."""


@dataclass(frozen=True)
class OpenGraph:
    """Open a document from its own file, which saving writes again."""

    document: Document
    path: Path

    @property
    def said(self) -> str:
        """What happened, for the status bar."""
        return f"Opened '{self.path.name}'."


@dataclass(frozen=True)
class OpenInside:
    """Open the document that a media file carries: a new one, without a file of its own."""

    document: Document
    source: Path

    @property
    def said(self) -> str:
        """What happened, for the status bar."""
        return f"Opened the graph inside '{self.source.name}'; saving asks for a file."


@dataclass(frozen=True)
class AddLoader:
    """Put a node that reads a media file into the open document, or into a new one."""

    type: str
    version: int
    path: Path
    note: str = ""

    @property
    def id(self) -> str:
        """The id to begin with; the edit that adds it finds a free one."""
        return self.type.rpartition(".")[2]

    @property
    def params(self) -> dict[str, str]:
        """What is set on the node."""
        return {"path": str(self.path)}

    @property
    def said(self) -> str:
        """What happened, for the status bar."""
        return self.note or f"'{self.path.name}' holds no graph: added a node that reads it."


Plan: TypeAlias = OpenGraph | OpenInside | AddLoader


def plan(path: Path, registry: Registry, inside: bool = True) -> Plan:
    """What opening a file does.

    Without `inside`, a graph in a media file is passed by and the media itself is wanted.  Raises
    InvalidInput or StorageFailed with one sentence if nothing can be done with the file.
    """
    path = path.expanduser().absolute()
    if path.suffix.lower() in (SUFFIX, ".json"):
        tidy(path)
        return OpenGraph(load_document(path), path)
    kind = ENDINGS.get(path.suffix.lower().removeprefix("."))
    if kind is None and not path.is_dir():
        raise _unknown(path)
    found, note = _inside(path) if inside else (None, "")
    if found is not None:
        return OpenInside(found, path)
    if kind is None:
        raise InvalidInput(f"The folder '{path}' holds no graph.", remedy="Open a file in it.")
    return _loader(kind, path, registry, note)


def tidy(path: Path, now: float | None = None) -> None:
    """Remove what saves that a crash cut off left beside a graph; never raises."""
    oldest = (time.time() if now is None else now) - STALE_AFTER
    with suppress(OSError, ValueError):
        for partial in path.parent.glob(f".{_literal(path.name)}.*{PARTIAL}"):
            if partial.stat().st_mtime < oldest:
                partial.unlink()


def _inside(path: Path) -> tuple[Document | None, str]:
    """The graph in a media file, and what to say of one that is damaged."""
    if path.is_dir():
        graph = path / DOCUMENT_FILE
        return (load_document(graph) if graph.is_file() else None), ""
    text = read_embedded(path)
    if text is None:
        return None, ""
    try:
        return parse_document(text, f"the graph inside '{path.name}'"), ""
    except ReelwrightError as error:
        said = str(error).split("\n")[0].rstrip(".")
        return None, f"{said}; added a node that reads the file itself."


def _loader(kind: MediaKind, path: Path, registry: Registry, note: str) -> AddLoader:
    declared = registry.get(LOADERS[kind])
    if declared is None:
        raise InvalidInput(
            f"No node is installed that reads '{path.name}'.",
            remedy="Install Reelwright's own nodes again.",
        )
    return AddLoader(declared.type, declared.version, path, note)


def _unknown(path: Path) -> InvalidInput:
    if not path.exists():
        return InvalidMedia(f"There is no file '{path}'.", remedy="Check the name.")
    return InvalidInput(
        f"'{path.name}' is neither a graph nor media that can be read.",
        remedy=f"Open a {SUFFIX} file, a video, a picture or sound.",
    )


def _literal(name: str) -> str:
    """A name as a pattern that matches only itself."""
    from glob import escape

    return escape(name)
