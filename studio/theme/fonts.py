"""The fonts of the window: the first of a few good families that this computer has."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QFont

from studio.theme.theme import TEXT_SIZE

FAMILIES: Final = ["Inter", "Segoe UI Variable Text", "SF Pro Text", "Cantarell", "Noto Sans"]
MONO_FAMILIES: Final = ["JetBrains Mono", "SF Mono", "Cascadia Mono", "DejaVu Sans Mono"]


def ui_font(size: int = TEXT_SIZE, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The font of the interface, `size` pixels high."""
    font = QFont([*FAMILIES, "sans-serif"])
    font.setStyleHint(QFont.StyleHint.SansSerif)
    return _sized(font, size, weight)


def mono_font(size: int = TEXT_SIZE - 1) -> QFont:
    """A font whose figures stand under each other: timecode, logs, ids."""
    font = QFont([*MONO_FAMILIES, "monospace"])
    font.setStyleHint(QFont.StyleHint.Monospace)
    return _sized(font, size, QFont.Weight.Normal)


def _sized(font: QFont, size: int, weight: QFont.Weight) -> QFont:
    font.setPixelSize(size)
    font.setWeight(weight)
    # Scenes are zoomed: hinted glyphs would jump from one zoom step to the next.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
