"""What every test of the studio relies on: no screen, no stray Qt warning, no window left over."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything loads Qt: tests need no screen, and look the same on every computer.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")
os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")

# The platform's own words, which no code of ours can cause or prevent.
EXPECTED = (
    "This plugin does not support propagateSizeHints()",
    "This plugin does not support raise()",
    "This plugin does not support grabbing the keyboard",
    "QFontDatabase:",
)


@pytest.fixture(autouse=True)
def nothing_strange_from_qt(request: pytest.FixtureRequest) -> Iterator[None]:
    """A Qt warning that no test expects, or a window that outlives its test, is a failure."""
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    from PySide6.QtCore import QEvent, QtMsgType, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    request.getfixturevalue("qapp")
    heard: list[str] = []
    quiet = (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)

    def hear(kind: QtMsgType, _context: object, message: str) -> None:
        if kind not in quiet and not message.startswith(EXPECTED):
            heard.append(message)

    before = set(QApplication.topLevelWidgets())
    gc.freeze()  # what other tests loaded is not looked at again after each of these
    former = qInstallMessageHandler(hear)
    yield
    app = QApplication.instance()
    assert app is not None
    for _ in range(3):
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
        gc.collect()
    qInstallMessageHandler(former)
    left = [widget for widget in QApplication.topLevelWidgets() if widget not in before]
    for widget in left:
        widget.deleteLater()
    assert not heard, f"Qt warned: {heard}"
    assert not left, f"left open: {left}"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what belongs to the user of this computer."""
    for variable in ("REELWRIGHT_CONFIG", "REELWRIGHT_STATE"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
