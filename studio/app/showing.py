"""Joins the panels: results to the viewer, graphs of runs to tabs, what failed to the messages."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from engine.graph.document import Document
from studio.app.changes_panel import ChangesPanel
from studio.app.run_control import Result
from studio.document import OpenDocument
from studio.project.settings import Settings
from studio.runs import Run

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.viewer.panel import ViewerPanel


class Showing:
    """Shows what runs made, and goes where panels ask to go."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        studio.control.result.connect(self._on_result)
        studio.control.preview.connect(self._on_preview)
        studio.documents.current_changed.connect(self._on_current)
        studio.assembly.made = self._on_made

    @property
    def viewer(self) -> ViewerPanel | None:
        """The viewer, if it was ever seen."""
        if "view.viewer" not in self._studio.window.docks.contents:
            return None
        from studio.viewer.panel import ViewerPanel

        panel = self._studio.window.docks.contents["view.viewer"]
        return panel if isinstance(panel, ViewerPanel) else None

    def follow(self, settings: Settings) -> None:
        """Play as the preferences say."""
        viewer = self.viewer
        if viewer is not None:
            viewer.player.set_loop("loop" if settings.loop else "once", monotonic())
            viewer.deeds.set_volume(settings.volume / 100)

    def file(self, path: Path, title: str = "") -> None:
        """Show a file, and the viewer with it."""
        from studio.viewer.media import Media

        self._studio.window.docks.reveal("view.viewer")
        if self.viewer is not None:
            self.viewer.show(Media.of(path, title))

    def node(self, id: str) -> None:
        """Show what a node of the document in front made; run what it needs if it made nothing."""
        from studio.app.canvas_bindings import run_to_view

        studio = self._studio
        document = studio.documents.current
        if document is not None:
            studio.window.docks.reveal("view.viewer")
            if not studio.control.show_node(document, id):
                studio.attempt(lambda: run_to_view(studio, document, id))

    def graph_of(self, run: Run) -> None:
        """Open the graph of a run: its tab if that is still there, else as it was sent."""
        studio = self._studio

        def opened(document: Document) -> None:
            studio.documents.new(document)

        studio.services.background.run(lambda: studio.services.desk.document_of(run.key), opened)

    def node_of(self, run: Run, path: str) -> None:
        """Go to a node of a run, where its document is open."""
        studio = self._studio
        found = next((it for it in studio.documents.items if it.id == run.document), None)
        if found is None:
            self.graph_of(run)
            return
        studio.documents.show(found)
        studio.attempt(lambda: go_to_path(found, path))
        if studio.page is not None:
            studio.page.canvas.show_node(path.rpartition("/")[2])

    def need_of(self, document: OpenDocument) -> None:
        """Say at every machine whether it could run a document."""
        from studio.panels.machines import MachinesPanel

        panel = self._studio.window.docks.contents.get("view.machines")
        if not isinstance(panel, MachinesPanel):
            return
        desk, looked_at, registry = self._studio.services.desk, document.document, document.registry
        self._studio.services.background.run(
            lambda: desk.need_of(looked_at, registry),
            panel.show_need,
            lambda _: panel.show_need(None),  # what cannot run needs no machine
        )

    def _on_result(self, result: Result) -> None:
        from studio.viewer.media import Media

        viewer = self.viewer
        if viewer is not None:
            viewer.show(Media.of(result.path, result.title))
            if result.fresh:
                viewer.player.play(monotonic())
                viewer.tick()

    def _on_preview(self, jpeg: bytes) -> None:
        if self.viewer is not None and self._studio.services.preferences.current.previews:
            self.viewer.show_preview(jpeg)

    def _on_current(self, document: OpenDocument | None) -> None:
        for panel in self._studio.window.docks.contents.values():
            self._show_document(panel, document)
        if self._studio.app_view is not None:
            self._studio.app_view.show_document(document, self._studio.services.book)

    def _show_document(self, panel: QWidget, document: OpenDocument | None) -> None:
        from studio.inspector.panel import InspectorPanel

        if isinstance(panel, InspectorPanel):
            panel.show_document(document, self._studio.services.book)
        elif isinstance(panel, ChangesPanel):
            panel.show_document(document)

    def _on_made(self, command: str, panel: QWidget) -> None:
        studio = self._studio
        self._show_document(panel, studio.documents.current)
        if command == "view.machines" and studio.documents.current is not None:
            self.need_of(studio.documents.current)
        if command == "view.viewer":
            studio.actions.place("viewer", panel)
            studio.when_idle(lambda: self.follow(studio.services.preferences.current))
            studio.when_idle(studio.control.show_latest)
        for name, heard in (
            ("failed", studio.window.messages.fail),
            ("file_wanted", self.file),
            ("view_requested", self.file),
            ("compare_requested", self._compare),
            ("place_chosen", self._run_there),
            ("reopen_requested", self.graph_of),
            ("node_requested", self.node_of),
        ):
            signal = getattr(panel, name, None)
            if signal is not None:
                signal.connect(heard)

    def _compare(self, path: Path) -> None:
        from studio.viewer.media import Media

        self._studio.window.docks.reveal("view.viewer")
        if self.viewer is not None:
            self.viewer.compare(Media.of(path))

    def _run_there(self, place: str) -> None:
        self._studio.control.place = place


def go_to_path(document: OpenDocument, path: str) -> None:
    """Show the level of a flat path and select its node.  Raises InvalidInput."""
    from studio.document import Selection

    *trail, id = path.split("/")
    document.go_to_level(0)
    for instance in trail:
        document.enter(instance)
    document.select(Selection.of_nodes([id]))
