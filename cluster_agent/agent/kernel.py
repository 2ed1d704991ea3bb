"""What is asked of Linux: memory of processes, and that no worker outlives its agent.

Other systems answer 0, and workers there end when their pipe does.
"""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PEAK: Final = "VmHWM:"
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def die_with_parent() -> None:
    """Have this process killed when the one that started it ends, however it ends."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def memory_of(process: int) -> int:
    """Bytes of main memory that a process holds now."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def forget_peak() -> None:
    """Let `peak_memory` count from now."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> int:
    """Bytes of main memory that this process held at most."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(_PEAK):
                return int(line.split()[1]) << 10
    return 0


def oom_kills() -> int:
    """How many processes were killed for memory since the start: here, or in our control group."""
    found = 0
    for place in ("/proc/vmstat", *_group_files("memory.events")):
        with suppress(OSError, ValueError):
            counts = dict(line.split() for line in Path(place).read_text().splitlines())
            found = max(found, int(counts.get("oom_kill", 0)))
    return found


def memory_here() -> int:
    """Bytes of main memory that this process and its children may use at most."""
    most = os.sysconf("SC_PHYS_PAGES") * _PAGE
    for place in _group_files("memory.max"):
        with suppress(OSError, ValueError):
            most = min(most, int(Path(place).read_text()))
    return most


def _group_files(name: str) -> list[str]:
    """A file of our control group, and of those around it."""
    try:
        own = Path("/proc/self/cgroup").read_text().strip().rpartition(":")[2]
    except OSError:
        return []
    group = Path("/sys/fs/cgroup" + own)
    root = Path("/sys/fs/cgroup")
    return [str(each / name) for each in (group, *group.parents) if each.is_relative_to(root)]
