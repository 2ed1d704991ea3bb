"""Everything that befalls a simulated cluster, chosen by its seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cluster_agent.simulation.machines import Computer
from cluster_agent.simulation.network import Trouble
from cluster_agent.simulation.world import World

FLOOD: Final = 300
Fault = Callable[[World], None]


def broken_network(world: World) -> None:
    """Frames are lost, doubled, cut short, late and repeated."""
    chance = world.chance
    world.network.trouble = Trouble(
        lost=chance.choice((0.0, 0.01, 0.05)),
        doubled=chance.choice((0.0, 0.02, 0.1)),
        cut_short=chance.choice((0.0, 0.002, 0.01)),
        replayed=chance.choice((0.0, 0.02)),
        jitter=chance.choice((0.0, 0.01, 0.5)),
    )
    world.note(f"{world.network.trouble}")


def killed_agents(world: World) -> None:
    """kill -9 of an agent, which comes back."""

    def kill() -> None:
        computer = _any(world)
        if computer.alive:
            computer.kill()
            world.clock.after(world.chance.uniform(0.1, 25.0), computer.start_again)

    world.every("kill -9 of an agent", 5.0, 0.3, kill)


def killed_workers(world: World) -> None:
    """kill -9 of a worker, and workers that hang."""
    world.every("kill -9 of a worker", 3.0, 0.3, lambda: _any(world).kill_worker())
    world.every("a worker hangs", 8.0, 0.2, lambda: _any(world).stick())


def killed_broker(world: World) -> None:
    """kill -9 of the broker, which comes back."""

    def kill() -> None:
        if world.daemon is not None:
            world.kill_broker()
            world.clock.after(world.chance.uniform(0.1, 15.0), world.start_broker)

    world.every("kill -9 of the broker", 6.0, 0.3, kill)


def frozen_agents(world: World) -> None:
    """SIGSTOP and SIGCONT."""

    def freeze() -> None:
        _any(world).freeze(world.chance.choice((1.0, 6.9, 7.1, 9.9, 12.0, 30.0)))

    world.every("an agent is frozen", 6.0, 0.3, freeze)


def partitions(world: World) -> None:
    """One direction of a connection is cut, or both."""

    def cut() -> None:
        computer = _any(world)
        deaf = world.chance.random() < 0.6
        computer.cut(deaf=deaf, dumb=not deaf or world.chance.random() < 0.3)
        heal = world.chance.uniform(0.5, 25.0)
        world.clock.after(heal, lambda: computer.cut(deaf=False, dumb=False))

    world.every("a partition", 6.0, 0.3, cut)
    world.every("a connection breaks", 5.0, 0.2, lambda: _any(world).reconnect())


def full_disk(world: World) -> None:
    """The disk is full for a while, for the queue and for blobs; and blobs rot."""

    def fill() -> None:
        world.disk.full = True

        def empty() -> None:
            world.disk.full = False

        world.clock.after(world.chance.uniform(0.2, 10.0), empty)

    world.every("the disk is full", 10.0, 0.3, fill)
    world.every("a blob rots", 4.0, 0.3, world.disk.rot)


def slow_disk(world: World) -> None:
    """Every commit takes long for a while, and what the broker says is late with it."""

    def slow_down() -> None:
        world.disk.slow = world.chance.choice((0.1, 1.0, 3.5, 6.0, 12.0))

        def recover() -> None:
            world.disk.slow = 0.0

        world.clock.after(world.chance.uniform(1.0, 20.0), recover)

    world.every("the disk is slow", 10.0, 0.3, slow_down)


def removed_keys(world: World) -> None:
    """An agent's key is not trusted any more, and is again after a while."""

    def remove() -> None:
        key = _any(world).key
        world.keyring.removed.add(key)
        later = world.chance.uniform(0.5, 20.0)
        world.clock.after(later, lambda: world.keyring.removed.discard(key))

    world.every("a key is removed", 8.0, 0.3, remove)


def wrong_clocks(world: World) -> None:
    """The clock on the wall jumps by an hour."""

    def jump() -> None:
        world.clock.skew += world.chance.choice((-3600.0, 3600.0))

    world.every("the clock jumps", 5.0, 0.3, jump)


def meddling(world: World) -> None:
    """People change their minds."""
    for person in world.people:
        world.every("somebody meddles", 3.0, 0.3, person.meddle)


def floods(world: World) -> None:
    """Somebody says far more than anybody may."""

    def flood() -> None:
        world.chance.choice(world.people).flood(FLOOD)

    world.every("a flood", 10.0, 0.3, flood)


def double_key(world: World) -> None:
    """A second computer runs an agent with the first one's key and name."""

    def appear() -> None:
        world.note("a second agent has the key of the first")
        world.computers.append(world.twin())

    world.clock.after(world.chance.uniform(2.0, 30.0), appear)


FAULTS: Final[tuple[Fault, ...]] = (
    broken_network, killed_agents, killed_workers, killed_broker, frozen_agents, partitions,
    full_disk, slow_disk, removed_keys, wrong_clocks, meddling, floods, double_key,
)  # fmt: skip


def _any(world: World) -> Computer:
    """A computer, rather one that works: trouble is to hurt."""
    working = [computer for computer in world.computers if computer.computing()]
    return world.chance.choice(working or world.computers)
