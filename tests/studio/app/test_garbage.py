"""Collections that nobody notices."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.app.garbage import THRESHOLDS, Garbage


@pytest.fixture
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("as_before")
def test_what_was_opened_is_set_aside(qtbot: QtBot) -> None:
    parent = QObject()
    garbage = Garbage(parent)
    gc.unfreeze()
    garbage.opened_or_closed()
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 1_000)
    assert gc.get_threshold() == THRESHOLDS
