"""The log panel: follows, filters, copies."""

from __future__ import annotations

import logging

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from studio.panels.log import LogPanel
from studio.project.journal import Journal
from studio.theme import LIGHT


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def logger(journal: Journal) -> logging.Logger:
    made = logging.Logger("engine.run")
    made.addHandler(journal)
    return made


@pytest.fixture
def panel(qtbot: QtBot, journal: Journal) -> LogPanel:
    made = LogPanel(journal, LIGHT)
    qtbot.addWidget(made)
    made.show()
    return made


def lines(panel: LogPanel) -> list[str]:
    model = panel.list.model()
    return [str(model.index(row, 0).data())[10:] for row in range(model.rowCount())]


def test_what_is_logged_appears(qtbot: QtBot, panel: LogPanel, logger: logging.Logger) -> None:
    assert panel.empty.isVisible()
    logger.warning("The disk is full\nmore")
    qtbot.waitUntil(lambda: lines(panel) == ["Warning  engine.run: The disk is full"])
    assert not panel.empty.isVisible()


def test_only_what_is_grave_enough_and_fits_is_shown(
    panel: LogPanel, logger: logging.Logger
) -> None:
    logger.debug("beat")
    logger.info("Opened a graph")
    logger.error("Broken graph")
    panel.follow()
    assert len(lines(panel)) == 2
    panel.level.setCurrentIndex(0)
    assert len(lines(panel)) == 3
    panel.level.setCurrentIndex(3)
    assert lines(panel) == ["Error    engine.run: Broken graph"]
    panel.level.setCurrentIndex(1)
    panel.search.setText("opened")
    assert lines(panel) == ["Info     engine.run: Opened a graph"]
    panel.search.setText("nowhere")
    assert panel.empty.text() == "Nothing fits."


def test_news_obey_the_search(panel: LogPanel, logger: logging.Logger) -> None:
    panel.search.setText("graph")
    logger.info("a graph")
    logger.info("a model")
    panel.follow()
    assert lines(panel) == ["Info     engine.run: a graph"]


def test_what_is_selected_is_copied_with_its_trace(
    qtbot: QtBot, panel: LogPanel, logger: logging.Logger
) -> None:
    logger.info("first")
    try:
        raise KeyError("lost")
    except KeyError:
        logger.exception("second")
    panel.follow()
    panel.list.setCurrentIndex(panel.list.model().index(1, 0))
    qtbot.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "second" in copied
    assert "KeyError: 'lost'" in copied
    assert "first" not in copied


def test_reading_further_up_is_not_disturbed(
    qtbot: QtBot, panel: LogPanel, logger: logging.Logger
) -> None:
    for number in range(200):
        logger.info("line %d", number)
    panel.follow()
    bar = panel.list.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0)
    bar.setValue(3)
    logger.info("another")
    panel.follow()
    qtbot.waitUntil(lambda: len(lines(panel)) == 201)
    assert bar.value() == 3


def test_all_lines_can_be_forgotten(qtbot: QtBot, panel: LogPanel, logger: logging.Logger) -> None:
    logger.info("first")
    panel.follow()
    qtbot.mouseClick(panel.clear, Qt.MouseButton.LeftButton)
    assert lines(panel) == []
    logger.info("second")
    panel.follow()
    assert lines(panel) == ["Info     engine.run: second"]
