"""Collections that nobody notices, on the window's thread alone."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.app.garbage import YOUNG, Garbage


class Cycle:
    """Garbage that only a collection finds; says on which thread it was found."""

    ended: list[int] = []  # noqa: RUF012 - the class's on purpose: its objects are gone

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Cycle.ended.append(threading.get_ident())


@pytest.fixture
def garbage(qtbot: QtBot) -> Iterator[Garbage]:
    parent = QObject()
    made = Garbage(parent)
    Cycle.ended.clear()
    yield made
    made.close()
    assert gc.isenabled()


def test_what_was_opened_is_set_aside(garbage: Garbage, qtbot: QtBot) -> None:
    gc.unfreeze()
    garbage.opened_or_closed()
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 1_000, timeout=60_000)


def test_it_is_collected_on_the_windows_thread_whoever_made_it(
    garbage: Garbage, qtbot: QtBot
) -> None:
    kept: list[list[int]] = []

    def work() -> None:
        Cycle()
        kept.extend([number] for number in range(3 * YOUNG))

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert Cycle.ended == []
    qtbot.waitUntil(lambda: Cycle.ended == [threading.get_ident()], timeout=60_000)
