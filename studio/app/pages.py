"""Pages and dialogs of the window, each made when it is first asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QWidget

from engine.graph.document import Document
from engine.graph.problems import Problem
from studio.theme import tr

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.inspector.app_view import AppView
    from studio.project.missing import Missing

GUIDE: Final = "GUIDE.md"


def show_welcome(studio: Studio, gallery: bool = False) -> None:
    """Show the start page instead of the tabs."""
    studio.window.show_instead(_welcome_page(studio))
    if gallery:
        _show_gallery(studio)


def _welcome_page(studio: Studio) -> QWidget:
    if studio.welcome is None:
        from studio.app.welcome import WelcomePage

        current = studio.services.preferences.current
        page = WelcomePage(
            studio.look.theme,
            studio.services.background,
            studio.services.recent,
            first=not current.welcomed,
            motion=current.motion,
        )
        page.make_requested.connect(lambda prompt: make_first_video(studio, prompt))
        page.template_chosen.connect(lambda name: open_template(studio, name))
        page.file_chosen.connect(lambda path: studio.opening.open([path]))
        page.open_requested.connect(lambda: studio.actions.run("file.open"))
        page.new_requested.connect(lambda: studio.actions.run("file.new"))
        page.gallery_requested.connect(lambda: _show_gallery(studio))
        away = QShortcut(QKeySequence(Qt.Key.Key_Escape), page)
        away.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        away.activated.connect(lambda: leave_welcome(studio))
        studio.welcome = page
    return studio.welcome


def leave_welcome(studio: Studio) -> bool:
    """Back from the start page to the tabs.  False: it is not seen, or there are none."""
    seen = studio.welcome is not None and studio.window.pages.currentWidget() is studio.welcome
    if seen and studio.documents.current is not None:
        studio.window.show_editor()
        return True
    return False


def open_template(studio: Studio, name: str) -> None:
    """Begin a document from a template."""
    from studio.project import templates

    def opened(document: Document) -> None:
        studio.documents.new(document)

    studio.services.background.run(lambda: templates.document(name), opened)


def make_first_video(studio: Studio, prompt: str) -> None:
    """Open the demo's graph with a prompt, and run it."""
    from studio.project.first_video import first_video

    registry = studio.services.registry

    def opened(document: Document) -> None:
        studio.documents.new(document)
        studio.services.preferences.set(welcomed=True)
        studio.actions.run("run.run")

    studio.services.background.run(lambda: first_video(prompt, registry), opened)


def toggle_app_view(studio: Studio) -> None:
    """Show only the exposed controls and the result, or the graph again."""
    if app_view_is_shown(studio):
        studio.window.show_editor()
        return
    view = _app_view(studio)
    document = studio.documents.current
    if document is not None:
        view.show_document(document, studio.services.book)
        studio.window.show_instead(view)
        studio.window.tools.show_view(app=True)
        view.take_keyboard()


def app_view_is_shown(studio: Studio) -> bool:
    """Whether the App view is seen."""
    view = studio.app_view
    return view is not None and studio.window.pages.currentWidget() is view


def _app_view(studio: Studio) -> AppView:
    if studio.app_view is None:
        view = studio.assembly.app_view()
        view.run_requested.connect(lambda: studio.actions.run("run.run"))
        view.stop_requested.connect(studio.services.desk.cancel)
        view.graph_wanted.connect(lambda node: _show_graph(studio, node))
        studio.app_view = view
    return studio.app_view


def place_viewer(studio: Studio) -> None:
    """There is one viewer: it stands in the App view while that is seen, else in its dock."""
    if studio.app_view is not None and app_view_is_shown(studio):
        studio.app_view.set_result_widget(studio.window.docks.content("view.viewer"))
    else:
        studio.window.docks.take_back("view.viewer")


def _show_graph(studio: Studio, node: str) -> None:
    studio.window.show_editor()
    if node:
        studio.go_to(Problem("", node=node))


