"""The queue panel: what it asks of the desk, and what it shows."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from studio.machines.desk import RunDesk
from studio.machines.places import Place
from studio.panels.history import HistoryPanel
from studio.panels.queue import QueuePanel
from studio.panels.queue_rows import BATCH
from studio.runs import HERE, Run, RunBook
from studio.theme import LIGHT
from tests.studio.panels.fake_desk import FakeDesk, at_work, failed, waiting


@pytest.fixture
def book() -> RunBook:
    return RunBook()


@pytest.fixture
def desk(book: RunBook) -> FakeDesk:
    return FakeDesk(book)


@pytest.fixture
def panel(qtbot: QtBot, book: RunBook, desk: FakeDesk) -> QueuePanel:
    panel = QueuePanel(book, cast(RunDesk, desk))
    qtbot.addWidget(panel)
    panel.resize(360, 500)
    panel.show()
    return panel


def fill(panel: QueuePanel, book: RunBook, *runs: Run) -> None:
    for run in runs:
        book.put(run)
    panel.rows.refresh()


def select(panel: QueuePanel, *keys: str) -> None:
    panel.list.clearSelection()
    for key in keys:
        index = panel.model.index_of(key)
        panel.list.selectionModel().select(index, panel.list.selectionModel().SelectionFlag.Select)


def test_an_empty_queue_says_so_and_how_to_fill_it(panel: QueuePanel, book: RunBook) -> None:
    assert panel.empty.isVisible()
    fill(panel, book, at_work())
    assert panel.list.isVisible()
    assert not panel.empty.isVisible()
    assert panel.tally.text() == "1 running"


def test_rows_come_by_themselves_soon_after_the_book_says_so(
    qtbot: QtBot, panel: QueuePanel, book: RunBook
) -> None:
    book.put(waiting("a", 0))
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)


def test_buttons_do_what_fits_the_selected_runs(
    panel: QueuePanel, book: RunBook, desk: FakeDesk
) -> None:
    fill(panel, book, at_work(), waiting("a", 0), waiting("b", None, state="paused"))
    assert not any(button.isEnabled() for button in panel.buttons.values())
    select(panel, "work", "a", "b")
    panel.buttons["Pause"].click()
    panel.buttons["Resume"].click()
    panel.buttons["To the front"].click()
    assert desk.asked == [("pause", "work"), ("pause", "a"), ("resume", "b"), ("front", "a")]
    desk.asked.clear()
    panel.buttons["Cancel"].click()
    assert desk.asked == [("cancel", "work"), ("cancel", "a"), ("cancel", "b")]


@pytest.mark.parametrize(
    ("key", "modifier", "asked"),
    [
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, ("cancel", "b")),
        (Qt.Key.Key_P, Qt.KeyboardModifier.NoModifier, ("pause", "b")),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier, ("move", "b", 0)),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier, ("move", "b", 2)),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier, ("front", "b")),
    ],
)
def test_keys_do_the_same(
    qtbot: QtBot, panel: QueuePanel, book: RunBook, desk: FakeDesk, key: Qt.Key,
    modifier: Qt.KeyboardModifier, asked: tuple[object, ...],
) -> None:  # fmt: skip
    fill(panel, book, *(waiting(each, at) for at, each in enumerate("abc")))
    panel.list.setCurrentIndex(panel.model.index_of("b"))
    qtbot.keyClick(panel.list, key, modifier)
    assert desk.asked == [asked]


def test_runs_are_dropped_before_others(panel: QueuePanel, book: RunBook, desk: FakeDesk) -> None:
    fill(panel, book, *(waiting(each, at) for at, each in enumerate("abcd")))
    panel.drop(["c", "d"], "b")
    panel.drop(["a"], None)
    assert desk.asked == [("move", "c", "d", 1), ("move", "a", 3)]


def test_a_batch_is_folded_by_opening_it_and_worked_as_one(
    panel: QueuePanel, book: RunBook, desk: FakeDesk
) -> None:
    fill(panel, book, *(waiting(f"s{at}", at, batch="B") for at in range(3)))
    head = BATCH + "B"
    panel.list.opened.emit(head)
    assert panel.model.rowCount() == 1
    select(panel, head)
    panel.do("Cancel")
    assert desk.asked == [("cancel", "s0"), ("cancel", "s1"), ("cancel", "s2")]


def test_an_error_is_shown_in_full_with_the_way_to_its_node(
    qtbot: QtBot, panel: QueuePanel, book: RunBook
) -> None:
    fill(panel, book, failed())
    select(panel, "bad")
    assert panel.sentence.isVisible()
    assert panel.sentence.text.text().startswith("Node 'save': There is no room left")
    with qtbot.waitSignal(panel.node_requested) as asked:
        panel.show_node.click()
    assert (asked.args[0].key, asked.args[1]) == ("bad", "save")
    select(panel)
    assert not panel.sentence.isVisible()


def test_a_lost_run_offers_to_resume(panel: QueuePanel, book: RunBook, desk: FakeDesk) -> None:
    fill(panel, book, at_work(state="lost", error="The process that runs graphs was killed."))
    select(panel, "work")
    assert panel.resume.text() == "Resume"
    assert panel.show_node.isVisible()
    panel.resume.click()
    assert desk.asked == [("resume", "work")]


def test_a_run_that_is_lost_counts_as_such_and_says_so_in_full_by_itself(
    panel: QueuePanel, book: RunBook
) -> None:
    fill(panel, book, at_work())
    book.put(at_work(state="lost", error="The process that runs graphs was killed."))
    panel.rows.refresh()
    assert panel.tally.text() == "1 interrupted"
    assert panel.sentence.text.text() == "The process that runs graphs was killed."
    panel.list.clearSelection()
    fill(panel, book, waiting("a", 0))
    assert not panel.sentence.isVisible(), "it is not forced upon who looked away"


def test_no_part_is_ever_a_window_of_its_own(qtbot: QtBot, book: RunBook, desk: FakeDesk) -> None:
    seen = ShownWindows()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(seen)
    for make in (QueuePanel, HistoryPanel):
        panel = make(book, cast(RunDesk, desk))
        qtbot.addWidget(panel)
    app.removeEventFilter(seen)
    assert seen.windows == []


class ShownWindows(QObject):
    """Notes every window that is shown, for however short a time."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        shown = event.type() == QEvent.Type.Show
        if shown and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(type(watched).__name__)
        return False


