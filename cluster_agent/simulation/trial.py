"""One seed: a cluster lives through its troubles, recovers, and is held to its promises.

python -m cluster_agent.simulation --seeds 2000      many seeds
python -m cluster_agent.simulation --seed 17         one, with its history
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cluster_agent.simulation.faults import FAULTS, Fault
from cluster_agent.simulation.promises import broken_at_this_moment, broken_promises
from cluster_agent.simulation.world import World

TROUBLED: Final = 60.0
"""Seconds of troubles; then everything works again."""
PATIENCE: Final = 600.0
"""Seconds within which all jobs must have ended then."""
LOOK: Final = 0.25


@dataclass(frozen=True)
class Verdict:
    """How a seed went: `broken` are promises that were not kept; `digest` is of its history."""

    seed: int
    broken: tuple[str, ...]
    digest: str
    seconds: float
    troubles: tuple[str, ...]
    history: tuple[str, ...]


def try_seed(seed: int, faults: Sequence[Fault] | None = None) -> Verdict:
    """Simulate one cluster; its seed chooses the faults, where none are named.

    The same seed gives the same verdict.
    """
    world = World(seed)
    chosen = [fault for fault in FAULTS if world.chance.random() < 0.5]
    if faults is not None:
        chosen = list(faults)
    for fault in chosen:
        fault(world)
    broken: list[str] = []

    def look() -> None:
        broken.extend(broken_at_this_moment(world))
        world.clock.after(LOOK, look)

    look()
    try:
        world.clock.run(TROUBLED, lambda: bool(broken))
        world.end_troubles()
        world.clock.run(TROUBLED + PATIENCE, lambda: bool(broken) or world.settled())
        broken.extend(broken_promises(world))
    except Exception as error:  # noqa: BLE001  whatever it is: machines must not raise
        broken += [f"At {world.clock.now:.3f} something raised {error!r}.", traceback.format_exc()]
    history = tuple(
        f"{each.seq} {each.job} {each.state} {each.attempt} {each.agent} {each.error}"
        for each in world.history
    )
    return Verdict(
        seed, tuple(dict.fromkeys(broken)), hashlib.sha256("\n".join(history).encode()).hexdigest(),
        world.clock.now, tuple(world.troubles), history,
    )  # fmt: skip
