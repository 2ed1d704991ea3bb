"""The commands of the Viewer menu: bound to the viewer's deeds, once there is a viewer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from studio.commands import COMMANDS

if TYPE_CHECKING:
    from studio.app.studio import Studio


def bind(studio: Studio) -> None:
    """Let each command of the viewer do what the viewer's deed of that name does."""
    for key, command in COMMANDS.items():
        if command.where == "viewer":
            name = key.partition(".")[2]
            checked = partial(_is_on, studio, name) if command.checkable else None
            studio.actions.bind(
                key, partial(_do, studio, name), partial(_has_media, studio), checked
            )


def _do(studio: Studio, name: str) -> None:
    viewer = studio.showing.viewer
    if viewer is not None:
        viewer.deeds.do(name)


def _has_media(studio: Studio) -> bool:
    viewer = studio.showing.viewer
    return viewer is not None and viewer.player.media is not None


def _is_on(studio: Studio, name: str) -> bool:
    viewer = studio.showing.viewer
    return viewer is not None and viewer.deeds.checked(name)
