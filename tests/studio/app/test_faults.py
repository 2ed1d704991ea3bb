"""A fault in the studio is a sentence and a way to report it, and the window goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QtMsgType, qInstallMessageHandler, qWarning

from engine.errors import InvalidInput
from studio.app.faults import Faults
from studio.app.studio import Studio


@pytest.fixture
def faults(studio: Studio) -> Iterator[Faults]:
    hearing = qInstallMessageHandler(None)
    made = Faults(studio)
    yield made
    made.close()
    qInstallMessageHandler(hearing)


def test_what_a_slot_raises_is_told_and_logged(faults: Faults, studio: Studio) -> None:
    error = ZeroDivisionError("division by zero")
    sys.excepthook(ZeroDivisionError, error, None)
    assert "division by zero" in studio.window.messages.texts[0]
    assert any("division by zero" in it.text for it in studio.services.journal.entries())


def test_what_is_meant_for_people_is_told_as_it_is(faults: Faults, studio: Studio) -> None:
    sys.excepthook(InvalidInput, InvalidInput("No.", remedy="Try again."), None)
    assert studio.window.messages.texts == ("No. Try again.",)


def test_qts_words_go_to_the_log(faults: Faults, studio: Studio) -> None:
    qWarning("a strange widget")
    assert [it.source for it in studio.services.journal.entries(search="strange")] == ["studio.qt"]


def test_afterwards_all_is_as_it_was(studio: Studio) -> None:
    before = sys.excepthook
    hearing = qInstallMessageHandler(None)
    Faults(studio).close()
    assert sys.excepthook is before
    qInstallMessageHandler(hearing)


def test_qt_knows_every_kind_of_message() -> None:
    from studio.app.faults import LEVELS

    assert set(LEVELS) >= {QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg}
