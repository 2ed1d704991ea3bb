"""How threads tell the window that there is something new."""

from __future__ import annotations

from threading import Lock

from PySide6.QtCore import QObject, Signal


class Bell(QObject):
    """Carries 'something is new' from a decoder's thread to the window's, once until heard."""

    rung = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = Lock()
        self._waiting = False

    def ring(self) -> None:
        """Called on any thread."""
        with self._lock:
            if self._waiting:
                return
            self._waiting = True
        try:
            self.rung.emit()
        except RuntimeError:  # the window is gone
            return

    def heard(self) -> None:
        """The next ring counts again."""
        with self._lock:
            self._waiting = False
