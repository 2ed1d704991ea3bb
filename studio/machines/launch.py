"""Starting the child, finding one that is there, seeing it live and die."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from engine.atomic import storage_failed
from engine.errors import ReelwrightError
from studio.machines.child import Called

START_PATIENCE: Final = 60.0
STOP_PATIENCE: Final = 8.0
_LOOK: Final = 0.02
_STAMP: Final = re.compile(r"^[\d-]+ [\d:,]+ [A-Z]+ \S+: ")
"""What a log puts before its sentences."""
_OF_THE_SCREEN: Final = (
    "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "SESSION_MANAGER",
    "DESKTOP_STARTUP_ID", "XDG_ACTIVATION_TOKEN",
)  # fmt: skip
"""What the child does not inherit, beside what is Qt's: it must not hang on a display."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a child is started: `nice` is how much it gives way to other programs."""

    preload: str = ""
    slots: int | None = None
    nice: int = 0


class Memory(NamedTuple):
    """Bytes of main memory: of the child with all its workers, and of its largest worker."""

    all: int
    worker: int


class Child:
    """A child that can be called.  It was started here, or it was found at work."""

    def __init__(self, called: Called, process: subprocess.Popen[bytes] | None) -> None:
        self.called = called
        self.joined = process is None
        self._process = process

    @property
    def alive(self) -> bool:
        """Whether it still is there."""
        if self._process is not None:
            return self._process.poll() is None
        return _runs(self.called.process)

    @property
    def exit(self) -> int | None:
        """How its process ended: a code, negative for a signal; None if nobody can know."""
        return None if self._process is None else self._process.poll()

    def memory(self) -> Memory:
        """What it holds now."""
        from cluster_agent.agent.kernel import memory_of

        workers = [memory_of(process) for process in _children(self.called.process)]
        return Memory(memory_of(self.called.process) + sum(workers), max(workers, default=0))

    def leave(self) -> None:
        """Let it work on after this process: nobody waits for its end any more."""
        if self._process is not None and self._process.returncode is None:
            self._process.returncode = 0

    def stop(self) -> None:
        """End it: work under way goes on from its checkpoints the next time."""
        with suppress(ProcessLookupError):
            os.kill(self.called.process, signal.SIGTERM)
        until = time.monotonic() + STOP_PATIENCE
        while self.alive and time.monotonic() < until:
            time.sleep(_LOOK)
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.called.process, signal.SIGKILL)
        if self._process is not None:
            self._process.wait(STOP_PATIENCE)


def find_child(folder: Path) -> Child | None:
    """The child that works in a folder, if it can be called."""
    called = Called.load(folder)
    if called is None or not _is_held(folder / "lock") or not _runs(called.process):
        return None
    return Child(called, None)


def find_or_start(folder: Path, how: Start) -> Child:
    """The child of a folder: the one that is there, else a new one, once it can be called.

    Raises StorageFailed for a folder that cannot be used, ReelwrightError for one that dies.
    """
    found = find_child(folder)
    if found is not None:
        return found
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # What the last one said would be taken for the new one's word.
        (folder / "child.json").unlink(missing_ok=True)
        process = _spawn(folder, how)
    except OSError as error:
        raise storage_failed(error, folder) from error
    return _when_called(folder, process)


def _when_called(folder: Path, process: subprocess.Popen[bytes]) -> Child:
    until = time.monotonic() + START_PATIENCE
    while time.monotonic() < until:
        called = Called.load(folder)
        if called is not None and called.process == process.pid:
            return Child(called, process)
        if process.poll() is not None:
            # Another studio's may have been quicker.
            found = find_child(folder)
            if found is not None:
                return found
            break
        time.sleep(_LOOK)
    else:
        process.kill()
        process.wait()
    said = _last_words(folder / "child.log")
    raise ReelwrightError(
        f"The process that runs graphs on this computer did not start{said}",
        remedy=f"Its log is '{folder / 'child.log'}'.",
    )


def _spawn(folder: Path, how: Start) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "studio.machines.child", "--folder", str(folder)]
    command += ["--preload", how.preload, "--nice", str(how.nice)]
    if how.slots is not None:
        command += ["--slots", str(how.slots)]
    log = folder / "child.log"
    with suppress(FileNotFoundError):
        os.replace(log, log.with_suffix(".log.old"))
    with open(log, "wb") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # what ends the window's session does not end its work
        )


def child_environment() -> dict[str, str]:
    """Ours, without anything of the display, and with threads that sleep while they wait."""
    import studio

    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _OF_THE_SCREEN and not name.startswith(("QT_", "QML"))
    }
    home = str(Path(studio.__file__).resolve().parent.parent)
    given = [
        str(Path(each).absolute()) for each in kept.get("PYTHONPATH", "").split(os.pathsep) if each
    ]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([home, *given]),
        "OMP_WAIT_POLICY": "PASSIVE",
    }


def _is_held(lock: Path) -> bool:
    """Whether a process holds a lock; it is not taken for longer than it takes to see."""
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _runs(process: int) -> bool:
    """Whether a process is there, and no mere entry of one that has ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def _children(process: int) -> Iterator[int]:
    """The processes that a process has started, by any of its threads."""
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError, ValueError):
            yield from map(int, listed.read_text().split())


def _last_words(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "."
    return f": {_STAMP.sub('', lines[-1])[:300].rstrip('.')}." if lines else "."
