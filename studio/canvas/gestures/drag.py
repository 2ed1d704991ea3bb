"""What a drag is: it begins with a press, follows the mouse, and ends or is given up."""

from __future__ import annotations

from typing import Protocol

from engine.errors import ReelwrightError
from engine.graph.edits import Composite, Edit, Move
from studio.canvas.gestures.stage import Pointer, Stage
from studio.editing.level import Level


class Drag(Protocol):
    """One drag from press to release; Escape gives it up without a trace."""

    def move(self, pointer: Pointer) -> None: ...
    def finish(self, pointer: Pointer) -> None: ...
    def give_up(self) -> None: ...


def pinned(stage: Stage, edit: Edit) -> Edit:
    """The edit, with the places written down that nodes have without the document's doing.

    Otherwise they would be laid out anew, elsewhere, when the document is opened again.
    """
    places = stage.unplaced()
    if not places:
        return edit
    return Composite(edit.label, (Move(places, stage.opened.level), edit))


def placed_level(stage: Stage) -> Level:
    """The shown level with all its nodes placed, as an edit made with `pinned` will find it."""
    opened = stage.opened
    document, _ = pinned(stage, Composite("", ())).apply(opened.document)
    return Level(document, opened.level, opened.registry)


def carry_out(stage: Stage, edit: Edit, merge: str = "") -> bool:
    """Do an edit, or tell why it cannot be done; whether it was done."""
    try:
        stage.opened.do(edit, merge)
    except ReelwrightError as error:
        stage.say(str(error))
        return False
    return True
