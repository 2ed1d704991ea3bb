"""The machines panel: where runs go, and what is wrong with a place."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.machines.desk import RunDesk
from studio.machines.places import ChildState, Need, Place
from studio.panels.machines import MachinesPanel
from studio.runs import HERE, RunBook
from tests.studio.panels.fake_desk import GIB, OWN, SHED, FakeDesk, at_work

PLACES = (
    Place(HERE, "This computer", "ready", machines=(OWN,)),
    Place("lab", "lab", "ready", machines=(SHED,)),
)


@pytest.fixture
def desk() -> FakeDesk:
    desk = FakeDesk(RunBook())
    desk.show(*PLACES, child=ChildState("up", 7))
    return desk


@pytest.fixture
def panel(qtbot: QtBot, desk: FakeDesk) -> MachinesPanel:
    panel = MachinesPanel(cast(RunDesk, desk))
    qtbot.addWidget(panel)
    panel.resize(400, 400)
    panel.show()
    return panel


def test_a_place_is_chosen_by_its_button_or_by_return(qtbot: QtBot, panel: MachinesPanel) -> None:
    assert not panel.use.isEnabled()
    panel.list.setCurrentIndex(panel.model.index_of("lab"))
    with qtbot.waitSignal(panel.place_chosen) as chosen:
        panel.use.click()
    assert chosen.args == ["lab"]
    assert not panel.use.isEnabled()
    panel.list.setCurrentIndex(panel.model.index_of(HERE))
    with qtbot.waitSignal(panel.place_chosen) as chosen:
        qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert chosen.args == [HERE]
    panel.show_place("lab")
    assert panel.rows.row("lab").chosen


def test_the_end_of_the_child_is_told_with_the_way_to_start_it_again(
    panel: MachinesPanel, desk: FakeDesk
) -> None:
    assert not panel.trouble.isVisible()
    desk.show(*PLACES, child=ChildState("dead", sentence="The process was killed (SIGKILL)."))
    assert panel.trouble.isVisible()
    assert panel.trouble.text.text() == "The process was killed (SIGKILL)."
    panel.restart.click()
    assert desk.asked == [("restart",)]
    desk.show(*PLACES, child=ChildState("up", 8))
    assert not panel.trouble.isVisible()


def test_a_job_is_called_by_its_run_and_another_s_by_nothing(
    panel: MachinesPanel, desk: FakeDesk
) -> None:
    assert panel.rows.row("lab/shed").right == "another's job"
    desk.book.put(at_work("far", id="jfar", place="lab", label="Mine"))
    assert panel.rows.row("lab/shed").right == "Mine, 12 of 30"


def test_why_not_is_told_at_each_machine(panel: MachinesPanel) -> None:
    panel.show_need(Need(1, 20 * GIB, "starter"))
    assert "this computer has" in panel.rows.row(HERE).detail
    panel.show_need(None)
    assert panel.rows.row(HERE).detail == "Ready, 1 free"


def test_pairing_is_the_command_line_s_and_looking_again_is_a_button(
    panel: MachinesPanel, desk: FakeDesk
) -> None:
    assert "keys pair" in panel.pairing.text()
    panel.refresh.click()
    assert desk.asked == [("refresh",)]
    for part in (panel.use, panel.refresh, panel.list, panel.restart):
        assert part.accessibleName()
