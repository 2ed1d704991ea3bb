"""Cut, copy, paste and duplicate with the system's clipboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtGui import QGuiApplication

from engine.errors import ReelwrightError
from studio.canvas.gestures.drag import carry_out, pinned, placed_level
from studio.canvas.gestures.stage import Stage, level_of
from studio.document import Selection
from studio.editing.arrange import GRID
from studio.editing.clipboard import Pasted, duplicate, paste_text
from studio.editing.copying import copy_text
from studio.editing.deleting import delete
from studio.faces import Point
from studio.theme import tr

STEP: Final = 2 * GRID
"""How far from the last one the same text is pasted again at the same place."""


class Clipping:
    """Text in and out; `place` says where something new goes."""

    def __init__(self, stage: Stage, place: Callable[[], Point]) -> None:
        self._stage, self._place = stage, place
        self._last: tuple[str, Point] = ("", (0.0, 0.0))
        self._times = 0

    def copy(self) -> None:
        """Put what is selected on the clipboard, as text."""
        here, chosen = placed_level(self._stage), self._stage.opened.selection
        text = copy_text(here.document, here.within, chosen.nodes, chosen.frames, chosen.notes)
        if text:
            QGuiApplication.clipboard().setText(text)

    def cut(self) -> None:
        """Copy what is selected, and take it away."""
        self.copy()
        chosen = self._stage.opened.selection
        here = level_of(self._stage.opened)
        carry_out(self._stage, delete(here, chosen.nodes, (), chosen.frames, chosen.notes))

    def paste(self, linked: bool = False) -> None:
        """Paste nodes, or say what is wrong with the text."""
        self.paste_text(QGuiApplication.clipboard().text(), linked)

    def paste_text(self, text: str, linked: bool = False, at: Point | None = None) -> None:
        """Paste a text; the same again at the same place lies beside the one before."""
        place = self._place() if at is None else at
        self._times = self._times + 1 if self._last == (text, place) else 0
        self._last = (text, place)
        shifted = (place[0] + self._times * STEP, place[1] + self._times * STEP)
        try:
            pasted = paste_text(placed_level(self._stage), text, shifted, linked)
        except ReelwrightError as error:
            self._stage.say(str(error))
            return
        self._put(pasted)

    def duplicate(self, linked: bool = False) -> None:
        """Copies of what is selected beside it; these are selected then."""
        chosen = self._stage.opened.selection
        if not (chosen.nodes or chosen.frames or chosen.notes):
            self._stage.say(tr("There is nothing to duplicate. Select nodes first."))
            return
        here = placed_level(self._stage)
        self._put(duplicate(here, chosen.nodes, chosen.frames, chosen.notes, linked))

    def _put(self, pasted: Pasted) -> None:
        if carry_out(self._stage, pinned(self._stage, pasted.edit)):
            self._stage.opened.select(
                Selection(
                    nodes=frozenset(pasted.nodes),
                    frames=frozenset(pasted.frames),
                    notes=frozenset(pasted.notes),
                )
            )
