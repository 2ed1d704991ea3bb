"""The studio, joined: services, documents, run control and the window, each told of the others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from engine.errors import ReelwrightError, StorageFailed
from studio.app import bindings, canvas_bindings, pages, viewer_commands
from studio.app.actions import Actions
from studio.app.assembly import Assembly
from studio.app.changes_panel import ChangesPanel
from studio.app.documents import Documents
from studio.app.key_settings import KeySettings
from studio.app.look import Look
from studio.app.looking import ProblemWatch
from studio.app.opening import Opening
from studio.app.page import DocumentPage
from studio.app.places_of_problems import ProblemWalk, go_to_problem
from studio.app.questions import Questions
from studio.app.run_control import Result, RunControl
from studio.app.services import Services
from studio.app.typing_guard import TypingGuard
from studio.app.window import MainWindow
from studio.document import OpenDocument
from studio.project.settings import Preferences, Settings
from studio.theme import Theme

if TYPE_CHECKING:
    from studio.app.find_box import FindBox
    from studio.app.welcome import WelcomePage
    from studio.inspector.app_view import AppView

TICK_MS: Final = 1000


class Studio(QObject):
    """Everything that runs while the window is open."""

    def __init__(self, app: QApplication, preferences: Preferences) -> None:
        super().__init__()
        self.look = Look(app, preferences)
        self.services = Services(preferences)
        self.questions = Questions(lambda: self.window, self._folder)
        self.documents = Documents(self.services.registry, self.questions)
        self.control = RunControl(self.services.desk, self.services.book, self.documents)
        self.control.place = preferences.current.place
        self.opening = Opening(self.documents, self.services.background)
        self.keys = KeySettings(preferences)
        self.actions = Actions(self.look.theme, self)
        self.actions.set_keys(self.keys.keys)
        self.assembly = Assembly(self.services, self.look.theme)
        self.window = MainWindow(
            self.actions, self.control, self.look.theme, self._make_page, self.assembly.makers()
        )
        self.problem_walk = ProblemWalk()
        self._problems = ProblemWatch(self.services.background, self)
        self._guard = TypingGuard(app, self.actions, self)
        self._usage: Counter[str] = Counter()
        self._ticks = QTimer(self, interval=TICK_MS)
        self.welcome: WelcomePage | None = None
        self.app_view: AppView | None = None
        self.find_box: FindBox | None = None
        self._join()
        bindings.bind(self)
        canvas_bindings.bind(self)
        viewer_commands.bind(self)

    # Life

    def show(self) -> None:
        """Show the window as it stood last time."""
        from studio.project.sessions import load_session

        session = load_session().value
        with suppress(ValueError):
            self.window.restore(session.geometry_bytes, session.docks_bytes)
        if self.documents.current is None:
            pages.show_welcome(self)
        self.window.show()
        self.actions.refresh_now()

    def begin(self, paths: Sequence[Path]) -> None:
        """What comes after the window is there: machines, files, what was open last time."""
        self.services.desk.start()
        self._ticks.start()
        for problem in (self.services.preferences.problem, self.services.recent.problem):
            if problem:
                self.window.messages.say(problem, "warning")
        if paths:
            self.opening.open(paths)

    def may_end(self) -> bool:
        """Ask about what is unsaved, and what becomes of work that goes on."""
        try:
            return self.documents.may_close(self.documents.items) and self._settle_work()
        except StorageFailed as error:
            self.window.messages.fail(error)
            return False

    def end(self) -> None:
        """Keep how everything stood, and end in order."""
        self._ticks.stop()
        self._keep_session()
        self._problems.watch(None)
        self.services.close(keep_working=self._keep_working)
        self.window.deleteLater()

    # What bindings use

    @property
    def page(self) -> DocumentPage | None:
        """The page of the document in front."""
        return cast("DocumentPage | None", self.window.tabs.page(self.documents.current))

    def go_to(self, problem: object) -> None:
        """Show the place of a problem of the document in front."""
        from engine.graph.problems import Problem

        document, page = self.documents.current, self.page
        if document is not None and page is not None and isinstance(problem, Problem):
            self.window.show_editor()
            id = go_to_problem(document, problem)
            if id:
                page.canvas.show_node(id)
                page.canvas.setFocus()

    def open_and_say(self, paths: Sequence[Path]) -> None:
        """Open files in the background; what is wrong with one is told over the canvas."""
        self.opening.open(paths)

    # Joining

    def _join(self) -> None:
        window, services = self.window, self.services
        window.may_close = self.may_end
        window.shut.connect(self.end)
        window.files_dropped.connect(self.opening.open)
        window.tabs.chosen.connect(self.documents.show)
        window.tabs.close_requested.connect(lambda it: self._try_close(it))
        window.tabs.moved.connect(self.documents.move)
        window.tabs.new_requested.connect(lambda: self.actions.run("file.new"))
        window.palette_box.chosen.connect(self.actions.run)
        window.status.problem_chosen.connect(self.go_to)
        window.status.zoom_clicked.connect(lambda: self.actions.run("view.actual_size"))
        window.status.child_clicked.connect(lambda: window.docks.reveal("view.machines"))
        window.status.run_clicked.connect(lambda: window.docks.reveal("view.queue"))
        self.actions.failed.connect(window.messages.fail)
        self.look.changed.connect(self._on_theme)
        self.keys.changed.connect(self._on_keys)
        services.background.went_wrong.connect(window.messages.fail)
        services.desk.places_changed.connect(self._on_places)
        services.desk.child_changed.connect(window.status.show_child)
        services.desk.went_wrong.connect(self._warn)
        services.autosave.trouble.connect(self._on_autosave_trouble)
        services.preferences.changed.connect(self._on_preferences)
        services.book.run_changed.connect(self._on_run)
        self.documents.opened.connect(self._on_opened)
        self.documents.closed.connect(self._on_closed)
        self.documents.current_changed.connect(self._on_current)
        self.documents.saved.connect(self._on_saved)
        self.opening.said.connect(window.status.say)
        self.opening.failed.connect(self._on_open_failed)
        self.opening.middle = self._middle
        self.control.result.connect(self._show_result)
        self.control.preview.connect(self._show_preview)
        self.control.changed.connect(self.actions.refresh)
        self.assembly.made = self._on_panel
        self._ticks.timeout.connect(self._tick)
        self._on_places()
        self._on_current(None)

    def _make_page(self, document: OpenDocument) -> QWidget:
        preferences = self.services.preferences.current
        page = DocumentPage(
            document, self.services.book, self.look.theme, self.actions.action, self._usage
        )
        page.show_minimap(preferences.minimap)
        page.hands.stage.snaps = preferences.snap
        page.hands.graph_dropped.connect(lambda path: self.opening.open([path]))
        page.canvas.node_activated.connect(lambda _: self.window.docks.reveal("view.inspector"))
        page.canvas.view_requested.connect(self._view_node)
        page.canvas.camera.moved.connect(self._on_zoom)
        return page

    def _on_panel(self, command: str, panel: QWidget) -> None:
        if command == "view.inspector":
            panel.show_document(self.documents.current, self.services.book)  # type: ignore[attr-defined]
        elif isinstance(panel, ChangesPanel):
            panel.show_document(self.documents.current)
        elif command == "view.viewer":
            self.actions.place("viewer", panel)
            self.control.show_latest()

    def _on_opened(self, document: OpenDocument) -> None:
        self.window.tabs.add_document(document)
        self.services.autosave.watch(document)
        document.status_changed.connect(self._on_status)
        document.selection_changed.connect(self._on_selection)
        document.level_changed.connect(self.actions.refresh)
        document.problems_changed.connect(self._on_problems)
        if document.path is not None:
            self._remember(document.path)
        self._warn_of_missing(document)

    def _on_closed(self, document: OpenDocument) -> None:
        self.window.tabs.remove_document(document)
        self.services.autosave.forget(document)

    def _on_current(self, document: OpenDocument | None) -> None:
        self.window.tabs.show_document(document)
        if document is None:
            pages.show_welcome(self)
        self._problems.watch(document)
        contents = self.window.docks.contents
        if "view.inspector" in contents:
            contents["view.inspector"].show_document(document, self.services.book)  # type: ignore[attr-defined]
        if "view.changes" in contents:
            contents["view.changes"].show_document(document)  # type: ignore[attr-defined]
        self._on_status()
        self._on_problems()
        self._on_zoom()
        self.window.status.show_run(self.control.current)
        if document is not None:
            self.window.show_editor()
            if self.page is not None:
                self.page.canvas.setFocus()

    def _on_status(self) -> None:
        self.window.set_title(self.documents.current)
        self.actions.refresh()

    def _on_selection(self, _: object) -> None:
        self.actions.refresh()

    def _on_problems(self) -> None:
        document = self.documents.current
        self.window.status.show_problems(document.known_problems if document is not None else ())

    def _on_zoom(self) -> None:
        page = self.page
        self.window.status.show_zoom(page.canvas.camera.zoom if page is not None else None)

    def _on_saved(self, document: OpenDocument) -> None:
        if document.path is not None:
            self._remember(document.path)
            self.window.status.say(f"Saved '{document.path.name}'.")

    def _on_open_failed(self, error: ReelwrightError, path: Path) -> None:
        self.window.messages.fail(error, "Choose another…", lambda: self.actions.run("file.open"))
        self.services.recent.remove(str(path))

    def _on_places(self) -> None:
        self.window.tools.show_places(self.services.desk.places)

    def _on_run(self, _: object) -> None:
        self.window.status.show_run(self.control.current)

    def _on_theme(self, theme: Theme) -> None:
        self.assembly.theme = theme
        self.actions.set_theme(theme)
        self.window.set_theme(theme)

    def _on_keys(self) -> None:
        self.actions.set_keys(self.keys.keys)
        self.window.tools.refresh_tips()

    def _on_preferences(self, before: Settings, after: Settings) -> None:
        for page in self.window.tabs.pages():
            assert isinstance(page, DocumentPage)
            page.show_minimap(after.minimap)
            page.hands.stage.snaps = after.snap
        self.services.desk.output = after.output_folder
        self.services.autosave.soon = float(after.autosave)
        self.actions.refresh()

    def _on_autosave_trouble(self, sentence: str) -> None:
        if sentence:
            self._warn(sentence)

    def _warn(self, sentence: str) -> None:
        self.window.messages.say(sentence, "warning")

    def _warn_of_missing(self, document: OpenDocument) -> None:
        from studio.project.missing import missing_in

        missing = missing_in(document.document, document.registry)
        if missing:
            advice = " ".join([*(pack.advice for pack in missing.packs), missing.advice]).strip()
            self._warn(f"{document.name}: {missing.sentence} {advice}".strip())

    # What happens now and then

    def _tick(self) -> None:
        self.services.autosave.tick(time.monotonic())

    def _show_result(self, result: Result) -> None:
        from studio.viewer.media import Media

        media = Media.of(result.path, result.title)
        viewer = self.window.docks.contents.get("view.viewer")
        if viewer is not None:
            viewer.show(media)  # type: ignore[call-arg]
        if self.app_view is not None and hasattr(self.app_view, "show_result"):
            self.app_view.show_result(media)

    def _show_preview(self, jpeg: bytes) -> None:
        viewer = self.window.docks.contents.get("view.viewer")
        if viewer is not None and self.services.preferences.current.previews:
            viewer.show_preview(jpeg)  # type: ignore[attr-defined]

    def _view_node(self, id: str) -> None:
        document = self.documents.current
        if document is not None:
            self.window.docks.reveal("view.viewer")
            if not self.control.show_node(document, id):
                canvas_bindings.run_to_view(self, document, id)

    def _try_close(self, document: OpenDocument) -> None:
        try:
            self.documents.close(document)
        except ReelwrightError as error:
            self.window.messages.fail(error)

    def _remember(self, path: Path) -> None:
        with suppress(StorageFailed):  # a full disk is told where something is lost by it
            self.services.recent.add(path, time.time())

    def _folder(self) -> Path:
        document = self.documents.current
        if document is not None and document.path is not None:
            return document.path.parent
        recent = self.services.recent.files
        return Path(recent[0].path).parent if recent else Path.home()

    def _middle(self) -> tuple[float, float]:
        page = self.page
        if page is None:
            return 0.0, 0.0
        center = page.canvas.camera.centre
        return center.x(), center.y()

    _keep_working = False

    def _settle_work(self) -> bool:
        self._keep_working = False
        if not self.services.desk.has_work:
            return True
        wish = self.services.preferences.current.on_close
        answer = self.questions.about_work() if wish == "ask" else wish
        self._keep_working = answer == "keep"
        return answer != "cancel"

    def _keep_session(self) -> None:
        from studio.project.sessions import Session, Tab, encoded, save_session

        tabs = tuple(Tab(path=str(d.path)) for d in self.documents.items if d.path is not None)
        paths = [d.path for d in self.documents.items if d.path is not None]
        current = self.documents.current
        active = paths.index(current.path) if current and current.path in paths else 0
        session = Session(
            tabs=tabs,
            active=active,
            geometry=encoded(self.window.place()),
            docks=encoded(self.window.docks.save()),
        )
        with suppress(StorageFailed):
            save_session(session)
