"""The field of a number, by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from studio.inspector.fields.number import NumberField

Shown = Callable[..., tuple[Any, Any]]
Write = Callable[[Any, str], None]
LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
STEPS: dict[str, Any] = dict(ge=0, le=200, unit="steps")


def drag(
    qtbot: QtBot, field: NumberField, by: int, keys: Qt.KeyboardModifier | None = None
) -> None:
    """Press in the middle, move in small bits, let go."""
    box = field.box
    held = keys or Qt.KeyboardModifier.NoModifier
    start = QPoint(box.width() // 2, box.height() // 2)
    qtbot.mousePress(box, LEFT, held, start)
    for share in range(1, 6):
        to = start + QPoint(by * share // 5, 0)
        event = move_event(box, to, held)
        QApplication.sendEvent(box, event)
    qtbot.mouseRelease(box, LEFT, held, start + QPoint(by, 0))


def move_event(box: Any, to: QPoint, held: Qt.KeyboardModifier) -> Any:
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    there = QPointF(to)
    kind = QEvent.Type.MouseMove
    return QMouseEvent(kind, there, box.mapToGlobal(there), LEFT, LEFT, held)


def test_a_drag_scrubs_and_is_one_change(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(int, 100, **STEPS)
    drag(qtbot, field, field.box.width() // 4)
    assert said.values[-1] == 150
    assert len(said.values) > 2
    assert said.finished == 1


def test_shift_drags_finer(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(int, 100, **STEPS)
    drag(qtbot, field, field.box.width() // 4, SHIFT)
    assert said.values[-1] == 105


def test_a_click_lets_the_user_write_a_sum(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(int, 1, **STEPS)
    qtbot.mouseClick(field.box, LEFT, pos=QPoint(60, 10))
    qtbot.waitUntil(lambda: field.box.writing)
    line = field.box.findChild(QLineEdit)
    qtbot.keyClicks(line, "24*3")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert said.values == [72]
    assert said.finished == 1
    assert not field.box.writing


def test_typing_starts_writing_at_once(shown: Shown, write: Write) -> None:
    field, said = shown(int, 1, **STEPS)
    write(field, "75")
    assert said.values == [75]


def test_what_is_out_of_range_is_told_and_not_taken(
    qtbot: QtBot, shown: Shown, write: Write
) -> None:
    field, said = shown(int, 30, **STEPS)
    write(field, "999")
    assert said.values == []
    assert field.value == 30
    assert field.complaint == "Must be from 0 to 200 steps, not 999."
    qtbot.keyClick(field.box, Qt.Key.Key_Up)
    assert field.complaint == ""


def test_a_fraction_is_no_whole_number(shown: Shown, write: Write) -> None:
    field, said = shown(int, 30, **STEPS)
    write(field, "7/2")
    assert said.values == []
    assert "whole number" in field.complaint


def test_escape_while_writing_changes_nothing(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(int, 30, **STEPS)
    field.setFocus()
    qtbot.keyClick(field.box, Qt.Key.Key_9)
    qtbot.keyClick(field.box.findChild(QLineEdit), Qt.Key.Key_Escape)
    assert said.values == []
    assert not field.box.writing


def test_escape_takes_steps_back(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(int, 30, **STEPS)
    field.setFocus()
    for _ in range(3):
        qtbot.keyClick(field.box, Qt.Key.Key_Up)
    assert said.values == [31, 32, 33]
    qtbot.keyClick(field.box, Qt.Key.Key_Escape)
    assert said.values[-1] == 30


def test_keys_step_finer_and_coarser(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(float, 6.0, ge=0, le=30, step=0.1)
    field.setFocus()
    qtbot.keyClick(field.box, Qt.Key.Key_Right)
    qtbot.keyClick(field.box, Qt.Key.Key_Up, SHIFT)
    qtbot.keyClick(field.box, Qt.Key.Key_Up, CTRL)
    assert said.values == [6.1, 6.11, 7.0]


def test_the_ends_of_a_box_step(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(int, 512, ge=0, le=8192, step=8, unit="px")
    qtbot.mouseClick(field.box, LEFT, pos=QPoint(field.box.width() - 6, 10))
    qtbot.mouseClick(field.box, LEFT, pos=QPoint(5, 10))
    assert said.values == [520, 512]
    assert not field.box.writing


def test_the_wheel_counts_only_with_the_focus(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(int, 30, **STEPS)
    wheel(field)
    assert said.values == []
    field.setFocus()
    qtbot.waitUntil(field.box.hasFocus)
    wheel(field)
    assert said.values == [31]


def wheel(field: NumberField) -> None:
    """Turn the wheel once, upwards, over a field."""
    from PySide6.QtCore import QPointF

    box = field.box
    at = QPointF(10, 10)
    QApplication.sendEvent(
        box,
        QWheelEvent(
            at,
            box.mapToGlobal(at),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def test_a_value_from_outside_is_shown_and_not_told(shown: Shown) -> None:
    field, said = shown(int, 30, **STEPS)
    field.set_value(40)
    field.set_value(50, mixed=True)
    assert said.values == []
    assert field.mixed


def test_typing_the_same_value_into_mixed_ones_sets_it_for_all(shown: Shown, write: Write) -> None:
    field, said = shown(int, 30, **STEPS)
    field.set_value(30, mixed=True)
    write(field, "30")
    assert said.values == [30]


def test_another_node_gets_nothing_of_what_was_being_typed(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(int, 30, **STEPS)
    field.setFocus()
    qtbot.keyClick(field.box, Qt.Key.Key_9)
    field.forget()
    field.set_value(12)
    QTest.qWait(0)
    assert said.values == []
    assert field.value == 12


def test_a_field_that_is_off_says_why(shown: Shown) -> None:
    field, _ = shown(int, 30, **STEPS)
    field.set_enabled_reason("A link feeds it.")
    assert not field.isEnabled()
    assert field.toolTip() == "A link feeds it."
