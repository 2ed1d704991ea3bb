"""Where runs can go: this computer and every cluster that is known, and how these are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from studio.runs import HERE

if TYPE_CHECKING:
    from cluster_agent.protocol.messages import AgentView

PlaceState: TypeAlias = Literal["starting", "ready", "unreachable", "refused", "stopped"]
ChildPhase: TypeAlias = Literal["stopped", "starting", "up", "dead", "failed"]
GIB: Final = 1 << 30
PAIRING: Final = (
    "Pair with a cluster in a terminal: 'reelwright keys pair tcp://server:7713' here, and "
    "'reelwright keys pair --user NAME' on its broker's computer."
)
"""How another cluster is made known: the command line's business."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer that works for a place.  Memory in bytes; `jobs` are the broker's ids."""

    name: str
    host: str = ""
    state: Literal["online", "draining", "offline"] = "online"
    gpus: tuple[tuple[str, int], ...] = ()
    cpus: int = 0
    memory: int = 0
    free: int = 0
    warm: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    packs: Mapping[str, str] = field(default_factory=dict)
    jobs: tuple[str, ...] = ()
    software: str = ""

    @property
    def title(self) -> str:
        """What a sentence calls it."""
        return "this computer" if self.name == HERE else f"'{self.name}'"

    @property
    def has_gpu(self) -> bool:
        """Whether it computes on anything else than its processor."""
        return any(name != "cpu" for name, _ in self.gpus)


@dataclass(frozen=True, slots=True)
class Place:
    """This computer, or a cluster.  `sentence` says what is wrong, or going on; else it is ''."""

    name: str
    title: str
    state: PlaceState = "starting"
    sentence: str = ""
    machines: tuple[Machine, ...] = ()

    @property
    def here(self) -> bool:
        """Whether it is this computer."""
        return self.name == HERE


@dataclass(frozen=True, slots=True)
class ChildState:
    """The process that runs graphs on this computer.

    `memory` is what it holds now with its workers, `peak` what it held at most; `sentence` says
    how it ended, where it did.
    """

    phase: ChildPhase = "stopped"
    process: int = 0
    memory: int = 0
    peak: int = 0
    joined: bool = False
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """What a run needs of a machine: GPUs that work together, memory on each, a model, packs."""

    gpus: int = 1
    memory: int = 0
    model: str = ""
    packs: Mapping[str, str] = field(default_factory=dict)


def machine_of(view: AgentView) -> Machine:
    """What a broker says of an agent."""
    info = view.info
    return Machine(
        name=info.name,
        host=info.host,
        state=view.state,
        gpus=tuple((gpu.name, gpu.memory) for gpu in info.gpus),
        cpus=info.cpus,
        memory=info.memory,
        free=view.free,
        warm=tuple(dict.fromkeys(model for model in view.warm if model)),
        models=info.models,
        packs=info.packs,
        jobs=view.jobs,
        software=info.software,
    )


def fits(need: Need, machine: Machine) -> str | None:
    """Why a machine cannot take a run, in a sentence; None if it can."""
    if machine.state == "offline":
        return _sentence(f"{machine.title} is not connected.")
    if machine.state == "draining":
        return _sentence(f"{machine.title} takes no more work.")
    if need.gpus > len(machine.gpus):
        return (
            f"It needs {need.gpus} GPUs that work together; {machine.title} has "
            f"{len(machine.gpus)}."
        )
    least = min((memory for _, memory in machine.gpus), default=0)
    if need.memory > least:
        what = "on each GPU" if machine.has_gpu else "of memory"
        return (
            f"It needs {need.memory / GIB:.1f} GiB {what}; {machine.title} has "
            f"{least / GIB:.1f} GiB."
        )
    if need.model and need.model not in machine.models:
        return f"The weights of '{need.model}' are not on {machine.title}."
    return _missing_pack(need, machine)


def fits_anywhere(need: Need, place: Place) -> str | None:
    """Why a place cannot take a run; None if one of its machines can."""
    if place.state != "ready":
        return place.sentence or f"{place.title} is not reached."
    reasons = [fits(need, machine) for machine in place.machines]
    if None in reasons:
        return None
    return reasons[0] if reasons else f"No machine works for {place.title}."


def _missing_pack(need: Need, machine: Machine) -> str | None:
    """Another version of the same generation (the number before the first dot) will do."""
    for pack, version in sorted(need.packs.items()):
        there = machine.packs.get(pack)
        if there is None:
            return f"The node pack '{pack}' is not installed on {machine.title}."
        if there.split(".")[0] != version.split(".")[0]:
            return (
                f"It needs version {version} of the node pack '{pack}'; {machine.title} has "
                f"{there}."
            )
    return None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
