"""How long the canvas takes for a frame, for opening large graphs, dragging and taking back.

Frames are driven by real events and painted completely by the raster engine, 1920 x 1080 pixels,
on no screen.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from engine.graph.document import Document, Link, NodeSpec, load_document, save_document
from engine.graph.edits import Move
from engine.graph.registry import installed_registry
from tests.benchmarks._table import row

Time: TypeAlias = tuple[float, float]
"""Milliseconds that passed, and those that the window's thread worked: the same, unless others keep
the processor busy."""

COLUMNS, ROWS = 5, 3
STEP_X, STEP_Y = 280.0, 270.0
UNIT: dict[str, str] = {
    "prompt": "text.prompt",
    "join": "text.join",
    "style": "text.style",
    "model": "model.load",
    "size": "input.integer",
    "positive": "prompt.encode",
    "negative": "prompt.encode",
    "seed": "input.seed",
    "sample": "video.sample",
    "decode": "video.decode",
    "resize": "video.resize",
    "frame": "video.frame",
    "still": "output.image",
    "save": "output.video",
}
LINKS = """
prompt.result join.first; join.result style.text; style.positive positive.text;
style.negative negative.text; model.result positive.model; model.result negative.model;
model.result sample.model; positive.result sample.positive; negative.result sample.negative;
seed.result sample.seed; size.result sample.width; size.result sample.height;
size.result resize.width; size.result resize.height; sample.result decode.latent;
decode.result resize.clip; resize.result frame.clip; frame.result still.image;
resize.result save.clip
"""


def graph_of(count: int) -> Document:
    """About `count` nodes and half as many more links: copies of a pipeline, tied together."""
    registry = installed_registry()
    nodes: dict[str, NodeSpec] = {}
    links: list[Link] = []
    boxes: dict[str, object] = {}
    units = round(count / len(UNIT))
    across = max(1, round((units * ROWS * STEP_Y / (COLUMNS * STEP_X)) ** 0.5 * 1.3))
    for unit in range(units):
        left = unit % across * (COLUMNS * STEP_X + 60)
        top = unit // across * (ROWS * STEP_Y + 60)
        for number, (name, type) in enumerate(UNIT.items()):
            known = registry.get(type)
            assert known is not None
            id = f"{name}_{unit}"
            nodes[id] = NodeSpec(type=type, version=known.version)
            place = [left + number // ROWS * STEP_X, top + number % ROWS * STEP_Y]
            boxes[id] = {"at": place}
        links += _links(unit)
    return Document(name=f"{count} nodes", nodes=nodes, links=tuple(links), view={"nodes": boxes})


def _links(unit: int) -> Iterable[Link]:
    for pair in LINKS.split(";"):
        source, target = pair.split()
        (from_, out), (to, into) = source.split("."), target.split(".")
        yield Link(source=(f"{from_}_{unit}", out), target=(f"{to}_{unit}", into))
    for back, port in ((1, "second"), (7, "third")):
        if unit >= back:
            yield Link(source=(f"prompt_{unit - back}", "result"), target=(f"join_{unit}", port))


def main() -> None:
    """Print the table for a thousand nodes and for five thousand."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    for count, opening, frame in ((1_000, "0.7 s", "16 ms"), (5_000, "4 s", "33 ms")):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "graph.reel"
            save_document(graph_of(count), path)
            _Bench(path, app, count, opening, frame).run()


