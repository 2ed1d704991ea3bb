"""The whole studio without its child process: what is sent to run is written down instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from studio.app.documents import Unsaved
from studio.app.studio import Studio
from studio.document import OpenDocument
from studio.project.settings import Preferences


class Person:
    """Answers questions as a test says, and remembers what was asked."""

    def __init__(self) -> None:
        self.save_to: Path | None = None
        self.opens: Sequence[Path] = ()
        self.unsaved: Unsaved = "discard"
        self.asked: list[list[OpenDocument]] = []

    def path_to_save(self, document: OpenDocument) -> Path | None:
        return self.save_to

    def paths_to_open(self) -> Sequence[Path]:
        return self.opens

    def media_to_add(self) -> Sequence[Path]:
        return self.opens

    def about_unsaved(self, documents: Sequence[OpenDocument]) -> Unsaved:
        self.asked.append(list(documents))
        return self.unsaved


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def studio(qapp: QApplication, person: Person) -> Iterator[Studio]:
    """The studio in its window; the process that runs graphs is never started."""
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    made = Studio(qapp, Preferences(), person)
    made.show()
    yield made
    made.end()
    made.deleteLater()
    for _ in range(3):
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)
