"""What a launcher does: it places agents on machines and restarts them, and no more.

It knows nothing of jobs: which of them an agent holds, and whether it still lives, is the
broker's matter alone (leases).  So an engine that is slow to notice a frozen node loses no time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from engine.errors import ReelwrightError


class LaunchFailed(ReelwrightError):
    """An engine could not place or stop an agent."""


@dataclass(frozen=True)
class AgentPlan:
    """Agents to place: `count` of them, each with `gpus` GPUs of its own.

    `broker` is the name of a server in the key folder's trust file; `keys` and `folder` are paths
    on the machines where the agents will run, and so are `takedowns`, a register that they follow,
    and `takedown_signer`.  `memory` is in bytes, 0 for what the engine gives.
    """

    name: str
    broker: str
    keys: Path
    folder: Path
    count: int = 1
    gpus: int = 1
    cpus: int = 4
    memory: int = 0
    takedowns: Path | None = None
    takedown_signer: Path | None = None

    def command(self, number: str) -> list[str]:
        """What is run on the machine; `number` tells the agents of one plan apart."""
        followed = (("--takedowns", self.takedowns), ("--takedown-signer", self.takedown_signer))
        return [
            "reelwright", "agent",
            "--on", self.broker,
            "--name", f"{self.name}-{number}",
            "--gpus", str(self.gpus),
            "--keys", str(self.keys),
            "--folder", str(self.folder),
            *(word for name, path in followed if path is not None for word in (name, str(path))),
        ]  # fmt: skip


class Placed(NamedTuple):
    """An agent as its engine sees it: not a sign of life, only of having been started."""

    name: str
    state: Literal["starting", "running", "ended"]
    restarts: int = 0


class Launcher(Protocol):
    """Places agents, restarts those that end, and stops them."""

    def launch(self, plan: AgentPlan) -> None:
        """Have the plan's agents run; those that run already stay.  Raises LaunchFailed."""
        ...

    def placed(self) -> list[Placed]:
        """The agents of all plans launched here."""
        ...

    def stop(self, plan: str) -> None:
        """Let the agents of a plan drain and end."""
        ...