class _Bench:
    def __init__(self, path: Path, app: object, count: int, opening: str, frame: str) -> None:
        from PySide6.QtCore import QCoreApplication

        from studio.canvas.gestures.wiring import CanvasHands
        from studio.canvas.view import CanvasView
        from studio.document import OpenDocument
        from studio.runs import RunBook
        from studio.theme import DARK

        self.app, self.count, self.bar = app, count, frame
        self.events = QCoreApplication.processEvents
        self.events()
        begun = time.perf_counter()
        self.document = OpenDocument(load_document(path), installed_registry(), path)
        loaded = time.perf_counter()
        self.document_book = RunBook()
        self.view = CanvasView(self.document, self.document_book, DARK)
        self.hands = CanvasHands(self.view, DARK)
        self.view.resize(1920, 1080)
        self.view.show()
        self.events()
        self.view.viewport().grab()
        ended = time.perf_counter()
        graph = self.document.document
        print(f"  {len(graph.nodes)} nodes, {len(graph.links)} links", flush=True)
        row("read, and open the document", f"{loaded - begun:.2f} s")
        row("the same, and shown completely", f"{ended - begun:.2f} s", opening)
        self.canvas = self.view.canvas

    def run(self) -> None:
        """Everything that is measured."""
        self.pan("pan, everything in view", 0.0)
        for zoom in (0.2, 0.3, 0.5, 0.7, 1.0):
            self.pan(f"pan at {zoom:.0%}", zoom)
        self.zoom()
        self.drag("drag 200 nodes, everything in view", 0.0)
        self.drag("drag 200 nodes at 30%", 0.3)
        self.drag("drag 200 nodes at 60%", 0.6)
        self.undo()
        self.news("news of a run with a preview, everything in view", 0.0)
        self.news("news of a run with a preview, at 80%", 0.8)
        self.view.close()
        self.view.deleteLater()
        self.events()

    def look(self, zoom: float) -> None:
        """Look at the middle of the graph and wait until it is sharp."""
        area = self.canvas.content_rect()
        if zoom:
            self.view.camera.go_to(area.center(), zoom, smoothly=False)
        else:
            self.view.camera.show_area(area, smoothly=False)
        self.view.camera.finish()
        self.canvas.painting.sprites.patience = 60.0
        self.view.viewport().grab()
        self.canvas.painting.sprites.patience = 0.005

    def pan(self, what: str, zoom: float) -> None:
        """Drag with the middle button: what a frame costs, and one that is painted completely."""
        self.look(zoom)
        self.mouse("press", 960, 540)
        steps = [(960 + 12 * n, 540 + 7 * n) for n in range(1, 41)]
        steps += steps[::-1]
        plain = [self.timed(lambda x=x, y=y: self.mouse("move", x, y)) for x, y in steps]
        full = [self.timed(lambda x=x, y=y: self.moved_whole(x, y)) for x, y in steps]
        self.mouse("release", *steps[-1])
        self.tell(what + ", as it happens", plain)
        self.tell(what + ", all repainted", full, self.bar)

    def zoom(self) -> None:
        """Turn the wheel from all to close by and back, in fine steps; everything is repainted."""
        self.look(0.0)
        times = []
        for notch in [30] * 90 + [-30] * 90:
            times.append(self.timed(lambda notch=notch: self.wheel(notch)))
        self.tell("zoom through all levels", times, self.bar)

    def drag(self, what: str, zoom: float) -> None:
        """Two hundred selected nodes follow the left button; everything is repainted."""
        from PySide6.QtCore import QPointF

        self.look(zoom)
        ids = self.nearest(200)
        self.document.select(self.selection(ids))
        self.look(zoom)
        corner = self.canvas.node_rect(ids[0]).topLeft()
        start = self.view.from_scene(corner + QPointF(60, 12))
        self.mouse("press", start.x(), start.y(), left=True)
        steps = [(start.x() + 4.0 * n, start.y() + 3.0 * n) for n in range(1, 61)]
        times = [self.timed(lambda x=x, y=y: self.mouse("move", x, y, left=True)) for x, y in steps]
        assert self.canvas.lifted is not None, "nothing was dragged"
        self.tell(what, times, "16 ms")
        self.tell("  the first frame", times[:1])
        drop = self.timed(lambda: self.mouse("release", *steps[-1], left=True))
        self.tell("  letting go", [drop])
        self.document.undo()
        self.document.select(self.selection(()))

    def undo(self) -> None:
        """Move two hundred nodes by an edit, take it back, do it again."""
        self.look(0.0)
        ids = self.nearest(200)
        moved = {id: tuple(p + 40 for p in self.canvas.place_of(id)) for id in ids}
        self.document.do(Move(moved))
        self.events()
        times, frames = [], []
        for _ in range(10):
            for act in (self.document.undo, self.document.redo):
                times.append(self.timed(act, paint=False))
                frames.append(self.timed(lambda: None))
        self.tell("undo of moving 200 nodes", times, "20 ms")
        self.tell("  the frame after it", frames)

    def news(self, what: str, zoom: float) -> None:
        """Ten nodes are at work; each time one of them tells a step and shows a picture."""
        from studio.runs import NodeRun, Run

        self.look(zoom)
        at_work = {id: NodeRun("running", total=80) for id in self.nearest(10)}
        self.tell_run(Run("run", document=self.document.id, state="running", nodes=at_work))
        self.look(zoom)
        times, pictures = [], [_jpeg(number) for number in range(8)]
        for step in range(80):
            id = list(at_work)[step % 10]
            told = NodeRun("running", step, 80, "steps", eta=9.0, preview=pictures[step % 8])
            at_work = {**at_work, id: told}
            run = Run("run", document=self.document.id, state="running", nodes=at_work)
            times.append(self.timed(lambda run=run: self.tell_run(run)))
        self.tell(what, times, "16 ms")
        self.document_book.forget("run")
        self.view.refresh()

    def tell_run(self, run: object) -> None:
        """Write it down, and do not wait for the moment that gathers news."""
        self.document_book.put(run)
        self.view._later.setInterval(0)

    def nearest(self, count: int) -> list[str]:
        """The nodes around the middle of the graph."""
        centre = self.canvas.content_rect().center()
        away = {
            id: (node.x - centre.x()) ** 2 + (node.y - centre.y()) ** 2
            for id, node in self.canvas.nodes.items()
        }
        return sorted(away, key=away.__getitem__)[:count]

    def selection(self, ids: Iterable[str]) -> object:
        """A selection of nodes."""
        from studio.document import Selection

        return Selection(nodes=frozenset(ids))

    def moved_whole(self, x: float, y: float) -> None:
        self.mouse("move", x, y)
        self.view.viewport().update()

    def mouse(self, kind: str, x: float, y: float, left: bool = False) -> None:
        """A real event of the middle button, or the left one."""
        from PySide6.QtCore import QEvent, QPointF, Qt
        from PySide6.QtGui import QMouseEvent
        from PySide6.QtWidgets import QApplication

        types = {
            "press": QEvent.Type.MouseButtonPress,
            "move": QEvent.Type.MouseMove,
            "release": QEvent.Type.MouseButtonRelease,
        }
        button = Qt.MouseButton.LeftButton if left else Qt.MouseButton.MiddleButton
        none = Qt.MouseButton.NoButton
        at = QPointF(x, y)
        event = QMouseEvent(
            types[kind],
            at,
            self.view.viewport().mapToGlobal(at),
            none if kind == "move" else button,
            none if kind == "release" else button,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(self.view.viewport(), event)

    def wheel(self, notch: int) -> None:
        """A fine turn of the wheel, at a place beside the middle."""
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent
        from PySide6.QtWidgets import QApplication

        self.view.camera.animated = False
        at = QPointF(900, 500)
        event = QWheelEvent(
            at,
            self.view.viewport().mapToGlobal(at),
            QPoint(),
            QPoint(0, notch),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.view.viewport(), event)

    def timed(self, act: Callable[[], object], paint: bool = True) -> Time:
        """How long something takes with the frame that follows."""
        begun, worked = time.perf_counter(), time.thread_time()
        act()
        if paint:
            self.events()
        return (time.perf_counter() - begun) * 1e3, (time.thread_time() - worked) * 1e3

    def tell(self, what: str, times: list[Time], bar: str = "") -> None:
        """Print median and 95th percentile, and what of the latter the processor took."""
        passed = sorted(passed for passed, _worked in times)
        worked = sorted(worked for _passed, worked in times)
        last = min(len(times) - 1, int(len(times) * 0.95))
        figure = f"p50 {statistics.median(passed):5.1f}  p95 {passed[last]:5.1f} ms"
        row(what, figure, f"{bar:<8} processor {worked[last]:5.1f} ms")


def _jpeg(number: int) -> bytes:
    """A picture as samplers preview them."""
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice
    from PySide6.QtGui import QColor, QImage

    image = QImage(512, 288, QImage.Format.Format_RGB32)
    image.fill(QColor.fromHsv(number * 40, 200, 200))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPG")
    return bytes(data.data())


if __name__ == "__main__":
    main()
