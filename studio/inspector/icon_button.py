"""A small button that is only an icon, with its tooltip as its name."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from studio.theme import Theme, icon


class IconButton(QToolButton):
    """A quiet icon; `name` is what its tooltip and a screen reader say."""

    def __init__(
        self,
        drawing: str,
        name: str,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        size: int = 16,
        color: str = "",
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._color = color or theme.colors.muted
        self.setProperty("role", "quiet")
        self.setIcon(icon(drawing, theme, self._color))
        self.setIconSize(QSize(size, size))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.say(name)

    def say(self, name: str) -> None:
        """Another tooltip and name."""
        self.setToolTip(name)
        self.setAccessibleName(name)

    def draw(self, drawing: str, color: str = "") -> None:
        """Another icon."""
        self.setIcon(icon(drawing, self._theme, color or self._color))
