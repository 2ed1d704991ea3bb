"""Commands become actions: bound, greyed, checked, with keys that can change."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMenuBar
from pytestqt.qtbot import QtBot

from engine.errors import InvalidInput
from studio.app.actions import Actions, fill_menu_bar
from studio.commands import COMMANDS, MENUS, keys_of
from studio.theme import DARK, LIGHT


@pytest.fixture
def actions(qapp: object) -> Actions:
    return Actions(DARK)


def test_a_command_without_a_handler_is_greyed(actions: Actions) -> None:
    actions.refresh_now()
    assert not actions.action("edit.undo").isEnabled()


def test_a_bound_command_does_what_it_is_bound_to(actions: Actions) -> None:
    done: list[str] = []
    actions.bind("edit.undo", lambda: done.append("undo"))
    actions.refresh_now()
    actions.action("edit.undo").trigger()
    assert done == ["undo"]


def test_a_command_whose_time_has_not_come_does_nothing(actions: Actions) -> None:
    done: list[str] = []
    actions.bind("edit.undo", lambda: done.append("undo"), enabled=lambda: False)
    actions.run("edit.undo")
    actions.refresh_now()
    assert not done
    assert not actions.action("edit.undo").isEnabled()
    assert "edit.undo" not in [command.key for command in actions.available()]


def test_a_mark_follows_what_is_so(actions: Actions) -> None:
    shown = {"log": False}
    actions.bind("view.log", lambda: shown.update(log=True), checked=lambda: shown["log"])
    actions.run("view.log")
    actions.refresh_now()
    assert actions.action("view.log").isChecked()


def test_what_a_handler_raises_is_told_as_a_sentence(actions: Actions, qtbot: QtBot) -> None:
    def refuse() -> None:
        raise InvalidInput("There is nothing to save.")

    actions.bind("file.save", refuse)
    with qtbot.waitSignal(actions.failed) as told:
        actions.run("file.save")
    assert str(told.args[0]) == "There is nothing to save."


def test_an_unknown_command_is_answered_with_the_one_that_was_meant(actions: Actions) -> None:
    with pytest.raises(InvalidInput, match=r"Did you mean 'canvas.bypass'\?"):
        actions.bind("canvas.bypas", lambda: None)


def test_keys_can_change_and_tooltips_say_so(actions: Actions) -> None:
    actions.set_keys(keys_of("nuke"))
    assert actions.keys("canvas.leave") == ("Ctrl+Up", "U")
    assert "Ctrl+Up" in actions.action("canvas.leave").toolTip()
    assert actions.action("canvas.leave").shortcuts()[0].toString() == "Ctrl+Up"


def test_keys_of_the_canvas_belong_elsewhere_than_in_text(actions: Actions) -> None:
    assert actions.belongs_elsewhere("Ctrl+D")
    assert not actions.belongs_elsewhere("Ctrl+S")


def test_menus_hold_every_command(actions: Actions, qtbot: QtBot) -> None:
    bar = QMenuBar()
    qtbot.addWidget(bar)
    own = fill_menu_bar(bar, MENUS, actions)
    assert set(own) == {"recent"}
    assert all(actions.action(key).associatedObjects() for key in COMMANDS)


def test_icons_follow_the_theme(actions: Actions) -> None:
    before = actions.with_icon("run.run").icon().cacheKey()
    actions.set_theme(LIGHT)
    assert actions.action("run.run").icon().cacheKey() != before


def test_shortcuts_of_the_canvas_work_in_the_canvas_only(actions: Actions, qtbot: QtBot) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QWidget

    widget = QWidget()
    qtbot.addWidget(widget)
    actions.place("canvas", widget)
    assert actions.action("canvas.layout") in widget.actions()
    assert actions.action("run.run") not in widget.actions()
    context = actions.action("canvas.layout").shortcutContext()
    assert context is Qt.ShortcutContext.WidgetWithChildrenShortcut
