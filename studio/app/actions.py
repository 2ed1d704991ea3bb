"""Commands as Qt's actions: what they do is bound here, what they look like comes from the table.

    actions.bind("edit.undo", document.undo, enabled=lambda: bool(document.undo_label))

Predicates are asked when something changed (`refresh`), once for many changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from engine.errors import ReelwrightError
from studio.commands import COMMANDS, Command, Menu, Where, find_command
from studio.theme import Theme, icon, shown_key, tr

Handler = Callable[[], object]
Predicate = Callable[[], bool]

_CONTEXTS: Final = {
    "app": Qt.ShortcutContext.WindowShortcut,
    "canvas": Qt.ShortcutContext.WidgetWithChildrenShortcut,
    "viewer": Qt.ShortcutContext.WidgetWithChildrenShortcut,
}
_ROLES: Final = {
    "file.quit": QAction.MenuRole.QuitRole,
    "file.preferences": QAction.MenuRole.PreferencesRole,
    "help.about": QAction.MenuRole.AboutRole,
}


@dataclass(slots=True)
class _Bound:
    handler: Handler
    enabled: Predicate | None
    checked: Predicate | None


class Actions(QObject):
    """One action for each command of the table; without a handler it is greyed."""

    beginning = Signal(str)
    """A command is about to be carried out."""
    failed = Signal(object)
    """A ReelwrightError that a handler raised: one sentence to be shown."""
    done = Signal(str)
    """The key of a command that was carried out."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bound: dict[str, _Bound] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._local: frozenset[str] = frozenset()
        self._actions = {key: self._make(command) for key, command in COMMANDS.items()}
        self.set_keys({key: command.keys for key, command in COMMANDS.items()})
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh_now)

    def action(self, key: str) -> QAction:
        """The action of a command.  Raises InvalidInput: 'Did you mean ...?'."""
        return self._actions[find_command(key).key]

    def bind(
        self,
        key: str,
        handler: Handler,
        enabled: Predicate | None = None,
        checked: Predicate | None = None,
    ) -> None:
        """Say what a command does, when it can be done, and whether its mark is set."""
        self._bound[find_command(key).key] = _Bound(handler, enabled, checked)
        self.refresh()

    def is_bound(self, key: str) -> bool:
        """Whether something happens when it is chosen."""
        return key in self._bound

    def run(self, key: str) -> None:
        """Carry out a command, if it can be done now."""
        find_command(key)
        bound = self._bound.get(key)
        if bound is None or not (bound.enabled is None or bound.enabled()):
            return
        self.beginning.emit(key)
        try:
            bound.handler()
        except ReelwrightError as error:
            self.failed.emit(error)
        self.done.emit(key)
        self.refresh()

    def available(self) -> tuple[Command, ...]:
        """What can be done now, for the palette."""
        self.refresh_now()
        return tuple(c for key, c in COMMANDS.items() if self._actions[key].isEnabled())

    def refresh(self) -> None:
        """Ask all predicates soon; many calls cost one round."""
        self._soon.start()

    def close(self) -> None:
        """Ask nothing more: what the predicates look at goes."""
        self._soon.stop()
        self._bound.clear()

    def refresh_now(self) -> None:
        """Ask all predicates."""
        for key, action in self._actions.items():
            bound = self._bound.get(key)
            usable = bound is not None and (bound.enabled is None or bound.enabled())
            action.setEnabled(usable)
            if bound is not None and bound.checked is not None:
                action.setChecked(bound.checked())

    def keys(self, key: str) -> tuple[str, ...]:
        """The keys that give a command now, in Qt's portable spelling."""
        return self._keys[find_command(key).key]

    def set_keys(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Give commands other keys."""
        self._keys.update(keys)
        self._local = frozenset(
            QKeySequence.fromString(text).toString()
            for key, texts in self._keys.items()
            if COMMANDS[key].where != "app"
            for text in texts
        )
        for key, action in self._actions.items():
            action.setShortcuts([QKeySequence.fromString(text) for text in self._keys[key]])
            action.setToolTip(self.tip(key))

    def set_theme(self, theme: Theme) -> None:
        """Draw all icons in a theme's colours."""
        self._theme = theme
        for key, action in self._actions.items():
            if not action.icon().isNull():
                action.setIcon(icon(COMMANDS[key].icon, theme))

    def place(self, where: Where, widget: QWidget) -> None:
        """Let the shortcuts of `where` work inside a widget."""
        for key, command in COMMANDS.items():
            if command.where == where:
                widget.addAction(self._actions[key])

    def belongs_elsewhere(self, sequence: str) -> bool:
        """Whether a key means something on a canvas or in the viewer, and so not in text."""
        return sequence in self._local

    def tip(self, key: str) -> str:
        """What a tooltip says of a command: what it does, and its keys."""
        command = COMMANDS[key]
        shown = self.shown_keys(key)
        return f"{tr(command.help)}  ({shown})" if shown else tr(command.help)

    def shown_keys(self, key: str) -> str:
        """The first key of a command as this system writes it; '' without one."""
        return shown_key(next(iter(self._keys[key]), ""))

    def with_icon(self, key: str) -> QAction:
        """The action of a command, drawn with its icon: for tool bars."""
        action = self.action(key)
        action.setIcon(icon(COMMANDS[key].icon, self._theme))
        action.setIconVisibleInMenu(False)
        return action

    def _make(self, command: Command) -> QAction:
        action = QAction(tr(command.text), self)
        action.setObjectName(command.key)
        action.setCheckable(command.checkable)
        action.setShortcutContext(_CONTEXTS[command.where])
        action.setStatusTip("")
        action.setMenuRole(_ROLES.get(command.key, QAction.MenuRole.NoRole))
        action.setEnabled(False)
        action.triggered.connect(lambda: self.run(command.key))
        return action


def fill_menu_bar(bar: QMenuBar, menus: tuple[Menu, ...], actions: Actions) -> dict[str, QMenu]:
    """Make the menus; answers those that the window fills itself, by name."""
    own: dict[str, QMenu] = {}
    for menu in menus:
        made = bar.addMenu(f"&{tr(menu.title)}")
        made.setToolTipsVisible(True)
        made.aboutToShow.connect(actions.refresh_now)
        _fill(made, menu, actions, own)
    return own


def _fill(widget: QMenu, menu: Menu, actions: Actions, own: dict[str, QMenu]) -> None:
    for entry in menu.entries:
        if entry is None:
            widget.addSeparator()
        elif isinstance(entry, Menu):
            inner = widget.addMenu(tr(entry.title))
            inner.setToolTipsVisible(True)
            if entry.name:
                own[entry.name] = inner
            _fill(inner, entry, actions, own)
        else:
            widget.addAction(actions.action(entry))