def test_failed_runs_can_be_taken_off_the_list(panel: QueuePanel, book: RunBook) -> None:
    fill(panel, book, failed(), waiting("a", 0))
    assert panel.clear.isVisible()
    panel.clear.click()
    assert panel.model.rowCount() == 1
    assert book.get("bad") is not None


def test_a_run_opens_its_graph(qtbot: QtBot, panel: QueuePanel, book: RunBook) -> None:
    fill(panel, book, waiting("a", 0))
    with qtbot.waitSignal(panel.reopen_requested) as asked:
        qtbot.keyClick(panel.list, Qt.Key.Key_Down)
        qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert asked.args[0].key == "a"


def test_the_selection_stays_with_a_run_that_moves(panel: QueuePanel, book: RunBook) -> None:
    fill(panel, book, *(waiting(each, at) for at, each in enumerate("abc")))
    select(panel, "c")
    fill(panel, book, waiting("c", 0), waiting("a", 1), waiting("b", 2))
    assert panel.list.selected() == ("c",)


def test_everything_has_a_name_and_a_tip(panel: QueuePanel) -> None:
    for button in (*panel.buttons.values(), panel.clear, panel.show_node, panel.resume):
        assert button.accessibleName()
        assert button.toolTip()
    assert "(Del)" in panel.buttons["Cancel"].toolTip()
    assert panel.list.accessibleName()


def test_the_menu_offers_what_fits(panel: QueuePanel, book: RunBook) -> None:
    fill(panel, book, waiting("a", 0))
    select(panel, "a")
    menu = panel.menu()
    enabled = {action.text() for action in menu.actions() if action.isEnabled()}
    assert {"Pause", "Cancel", "To the front", "Open its graph"} <= enabled
    assert "Resume" not in enabled
    menu.deleteLater()


def test_a_run_can_be_sent_elsewhere_and_a_place_that_cannot_take_it_says_why(
    panel: QueuePanel, book: RunBook, desk: FakeDesk
) -> None:
    desk.show(*(Place(name, name, "ready") for name in (HERE, "lab", "full")))
    fill(panel, book, waiting("a", 0))
    select(panel, "a")
    menu = panel.menu()
    (elsewhere,) = [action.menu() for action in menu.actions() if action.menu() is not None]
    assert isinstance(elsewhere, QMenu)
    offered = {action.text(): action for action in elsewhere.actions()}
    assert set(offered) == {"lab", "full: It takes no more work."}
    assert not offered["full: It takes no more work."].isEnabled()
    offered["lab"].trigger()
    assert desk.asked == [("elsewhere", "a", "lab")]
    menu.deleteLater()


def test_another_theme_is_drawn(panel: QueuePanel, book: RunBook) -> None:
    fill(panel, book, at_work(), failed())
    panel.set_theme(LIGHT)
    assert not panel.grab().isNull()
