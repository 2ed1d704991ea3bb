"""A studio without a window: a desk with its book, pumped by the test."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

from engine.graph.document import parse_document
from engine.graph.registry import Registry, installed_registry
from studio.document import OpenDocument
from studio.machines.desk import RunDesk
from studio.machines.launch import Start
from studio.runs import Run, RunBook

PATIENCE: Final = 60.0


def document(graph: bytes, name: str = "Film", registry: Registry | None = None) -> OpenDocument:
    """A document that is open under a name."""
    opened = OpenDocument(parse_document(graph), registry or installed_registry())
    opened.path = Path(f"/nowhere/{name}.reel")
    return opened


class Studio:
    """Always ended with the `with`; its child ends too unless `keep` is set."""

    def __init__(self, folder: Path, preload: str = "") -> None:
        self.folder = folder
        self.book = RunBook()
        self.keep = False
        self.sentences: list[str] = []
        self._rung = threading.Event()
        self.desk = RunDesk(
            self.book,
            folder / "studio",
            folder / "out",
            wake=self._rung.set,
            start=Start(preload=preload),
        )
        self.desk.went_wrong.connect(self.sentences.append)

    def __enter__(self) -> Studio:
        self.desk.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.desk.close(keep_working=self.keep)
        if self.keep and kind is not None:
            os.kill(self.desk.child.process, 15)

    @property
    def child(self) -> int:
        """The child's process."""
        return self.desk.child.process

    def until(self, condition: Callable[[], object], what: str = "it never happened") -> None:
        """Take in news until something is so; fail after a minute."""
        end = time.monotonic() + PATIENCE
        while not condition():
            self._rung.wait(0.05)
            self._rung.clear()
            self.desk.pump()
            runs = [(run.state, run.error, run.note) for run in self.book.runs()]
            assert time.monotonic() < end, f"{what}: {runs}, {self.desk.places}, {self.sentences}"

    def ready(self) -> Studio:
        """Once this computer can be given work."""
        self.until(lambda: any(m.free for m in self.desk.places[0].machines), "no machine")
        return self

    def run(self, key: str) -> Run:
        found = self.book.get(key)
        assert found is not None
        return found

    def until_state(self, key: str, *states: str) -> Run:
        ends = {"done", "failed", "blocked", "cancelled", *states}
        self.until(lambda: self.run(key).state in ends, f"never {states}")
        assert self.run(key).state in states, self.run(key)
        return self.run(key)

    def until_files(self, key: str) -> tuple[Path, ...]:
        self.until_state(key, "done")
        self.until(lambda: self.run(key).files, "no files came")
        return self.run(key).files
