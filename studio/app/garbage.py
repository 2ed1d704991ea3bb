"""Python's garbage collection, kept from stalling the window, and on the window's thread.

Left alone, it comes at any moment and on any thread: on another one it would destroy widgets there,
which Qt does not survive.  And a full collection looks at every object there is: with a large
document open that takes 100 ms.  So it comes when it is asked to, here.  What was loaded stays
anyway and is set aside after it was opened; what came since is little.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

YOUNG: Final = 20_000
"""How many new objects are worth a look."""
LOOK_MS: Final = 500
FULL_EVERY: Final = 60
"""After so many looks, one at everything that was not set aside."""
SETTLE_MS: Final = 1_000


class Garbage(QObject):
    """Collects when it is not noticed, until `close`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._count = 0
        self._soon = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._soon.timeout.connect(self._set_aside)
        self._looks = QTimer(self, interval=LOOK_MS)
        self._looks.timeout.connect(self._look)
        self._looks.start()

    def opened_or_closed(self, _document: object = None) -> None:
        """Much came or went: what is there is set aside anew, soon."""
        self._soon.start()

    def close(self) -> None:
        """Leave it to Python again."""
        self._soon.stop()
        self._looks.stop()
        gc.unfreeze()
        gc.enable()

    def _set_aside(self) -> None:
        if _is_busy():
            self._soon.start()
            return
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _look(self) -> None:
        self._count += 1
        if self._count >= FULL_EVERY and not _is_busy():
            self._count = 0
            gc.collect()
        elif gc.get_count()[0] > YOUNG:
            gc.collect(0)


def _is_busy() -> bool:
    """Whether somebody drags something."""
    return QApplication.mouseButtons() != Qt.MouseButton.NoButton
