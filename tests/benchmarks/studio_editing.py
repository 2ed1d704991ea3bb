"""Editing a graph of 1,000 nodes and 1,500 links: layout, search, the link rule, paste, gestures.

Times are the window's thread's own processor time; painting is measured with the canvas.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks._table import row

if TYPE_CHECKING:
    from engine.graph.document import Document
    from studio.canvas.gestures.machine import GestureMachine
    from studio.editing.level import Level

NODES = 1000
TYPES = 500
ROUNDS = 9
BAR = "8 ms"


def main() -> None:
    """Print the table."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from engine.graph.registry import installed_registry
    from studio.editing.level import Level

    level = Level(mesh(), "", installed_registry())
    _operations(level)
    _search()
    _gestures(level)


def mesh() -> Document:
    """Nodes in rows of 40, each fed by one or two that come a little before."""
    from engine.graph.document import Document, Link, NodeSpec

    chance = random.Random(2)
    links = [
        Link(source=(f"n{max(0, n - chance.randint(1, 60))}", "result"), target=(f"n{n}", port))
        for n in range(1, NODES)
        for port in ("first", "second")
        if chance.random() < 0.75
    ]
    boxes = {f"n{n}": {"at": [n % 40 * 260.0, n // 40 * 180.0]} for n in range(NODES)}
    nodes = {id: NodeSpec(type="text.join", version=1) for id in boxes}
    return Document(nodes=nodes, links=tuple(links), view={"nodes": boxes})


def _operations(level: Level) -> None:
    from studio.editing import clipboard, connect, copying, deleting, layout, modes

    document, half = level.document, [f"n{n}" for n in range(NODES // 2)]
    figures: dict[str, tuple[Callable[[], object], str]] = {
        "lay out everything": (lambda: layout.lay_out(level, {}), "300 ms"),
        "may this output feed this input": (
            lambda: connect.why_not(level, ("n100", "result"), ("n500", "first")),
            BAR,
        ),
        "all ports that a link could end at": (
            lambda: connect.ports_that_fit(level, ("n0", "result"), True),
            BAR,
        ),
        "copy and paste everything": (
            lambda: clipboard.paste(level, copying.copy(document, "", document.nodes)).edit.apply(
                document
            ),
            "",
        ),
        "delete half of it": (lambda: deleting.delete(level, half).apply(document), ""),
        "bypass half of it": (lambda: modes.toggle_bypass(level, half).apply(document), ""),
    }
    for what, (work, bar) in figures.items():
        row(what, f"{median(_timed(work) for _ in range(ROUNDS)):.1f} ms", bar)


def _search() -> None:
    from engine.graph.registry import installed_registry
    from studio.editing.search import SearchIndex

    known = installed_registry().types()
    types = [
        replace(known[n % len(known)], type=f"{known[n % len(known)].type}{n}")
        for n in range(TYPES)
    ]
    index = SearchIndex(types)
    slowest = max(
        median(_timed(lambda query=query: index.search(query)) for _ in range(ROUNDS))  # type: ignore[misc]
        for query in ("", "s", "sam vid", "prmt", "image resize", "zzz")
    )
    row(f"search {TYPES} types, the slowest of six queries", f"{slowest:.1f} ms", "5 ms")


def _gestures(level: Level) -> None:
    from PySide6.QtWidgets import QApplication

    from studio.canvas.gestures.wiring import CanvasHands
    from studio.canvas.view import CanvasView
    from studio.document import OpenDocument, Selection
    from studio.runs import RunBook
    from studio.theme import DARK

    app = QApplication.instance() or QApplication([])
    opened = OpenDocument(level.document, level.registry)
    view = CanvasView(opened, RunBook(), DARK)
    hands = CanvasHands(view, DARK)
    view.resize(1920, 1080)
    chosen = [f"n{column + 40 * line}" for column in range(20) for line in range(10)]
    opened.select(Selection.of_nodes(chosen))
    row("a step of dragging 200 nodes", _steps(hands.machine, (60.0, 10.0)), BAR)
    opened.select(Selection())
    row("a step of dragging one node over links", _steps(hands.machine, (60.0, 10.0)), BAR)
    start = hands.stage.port_at(("n0", "result"), True)
    row("a step of dragging a link", _steps(hands.machine, start), BAR)
    row("a step of a marquee", _steps(hands.machine, (-40.0, -40.0)), BAR)
    view.deleteLater()
    app.processEvents()


def _steps(machine: GestureMachine, start: tuple[float, float]) -> str:
    """Median and 95th percentile of the steps of one drag, which is given up."""
    from studio.canvas.gestures.stage import Pointer

    def pointer(step: int) -> Pointer:
        at = (start[0] + 14.0 * step, start[1] + 8.0 * step)
        return Pointer(at, at, "left")

    machine.press(pointer(0))
    found = sorted(_timed(lambda step=step: machine.move(pointer(step))) for step in range(1, 100))  # type: ignore[misc]
    machine.give_up()
    return f"{median(found):.1f}, p95 {found[int(len(found) * 0.95)]:.1f} ms"


def _timed(work: Callable[[], object]) -> float:
    before = time.thread_time()
    work()
    return (time.thread_time() - before) * 1e3
