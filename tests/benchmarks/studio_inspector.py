"""The inspector: showing a node for the first time and again, and one step of a drag.

Times are the window's thread's own processor time.  What a click costs is its longest turn of the
event loop: the first rows come at once, the others in turns of their own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks._table import row

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from studio.document import OpenDocument
    from studio.inspector.panel import InspectorPanel

ROUNDS = 30
BAR = "8 ms"


def main() -> None:
    """Print the table."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from studio.theme import DARK, style_sheet, ui_font

    app = QApplication.instance()
    app = app if isinstance(app, QApplication) else QApplication([])
    app.setFont(ui_font())
    app.setStyleSheet(style_sheet(DARK))
    first: list[float] = []
    again: list[float] = []
    drags: list[float] = []
    for _ in range(ROUNDS):
        opened, panel = _panel()
        _turn(app)
        first.append(_select(app, opened, panel, "sample"))
        _select(app, opened, panel, "save")
        again.append(_select(app, opened, panel, "sample"))
        drags.append(_drag(app, panel))
        panel.hide()
        panel.deleteLater()
        _turn(app)
    row("a node of 13 parameters, first time, longest turn", _spread(first), BAR)
    row("the same node again, longest turn", _spread(again), BAR)
    row("one step of a drag, the document edited and shown", _spread(drags), BAR)


def _panel() -> tuple[OpenDocument, InspectorPanel]:
    from engine.graph.document import load_document
    from engine.graph.registry import installed_registry
    from studio.document import OpenDocument
    from studio.inspector.panel import InspectorPanel
    from studio.runs import RunBook
    from studio.theme import DARK

    opened = OpenDocument(load_document("assets/graphs/cinema.reel"), installed_registry())
    assert opened.problems is not None  # looked at before anything is shown
    panel = InspectorPanel(DARK)
    panel.resize(320, 900)
    panel.show()
    panel.show_document(opened, RunBook())
    return opened, panel


def _select(app: QApplication, opened: OpenDocument, panel: InspectorPanel, id: str) -> float:
    """Select a node; the longest turn until all of it is shown."""
    from studio.document import Selection

    opened.select(Selection.of_nodes([id]))
    return max([_timed(panel.refresh), *(_timed(lambda: _turn(app)) for _ in range(8))])


def _drag(app: QApplication, panel: InspectorPanel) -> float:
    rows = panel.node.params.rows
    assert rows is not None
    field = rows.row("steps").field

    def step(value: int) -> None:
        field.offer(value)
        _turn(app)

    return median(_timed(partial(step, value)) for value in range(1, 20))


def _turn(app: QApplication) -> None:
    app.processEvents()


def _timed(work: Callable[[], None]) -> float:
    before = time.thread_time()
    work()
    return (time.thread_time() - before) * 1e3


def _spread(found: list[float]) -> str:
    ordered = sorted(found)
    return f"{median(ordered):.1f}, p95 {ordered[int(len(ordered) * 0.95) - 1]:.1f} ms"
