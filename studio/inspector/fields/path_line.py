"""What the fields of files and folders share: a path to type, browse for, or drop."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QWidget

from engine.graph.params import ParamSpec, ParamValue
from studio.background import Background, Task
from studio.inspector.fields.base import Field
from studio.inspector.fields.glimpse import Glimpse, glimpse
from studio.inspector.fields.text_line import Line
from studio.inspector.icon_button import IconButton
from studio.inspector.role import set_role
from studio.theme import Theme, tr

PAUSE_MS = 120
"""While somebody types, the disk is asked only when they pause."""


class PathField(Field):
    """A path, with a button to browse; what is named is looked at in the background."""

    looked = Signal(object)
    """Glimpse: what stands at the path."""

    wide = True

    def __init__(
        self, spec: ParamSpec, theme: Theme, background: Background, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, theme, parent)
        self._background = background
        self._task: Task | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._look)
        self.line = Line(self)
        self.line.setAcceptDrops(False)
        self.line.textEdited.connect(self._edited)
        self.line.left.connect(self.finish)
        self.line.returnPressed.connect(self.finish)
        self.browse = IconButton("folder", tr("Browse"), theme, self)
        self.browse.clicked.connect(self._browse)
        self.says = QLabel(self)
        self.says.setProperty("role", "small")
        self.says.setWordWrap(True)
        self.says.setTextFormat(Qt.TextFormat.PlainText)
        self.says.hide()
        line = QHBoxLayout()
        line.setSpacing(2)
        line.addWidget(self.line, 1)
        line.addWidget(self.browse)
        self.body.addLayout(line)
        self.body.addWidget(self.says)
        self.setAcceptDrops(True)
        self.setFocusProxy(self.line)

    # What derived classes say

    def ask(self) -> str:
        """Let the user choose; '' if they do not."""
        raise NotImplementedError

    def judge(self, seen: Glimpse) -> str:
        """What is wrong with what stands at the path, or ''."""
        raise NotImplementedError

    def describe(self, seen: Glimpse) -> None:
        """Show what stands at the path."""

    # The path

    def take(self, path: str) -> None:
        """A path that was chosen or dropped."""
        self.offer(path)
        self._show(self._value)
        self.finish()

    def _edited(self, text: str) -> None:
        if self.offer(text):
            self._pause.start()

    def _show(self, value: ParamValue) -> None:
        shown = "" if self.mixed else str(value)
        self.line.setPlaceholderText(tr("mixed") if self.mixed else self.empty_text())
        self.line.setToolTip(shown)
        if self.line.text() != shown:
            self.line.setText(shown)
            self._look()

    def empty_text(self) -> str:
        """What an empty line says."""
        return tr("None chosen")

    def _look(self) -> None:
        """Ask the disk what is there, not on this thread."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        text = self.line.text()
        if not text.strip():
            self._seen(None)
            return
        self._task = self._background.run(lambda: glimpse(text), self._seen)

    def _seen(self, seen: Glimpse | None) -> None:
        self._task = None
        fault = "" if seen is None else self.judge(seen)
        self.tell(fault, bad=bool(fault))
        self.describe(seen or Glimpse(found=False))
        self.looked.emit(seen)

    def tell(self, sentence: str, *, bad: bool = False) -> None:
        """A sentence under the line."""
        set_role(self.says, "danger" if bad else "small")
        self.says.setText(sentence)
        self.says.setVisible(bool(sentence))
        self._mark(bad or bool(self.complaint))

    def _mark(self, bad: bool) -> None:
        set_role(self.line, bad, "invalid")

    def _browse(self) -> None:
        chosen = self.ask()
        if chosen:
            self.take(chosen)

    def start_folder(self) -> str:
        """Where browsing begins: at what is there already."""
        text = self.line.text().strip()
        return str(Path(text).expanduser()) if text else ""

    # Drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.isEnabled() and _local_path(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.tell(tr("Drop it here"))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._look()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _local_path(event.mimeData())
        if path:
            event.acceptProposedAction()
            if path == self.line.text():
                self._look()
            self.take(path)


def _local_path(data: QMimeData) -> str:
    """The first local file of a drag, or ''."""
    return next((url.toLocalFile() for url in data.urls() if url.isLocalFile()), "")


def choose_file(parent: QWidget, title: str, start: str, pattern: str) -> str:
    """Let the user choose a file that exists."""
    return QFileDialog.getOpenFileName(parent, title, start, pattern)[0]


def choose_folder(parent: QWidget, title: str, start: str) -> str:
    """Let the user choose a folder."""
    return QFileDialog.getExistingDirectory(parent, title, start)
