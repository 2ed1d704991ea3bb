"""Makes parts of a report at the same time, each in a process of its own.

Threads would not do: a clip is checked in Python, and takes as long to check as to sample.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Lock
from typing import TextIO

from engine.errors import Cancelled, ReelwrightError

_WELL = (0, 1)  # 1: a control passed, which is judged of all parts together


def make_side_by_side(
    names: Sequence[str],
    command: Callable[[str, Path], Sequence[str]],
    processes: int,
    keep: Callable[[Path], None],
    said: TextIO = sys.stderr,
) -> None:
    """Run `command` of each name and of the file it is to write, so many at once, and `keep` each
    file as soon as it is whole, always from the thread that called.

    What the processes say is passed on line by line. Where one fails, or the caller is interrupted,
    the others are stopped, and what was kept stays. Raises ReelwrightError for one that failed.
    """
    running: list[subprocess.Popen[str]] = []
    starting, stopped = Lock(), False
    with tempfile.TemporaryDirectory(prefix="report-") as folder:

        def make(name: str) -> Path:
            path = Path(folder, f"{name}.json")
            with starting:  # none may slip through between the others' end and its own beginning
                if stopped:
                    raise Cancelled
                child = subprocess.Popen(command(name, path), stderr=subprocess.PIPE, text=True)
                running.append(child)
            with child:
                assert child.stderr is not None
                for line in child.stderr:
                    said.write(line)
            if child.returncode not in _WELL:
                raise ReelwrightError(
                    f"The part '{name}' of the report was not made (status {child.returncode}).",
                    remedy="The lines above say why; parts that are finished are kept.",
                )
            return path

        with ThreadPoolExecutor(processes) as pool:
            try:
                for made in as_completed([pool.submit(make, name) for name in names]):
                    keep(made.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                with starting:
                    stopped = True
                for child in running:
                    child.terminate()
                raise
