"""What befalls a simulated cluster does what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cluster_agent.simulation import faults
from cluster_agent.simulation.faults import Fault
from cluster_agent.simulation.world import World

SEEDS = 10


def seen(fault: Fault, sign: Callable[[World], bool]) -> bool:
    """Whether a sign is seen, at some moment of some cluster that the fault befalls."""
    for seed in range(SEEDS):
        world = World(seed)
        fault(world)
        while world.clock.now < 60.0:
            world.clock.run(world.clock.now + 0.25)
            if sign(world):
                return True
    return False


def offline(world: World) -> bool:
    assert world.machine is not None
    return any(view.state == "offline" for view in world.machine._agents.views())


SIGNS: tuple[tuple[Fault, Callable[[World], bool]], ...] = (
    (faults.killed_agents, lambda world: any(not each.alive for each in world.computers)),
    (faults.killed_broker, lambda world: world.daemon is None),
    (faults.full_disk, lambda world: world.disk.full),
    (faults.full_disk, lambda world: b"rotten" in world.disk.blobs.values()),
    (faults.slow_disk, lambda world: world._busy_until > world.clock.now + 1.0),
    (faults.wrong_clocks, lambda world: world.clock.skew != 0.0),
    (faults.floods, lambda world: any(person.turned_away for person in world.people)),
    (faults.double_key, lambda world: len(world.computers) == 4),
    (faults.removed_keys, offline),
    (faults.partitions, offline),
    (faults.frozen_agents, offline),
)


@pytest.mark.parametrize(("fault", "sign"), SIGNS)
def test_a_fault_shows(fault: Fault, sign: Callable[[World], bool]) -> None:
    assert seen(fault, sign)


def test_in_peace_no_agent_goes_offline() -> None:
    assert not seen(lambda world: None, offline)


def test_a_cut_wire_stays_cut_when_the_connection_is_made_anew() -> None:
    world = World(1)
    computer = world.computers[0]
    computer.cut(deaf=True, dumb=True)
    computer.reconnect()
    world.clock.run(1.0)
    assert world.machine is not None
    assert [view.info.name for view in world.machine._agents.views()] == ["agent1", "agent2"]
