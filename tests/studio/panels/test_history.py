"""The history panel: what it finds, opens and forgets."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from studio.machines.desk import RunDesk
from studio.panels.history import HistoryPanel
from studio.runs import Run, RunBook
from tests.studio.panels.fake_desk import FakeDesk, failed, made


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk(RunBook())


@pytest.fixture
def panel(qtbot: QtBot, desk: FakeDesk) -> HistoryPanel:
    panel = HistoryPanel(desk.book, cast(RunDesk, desk))
    qtbot.addWidget(panel)
    panel.resize(380, 500)
    panel.show()
    return panel


def fill(panel: HistoryPanel, desk: FakeDesk, *runs: Run) -> None:
    for run in runs:
        desk.book.put(run)
    panel.rows.refresh()


def select(panel: HistoryPanel, key: str) -> None:
    panel.list.setCurrentIndex(panel.model.index_of(key))


def picture(path: Path) -> Path:
    image = QImage(320, 180, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    assert image.save(str(path))
    return path


def test_nothing_made_and_nothing_found_are_told_apart(panel: HistoryPanel, desk: FakeDesk) -> None:
    assert panel.empty.title.text() == "Nothing was made yet"
    fill(panel, desk, made("a"))
    assert panel.list.isVisible()
    panel.search.setText("no such words")
    assert panel.empty.isVisible()
    assert panel.empty.title.text() == "Nothing fits"
    assert panel.count.text() == "0 of 1"


def test_a_narrow_panel_has_room_for_words_and_a_wide_one_for_rows(
    qtbot: QtBot, panel: HistoryPanel
) -> None:
    panel.resize(340, 500)
    assert panel.width() == 340
    assert panel.search.width() > 100
    narrow = panel.empty.height()
    panel.resize(900, 500)
    qtbot.waitUntil(lambda: panel.empty.height() > narrow)


def test_files_that_could_not_be_written_are_told_and_fetched_again(
    panel: HistoryPanel, desk: FakeDesk
) -> None:
    fill(panel, desk, made("a", files=(), note="Its files are not here yet: The disk is full."))
    select(panel, "a")
    assert panel.sentence.text.text() == "Its files are not here yet: The disk is full."
    assert panel.rows.row("a").tone == "warning"
    panel.buttons["again"].click()
    assert desk.asked == [("retry", "a")]
    desk.book.update("a", note="", files=(Path("/out/film.mp4"),))
    assert panel.buttons["folder"].isEnabled()
    assert "not here yet" not in panel.sentence.text.text()


def test_a_choice_shows_only_what_went_wrong(panel: HistoryPanel, desk: FakeDesk) -> None:
    fill(panel, desk, made("a"), failed())
    panel.which.setCurrentIndex(2)
    assert [panel.model.key(panel.model.index(0))] == list(panel.rows.keys) == ["bad"]


def test_opening_shows_the_file_and_without_one_the_graph(
    qtbot: QtBot, panel: HistoryPanel, desk: FakeDesk, tmp_path: Path
) -> None:
    fill(panel, desk, made("a", tmp_path / "film.mp4"), failed())
    with qtbot.waitSignal(panel.view_requested) as asked:
        panel.list.opened.emit("a")
    assert asked.args == [tmp_path / "film.mp4"]
    with qtbot.waitSignal(panel.reopen_requested) as asked:
        panel.list.opened.emit("bad")
    assert asked.args[0].key == "bad"


def test_tools_work_on_the_selected_run(
    qtbot: QtBot, panel: HistoryPanel, desk: FakeDesk, tmp_path: Path
) -> None:
    fill(panel, desk, made("a", tmp_path / "film.mp4"), failed())
    assert not any(button.isEnabled() for button in panel.buttons.values())
    select(panel, "a")
    assert not panel.buttons["again"].isEnabled()
    with qtbot.waitSignal(panel.compare_requested) as asked:
        panel.buttons["compare"].click()
    assert asked.args == [tmp_path / "film.mp4"]
    with qtbot.waitSignal(panel.reopen_requested):
        qtbot.keyClick(panel.list, Qt.Key.Key_G)
    select(panel, "bad")
    panel.buttons["again"].click()
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert desk.asked == [("retry", "bad"), ("forget", "bad")]


def test_a_file_that_somebody_took_away_is_told(
    panel: HistoryPanel, desk: FakeDesk, tmp_path: Path
) -> None:
    fill(panel, desk, made("a", tmp_path / "film.mp4"))
    select(panel, "a")
    assert "is not there any more" in panel.sentence.text.text()
    (tmp_path / "film.mp4").write_bytes(b"")
    select(panel, "")
    select(panel, "a")
    assert not panel.sentence.isVisible()


def test_thumbnails_are_read_beside_the_window(
    qtbot: QtBot, panel: HistoryPanel, desk: FakeDesk, tmp_path: Path
) -> None:
    small = picture(tmp_path / "film.mp4.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    fill(
        panel,
        desk,
        made("a", tmp_path / "film.mp4", thumbnail=small),
        made("b", tmp_path / "b.mp4", thumbnail=tmp_path / "broken.jpg"),
    )
    row = panel.rows.row("a")
    assert row.picture == small
    qtbot.waitUntil(lambda: panel._picture(row) is not None)
    assert panel._picture(panel.rows.row("b")) is None


def test_everything_has_a_name_and_a_tip(panel: HistoryPanel) -> None:
    for part in (*panel.buttons.values(), panel.search, panel.which):
        assert part.accessibleName()
        assert part.toolTip()
