"""The start page: one sentence to a video, templates, recent files, and dropping."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from pytestqt.qtbot import QtBot

from studio.app.welcome import WelcomePage
from studio.background import Background
from studio.project.first_video import EXAMPLES
from studio.project.recent import RecentFiles
from studio.theme import DARK, LIGHT


@pytest.fixture
def background(qtbot: QtBot) -> Background:
    made = Background()
    yield made  # type: ignore[misc]
    made.close()


@pytest.fixture
def recent(tmp_path: Path) -> RecentFiles:
    files = RecentFiles(tmp_path / "recent.json")
    (tmp_path / "here.reel").touch()
    files.add(tmp_path / "gone.reel", now=1.0)
    files.add(tmp_path / "here.reel", now=2.0)
    return files


@pytest.fixture
def page(qtbot: QtBot, background: Background, recent: RecentFiles) -> WelcomePage:
    made = WelcomePage(DARK, background, recent, motion=False)
    qtbot.addWidget(made)
    made.resize(1000, 900)
    made.show()
    qtbot.waitUntil(lambda: all(card.template for card in made.grid.cards))
    return made


class Drag:
    """What Qt gives a widget that something is dragged over; its classes differ by version."""

    def __init__(self, mime: QMimeData) -> None:
        self._mime = mime
        self.accepted = False

    def mimeData(self) -> QMimeData:  # noqa: N802 - Qt's name
        return self._mime

    def acceptProposedAction(self) -> None:  # noqa: N802 - Qt's name
        self.accepted = True


def drop(page: WelcomePage, mime: QMimeData) -> None:
    drag = Drag(mime)
    page.dragEnterEvent(drag)  # type: ignore[arg-type]
    if drag.accepted:
        page.dropEvent(drag)  # type: ignore[arg-type]


def test_enter_makes_a_video_of_what_is_written(qtbot: QtBot, page: WelcomePage) -> None:
    page.prompt.field.selectAll()
    qtbot.keyClicks(page.prompt.field, "  a blue cube at night ")
    with qtbot.waitSignal(page.make_requested) as heard:
        qtbot.keyClick(page.prompt.field, Qt.Key.Key_Return)
    assert heard.args == ["a blue cube at night"]


def test_without_words_nothing_is_made(qtbot: QtBot, page: WelcomePage) -> None:
    page.prompt.field.setText("  ")
    assert not page.prompt.make.isEnabled()
    with qtbot.assertNotEmitted(page.make_requested):
        qtbot.keyClick(page.prompt.field, Qt.Key.Key_Return)


def test_the_words_that_the_model_knows_are_told(page: WelcomePage) -> None:
    page.prompt.field.setText("a purple ring")
    assert "purple" in page.prompt._known.text()
    page.prompt.field.setText("my cat")
    assert "knows none of these words" in page.prompt._known.text()


def test_other_examples_come_round(qtbot: QtBot, page: WelcomePage) -> None:
    seen = {page.prompt.field.text()}
    for _ in EXAMPLES:
        qtbot.mouseClick(page.prompt.another, Qt.MouseButton.LeftButton)
        seen.add(page.prompt.field.text())
    assert seen == set(EXAMPLES)


def test_a_template_is_chosen_by_mouse_and_by_keyboard(qtbot: QtBot, page: WelcomePage) -> None:
    first, second = page.grid.cards[:2]
    with qtbot.waitSignal(page.template_chosen) as heard:
        qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    assert heard.args == ["demo"]
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert second.hasFocus()
    with qtbot.waitSignal(page.template_chosen) as heard:
        qtbot.keyClick(second, Qt.Key.Key_Space)
    assert heard.args == ["realtime"]


def test_a_recent_file_opens_and_one_that_is_gone_says_so(
    qtbot: QtBot, page: WelcomePage, tmp_path: Path
) -> None:
    here, gone = page.recent.rows
    qtbot.waitUntil(lambda: gone.is_missing)
    assert not here.is_missing
    with qtbot.waitSignal(page.file_chosen) as heard:
        qtbot.mouseClick(here, Qt.MouseButton.LeftButton)
    assert heard.args == [tmp_path / "here.reel"]


def test_a_forgotten_file_leaves_the_list(page: WelcomePage, recent: RecentFiles) -> None:
    page.recent.rows[1].forget_requested.emit()
    assert [row.file.name for row in page.recent.rows] == ["here"]
    assert [file.name for file in recent.files] == ["here"]


def test_a_file_is_dropped_anywhere_on_the_page(qtbot: QtBot, page: WelcomePage) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/x/video.mp4"), QUrl("https://example.org/x")])
    heard: list[Path] = []
    page.file_chosen.connect(heard.append)
    drop(page, mime)
    assert heard == [Path("/x/video.mp4")]


def test_what_is_no_file_cannot_be_dropped(page: WelcomePage) -> None:
    mime = QMimeData()
    mime.setText("hello")
    heard: list[Path] = []
    page.file_chosen.connect(heard.append)
    drop(page, mime)
    assert heard == []


def test_the_page_has_names_for_everything_and_both_themes(page: WelcomePage) -> None:
    from PySide6.QtWidgets import QAbstractButton, QLineEdit

    page.set_theme(LIGHT)
    for widget in [*page.findChildren(QAbstractButton), *page.findChildren(QLineEdit)]:
        if widget.isVisibleTo(page):
            named = widget.accessibleName() or getattr(widget, "text", str)()
            assert named, widget
            assert widget.toolTip(), named
            assert widget.focusPolicy() != Qt.FocusPolicy.NoFocus, named
