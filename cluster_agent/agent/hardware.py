"""What this machine has: accelerators, processors, memory.  Nothing heavy is loaded to find out."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from typing import Final, NamedTuple

from cluster_agent.agent.kernel import memory_here
from cluster_agent.protocol.messages import Gpu

_ASKED: Final = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
_PATIENCE: Final = 20.0
CPU: Final = "cpu"


class Machine(NamedTuple):
    """`gpus` has one entry a slot; memory in bytes."""

    host: str
    gpus: tuple[Gpu, ...]
    cpus: int
    memory: int


def this_machine(slots: int | None = None) -> Machine:
    """What is here.  `slots` is how many GPUs are used; without any, how many jobs share the CPU.

    None: all GPUs, or one job.
    """
    gpus, cpus, memory = _gpus(), len(os.sched_getaffinity(0)), memory_here()
    if gpus:
        gpus = gpus[: slots or len(gpus)]
    else:
        count = slots or 1
        gpus = (Gpu(name=CPU, memory=memory // count),) * count
    return Machine(platform.node()[:200] or "unknown", gpus, cpus, memory)


def environment(machine: Machine, slot: int) -> dict[str, str]:
    """Variables for the worker of a slot: its GPU or its share of the processors."""
    threads = str(max(1, machine.cpus // len(machine.gpus)))
    variables = {"OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "PASSIVE"}
    if machine.gpus[slot].name != CPU:
        seen = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        variables["CUDA_VISIBLE_DEVICES"] = (
            seen[slot] if slot < len(seen) and seen[slot] else str(slot)
        )
    return variables


def _gpus() -> tuple[Gpu, ...]:
    """The GPUs that this process may use, as their driver's tool tells."""
    try:
        done = subprocess.run(_ASKED, capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    found = gpus_in(done.stdout.splitlines())
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return found
    numbers = [int(each) for each in allowed.split(",") if each.strip().isdigit()]
    return tuple(found[number] for number in numbers if number < len(found))


def gpus_in(lines: Sequence[str]) -> tuple[Gpu, ...]:
    """The GPUs in the tool's answer: 'name, MiB', one a line."""
    found = []
    for line in lines:
        name, _, size = line.rpartition(",")
        if name and size.strip().isdigit():
            found.append(Gpu(name=name.strip()[:200], memory=int(size) << 20))
    return tuple(found)
