"""Python's garbage collection, kept from stalling the window.

A full collection looks at every object there is: with a large document open that takes 100 ms, and
comes at any moment.  What was loaded stays anyway, so it is set aside after it was opened; what
came since is little, and is looked at while nobody drags anything.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

THRESHOLDS: Final = (50_000, 20, 1_000)
SETTLE_MS: Final = 1_000
LOOK_MS: Final = 30_000


class Garbage(QObject):
    """Collects when it is not noticed.  `opened_or_closed` asks to set aside anew, soon."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.set_threshold(*THRESHOLDS)
        self._soon = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._soon.timeout.connect(self._set_aside)
        self._looks = QTimer(self, interval=LOOK_MS)
        self._looks.timeout.connect(self._look)
        self._looks.start()

    def opened_or_closed(self, _document: object = None) -> None:
        """Much came or went."""
        self._soon.start()

    def _set_aside(self) -> None:
        if self._busy():
            self._soon.start()
            return
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _look(self) -> None:
        if not self._busy():
            gc.collect()

    def _busy(self) -> bool:
        return QApplication.mouseButtons() != Qt.MouseButton.NoButton
