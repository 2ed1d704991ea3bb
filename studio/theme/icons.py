"""Line icons from small SVGs in assets/icons, drawn in a theme's colours.

Each file is a 20x20 drawing whose strokes are `currentColor`.  An icon that does not exist is a
dot, so that a missing drawing breaks no button.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio.theme.theme import Theme

SIZE: Final = 20
SCALES: Final = (1, 2)
DOT: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    '<circle cx="10" cy="10" r="2.5" fill="currentColor"/></svg>'
)


@cache
def icon(name: str, theme: Theme, color: str = "") -> QIcon:
    """The icon of a name in the theme's text colour, or in another '#rrggbb'."""
    colors = theme.colors
    made = QIcon()
    modes = (
        (QIcon.Mode.Normal, QIcon.State.Off, color or colors.text),
        (QIcon.Mode.Disabled, QIcon.State.Off, colors.disabled),
        (QIcon.Mode.Normal, QIcon.State.On, color or colors.accent),
    )
    for mode, state, paint in modes:
        for scale in SCALES:
            made.addPixmap(_pixmap(name, paint, scale), mode, state)
    return made


def icon_pixmap(name: str, color: str, size: int = SIZE, scale: float = 1) -> QPixmap:
    """An icon as a picture of `size` logical pixels, for painters; `scale` is the screen's."""
    return _pixmap(name, color, scale, size)


def has_icon(name: str) -> bool:
    """Whether there is a drawing of this name."""
    return _source(name) is not None


@cache
def _source(name: str) -> str | None:
    path = files("assets") / "icons" / f"{name}.svg"
    return path.read_text("utf-8") if name and path.is_file() else None


@cache
def _pixmap(name: str, color: str, scale: float, size: int = SIZE) -> QPixmap:
    text = (_source(name) or DOT).replace("currentColor", color)
    pixmap = QPixmap(round(size * scale), round(size * scale))
    pixmap.fill(QColor(Qt.GlobalColor.transparent))
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap
