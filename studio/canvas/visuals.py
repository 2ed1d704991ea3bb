"""What the canvas keeps of a node and of a link between two frames: places, pictures, paths."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPixmap

from studio.canvas.geometry import Box, NodeShape, shape_of
from studio.canvas.link_shape import Curve, curve_between
from studio.canvas.status import footer_of
from studio.faces import LinkFace, NodeFace, Point


class NodeVisual:
    """A node on the canvas: its face, its layout, where it lies, and its cached picture."""

    __slots__ = ("chunk", "face", "pictured", "pixmap", "pixmap_key", "shape", "x", "y", "z")

    def __init__(self, face: NodeFace, at: Point, z: int, pictured: bool = True) -> None:
        self.face = face
        self.pictured = pictured
        self.shape: NodeShape = shape_of(face, footer_of(face), pictured)
        self.x, self.y = at
        self.z = z
        self.chunk: tuple[int, int] = (0, 0)
        self.pixmap: QPixmap | None = None
        self.pixmap_key: tuple[float, int] | None = None

    @property
    def box(self) -> Box:
        """Where it lies in the scene."""
        return Box(self.x, self.y, self.shape.width, self.shape.height)

    @property
    def rect(self) -> QRectF:
        """The same for Qt."""
        return QRectF(self.x, self.y, self.shape.width, self.shape.height)

    def wear(self, face: NodeFace) -> None:
        """Take on another look; the picture is stale from now on."""
        self.face = face
        self.shape = shape_of(face, footer_of(face), self.pictured)
        self.pixmap_key = None

    def port_pos(self, port: str, is_output: bool) -> Point:
        """Where links of a port end, in the scene."""
        x, y = self.shape.port(port, is_output)
        return self.x + x, self.y + y


class LinkVisual:
    """A link on the canvas: its face, its curve, and what is derived from that when it is asked."""

    __slots__ = ("_path", "_points", "bounds", "chunk", "curve", "face")

    def __init__(self, face: LinkFace, source: Point, target: Point) -> None:
        self.face = face
        self.chunk: tuple[int, int] = (0, 0)
        self.lead(source, target)

    def lead(self, source: Point, target: Point) -> None:
        """Run between these points from now on."""
        self.curve: Curve = curve_between(source, target, self.face.waypoints)
        self.bounds: Box = self.curve.bounds
        self._path: QPainterPath | None = None
        self._points: tuple[Point, ...] = ()

    @property
    def path(self) -> QPainterPath:
        """The curve for Qt; made when it is first drawn."""
        if self._path is None:
            self._path = QPainterPath()
            add_curve(self._path, self.curve)
        return self._path

    @property
    def points(self) -> tuple[Point, ...]:
        """The curve as a polyline; made when the pointer first comes near."""
        if not self._points:
            self._points = self.curve.points()
        return self._points


def add_curve(path: QPainterPath, curve: Curve) -> None:
    """Append a curve to a path."""
    path.moveTo(QPointF(*curve.start))
    for piece in curve.pieces:
        path.cubicTo(*piece.c1, *piece.c2, *piece.end)
