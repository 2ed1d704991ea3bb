"""What nobody expected: logged in full, told in one sentence, and the window goes on."""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from engine.errors import ReelwrightError
from studio.theme import tr

if TYPE_CHECKING:
    from studio.app.studio import Studio

_log = logging.getLogger("studio")
_qt = logging.getLogger("studio.qt")

LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.INFO,
    QtMsgType.QtCriticalMsg: logging.WARNING,
    QtMsgType.QtFatalMsg: logging.ERROR,
}
"""Qt warns of much that no user can mend; it is for who reads a report."""


class Faults:
    """Takes the place of Python's and Qt's ways of telling of faults, until `close`."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._before = sys.excepthook
        sys.excepthook = self.tell
        qInstallMessageHandler(self.hear_qt)

    def close(self) -> None:
        """As it was."""
        sys.excepthook = self._before
        qInstallMessageHandler(None)

    def tell(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """What a slot raised: the graph is in memory still, so the window stays."""
        messages = self._studio.window.messages
        if isinstance(error, ReelwrightError):
            messages.fail(error)
            return
        if not isinstance(error, Exception):
            self._before(kind, error, trace)
            return
        _log.error("Unexpected: %s", error, exc_info=(kind, error, trace))
        messages.say(
            tr(
                "Something went wrong: {error}. Your documents are as they were.",
                error=str(error).rstrip("."),
            ),
            "danger",
            tr("Report…"),
            lambda: self._studio.actions.run("help.report"),
        )

    def hear_qt(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        """Qt's own words go to the log instead of the terminal."""
        _qt.log(LEVELS.get(kind, logging.INFO), "%s", message)
