"""The commands of the Viewer menu: bound to the viewer's deeds, once there is a viewer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from studio.commands import COMMANDS

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.viewer.panel import ViewerPanel


def bind(studio: Studio) -> None:
    """Let each command of the viewer do what the viewer's deed of that name does."""
    for key, command in COMMANDS.items():
        if command.where == "viewer":
            name = key.partition(".")[2]
            checked = partial(_is_on, studio, name) if command.checkable else None
            studio.actions.bind(
                key, partial(_do, studio, name), partial(_has_media, studio), checked
            )


def viewer_of(studio: Studio) -> ViewerPanel | None:
    """The viewer, if it was ever seen."""
    from studio.viewer.panel import ViewerPanel

    panel = studio.window.docks.contents.get("view.viewer")
    return panel if isinstance(panel, ViewerPanel) else None


def _do(studio: Studio, name: str) -> None:
    viewer = viewer_of(studio)
    if viewer is not None:
        viewer.deeds.do(name)


def _has_media(studio: Studio) -> bool:
    if "view.viewer" not in studio.window.docks.contents:
        return False
    viewer = viewer_of(studio)
    return viewer is not None and viewer.player.media is not None


def _is_on(studio: Studio, name: str) -> bool:
    viewer = viewer_of(studio) if "view.viewer" in studio.window.docks.contents else None
    return viewer is not None and viewer.deeds.checked(name)
