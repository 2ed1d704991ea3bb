"""One frame of the canvas: what is visible, at the level of detail that the zoom allows."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from studio.canvas.backdrop import Backdrop, draw_frame, draw_note
from studio.canvas.far import FarPicture
from studio.canvas.geometry import Box
from studio.canvas.index import Chunk
from studio.canvas.link_painter import Emphasis, draw_links
from studio.canvas.node_painter import draw_fitted
from studio.canvas.pictures import Pictures
from studio.canvas.sprites import Sprites
from studio.canvas.visuals import LinkVisual, NodeVisual
from studio.theme import RADIUS

if TYPE_CHECKING:
    from studio.canvas.scene import CanvasScene

BOXES: Final = 0.27
"""Below this zoom nodes are plain boxes and links hairlines, drawn by the chunk."""
REACH: Final = 16.0


class Painting:
    """Paints the scene; owns what is cached for it."""

    def __init__(self, scene: CanvasScene) -> None:
        self.scene = scene
        self.pictures = Pictures(scene)
        self.sprites = Sprites(self.pictures)
        self.resting = True
        """Whether the zoom stands still: only then is it worth painting nodes anew for it."""
        self.backdrop = Backdrop()

    @property
    def behind(self) -> bool:
        """Whether the last frame would be better with more time."""
        return self.sprites.behind

    def forget(self) -> None:
        """Paint everything anew: the theme changed."""
        self.sprites.forget()
        for chunk in self.scene.index.chunks.values():
            chunk.far = None

    def paint(self, painter: QPainter, area: Box) -> None:
        """Paint everything of the document that lies in an area of the scene."""
        scene = self.scene
        scale = painter.worldTransform().m11()
        self.backdrop.draw_ground(painter, area, scale, scene.paints)
        self._draw_frames(painter, area, scale)
        if scale < BOXES:
            self._draw_far(painter, area)
            self.sprites.behind = False
        else:
            self._draw_near(painter, area.grown(REACH), scale)
        self._draw_notes(painter, area, scale)

    # -- near --------------------------------------------------------------------------------

    def _draw_near(self, painter: QPainter, area: Box, scale: float) -> None:
        scene = self.scene
        emphasis = Emphasis(scene.selection.links, scene.overlay.hot_link, scene.running)
        self._links(painter, scene.index.links_in(area), emphasis, scale)
        self._nodes(painter, scene.index.nodes_in(area))
        lifted = scene.lifted
        if lifted is None:
            return
        painter.save()
        painter.translate(lifted.dx, lifted.dy)
        home = area.moved(-lifted.dx, -lifted.dy)
        inner = (link for link in lifted.chunk.links.values() if link.bounds.meets(home))
        self._links(painter, inner, emphasis, scale)
        painter.restore()
        border = (link for link in lifted.border if link.bounds.meets(area))
        self._links(painter, border, emphasis, scale)
        self._nodes(painter, (node for node in lifted.nodes.values() if node.box.meets(area)))

    def _links(
        self, painter: QPainter, links: Iterable[LinkVisual], emphasis: Emphasis, scale: float
    ) -> None:
        draw_links(painter, links, emphasis, self.scene.paints, scale, monotonic(), self.resting)

    def _nodes(self, painter: QPainter, nodes: Iterable[NodeVisual]) -> None:
        shown = sorted(nodes, key=_height)
        scene = self.scene
        self.sprites.draw(painter, shown, scene.selection.nodes, scene.paints, self.resting)
        for node in shown:
            if node.face.id == scene.loop.node:
                self._draw_film(painter, node)
        self._draw_focus(painter, shown)

    def _draw_film(self, painter: QPainter, node: NodeVisual) -> None:
        """The frame of the film that runs, over the node's still picture."""
        frame, box = self.scene.loop.frame, node.shape.preview
        if frame is not None and box is not None:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            draw_fitted(painter, frame, QRectF(*box.moved(node.x, node.y)))
            painter.restore()

    # -- far ---------------------------------------------------------------------------------

    def _draw_far(self, painter: QPainter, area: Box) -> None:
        scene = self.scene
        chunks = scene.index.chunks.values()
        for chunk in chunks:
            if chunk.links and chunk.links_around.meets(area):
                self._far(chunk).draw_lines(painter, scene.paints)
        shown = [chunk for chunk in chunks if chunk.nodes and chunk.nodes_around.meets(area)]
        for chunk in shown:
            self._far(chunk).draw_boxes(painter)
        lifted = scene.lifted
        if lifted is not None:
            if lifted.chunk.far is None:
                lifted.chunk.far = FarPicture(
                    lifted.nodes.values(),
                    lifted.chunk.links.values(),
                    scene.paints,
                    lifted.dx,
                    lifted.dy,
                )
            painter.save()
            painter.translate(lifted.dx, lifted.dy)
            lifted.chunk.far.draw_lines(painter, scene.paints)
            painter.restore()
            FarPicture((), lifted.border, scene.paints).draw_lines(painter, scene.paints)
            painter.save()
            painter.translate(lifted.dx, lifted.dy)
            lifted.chunk.far.draw_boxes(painter)
            painter.restore()
        self._draw_selection(painter, self._selected_in(area))

    def draw_boxes(self, painter: QPainter) -> None:
        """Draw every node as a box, nothing else: what a minimap shows."""
        for chunk in self.scene.index.chunks.values():
            if chunk.nodes:
                self._far(chunk).draw_boxes(painter)

    def _far(self, chunk: Chunk) -> FarPicture:
        if chunk.far is None:
            chunk.far = FarPicture(chunk.nodes.values(), chunk.links.values(), self.scene.paints)
        return chunk.far

    def _selected_in(self, area: Box) -> list[NodeVisual]:
        nodes = self.scene.nodes
        found = (nodes[id] for id in self.scene.selection.nodes if id in nodes)
        return [node for node in found if node.box.meets(area)]

    # -- selection, frames, notes ------------------------------------------------------------

    def _draw_selection(self, painter: QPainter, chosen: list[NodeVisual]) -> None:
        """From afar: plain rectangles around what is selected."""
        grow = 1.0 / painter.worldTransform().m11()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self.scene.paints.pen(self.scene.paints.named("accent"), 2.0, cosmetic=True))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRects([node.rect.adjusted(-grow, -grow, grow, grow) for node in chosen])
        self._draw_focus(painter, chosen)

    def _draw_focus(self, painter: QPainter, shown: list[NodeVisual]) -> None:
        scene = self.scene
        for node in shown:
            if node.face.id == scene.focus_node and scene.shows_focus:
                pen = QPen(scene.paints.named("text"), 1.2, Qt.PenStyle.DotLine)
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(node.rect.adjusted(-5, -5, 5, 5), RADIUS + 4, RADIUS + 4)

    def _draw_frames(self, painter: QPainter, area: Box, scale: float) -> None:
        scene = self.scene
        for frame in scene.shown_frames():
            if Box(*frame.at, *frame.size).grown(REACH + 40 / scale).meets(area):
                draw_frame(painter, frame, scale, frame.id in scene.selection.frames, scene.paints)

    def _draw_notes(self, painter: QPainter, area: Box, scale: float) -> None:
        scene = self.scene
        for note in scene.shown_notes():
            if Box(*note.at, *note.size).grown(REACH).meets(area):
                draw_note(painter, note, scale, note.id in scene.selection.notes, scene.paints)


def _height(node: NodeVisual) -> int:
    return node.z
