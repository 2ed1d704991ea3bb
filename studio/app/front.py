"""Keeps the window in step with the documents: tabs, title, problems, zoom, runs, places, theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.app import bindings, pages
from studio.app.looking import ProblemWatch
from studio.app.page import DocumentPage
from studio.document import OpenDocument
from studio.project.settings import Settings
from studio.theme import Theme, tr

if TYPE_CHECKING:
    from studio.app.studio import Studio


class Front(QObject):
    """What the window shows of everything, as it changes."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio.window)
        self._studio = studio
        self._problems = ProblemWatch(studio.services.background, self)
        self._problems.looked.connect(self._on_looked)
        self._listen()
        self._on_places()
        self._on_status()

    def close(self) -> None:
        """Look at nothing any more."""
        self._problems.watch(None)

    def _listen(self) -> None:
        studio = self._studio
        services, documents, window = studio.services, studio.documents, studio.window
        studio.look.changed.connect(self._on_theme)
        studio.keys.changed.connect(self._on_keys)
        services.preferences.changed.connect(self._on_preferences)
        services.background.went_wrong.connect(window.messages.fail)
        services.desk.places_changed.connect(self._on_places)
        services.desk.child_changed.connect(window.status.show_child)
        services.desk.went_wrong.connect(self._warn)
        services.book.run_changed.connect(self._on_run)
        studio.control.changed.connect(self._on_control)
        documents.opened.connect(self._on_opened)
        documents.closed.connect(window.tabs.remove_document)
        documents.current_changed.connect(self._on_current)

    def _on_opened(self, document: OpenDocument) -> None:
        # The panels first: the canvas frames its graph by the room that it has then.
        self._studio.window.show_editor()
        self._studio.window.tabs.add_document(document)
        self._studio.when_idle(lambda: self._frame(document))
        document.status_changed.connect(self._on_status)
        document.selection_changed.connect(self._on_selection)
        document.level_changed.connect(self._on_status)
        document.problems_changed.connect(self._on_problems)
        self._warn_of_missing(document)

    def _on_current(self, document: OpenDocument | None) -> None:
        window = self._studio.window
        window.tabs.show_document(document)
        self._problems.watch(document)
        self._on_status()
        self._on_problems()
        self.show_zoom()
        window.status.show_run(self._studio.control.current)
        if document is None:
            pages.show_welcome(self._studio)
        elif not pages.app_view_is_shown(self._studio):
            window.show_editor()
            if self._studio.page is not None:
                self._studio.page.canvas.setFocus()

    def _frame(self, document: OpenDocument) -> None:
        page = self._studio.window.tabs.page(document)
        if isinstance(page, DocumentPage):
            page.canvas.camera.show_area(page.canvas.canvas.content_rect(), smoothly=False)

    def show_zoom(self) -> None:
        """How large the graph in front is."""
        page = self._studio.page
        self._studio.window.status.show_zoom(page.canvas.camera.zoom if page else None)

    def _on_status(self) -> None:
        self._studio.window.set_title(self._studio.documents.current)
        self._studio.window.tools.refresh()
        self._studio.actions.refresh()

    def _on_selection(self, _: object) -> None:
        self._studio.actions.refresh()

    def _on_problems(self) -> None:
        document = self._studio.documents.current
        problems = document.known_problems if document else ()
        self._studio.window.status.show_problems(problems)
        if not any(problem.severity == "error" for problem in problems):
            self._studio.window.messages.settle(bindings.REFUSED)
        self._studio.actions.refresh()

    def _on_looked(self, document: OpenDocument) -> None:
        self._studio.showing.need_of(document)

    def _on_places(self) -> None:
        self._studio.window.tools.show_places(self._studio.services.desk.places)

    def _on_run(self, _: object) -> None:
        self._studio.window.status.show_run(self._studio.control.current)

    def _on_control(self) -> None:
        self._studio.actions.refresh()
        preferences = self._studio.services.preferences
        if preferences.current.place != self._studio.control.place:
            self._studio.attempt(lambda: preferences.set(place=self._studio.control.place))

    def _on_theme(self, theme: Theme) -> None:
        studio = self._studio
        studio.assembly.theme = theme
        studio.actions.set_theme(theme)
        studio.window.set_theme(theme)
        pages.place_viewer(studio)
        if studio.find_box is not None:
            studio.find_box.set_theme(theme)

    def _on_keys(self) -> None:
        self._studio.actions.set_keys(self._studio.keys.keys)
        self._studio.window.tools.refresh_tips()

    def _on_preferences(self, _before: Settings, after: Settings) -> None:
        studio = self._studio
        for page in studio.window.tabs.pages():
            assert isinstance(page, DocumentPage)
            page.follow(after)
        studio.showing.follow(after)
        studio.services.desk.output = after.output_folder
        studio.services.autosave.soon = float(after.autosave)
        studio.actions.refresh()

    def _warn(self, sentence: str) -> None:
        self._studio.window.messages.say(sentence, "warning")

    def _warn_of_missing(self, document: OpenDocument) -> None:
        from studio.project.missing import missing_in

        missing = missing_in(document.document, document.registry)
        if missing:
            self._studio.window.messages.say(
                f"'{document.name}': {missing.sentence}",
                "warning",
                tr("What to install…"),
                lambda: pages.show_missing(self._studio, missing),
            )
