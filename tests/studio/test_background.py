"""Work on other threads, and its way back."""

from __future__ import annotations

import threading

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from engine.errors import InvalidInput, ReelwrightError
from studio.background import Background


@pytest.fixture
def background(qtbot: QtBot) -> Background:
    return Background()


def test_work_is_done_elsewhere_and_answered_here(qtbot: QtBot, background: Background) -> None:
    threads: list[int] = []
    answers: list[tuple[str, int]] = []

    def work() -> str:
        threads.append(threading.get_ident())
        return "made"

    background.run(work, lambda answer: answers.append((answer, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [("made", threading.get_ident())]
    assert threads != [threading.get_ident()]


def test_an_error_reaches_who_asked(qtbot: QtBot, background: Background) -> None:
    heard: list[ReelwrightError] = []

    def work() -> None:
        raise InvalidInput("This is no picture.", remedy="Choose another.")

    background.run(work, lambda _: None, heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert str(heard[0]) == "This is no picture. Choose another."


def test_an_error_that_nobody_expects_is_one_sentence(
    qtbot: QtBot, background: Background, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> None:
        raise ZeroDivisionError("division by zero")

    with qtbot.waitSignal(background.went_wrong) as heard:
        background.run(work, lambda _: None)
    assert str(heard.args[0]) == "Something went wrong: division by zero."
    assert "ZeroDivisionError" in caplog.text


def test_who_cancels_hears_nothing_more(qtbot: QtBot, background: Background) -> None:
    go, answers = threading.Event(), list[str]()
    task = background.run(lambda: str(go.wait(10)), answers.append)
    task.cancel()
    background.run(lambda: "next", answers.append)
    go.set()
    qtbot.waitUntil(lambda: answers == ["next"])
    background.close()
    assert answers == ["next"]


def test_who_is_gone_is_not_answered(qtbot: QtBot, background: Background) -> None:
    class Asks(QObject):
        def hear(self, answer: str) -> None:
            answers.append(answer)

    answers: list[str] = []
    gone, still_there = Asks(), Asks()
    may_end = threading.Event()
    background.run(lambda: "gone" if may_end.wait(5) else "", gone.hear)
    background.run(lambda: "there" if may_end.wait(5) else "", still_there.hear)
    shiboken6.delete(gone)
    may_end.set()
    qtbot.waitUntil(lambda: "there" in answers)
    background.close()
    qtbot.wait(0)
    assert answers == ["there"]


def test_nobody_is_told_after_the_end(qtbot: QtBot, background: Background) -> None:
    answers: list[str] = []
    background.run(lambda: "late", answers.append)
    background.close()
    qtbot.wait(1)  # what was sent to this thread is delivered now
    assert answers == []
