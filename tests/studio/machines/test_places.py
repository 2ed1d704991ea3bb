"""What a run needs, and why a machine cannot take it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster_agent.protocol.messages import AgentInfo, AgentView, Gpu
from studio.machines.places import GIB, Machine, Need, Place, fits, fits_anywhere, machine_of

SHED = Machine(
    "shed", gpus=(("H200", 139 * GIB), ("H200", 139 * GIB)), models=("starter",),
    packs={"core": "1.4"},
)  # fmt: skip
NEED = Need(1, 20 * GIB, "starter", {"core": "1.2"})


def test_a_machine_that_has_all_of_it_can_take_a_run() -> None:
    assert fits(NEED, SHED) is None
    assert fits(Need(), Machine("bare", gpus=(("cpu", GIB),))) is None


@pytest.mark.parametrize(
    ("need", "machine", "why"),
    [
        (NEED, replace(SHED, state="offline"), "'shed' is not connected."),
        (NEED, replace(SHED, state="draining"), "'shed' takes no more work."),
        (
            replace(NEED, gpus=4),
            SHED,
            "It needs 4 GPUs that work together; 'shed' has 2.",
        ),
        (
            replace(NEED, memory=200 * GIB),
            SHED,
            "It needs 200.0 GiB on each GPU; 'shed' has 139.0 GiB.",
        ),
        (
            NEED,
            replace(SHED, name="here", gpus=(("cpu", 7 * GIB),)),
            "It needs 20.0 GiB of memory; this computer has 7.0 GiB.",
        ),
        (
            replace(NEED, model="wan"),
            SHED,
            "The weights of 'wan' are not on 'shed'.",
        ),
        (
            replace(NEED, packs={"extra": "1.0"}),
            SHED,
            "The node pack 'extra' is not installed on 'shed'.",
        ),
        (
            replace(NEED, packs={"core": "2.0"}),
            SHED,
            "It needs version 2.0 of the node pack 'core'; 'shed' has 1.4.",
        ),
    ],
)
def test_why_a_machine_cannot_take_a_run(need: Need, machine: Machine, why: str) -> None:
    assert fits(need, machine) == why


def test_a_place_can_take_what_one_of_its_machines_can() -> None:
    small = replace(SHED, name="small", gpus=(("L4", 8 * GIB),))
    place = Place("lab", "lab", "ready", machines=(small, SHED))
    assert fits_anywhere(NEED, place) is None
    alone = replace(place, machines=(small,))
    assert "'small' has 8.0 GiB" in str(fits_anywhere(NEED, alone))
    assert "No machine works" in str(fits_anywhere(NEED, replace(place, machines=())))
    gone = replace(place, state="unreachable", sentence="It does not answer.")
    assert fits_anywhere(NEED, gone) == "It does not answer."


def test_a_machine_is_what_its_broker_says_of_it() -> None:
    info = AgentInfo(
        name="shed", host="shed.local", software="1", gpus=(Gpu(name="H200", memory=5),), cpus=8,
        memory=9, packs={"core": "1"}, models=("starter",),
    )  # fmt: skip
    view = AgentView(info=info, state="online", free=1, warm=("starter", ""), jobs=("j4",))
    machine = machine_of(view)
    assert (machine.gpus, machine.warm, machine.jobs) == ((("H200", 5),), ("starter",), ("j4",))
    assert machine.has_gpu
