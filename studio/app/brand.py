"""The product's icon."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

SIZES: Final = (16, 24, 32, 48, 64, 128, 256)


@cache
def app_icon() -> QIcon:
    """The icon of the application, in every size a desktop asks for."""
    made = QIcon()
    for size in SIZES:
        made.addPixmap(app_pixmap(size))
    return made


@cache
def app_pixmap(size: int) -> QPixmap:
    """The icon as a picture of so many pixels."""
    text = (files("assets") / "icons" / "app" / "reelwright.svg").read_bytes()
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(text)).render(painter, QRectF(pixmap.rect()))
    painter.end()
    return pixmap
