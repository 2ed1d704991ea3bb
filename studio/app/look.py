"""The theme in force, for the whole application."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from studio.project.settings import Preferences
from studio.theme import DARK, LIGHT, THEMES, Theme, palette, style_sheet, ui_font


class Look(QObject):
    """Keeps the application in the theme that the preferences or the system want."""

    changed = Signal(object)
    """The Theme in force."""

    def __init__(self, app: QApplication, preferences: Preferences) -> None:
        super().__init__()
        self._app = app
        self._preferences = preferences
        self.theme = self._wanted()
        app.setStyle("Fusion")
        app.setFont(ui_font())
        self._apply()
        preferences.changed.connect(self._on_preferences)
        app.styleHints().colorSchemeChanged.connect(self._refresh)

    def toggle(self) -> None:
        """Change between dark and light.  Raises StorageFailed."""
        self._preferences.set(theme="light" if self.theme.dark else "dark")

    def _on_preferences(self, _before: object, _after: object) -> None:
        self._refresh()

    def _refresh(self) -> None:
        theme = self._wanted()
        if theme is not self.theme:
            self.theme = theme
            self._apply()
            self.changed.emit(theme)

    def _apply(self) -> None:
        self._app.setPalette(palette(self.theme))
        self._app.setStyleSheet(style_sheet(self.theme))

    def _wanted(self) -> Theme:
        name = self._preferences.current.theme
        if name == "system":
            light = self._app.styleHints().colorScheme() is Qt.ColorScheme.Light
            return LIGHT if light else DARK
        return THEMES[name]
