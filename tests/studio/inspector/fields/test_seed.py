"""The field of a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.graph.params import ParamSpec
from studio.inspector.fields.seed import SeedField
from studio.theme import DARK

Shown = Callable[..., tuple[Any, Any]]
Write = Callable[[Any, str], None]
SEED: dict[str, Any] = dict(ge=0, le=2**63 - 1, widget="seed")
LEFT = Qt.MouseButton.LeftButton


def test_the_dice_roll_another_seed(qtbot: QtBot) -> None:
    field = SeedField(ParamSpec("seed", int, 0, **SEED), DARK, None, roll=lambda low, high: high)
    qtbot.addWidget(field)
    field.show()
    with qtbot.waitSignal(field.value_changed) as told:
        qtbot.mouseClick(field.dice, LEFT)
    assert told.args == [2**32 - 1]


def test_dice_stay_inside_a_small_range(qtbot: QtBot) -> None:
    spec = ParamSpec("seed", int, 3, ge=2, le=9, widget="seed")
    asked: list[tuple[int, int]] = []

    def roll(low: int, high: int) -> int:
        asked.append((low, high))
        return low

    field = SeedField(spec, DARK, None, roll)
    qtbot.addWidget(field)
    qtbot.mouseClick(field.dice, LEFT)
    assert asked == [(2, 9)]
    assert field.value == 2


def test_the_lock_asks_for_new_seeds_and_back(qtbot: QtBot, shown: Shown) -> None:
    field, _ = shown(int, 0, **SEED)
    asked: list[bool] = []
    field.fresh_changed.connect(asked.append)
    qtbot.mouseClick(field.lock, LEFT)
    field.set_fresh(True)
    qtbot.mouseClick(field.lock, LEFT)
    assert asked == [True, False]
    assert "new seed" in field.lock.toolTip()


def test_the_largest_seed_keeps_every_digit(shown: Shown, write: Write) -> None:
    field, said = shown(int, 0, **SEED)
    write(field, "9223372036854775807")
    assert said.values == [2**63 - 1]
