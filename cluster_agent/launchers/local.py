"""Agents as processes of this computer: restarted when they end, with growing patience."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cluster_agent.launchers.protocol import AgentPlan, LaunchFailed, Placed

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
HEALTHY_SECONDS: Final = 60.0
"""An agent that ran for so long is restarted at once again."""
GRACE_SECONDS: Final = 120.0


@dataclass(eq=False)
class _Kept:
    """One agent that is kept running by a thread of its own."""

    plan: str
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    keeper: threading.Thread | None = None


class LocalLauncher:
    """Implements `Launcher` with processes.  They end with `close`, or when this process does not
    care for them any more: each is an agent of its own and goes on until it is stopped.
    """

    def __init__(self, python: str = sys.executable, clock: Callable[[], float] = time.monotonic):
        self._python = python
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def launch(self, plan: AgentPlan) -> None:
        """Start the plan's agents; those that run already stay.  Raises LaunchFailed."""
        for number in range(plan.count):
            name = f"{plan.name}-{number}"
            if name in self._kept and not self._kept[name].stopping.is_set():
                continue
            command = [self._python, "-m", "studio", *plan.command(str(number))[1:]]
            kept = self._kept[name] = _Kept(plan.name, name, command)
            self._start(kept)
            kept.keeper = threading.Thread(target=self._keep, args=(kept,), name=name, daemon=True)
            kept.keeper.start()

    def placed(self) -> list[Placed]:
        """The agents started here, by name."""
        return [
            Placed(
                kept.name,
                "running" if kept.process is not None and kept.process.poll() is None else "ended",
                kept.restarts,
            )
            for _, kept in sorted(self._kept.items())
        ]

    def stop(self, plan: str) -> None:
        """Ask the agents of a plan to drain and end; kill those that take too long."""
        chosen = [kept for kept in self._kept.values() if kept.plan == plan]
        for kept in chosen:
            kept.stopping.set()
            if kept.process is not None:
                kept.process.terminate()
        until = self._clock() + GRACE_SECONDS
        for kept in chosen:
            if kept.process is None:
                continue
            try:
                kept.process.wait(max(0.0, until - self._clock()))
            except subprocess.TimeoutExpired:
                kept.process.kill()
                kept.process.wait()
            if kept.keeper is not None:
                kept.keeper.join()
            del self._kept[kept.name]

    def close(self) -> None:
        """Stop all agents."""
        for plan in {kept.plan for kept in self._kept.values()}:
            self.stop(plan)

    def _start(self, kept: _Kept) -> None:
        try:
            kept.process = subprocess.Popen(kept.command, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise LaunchFailed(
                f"The agent '{kept.name}' cannot be started: {error.strerror}.",
                remedy="Check that Python and Reelwright are installed here.",
            ) from error

    def _keep(self, kept: _Kept) -> None:
        wait = FIRST_WAIT
        while kept.process is not None:
            started = self._clock()
            kept.process.wait()
            if self._clock() - started > HEALTHY_SECONDS:
                wait = FIRST_WAIT
            if kept.stopping.wait(wait):
                return
            wait = min(2 * wait, LONGEST_WAIT)
            kept.restarts += 1
            self._start(kept)
