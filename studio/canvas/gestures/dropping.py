"""What is dropped on the canvas: media become nodes that load them, graphs are opened or pasted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData

from engine.errors import ReelwrightError
from studio.canvas.gestures.clipping import Clipping
from studio.canvas.gestures.drag import carry_out, pinned, placed_level
from studio.canvas.gestures.stage import Stage
from studio.document import Selection
from studio.editing.adding import add_loader
from studio.editing.arrange import snapped
from studio.editing.clipboard import accepts_text
from studio.faces import Point

GRAPHS: Final = frozenset((".reel", ".json"))
STEP: Final = 160.0
"""How far under each other the nodes of several files lie."""


class Dropping:
    """Takes files and texts; `open_graph` is told of files that are to be opened instead."""

    def __init__(
        self, stage: Stage, clipping: Clipping, open_graph: Callable[[object], object]
    ) -> None:
        self._stage, self._clipping, self._open_graph = stage, clipping, open_graph

    def accepts(self, mime: QMimeData) -> bool:
        """Whether something in it is a file of this computer, or a graph as text."""
        return any(_files(mime)) or (mime.hasText() and accepts_text(mime.text()))

    def drop(self, mime: QMimeData, at: Point, opens: bool = False) -> bool:
        """Take what was dropped at a place; with `opens`, media are opened as graphs."""
        files = list(_files(mime))
        if not files:
            if not self.accepts(mime):
                return False
            self._clipping.paste_text(mime.text(), at=at)
            return True
        media: list[Path] = []
        for path in files:
            if opens or path.suffix.lower() in GRAPHS:
                self._open_graph(path)
            else:
                media.append(path)
        self._load(media, at)
        return True

    def _load(self, paths: list[Path], at: Point) -> None:
        """Add the nodes that load these files, under each other."""
        added: list[str] = []
        for path in paths:
            place = (at[0], at[1] + STEP * len(added))
            if self._stage.snaps:
                place = snapped(place)
            try:
                one = add_loader(placed_level(self._stage), path, place)
            except ReelwrightError as error:
                self._stage.say(str(error))
                continue
            if carry_out(self._stage, pinned(self._stage, one.edit)):
                added.append(one.id)
        if added:
            self._stage.opened.select(Selection.of_nodes(added))


def _files(mime: QMimeData) -> Iterator[Path]:
    for url in mime.urls():
        if url.isLocalFile():
            yield Path(url.toLocalFile())
