"""What gestures may show on the canvas while the hand moves; the document knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from engine.graph.document import Endpoint
from studio.canvas.overlay import Compatible, DraftLink, Overlay


class FeedbackScene(QGraphicsScene):
    """A scene with an overlay that gestures draw on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.overlay = Overlay()

    def show_draft_link(
        self, from_pos: QPointF, to_pos: QPointF, kind: str, ok: bool, reason: str = ""
    ) -> None:
        """Draw the link that is being dragged, from its output's end to its input's end."""
        self.overlay.draft = DraftLink(
            (from_pos.x(), from_pos.y()), (to_pos.x(), to_pos.y()), kind, ok, reason
        )
        self.update()

    def hide_draft_link(self) -> None:
        """No link is dragged any more."""
        self.overlay.draft = None
        self.update()

    def show_marquee(self, rect: QRectF | None) -> None:
        """Draw the rectangle that selects; None takes it away."""
        self.overlay.marquee = rect
        self.update()

    def show_cut(self, points: Collection[QPointF]) -> None:
        """Draw the line that cuts links; without points it is gone."""
        self.overlay.cut = tuple(points)
        self.update()

    def highlight_ports(self, compatible: Callable[[str, str, bool], bool] | None) -> None:
        """While a link is dragged: show the ports (node, port, is_output) that would take it."""
        self.overlay.compatible = Compatible(compatible) if compatible is not None else None
        self.update()

    def highlight_link(self, target: Endpoint | None) -> None:
        """Show one link as what a dropped node would be inserted on, or the pointer is over."""
        if target != self.overlay.hot_link:
            self.overlay.hot_link = target
            self.update()
