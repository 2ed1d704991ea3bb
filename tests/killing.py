"""Runs the real command, kills it with SIGKILL at a chosen moment, and runs it again."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Event = dict[str, object]


@dataclass
class Trace:
    """What one run of the command said before it ended or was killed."""

    events: list[Event] = field(default_factory=list)
    killed: bool = False

    def checkpoint(self) -> int:
        """The last step that was safely kept, 0 if none."""
        steps = [int(str(e["step"])) for e in self.events if e["kind"] == "checkpoint"]
        return max(steps, default=0)

    def first_step(self, node: str) -> int | None:
        """The first step that the sampler reported, None if it did not run."""
        done = (e["done"] for e in self.events if e["kind"] == "progress" and e["node"] == node)
        return next((int(str(step)) for step in done), None)

    def files(self) -> list[Path]:
        return [Path(str(e["path"])) for e in self.events if e["kind"] == "wrote"]


class Command:
    """`reelwright run` of one graph, with a state folder of its own.

    The watermark's key is everywhere the same: it decides on pixels.
    """

    def __init__(self, graph: Path, folder: Path) -> None:
        self._arguments = ["run", str(graph), "--json", "--out", str(folder / "out")]
        self._environment = dict(os.environ, REELWRIGHT_STATE=str(folder / "state"))
        self._environment |= {"REELWRIGHT_CONFIG": str(folder / "config")}
        (folder / "config").mkdir(parents=True, exist_ok=True)
        (folder / "config" / "watermark.key").write_text("5a" * 32, "ascii")

    def run(self, kill_when: Callable[[Event], bool] = lambda event: False) -> Trace:
        """Run; SIGKILL as soon as an event answers `kill_when`.  Raises if it fails by itself."""
        trace = Trace()
        with self._start() as process:
            assert process.stdout is not None
            for line in process.stdout:
                trace.events.append(json.loads(line))
                if not trace.killed and kill_when(trace.events[-1]):
                    process.send_signal(signal.SIGKILL)
                    trace.killed = True
            code = process.wait()
        assert code == (-signal.SIGKILL if trace.killed else 0), code
        return trace

    def run_for(self, seconds: float) -> Trace:
        """Run; SIGKILL after a time, if it has not ended by then."""
        with self._start() as process:
            try:
                said, _ = process.communicate(timeout=seconds)
                killed = False
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                said, _ = process.communicate()
                killed = True
        # The last line may be cut off in the middle by the kill.
        lines = [line for line in said.splitlines(keepends=True) if line.endswith("\n")]
        return Trace([json.loads(line) for line in lines], killed)

    def _start(self) -> subprocess.Popen[str]:
        program = Path(sys.executable).with_name("reelwright")
        return subprocess.Popen(
            [program, *self._arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )


def frames_digest(path: Path) -> str:
    """sha256 over the decoded frames of a video."""
    import av

    total = hashlib.sha256()
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            total.update(frame.to_ndarray(format="rgb24").tobytes())
    return total.hexdigest()
