"""Context menus of the canvas: which commands are offered for what was clicked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from studio.canvas.hits import Hit
from studio.commands import COMMANDS
from studio.commands.menus import COLORS
from studio.theme import shown_key, tr

Entries: TypeAlias = tuple[str | None, ...]
Run: TypeAlias = Callable[[str], None]
Can: TypeAlias = Callable[[str], bool]
ActionFor: TypeAlias = Callable[[str], QAction]


def _rows(text: str) -> Entries:
    return tuple(None if word == "-" else word for word in text.split())


NODE: Final = _rows(
    "canvas.view_node run.selected - canvas.enter canvas.ungroup canvas.rename_subgraph"
    " canvas.make_unique - edit.cut edit.copy edit.duplicate edit.delete edit.delete_reconnect"
    " - edit.rename canvas.bypass canvas.mute canvas.collapse canvas.disconnect - canvas.group"
    " canvas.frame canvas.layout colors"
)
LINK: Final = _rows("canvas.reroute edit.delete")
FRAME: Final = _rows("edit.rename colors - edit.copy edit.duplicate edit.delete")
CANVAS: Final = _rows(
    "canvas.add canvas.note - edit.paste edit.paste_linked - edit.select_all canvas.layout"
    " view.frame_all - canvas.leave"
)
BY_KIND: Final[dict[str, Entries]] = {
    "node": NODE,
    "widget": NODE,
    "port": NODE,
    "link": LINK,
    "waypoint": LINK,
    "frame": FRAME,
    "frame-edge": FRAME,
    "note": FRAME,
    "nothing": CANVAS,
}


def context_menu(
    parent: QWidget,
    hit: Hit,
    run: Run,
    can: Can,
    action_for: ActionFor | None = None,
    own: Sequence[tuple[str, Callable[[], None]]] = (),
) -> QMenu:
    """The menu for what was hit; `action_for` gives the application's own actions, if there are.

    Without them the menu makes its own, with the keys of the table beside them.  `own` are lines
    that stand before the commands.
    """
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for text, do in own:
        menu.addAction(text).triggered.connect(lambda _=False, do=do: do())
    menu.addSeparator()
    for entry in BY_KIND[hit.kind]:
        if entry is None:
            menu.addSeparator()
        elif entry == "colors":
            _add_all(menu.addMenu(tr("Color")), COLORS, run, can, action_for)
        else:
            _add_all(menu, (entry,), run, can, action_for)
    return menu


def _add_all(
    menu: QMenu, keys: tuple[object, ...], run: Run, can: Can, action_for: ActionFor | None
) -> None:
    for key in keys:
        if not isinstance(key, str):
            menu.addSeparator()
        elif action_for is not None:
            menu.addAction(action_for(key))
        elif can(key):
            _add(menu, key, run)


def _add(menu: QMenu, key: str, run: Run) -> None:
    command = COMMANDS[key]
    keys = shown_key(next(iter(command.keys), ""))
    # The key after a tab is only shown: a second shortcut would take the first one's effect.
    action = menu.addAction(f"{tr(command.text)}\t{keys}" if keys else tr(command.text))
    action.setToolTip(tr(command.help))
    action.triggered.connect(lambda _=False: run(key))
