"""Keeps the child: finds or starts it, sees what memory it holds, and tells how it ended."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.errors import ReelwrightError
from studio.machines.launch import Child, Start, find_or_start
from studio.machines.news import ChildNews, News
from studio.machines.places import ChildState

LOOK: Final = 0.25
_MIB: Final = 1 << 20
_WORTH_TELLING: Final = 8 * _MIB


class Keeper:
    """A thread that keeps one child until it is told to let go."""

    def __init__(self, folder: Path, how: Start, tell: Callable[[News], None]) -> None:
        self._folder = folder
        self._how = how
        self._tell = tell
        self._alarm = threading.Event()
        self._wanted = True
        self._closing = False
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Find or start the child."""
        self._thread.start()

    def restart(self) -> None:
        """Start it again after it died; nothing if it lives."""
        self._wanted = True
        self._alarm.set()

    def close(self, *, stop: bool) -> None:
        """Let go of the child, and end it if told so; waits for that."""
        self._closing, self._stop = True, stop
        self._alarm.set()
        if self._thread.is_alive():
            self._thread.join()

    # On its thread

    def _run(self) -> None:
        while not self._closing:
            if self._wanted:
                self._wanted = False
                self._keep()
            else:
                self._alarm.wait(LOOK)
                self._alarm.clear()

    def _keep(self) -> None:
        from cluster_agent.agent.kernel import oom_kills

        self._tell(ChildNews(ChildState("starting")))
        kills = oom_kills()
        try:
            child = find_or_start(self._folder, self._how)
        except ReelwrightError as error:
            self._tell(ChildNews(ChildState("failed", sentence=str(error))))
            return
        state = self._watch(child)
        if self._closing:
            child.stop() if self._stop else child.leave()
            return
        sentence = how_it_ended(child.exit, state.peak, oom_kills() - kills)
        self._tell(ChildNews(replace(state, phase="dead", sentence=sentence)))

    def _watch(self, child: Child) -> ChildState:
        """Until it is dead, or nobody wants to know any more."""
        called = child.called
        state = ChildState("up", called.process, joined=child.joined)
        self._tell(ChildNews(state, called.address, called.key))
        told = 0
        while child.alive and not self._closing:
            self._wanted = False  # it lives
            memory = child.memory()
            peak = max(state.peak, memory.all)
            state = replace(state, memory=memory.all, peak=peak)
            if abs(memory.all - told) > _WORTH_TELLING:
                told = memory.all
                self._tell(ChildNews(state, worker=memory.worker))
            self._alarm.wait(LOOK)
            self._alarm.clear()
        return state


def how_it_ended(code: int | None, peak: int, oom_kills: int) -> str:
    """What became of the child, in a sentence."""
    took = f" It held {peak // _MIB} MiB of memory at most." if peak else ""
    if oom_kills:
        return f"The system ended the process that runs graphs here, as memory ran out.{took}"
    if code is None:
        return f"The process that runs graphs here is gone.{took}"
    if code >= 0:
        return f"The process that runs graphs here ended with code {code}.{took}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"The process that runs graphs here was killed ({name}).{took}"
