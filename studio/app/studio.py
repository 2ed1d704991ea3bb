"""The studio: services, documents, run control and the window, made and joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from engine.errors import ReelwrightError, StorageFailed
from engine.graph.problems import Problem
from studio.app import bindings, canvas_bindings, pages, viewer_commands
from studio.app.actions import Actions
from studio.app.assembly import SEEN_FIRST, Assembly, load_ahead
from studio.app.documents import Documents
from studio.app.front import Front
from studio.app.garbage import Garbage
from studio.app.keeping import Keeping
from studio.app.key_settings import KeySettings
from studio.app.look import Look
from studio.app.opening import Opening
from studio.app.page import DocumentPage
from studio.app.places_of_problems import ProblemWalk, go_to_problem
from studio.app.questions import Questions
from studio.app.run_control import RunControl
from studio.app.services import Services
from studio.app.showing import Showing
from studio.app.typing_guard import TypingGuard
from studio.app.window import MainWindow
from studio.document import OpenDocument
from studio.project.settings import Preferences

if TYPE_CHECKING:
    from studio.app.documents import Asks
    from studio.app.find_box import FindBox
    from studio.app.welcome import WelcomePage
    from studio.inspector.app_view import AppView

IDLE_MS: Final = 80
"""How long to leave the window alone between two panels that are made ahead."""


class Studio(QObject):
    """Everything that is there while the window is open."""

    def __init__(
        self, app: QApplication, preferences: Preferences, asks: Asks | None = None
    ) -> None:
        super().__init__()
        self.look = Look(app, preferences)
        self.services = Services(preferences)
        self.questions = Questions(lambda: self.window, self._folder)
        self.documents = Documents(self.services.registry, asks or self.questions)
        self.documents.writing.run = self.services.background.run
        self.control = RunControl(self.services.desk, self.services.book, self.documents)
        self.control.place = preferences.current.place
        self.opening = Opening(self.documents, self.services.background)
        self.opening.middle = self._middle
        self.keys = KeySettings(preferences)
        self.actions = Actions(self.look.theme, self)
        self.actions.set_keys(self.keys.keys)
        self.assembly = Assembly(self.services, self.look.theme)
        self.window = MainWindow(
            self.actions, self.control, self.look.theme, self._make_page, self.assembly.makers()
        )
        self.problem_walk = ProblemWalk()
        self.welcome: WelcomePage | None = None
        self.app_view: AppView | None = None
        self.find_box: FindBox | None = None
        self.garbage: Garbage | None = None
        self._usage: Counter[str] = Counter()
        self._keep_working = False
        self._ended = False
        self._guard = TypingGuard(app, self.actions, self)
        self.front = Front(self)
        self.showing = Showing(self)
        self.keeping = Keeping(self.services, self.documents, self.opening, self.window, self.look)
        self._join()
        bindings.bind(self)
        canvas_bindings.bind(self)
        viewer_commands.bind(self)

    def show(self) -> None:
        """Show the window as it stood last time."""
        self.keeping.restore_window()
        if self.documents.current is None:
            pages.show_welcome(self)
        self.window.show()
        self.actions.refresh_now()

    def begin(self, paths: Sequence[Path]) -> None:
        """What comes after the window is there: machines, and files."""
        self.garbage = Garbage(self)
        self.services.background.run(load_ahead, lambda _: self._make_ahead(list(SEEN_FIRST)))
        self.documents.opened.connect(self.garbage.opened_or_closed)
        self.documents.closed.connect(self.garbage.opened_or_closed)
        self.keeping.begin(paths)
        self.services.desk.start()

    def _make_ahead(self, commands: list[str]) -> None:
        """Make the panels that the first document brings, one at a time, while nothing happens."""
        if commands and not self._ended:
            self.window.docks.content(commands.pop(0))
            QTimer.singleShot(IDLE_MS, self, lambda: self._make_ahead(commands))

    def may_end(self) -> bool:
        """Ask about what is unsaved, and what becomes of work that goes on."""
        try:
            return self.documents.may_close(self.documents.items) and self._settle_work()
        except StorageFailed as error:
            self.window.messages.fail(error)
            return False

    def end(self) -> None:
        """Keep how everything stood, and end in order."""
        self._ended = True
        self.actions.close()
        self._leave_garbage()
        self.keeping.end()
        self.front.close()
        self.services.close(keep_working=self._keep_working)
        self.window.deleteLater()

    def abandon(self) -> None:
        """Somebody ends the process from outside: ask nothing, lose nothing.

        What is unsaved stays in its safety copies, to be offered next time; runs go on.
        """
        if not self._ended:
            self._ended = True
            for document in self.documents.items:
                self.services.autosave.copy_now(document)
            self.services.background.close()
            self.services.desk.close(keep_working=True)
            self._leave_garbage()

    def _leave_garbage(self) -> None:
        if self.garbage is not None:
            self.garbage.close()

    @property
    def page(self) -> DocumentPage | None:
        """The page of the document in front."""
        page = self.window.tabs.page(self.documents.current)
        return page if isinstance(page, DocumentPage) else None

    def go_to(self, problem: Problem) -> None:
        """Show the place of a problem of the document in front."""
        document, page = self.documents.current, self.page
        if document is None or page is None:
            return
        self.window.show_editor()
        id = go_to_problem(document, problem)
        if id:
            page.canvas.show_node(id)
            page.canvas.setFocus()

    def attempt(self, act: Callable[[], object]) -> None:
        """Do something; what goes wrong is told over the canvas."""
        try:
            act()
        except ReelwrightError as error:
            self.window.messages.fail(error)

    def when_idle(self, act: Callable[[], object]) -> None:
        """Do something once the window has drawn itself."""
        QTimer.singleShot(0, self, lambda: act())

    def _join(self) -> None:
        window = self.window
        window.may_close = self.may_end
        window.shut.connect(self.end)
        window.pages.currentChanged.connect(lambda _: pages.place_viewer(self))
        window.files_dropped.connect(self.opening.open)
        window.tabs.chosen.connect(self.documents.show)
        window.tabs.close_requested.connect(self._close)
        window.tabs.moved.connect(self.documents.move)
        window.tabs.new_requested.connect(lambda: self.actions.run("file.new"))
        window.tabs.set_new_tip(self.actions.tip("file.new"))
        window.palette_box.chosen.connect(self.actions.run)
        window.status.problem_chosen.connect(self.go_to)
        window.status.zoom_clicked.connect(lambda: self.actions.run("view.actual_size"))
        window.status.child_clicked.connect(lambda: window.docks.reveal("view.machines"))
        window.status.run_clicked.connect(lambda: window.docks.reveal("view.queue"))
        self.actions.failed.connect(window.messages.fail)
        self.opening.said.connect(window.status.say)
        self.opening.failed.connect(self._on_open_failed)

    def _make_page(self, document: OpenDocument) -> QWidget:
        page = DocumentPage(
            document, self.services.book, self.look.theme, self.actions.action, self._usage
        )
        page.follow(self.services.preferences.current)
        page.hands.graph_dropped.connect(lambda path: self.opening.open([path]))
        page.canvas.node_activated.connect(lambda _: self.window.docks.reveal("view.inspector"))
        page.canvas.view_requested.connect(self.showing.node)
        page.canvas.camera.moved.connect(self.front.show_zoom)
        return page

    def _on_open_failed(self, error: ReelwrightError, path: Path) -> None:
        self.window.messages.fail(error, "Open another…", lambda: self.actions.run("file.open"))
        self.attempt(lambda: self.services.recent.remove(str(path)))

    def _close(self, document: OpenDocument) -> None:
        self.attempt(lambda: self.documents.close(document))

    def _folder(self) -> Path:
        document = self.documents.current
        if document is not None and document.path is not None:
            return document.path.parent
        recent = self.services.recent.files
        return Path(recent[0].path).parent if recent else Path.home()

    def _middle(self) -> tuple[float, float]:
        page = self.page
        center = page.canvas.camera.centre if page is not None else None
        return (center.x(), center.y()) if center is not None else (0.0, 0.0)

    def _settle_work(self) -> bool:
        self._keep_working = False
        if not self.services.desk.has_work:
            return True
        wish = self.services.preferences.current.on_close
        answer = self.questions.about_work() if wish == "ask" else wish
        self._keep_working = answer == "keep"
        return answer != "cancel"
