"""The rows of the machines: places with their computers, and why one cannot take a run."""

from __future__ import annotations

from dataclasses import replace

from studio.machines.places import ChildState, Need, Place
from studio.panels.machine_rows import MachineRows
from studio.runs import HERE, RunBook
from tests.studio.panels.fake_desk import GIB, OWN, SHED, FakeDesk

CHILD = ChildState("up", 7, memory=900 << 20, peak=1400 << 20)
PLACES = (
    Place(HERE, "This computer", "ready", machines=(OWN,)),
    Place("lab", "lab", "ready", machines=(SHED, replace(SHED, name="old", state="offline"))),
    Place("office", "office", "unreachable", "The cluster 'office' does not answer."),
)


def rows_of(*places: Place) -> tuple[MachineRows, FakeDesk]:
    desk = FakeDesk(RunBook())
    desk.show(*places, child=CHILD)
    return MachineRows(desk, lambda place, job: f"{place}:{job}"), desk


def test_places_with_their_machines_below() -> None:
    rows, _ = rows_of(*PLACES)
    assert list(rows.keys) == [HERE, "here/here", "lab", "lab/shed", "lab/old", "office"]
    assert rows.row("lab").detail == "1 machine, 2 GPUs, 1 free"
    assert rows.row("office").detail == "The cluster 'office' does not answer."
    assert rows.row("office").tone == "warning"
    own = rows.row("here/here")
    assert own.title == "desk"
    assert own.detail == "No GPU, 2 processors, 7.0 GiB  ·  900 MiB in use, 1.4 GiB at most"
    shed = rows.row("lab/shed")
    assert (shed.detail, shed.right) == ("2 × NVIDIA H200, 139 GiB each", "lab:jfar")
    assert shed.tags == ("starter",)
    assert rows.row("lab/old").right == "not connected"


def test_a_need_says_why_a_machine_cannot_take_it() -> None:
    rows, _ = rows_of(*PLACES)
    changed: list[str] = []
    rows.row_changed.connect(changed.append)
    rows.show_need(Need(1, 20 * GIB, "starter"))
    assert set(changed) == set(rows.keys)
    assert "this computer has 7.0 GiB" in rows.row("here/here").detail
    assert rows.row(HERE).tone == "warning"
    assert rows.row("lab").detail == "1 machine, 2 GPUs, 1 free"


def test_choosing_a_machine_chooses_its_place() -> None:
    rows, _ = rows_of(*PLACES)
    assert rows.row(HERE).chosen
    assert rows.choose("lab/shed") == "lab"
    assert (rows.row("lab").chosen, rows.row(HERE).chosen) == (True, False)
    assert rows.row("lab").right == "runs go here"


def test_machines_that_come_change_the_rows_and_those_that_work_change_theirs() -> None:
    rows, desk = rows_of(PLACES[0])
    heard: list[str] = []
    rows.changed.connect(lambda: heard.append("changed"))
    rows.row_changed.connect(heard.append)
    desk.show(PLACES[0], child=CHILD)
    assert "changed" not in heard
    desk.show(*PLACES)
    assert "changed" in heard
