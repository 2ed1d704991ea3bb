"""The questions that documents need answered, asked with the system's dialogs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from studio.app.documents import SUFFIX, Unsaved
from studio.document import OpenDocument
from studio.theme import tr

MEDIA: Final = (
    "*.mp4 *.mov *.m4v *.mkv *.webm *.gif *.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff"
    " *.wav *.mp3 *.flac *.ogg *.opus *.m4a"
)
MOST_NAMED: Final = 6


class Questions:
    """Asks the person in front of the window.  `folder` is where dialogs begin."""

    def __init__(self, window: Callable[[], QWidget | None], folder: Callable[[], Path]) -> None:
        self._window = window
        self._folder = folder

    def path_to_save(self, document: OpenDocument) -> Path | None:
        """Where a document shall go."""
        start = document.path or self._folder() / f"{document.name}{SUFFIX}"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window(), tr("Save graph"), str(start), tr("Graphs") + f" (*{SUFFIX})"
        )
        return Path(chosen) if chosen else None

    def paths_to_open(self) -> Sequence[Path]:
        """Which files to open."""
        filters = (
            f"{tr('Graphs, and media with a graph inside')} (*{SUFFIX} {MEDIA});;"
            f"{tr('Graphs')} (*{SUFFIX});;{tr('All files')} (*)"
        )
        return self._choose(tr("Open"), filters)

    def media_to_add(self) -> Sequence[Path]:
        """Which pictures, videos or sounds to load in the graph."""
        return self._choose(tr("Add media"), f"{tr('Media')} ({MEDIA});;{tr('All files')} (*)")

    def about_unsaved(self, documents: Sequence[OpenDocument]) -> Unsaved:
        """What becomes of documents that are closed with changes that no file has."""
        box = QMessageBox(self._window())
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(tr("Unsaved changes"))
        box.setText(unsaved_sentence(documents))
        box.setInformativeText(tr("What is not saved is lost."))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        box.deleteLater()
        answers: dict[int, Unsaved] = {buttons.Save: "save", buttons.Discard: "discard"}
        return answers.get(answer, "cancel")

    def about_work(self) -> str:
        """'keep', 'stop' or 'cancel': what becomes of runs on this computer when it closes."""
        box = QMessageBox(self._window())
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(tr("Work is going on"))
        box.setText(tr("This computer is still working on runs."))
        box.setInformativeText(
            tr("They can go on without the window, or stop and keep their checkpoints.")
        )
        keep = box.addButton(tr("Keep working"), QMessageBox.ButtonRole.AcceptRole)
        stop = box.addButton(tr("Stop"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(keep)
        box.exec()
        clicked = box.clickedButton()
        box.deleteLater()
        return "keep" if clicked is keep else "stop" if clicked is stop else "cancel"

    def _choose(self, title: str, filters: str) -> Sequence[Path]:
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window(), title, str(self._folder()), filters
        )
        return [Path(path) for path in chosen]


def unsaved_sentence(documents: Sequence[OpenDocument]) -> str:
    """The question, with the names of the documents."""
    if len(documents) == 1:
        return tr("Save the changes of '{name}'?", name=documents[0].name)
    names = ", ".join(f"'{document.name}'" for document in documents[:MOST_NAMED])
    more = " …" if len(documents) > MOST_NAMED else ""
    return tr(
        "Save the changes of {count} documents? {names}", count=len(documents), names=names + more
    )
