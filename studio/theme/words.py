"""The one door through which every sentence on the screen passes, so that it can be translated."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication

CONTEXT: Final = "studio"


def tr(text: str, **values: object) -> str:
    """A sentence in the user's language; `values` fill its '{names}' after translation."""
    translated = QCoreApplication.translate(CONTEXT, text)
    return translated.format(**values) if values else translated
