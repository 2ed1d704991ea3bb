"""Starting the studio: one path from the process to a usable window."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from studio.app.studio import Studio

APP_ID: Final = "reelwright"
SWITCH_S: Final = 0.001
"""How long other threads may keep the window waiting for the interpreter; Python's own is 5 ms."""


def run(paths: Sequence[Path] = (), measure: bool = False) -> int:
    """Show the window with these files open until it is closed; the process's exit code.

    With `measure`, print how many milliseconds passed from the start of the process until the
    window could be used, and end.
    """
    from studio.app.screen import require_screen
    from studio.project.settings import Preferences

    require_screen(os.environ)
    sys.setswitchinterval(SWITCH_S)
    preferences = Preferences()
    _scale(preferences.current.scale)
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    _name(app)
    from studio.app.faults import Faults
    from studio.app.studio import Studio

    studio = Studio(app, preferences)
    studio.show()
    if measure:
        app.processEvents()
        sys.stdout.write(f"{since_start() * 1000:.0f}\n")
        studio.end()
        return 0
    _end_on_signals(app, studio)
    faults = Faults(studio)
    # The window is there: what needs time comes after it was drawn for the first time.
    QTimer.singleShot(0, lambda: studio.begin(paths))
    code = app.exec()
    faults.close()
    return code


def since_start() -> float:
    """Seconds since this process was started, as the system knows it."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, AttributeError, ValueError, IndexError):
        return time.process_time()


def _end_on_signals(app: QApplication, studio: Studio) -> None:
    """Ctrl-C in the terminal, or the system's wish to end: in order, without questions."""
    import signal

    def end(_signal: int, _frame: object) -> None:
        studio.abandon()
        app.exit()  # `quit` would close the window first, and that asks

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)


def _scale(percent: int) -> None:
    if percent != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", f"{percent / 100:g}")


def _name(app: object) -> None:
    from PySide6.QtGui import QGuiApplication

    from studio.app.brand import app_icon

    QGuiApplication.setApplicationDisplayName("Reelwright")
    QGuiApplication.setDesktopFileName(APP_ID)
    QGuiApplication.setWindowIcon(app_icon())
    app.setApplicationName(APP_ID)  # type: ignore[attr-defined]  # it is a QApplication
