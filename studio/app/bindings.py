"""What the commands of the File, Edit, View, Run and Help menus do."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from studio.app import pages
from studio.app.docks import PANELS
from studio.project.recent import RecentFile
from studio.project.settings import Preferences
from studio.theme import tr

if TYPE_CHECKING:
    from studio.app.studio import Studio


REFUSED: Final = "why a document does not run"

_SWITCHES: Final = {
    "view.minimap": "minimap",
    "view.snap": "snap",
    "view.previews": "thumbnails",
}
"""Commands that switch a preference on or off."""


def bind(studio: Studio) -> None:
    """Bind everything that needs no canvas and no viewer."""
    _bind_files(studio)
    _bind_steps(studio)
    _bind_view(studio)
    _bind_runs(studio)
    _bind_help(studio)
    recent = studio.window.menus["recent"]
    recent.aboutToShow.connect(lambda: fill_recent(studio))


def fill_recent(studio: Studio) -> None:
    """The menu of files that were open lately."""
    menu = studio.window.menus["recent"]
    menu.clear()
    for file in studio.services.recent.files:
        action = menu.addAction(file.name)
        action.setToolTip(file.path)
        action.triggered.connect(lambda _=False, it=file: _open_recent(studio, it))
    if menu.isEmpty():
        menu.addAction(tr("No files yet")).setEnabled(False)
        return
    menu.addSeparator()
    menu.addAction(tr("Forget these files")).triggered.connect(studio.services.recent.clear)


def _open_recent(studio: Studio, file: RecentFile) -> None:
    studio.opening.open([Path(file.path)])


def _bind_files(studio: Studio) -> None:
    bind, documents = studio.actions.bind, studio.documents

    def some() -> bool:
        return documents.current is not None

    bind("file.new", documents.new)
    bind("file.new_from_template", lambda: pages.show_welcome(studio, gallery=True))
    bind("file.open", lambda: studio.opening.open(studio.questions.paths_to_open()))
    bind("file.reopen", documents.reopen, lambda: documents.can_reopen)
    bind("file.save", documents.save_soon, some)
    bind("file.save_as", documents.save_as_soon, some)
    bind("file.import_media", lambda: studio.opening.add_media(studio.questions.media_to_add()))
    bind("file.close", lambda: pages.leave_welcome(studio) or documents.close(), some)
    bind("file.close_others", documents.close_others, lambda: len(documents.items) > 1)
    bind("file.preferences", lambda: pages.show_preferences(studio))
    bind("file.quit", studio.window.close)


def _bind_steps(studio: Studio) -> None:
    def undo() -> None:
        if studio.documents.current is not None:
            studio.documents.current.undo()

    def redo() -> None:
        if studio.documents.current is not None:
            studio.documents.current.redo()

    def can_undo() -> bool:
        return studio.documents.current is not None and bool(studio.documents.current.undo_label)

    def can_redo() -> bool:
        return studio.documents.current is not None and bool(studio.documents.current.redo_label)

    studio.actions.bind("edit.undo", undo, can_undo)
    studio.actions.bind("edit.redo", redo, can_redo)
    studio.actions.bind(
        "edit.find", lambda: pages.find(studio), lambda: studio.documents.current is not None
    )


def _bind_view(studio: Studio) -> None:
    bind, window, preferences = studio.actions.bind, studio.window, studio.services.preferences
    for panel in PANELS:
        key, docks = panel.command, window.docks
        bind(key, partial(docks.toggle, key), checked=partial(docks.is_shown, key))

    def several() -> bool:
        return len(studio.documents.items) > 1

    bind("view.palette", window.palette_box.open)
    bind(
        "view.app",
        lambda: pages.toggle_app_view(studio),
        lambda: studio.documents.current is not None,
        lambda: pages.app_view_is_shown(studio),
    )
    bind("view.next_tab", lambda: studio.documents.step(1), several)
    bind("view.previous_tab", lambda: studio.documents.step(-1), several)
    bind("view.next_area", lambda: pages.step_area(studio, 1))
    bind("view.previous_area", lambda: pages.step_area(studio, -1))
    for key, name in _SWITCHES.items():
        bind(key, partial(_flip, preferences, name), checked=partial(_is_on, preferences, name))
    bind("view.reset_layout", window.docks.reset)
    bind("view.theme", studio.look.toggle)
    bind("view.fullscreen", lambda: _toggle_fullscreen(studio), checked=window.isFullScreen)


def _flip(preferences: Preferences, name: str) -> None:
    preferences.set(**{name: not _is_on(preferences, name)})


def _is_on(preferences: Preferences, name: str) -> bool:
    return bool(getattr(preferences.current, name))


def _toggle_fullscreen(studio: Studio) -> None:
    window = studio.window
    window.showNormal() if window.isFullScreen() else window.showFullScreen()


def _bind_runs(studio: Studio) -> None:
    bind, control = studio.actions.bind, studio.control

    def some_problem() -> bool:
        document = studio.documents.current
        return document is not None and bool(document.known_problems)

    def some_nodes() -> bool:
        document = studio.documents.current
        return document is not None and bool(document.selection.nodes)

    bind("run.run", lambda: run(studio), lambda: control.can_run)
    bind("run.front", lambda: run(studio, front=True), lambda: control.can_run)
    bind("run.selected", control.run_selected, some_nodes)
    bind("run.sweep", lambda: pages.show_sweep(studio), lambda: control.can_run)
    bind("run.interrupt", control.interrupt, lambda: bool(control.active))
    bind("run.pause", control.pause, lambda: control.can_pause)
    bind("run.resume", control.resume, lambda: control.can_resume)
    bind("run.retry", control.retry, lambda: control.can_retry)
    bind("run.next_problem", lambda: _step_problem(studio, 1), some_problem)
    bind("run.previous_problem", lambda: _step_problem(studio, -1), some_problem)


def run(studio: Studio, front: bool = False) -> None:
    """Run the document in front; what cannot run is shown where it is wrong."""
    document = studio.documents.current
    errors = [p for p in document.known_problems if p.severity == "error"] if document else []
    if errors:
        studio.go_to(errors[0])
        more = tr(" ({count} problems in all)", count=len(errors)) if len(errors) > 1 else ""
        studio.window.messages.say(f"{errors[0]}{more}", "danger", topic=REFUSED)
        return
    studio.window.messages.settle(REFUSED)
    studio.control.run(front)


def _step_problem(studio: Studio, by: int) -> None:
    if studio.documents.current is not None:
        problem = studio.problem_walk.step(studio.documents.current, by)
        if problem is not None:
            studio.go_to(problem)
            studio.window.status.say(str(problem))


def _bind_help(studio: Studio) -> None:
    bind = studio.actions.bind
    bind("help.guide", lambda: pages.open_guide(studio))
    bind("help.welcome", lambda: pages.show_welcome(studio))
    bind("help.keys", lambda: pages.show_keys(studio))
    bind("help.report", lambda: pages.show_report(studio))
    bind("help.about", lambda: pages.show_about(studio))
