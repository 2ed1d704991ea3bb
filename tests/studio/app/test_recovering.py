"""A start after a crash: what is asked, what is opened, and that no copy goes too early."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.graph.document import Document, NodeSpec
from engine.graph.registry import Registry
from studio.app.recovering import Recovering
from studio.background import Background
from studio.document import OpenDocument
from studio.project.autosave import Autosave
from studio.project.backups import Backups, Snapshot, autosave_folder
from studio.project.recovery import Recovery
from studio.theme import DARK


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


class Start:
    """A studio that starts, as far as recovery sees it."""

    def __init__(self, qtbot: QtBot, background: Background) -> None:
        self.opened: list[OpenDocument] = []
        self.said: list[str] = []
        self.settled = 0
        window = QWidget()
        qtbot.addWidget(window)
        self.backups = Backups()
        self.autosave = Autosave(self.backups, background.run, wall=time.time)
        self.recovering = Recovering(
            background,
            Registry([]),
            self.autosave,
            self._show,
            self.said.append,
            self._settle,
            window,
        )

    def _show(self, document: OpenDocument) -> None:
        self.opened.append(document)
        self.autosave.watch(document)

    def _settle(self) -> None:
        self.settled += 1


@pytest.fixture
def start(qtbot: QtBot, background: Background) -> Iterator[Start]:
    made = Start(qtbot, background)
    yield made
    made.autosave.close()


@pytest.fixture
def crashed() -> Path:
    """The folder of a studio that crashed with two documents."""
    backups = Backups()
    for moment, name in enumerate(("one", "two")):
        nodes = {name: NodeSpec(type="toy.say", version=1)}
        backups.write(Snapshot(name, Document(nodes=nodes), None, name, float(moment)))
    backups._life.close()
    return backups._folder


def ask(qtbot: QtBot, start: Start) -> None:
    start.recovering.begin(DARK)
    qtbot.waitUntil(lambda: start.recovering.dialog is not None)


def test_without_a_crash_nothing_is_asked(qtbot: QtBot, start: Start) -> None:
    start.recovering.begin(DARK)
    qtbot.waitUntil(lambda: start.settled == 1)
    assert start.recovering.dialog is None
    assert start.said == start.opened == []


def test_what_is_recovered_is_open_unsaved_and_copied_anew(
    qtbot: QtBot, start: Start, crashed: Path
) -> None:
    ask(qtbot, start)
    start.recovering.dialog.recover.click()  # type: ignore[union-attr]
    assert start.settled == 1
    assert [list(document.document.nodes) for document in start.opened] == [["one"], ["two"]]
    assert all(document.dirty for document in start.opened)
    qtbot.waitUntil(lambda: not crashed.exists())
    copies = list(autosave_folder().rglob("*.reel"))
    assert {copy.stem for copy in copies} == {document.id for document in start.opened}


def test_what_is_not_wanted_now_is_offered_next_time(
    qtbot: QtBot, start: Start, crashed: Path
) -> None:
    ask(qtbot, start)
    start.recovering.dialog.reject()  # type: ignore[union-attr]
    assert start.settled == 1
    assert start.opened == []

    def offered() -> list[str]:
        recovery = Recovery()
        recovery.close()
        return [offer.id for offer in recovery.offers]

    qtbot.waitUntil(lambda: offered() == ["two", "one"])


def test_only_what_is_ticked_comes_back(qtbot: QtBot, start: Start, crashed: Path) -> None:
    ask(qtbot, start)
    dialog = start.recovering.dialog
    assert dialog is not None
    dialog.rows[0].box.setChecked(False)
    dialog.recover.click()
    assert [list(document.document.nodes) for document in start.opened] == [["one"]]
    qtbot.waitUntil(lambda: [path.stem for path in crashed.glob("*.reel")] == ["two"])


def test_a_full_disk_while_recovering_loses_nothing(
    qtbot: QtBot, start: Start, crashed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.errors import StorageFailed

    def full(snapshot: Snapshot) -> None:
        raise StorageFailed("There is no room left.")

    monkeypatch.setattr(start.backups, "write", full)
    told: list[str] = []
    start.autosave.trouble.connect(told.append)
    ask(qtbot, start)
    start.recovering.dialog.recover.click()  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: told != [])
    assert len(list(crashed.glob("*.reel"))) == 2
