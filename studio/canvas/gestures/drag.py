"""What a drag is: something that begins with a press, follows the mouse, and ends or is given up."""

from __future__ import annotations

from typing import Protocol

from engine.errors import ReelwrightError
from engine.graph.edits import Edit
from studio.canvas.gestures.stage import Pointer, Stage


class Drag(Protocol):
    """One drag from press to release; Escape gives it up without a trace."""

    def move(self, pointer: Pointer) -> None: ...
    def finish(self, pointer: Pointer) -> None: ...
    def give_up(self) -> None: ...


def carry_out(stage: Stage, edit: Edit, merge: str = "") -> bool:
    """Do an edit, or tell why it cannot be done; whether it was done."""
    try:
        stage.opened.do(edit, merge)
    except ReelwrightError as error:
        stage.say(str(error))
        return False
    return True
