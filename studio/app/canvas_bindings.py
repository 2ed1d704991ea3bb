"""Which command of the canvas does what, and when it can be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, get_args

from studio.app.canvas_commands import CanvasCommands
from studio.document import OpenDocument, Selection
from studio.editing.arrange import Axis, Side
from studio.editing.viewing import view_node
from studio.theme import NODE_COLORS

if TYPE_CHECKING:
    from studio.app.studio import Studio

_DISTRIBUTIONS: Final[dict[str, Axis]] = {"across": "horizontal", "down": "vertical"}


def bind(studio: Studio) -> None:
    """Bind everything that happens on a canvas."""
    commands = CanvasCommands(studio)
    _bind_clipboard(studio, commands)
    _bind_selection(studio, commands)
    _bind_nodes(studio, commands)
    _bind_arrangement(studio, commands)
    _bind_camera(studio, commands)


def run_to_view(studio: Studio, document: OpenDocument, id: str) -> None:
    """Run what a node needs, with something that shows it attached.  Raises InvalidInput."""
    viewing = view_node(document.document, document.flat_path(id), document.registry)
    studio.control.run_viewing(document, viewing.document, viewing.outputs, id)


def _on_page(studio: Studio) -> Callable[[], bool]:
    return lambda: studio.page is not None and studio.window.editor_is_shown


def _with_nodes(studio: Studio, least: int = 1) -> Callable[[], bool]:
    def enough() -> bool:
        page = studio.page
        return page is not None and len(page.document.selection.nodes) >= least

    return enough


def _with_some(studio: Studio) -> Callable[[], bool]:
    return lambda: (page := studio.page) is not None and bool(page.document.selection)


def _bind_clipboard(studio: Studio, commands: CanvasCommands) -> None:
    bind, some = studio.actions.bind, _with_some(studio)
    bind("edit.cut", commands.cut, some)
    bind("edit.copy", commands.copy, some)
    bind("edit.paste", commands.paste, _on_page(studio))
    bind("edit.paste_linked", lambda: commands.paste(linked=True), _on_page(studio))
    bind("edit.duplicate", commands.duplicate, some)
    bind("edit.duplicate_linked", lambda: commands.duplicate(linked=True), some)
    bind("edit.delete", commands.delete, some)
    bind("edit.delete_reconnect", commands.delete_reconnect, _with_nodes(studio))


def _bind_selection(studio: Studio, commands: CanvasCommands) -> None:
    bind = studio.actions.bind
    bind("edit.select_all", commands.select_all, _on_page(studio))
    bind("edit.select_none", lambda: commands.document.select(Selection()), _with_some(studio))
    bind("edit.select_upstream", lambda: commands.select_along(True), _with_nodes(studio))
    bind("edit.select_downstream", lambda: commands.select_along(False), _with_nodes(studio))


def _bind_nodes(studio: Studio, commands: CanvasCommands) -> None:
    bind, nodes = studio.actions.bind, _with_nodes(studio)
    bind("canvas.add", commands.add, _on_page(studio))
    bind("canvas.note", commands.note, _on_page(studio))
    bind("canvas.frame", commands.frame, nodes)
    bind("canvas.reroute", commands.reroute, lambda: commands.has_links())
    bind("canvas.bypass", commands.bypass, nodes)
    bind("canvas.mute", commands.mute, nodes)
    bind("canvas.collapse", commands.collapse, nodes)
    bind("canvas.disconnect", commands.disconnect, nodes)
    bind("canvas.view_node", commands.view_node, nodes)
    bind("edit.rename", commands.rename, lambda: commands.can_rename())
    bind("canvas.color_none", lambda: commands.color(""), _with_some(studio))
    for name in NODE_COLORS:
        bind(f"canvas.color_{name}", lambda name=name: commands.color(name), _with_some(studio))


def _bind_arrangement(studio: Studio, commands: CanvasCommands) -> None:
    bind = studio.actions.bind
    inside = lambda: (page := studio.page) is not None and bool(page.document.trail)  # noqa: E731
    bind("canvas.group", commands.group, _with_nodes(studio))
    bind("canvas.ungroup", commands.ungroup, lambda: commands.is_one_subgraph())
    bind("canvas.enter", commands.enter, lambda: commands.is_one_subgraph())
    bind("canvas.leave", lambda: commands.document.leave(), inside)
    bind("canvas.layout", commands.lay_out, _on_page(studio))
    for side in get_args(Side):
        bind(
            f"canvas.align_{side}",
            lambda side=side: commands.align(side),
            _with_nodes(studio, least=2),
        )
    for name, axis in _DISTRIBUTIONS.items():
        bind(
            f"canvas.distribute_{name}",
            lambda axis=axis: commands.distribute(axis),
            _with_nodes(studio, least=3),
        )


def _bind_camera(studio: Studio, commands: CanvasCommands) -> None:
    bind, there = studio.actions.bind, _on_page(studio)
    bind("view.frame_selection", lambda: commands.page.canvas.frame_selection(), there)
    bind("view.frame_all", lambda: commands.page.canvas.frame_all(), there)
    bind("view.zoom_in", lambda: commands.page.canvas.zoom_in(), there)
    bind("view.zoom_out", lambda: commands.page.canvas.zoom_out(), there)
    bind("view.actual_size", lambda: commands.page.canvas.zoom_to_actual_size(), there)
