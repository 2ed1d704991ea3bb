"""The studio's window: its start, a click on Run until something is seen, and stalls while it runs.

The real window without a screen, the real child process, the starter model.  A stall is the time
for which the window's thread did not come back to its event loop: by the wall's clock, which on a
busy machine counts what others take, and by the thread's own processor time, which does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks._table import row

if TYPE_CHECKING:
    from tests.studio.pictures import Album

STARTS = 7
CLICKS = 12
RUNS = 5


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["REELWRIGHT_CONFIG"] = f"{scratch}/config"
        os.environ["REELWRIGHT_STATE"] = f"{scratch}/state"
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        start()
        with window(Path(scratch)) as album:
            clicks(album)
            stalls(album)


def start() -> None:
    """From the start of the process to a window that can be used."""
    command = [sys.executable, "-m", "studio", "studio", "--measure"]
    found = []
    for _ in range(STARTS + 1):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(int(done.stdout.split()[-1]))
    row("process start to usable window", _spread(found[1:]), "1200 ms")


@contextmanager
def window(scratch: Path) -> Iterator[Album]:
    """A studio that has run the demo once, so that its worker is warm."""
    from PySide6.QtWidgets import QApplication

    from tests.studio.pictures import Album

    before = Path.cwd()
    os.chdir(scratch)
    app = QApplication.instance() or QApplication(["benchmark"])
    assert isinstance(app, QApplication)
    album = Album(app, scratch, 1920, 1080)
    try:
        album.studio.show()
        album.studio.begin([])
        album.open_template("demo")
        album.run()
        album.wait(lambda: album.run_state() in ("done", "failed"))
        yield album
    finally:
        album.studio.end()
        os.chdir(before)


def clicks(album: Album) -> None:
    """From the command to the first node that is seen at work or done."""
    found = []
    for seed in range(CLICKS):
        _reseed(album, seed)
        begun = time.perf_counter()
        album.studio.actions.run("run.run")
        while not _has_begun(album):
            album.app.processEvents()
        album.studio.window.grab()
        found.append((time.perf_counter() - begun) * 1000)
        album.wait(lambda: album.run_state() in ("done", "failed"))
    row("click on Run to the first event on screen", _spread(found), "150 ms")


def _has_begun(album: Album) -> bool:
    """Whether a node of the newest run is at work or has been."""
    run = album.studio.services.book.runs()[0]
    return any(node.state in ("running", "done", "cached") for node in run.nodes.values())


def stalls(album: Album) -> None:
    """Gaps between visits of the event loop while the demo runs with previews."""
    from PySide6.QtCore import Qt, QTimer

    walls: list[float] = []
    owns: list[float] = []
    last = [time.perf_counter(), time.thread_time()]

    def visit() -> None:
        wall, own = time.perf_counter(), time.thread_time()
        walls.append((wall - last[0]) * 1000)
        owns.append((own - last[1]) * 1000)
        last[:] = [wall, own]

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(visit)
    for seed in range(RUNS):
        _reseed(album, 1000 + seed)
        album.studio.actions.run("run.run")
        last[:] = [time.perf_counter(), time.thread_time()]
        timer.start(0)
        while album.run_state() not in ("done", "failed"):
            album.app.processEvents()
        timer.stop()
    row("stall in a run with previews, wall, p99 (longest)", _p99(walls), "16 ms")
    row("... of it the thread's own work, p99 (longest)", _p99(owns))


def _reseed(album: Album, seed: int) -> None:
    from engine.graph.edits import SetParam

    document = album.studio.documents.current
    assert document is not None
    document.do(SetParam("sample", "seed", 5000 + seed))


def _spread(values: list[float] | list[int]) -> str:
    ordered = sorted(values)
    return f"{median(ordered):.0f} ms ({ordered[0]:.0f} to {ordered[-1]:.0f})"


def _p99(values: list[float]) -> str:
    ordered = sorted(value for value in values if value > 0.5)  # an idle loop comes back at once
    if not ordered:
        return "0 ms"
    return f"{ordered[int(len(ordered) * 0.99)]:.1f} ms ({ordered[-1]:.1f} ms)"


if __name__ == "__main__":
    main()
