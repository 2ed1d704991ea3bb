"""What a tab shows: the canvas of one document under its breadcrumb, with the minimap on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.canvas.breadcrumb import Breadcrumb
from studio.canvas.gestures.wiring import CanvasHands
from studio.canvas.minimap import Minimap
from studio.canvas.view import CanvasView
from studio.document import OpenDocument
from studio.project.settings import Settings
from studio.runs import RunBook
from studio.theme import Theme, shown_key, tr

MARGIN: Final = 12


class DocumentPage(QWidget):
    """The canvas of an open document and what belongs to it."""

    def __init__(
        self,
        document: OpenDocument,
        book: RunBook,
        theme: Theme,
        action_for: Callable[[str], QAction],
        usage: Counter[str],
    ) -> None:
        """`usage` counts how often each type was added, in all documents."""
        super().__init__()
        self.document = document
        self.canvas = CanvasView(document, book, theme)
        self.breadcrumb = Breadcrumb(document)
        self.minimap = Minimap(self.canvas)
        self.minimap.setParent(self.canvas)
        self.hands = CanvasHands(self.canvas, theme, usage, action_for)
        self.handlers = self.hands.commands.handlers()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.breadcrumb)
        rows.addWidget(self.canvas, 1)
        self.setFocusProxy(self.canvas)
        self.canvas.installEventFilter(self)
        self.canvas.camera.moved.connect(self._show_map_where_it_helps)
        self._wants_map = True
        self.hint = self._make_hint(action_for("canvas.add"))
        document.changed.connect(self._on_changed)
        document.level_changed.connect(self._show_hint_where_it_helps)
        self._show_hint_where_it_helps()

    def show_minimap(self, shown: bool) -> None:
        """Show or hide the small picture of the whole graph."""
        self._wants_map = shown
        self._show_map_where_it_helps()

    def follow(self, settings: Settings) -> None:
        """Look and behave as the preferences say."""
        self.show_minimap(settings.minimap)
        self.hands.stage.snaps = settings.snap
        self.canvas.show_previews(settings.thumbnails)
        self.canvas.show_grid(settings.grid)
        self.canvas.camera.animated = settings.motion

    def set_theme(self, theme: Theme) -> None:
        """Draw everything in another theme."""
        self.canvas.set_theme(theme)
        self.hands.set_theme(theme)
        for part in (self.breadcrumb, self.minimap):
            change = getattr(part, "set_theme", None)
            if change is not None:
                change(theme)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the minimap in its corner."""
        if event.type() is QEvent.Type.Resize:
            self._place_minimap()
            self.hint.setGeometry(self.canvas.rect())
        return False

    def _show_map_where_it_helps(self) -> None:
        """A map of what is seen anyway would only cover some of it."""
        everything = self.canvas.canvas.content_rect()
        seen = everything.isEmpty() or self.canvas.camera.seen().contains(everything)
        self.minimap.setVisible(self._wants_map and not seen)
        self._place_minimap()

    def _make_hint(self, add: QAction) -> QLabel:
        key = shown_key(add.shortcut().toString())
        hint = QLabel(
            tr(
                "<b>An empty graph</b><br>Press {key} or double-click to add a node,"
                "<br>or drop a graph, a video, a picture or sound here.",
                key=key or "+",
            ),
            self.canvas,
        )
        hint.setProperty("role", "muted")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        return hint

    def _on_changed(self, _before: object, _after: object) -> None:
        self._show_hint_where_it_helps()

    def _show_hint_where_it_helps(self) -> None:
        self.hint.setVisible(not self.document.graph.nodes)

    def _place_minimap(self) -> None:
        area, size = self.canvas.rect(), self.minimap.size()
        self.minimap.move(
            area.width() - size.width() - MARGIN, area.height() - size.height() - MARGIN
        )
        self.minimap.raise_()