def step_area(studio: Studio, by: int) -> None:
    """Move the keyboard to the next part of the window that is seen."""
    window = studio.window
    parts: list[QWidget] = [window.tools, window.pages]
    parts += [content for content in window.docks.contents.values() if content.isVisible()]
    parts.append(window.status)
    focused = window.focusWidget()
    here = next((i for i, p in enumerate(parts) if focused and p.isAncestorOf(focused)), 0)
    for step in range(1, len(parts) + 1):
        target = _first_stop(parts[(here + by * step) % len(parts)])
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)
            return


def _first_stop(part: QWidget) -> QWidget | None:
    """The first widget inside that takes the keyboard by Tab."""
    for widget in (part, *part.findChildren(QWidget)):
        by_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if by_tab and widget.isVisible() and widget.isEnabled():
            return widget
    return None


def find(studio: Studio) -> None:
    """Find nodes of the document in front."""
    from studio.app.find_box import FindBox

    if studio.find_box is None:
        studio.find_box = FindBox(studio.look.theme, studio.window.center)
        studio.find_box.chosen.connect(lambda match: _go_to_match(studio, match))
    if studio.documents.current is not None:
        studio.window.show_editor()
        studio.find_box.open(studio.documents.current)


def _go_to_match(studio: Studio, match: object) -> None:
    from studio.editing.find import Match

    if isinstance(match, Match) and not match.is_note:
        where = f"{match.within}:{match.id}" if match.within else match.id
        studio.go_to(Problem("", node=where))


def show_preferences(studio: Studio) -> None:
    """Everything that can be chosen."""
    from studio.app.preferences import PreferencesDialog

    dialog = PreferencesDialog(studio.services.preferences, studio.look.theme, studio.window)
    dialog.keys_requested.connect(lambda: show_keys(studio))
    _show(dialog)


def show_keys(studio: Studio) -> None:
    """Every shortcut, to be changed."""
    from studio.app.key_map import KeyMapDialog

    _show(KeyMapDialog(studio.keys, studio.look.theme, studio.window))


def show_sweep(studio: Studio) -> None:
    """Several values of parameters, a run for each combination."""
    from studio.app.sweep import SweepDialog

    document = studio.documents.current
    if document is not None:
        dialog = SweepDialog(document, studio.look.theme, studio.window)
        dialog.accepted.connect(lambda: studio.attempt(lambda: studio.control.sweep(dialog.axes)))
        _show(dialog)


def show_report(studio: Studio) -> None:
    """Put together what a report of a problem needs."""
    from studio.app.report import ReportDialog
    from studio.project.report import Material

    services, current = studio.services, studio.documents.current

    def material(versions: str, findings: str) -> Material:
        return Material(
            versions,
            findings,
            services.preferences.current,
            services.journal.entries(),
            current.document if current is not None else None,
            services.registry,
        )

    _show(ReportDialog(material, services.background, parent=studio.window))


def show_missing(studio: Studio, missing: Missing) -> None:
    """What a document needs that is not installed."""
    from studio.app.missing import MissingDialog

    _show(MissingDialog(missing, studio.look.theme, studio.window))


def show_about(studio: Studio) -> None:
    """Version and licences."""
    from studio.app.about import AboutDialog

    _show(AboutDialog(studio.look.theme, studio.services.background, studio.window))


def open_guide(studio: Studio) -> None:
    """The guide, with whatever shows such files on this computer."""
    import studio as package

    path = Path(str(package.__file__)).parent / GUIDE
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        studio.window.status.say(tr("The guide is in '{path}'.", path=path))


def _show_gallery(studio: Studio) -> None:
    from studio.app.templates import TemplateGallery

    motion = studio.services.preferences.current.motion
    dialog = TemplateGallery(studio.look.theme, studio.services.background, motion, studio.window)
    dialog.accepted.connect(lambda: open_template(studio, dialog.chosen))
    _show(dialog)


def _show(dialog: QDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
