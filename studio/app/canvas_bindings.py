"""The commands of the canvas: bound to what the canvas in front can do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from studio.commands import COMMANDS
from studio.document import OpenDocument
from studio.editing.viewing import view_node

if TYPE_CHECKING:
    from studio.app.studio import Studio


def bind(studio: Studio) -> None:
    """Let each command of the canvas do what the hands of the canvas in front make of it."""
    for key, command in COMMANDS.items():
        if command.where == "canvas":
            studio.actions.bind(key, partial(_do, studio, key), partial(_can, studio, key))


def run_to_view(studio: Studio, document: OpenDocument, id: str) -> None:
    """Run what a node needs, with something that shows it attached.  Raises InvalidInput."""
    viewing = view_node(document.document, document.flat_path(id), document.registry)
    studio.control.run_viewing(document, viewing.document, viewing.outputs, id)


def _do(studio: Studio, key: str) -> None:
    if studio.page is not None:
        studio.page.handlers[key]()


def _can(studio: Studio, key: str) -> bool:
    page = studio.page
    return page is not None and studio.window.editor_is_shown and page.hands.commands.can(key)
