"""A desk that does nothing but remember what it was asked for, and a book that tells a story."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from psygnal import Signal

from studio.machines.places import ChildState, Machine, Place
from studio.runs import HERE, NodeRun, Run, RunBook

GIB = 1 << 30


class FakeDesk:
    """What panels need of `machines.desk.RunDesk`; `asked` is what they wanted."""

    places_changed = Signal()
    child_changed = Signal(object)

    def __init__(self, book: RunBook) -> None:
        self.book = book
        self.child = ChildState()
        self.places: tuple[Place, ...] = (Place(HERE, "This computer", "ready"),)
        self.asked: list[tuple[object, ...]] = []

    def show(self, *places: Place, child: ChildState | None = None) -> None:
        self.places = places
        self.child = child or self.child
        self.places_changed.emit()
        self.child_changed.emit(self.child)

    def run_of_job(self, place: str, job: str) -> Run | None:
        return next((r for r in self.book.runs() if (r.place, r.id) == (place, job)), None)

    def pause(self, key: str) -> None:
        self.asked.append(("pause", key))

    def resume(self, key: str) -> None:
        self.asked.append(("resume", key))

    def retry(self, key: str) -> None:
        self.asked.append(("retry", key))

    def cancel(self, key: str) -> None:
        self.asked.append(("cancel", key))

    def to_front(self, key: str) -> None:
        self.asked.append(("front", key))

    def move(self, key: str, index: int) -> None:
        self.asked.append(("move", key, index))

    def move_together(self, keys: tuple[str, ...], index: int) -> None:
        self.asked.append(("move", *keys, index))

    def why_not_run(self, key: str, place: str) -> str | None:
        return "It takes no more work." if place == "full" else None

    def run_elsewhere(self, key: str, place: str) -> str:
        self.asked.append(("elsewhere", key, place))
        return "new"

    def forget(self, key: str) -> None:
        self.asked.append(("forget", key))
        self.book.forget(key)

    def refresh_places(self) -> None:
        self.asked.append(("refresh",))

    def restart_child(self) -> None:
        self.asked.append(("restart",))


def waiting(key: str, line: int | None, **more: object) -> Run:
    return replace(
        Run(
            key,
            f"j{key}",
            label=f"Video {key}",
            state="queued",
            line=line,
            created=100.0 + (line or 0),
        ),
        **more,  # type: ignore[arg-type]
    )


def at_work(key: str = "work", **more: object) -> Run:
    node = NodeRun("running", 12, 30, "steps", eta=42.0, preview=b"", checkpoint=10)
    run = Run(
        key, f"j{key}", label="A red ball", state="running", node="sample", done=12, total=30,
        eta=42.0, started=99.0, created=90.0, nodes=MappingProxyType({"sample": node}),
    )  # fmt: skip
    return replace(run, **more)  # type: ignore[arg-type]


def failed(key: str = "bad", **more: object) -> Run:
    error = "Node 'save': There is no room left to write '/videos/a.mp4'. Free some space."
    run = Run(
        key, f"j{key}", label="Too long", state="failed", error=error, created=80.0, ended=95.0
    )
    return replace(run, **more)  # type: ignore[arg-type]


def made(key: str, file: Path | None = None, **more: object) -> Run:
    files = (file,) if file is not None else ()
    now = time.time()
    run = Run(
        key, f"j{key}", label=f"Made {key}", state="done", files=files, created=now - 100,
        started=now - 90, ended=now - 60,
    )  # fmt: skip
    return replace(run, **more)  # type: ignore[arg-type]


SHED = Machine(
    "shed", "shed.local", gpus=(("NVIDIA H200", 139 * GIB),) * 2, cpus=64, memory=512 * GIB,
    free=1, warm=("starter",), models=("starter",), packs={"reelwright": "0.1.0"}, jobs=("jfar",),
)  # fmt: skip
OWN = Machine(
    HERE, "desk", gpus=(("cpu", 7 * GIB),), cpus=2, memory=7 * GIB, free=1, models=("starter",),
    packs={"reelwright": "0.1.0"},
)  # fmt: skip
