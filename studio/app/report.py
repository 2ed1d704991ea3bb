"""Report a problem: choose what helps, see all that is inside, save it as one file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ReelwrightError
from studio.background import Background, Task
from studio.project.redaction import Redaction
from studio.project.report import Choices, Material, Part, findings, parts, save, versions
from studio.theme import mono_font, tr

SIZE: Final = (880, 620)
MARGIN: Final = 24
DEFAULT_NAME: Final = "reelwright-report.zip"

TYPING_PAUSE_MS: Final = 200
"""The parts are made anew once nobody has typed for so long."""

AskPath = Callable[[QWidget], Path | None]
MakeMaterial = Callable[[str, str], Material]
"""From versions and findings: the rest, as it is now."""


class ReportDialog(QDialog):
    """Shows the parts of a report before anything is written.

    `material` gives everything but versions and the doctor's findings, which are asked for in the
    background, where the parts are made too.
    """

    def __init__(
        self,
        material: MakeMaterial,
        background: Background,
        ask_path: AskPath | None = None,
        examine: Callable[[], str] = findings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._material = material
        self._background = background
        self._ask_path = ask_path or _ask_path
        self._redaction = Redaction.of_this_computer()
        self._facts: tuple[str, str] | None = None
        self._parts: tuple[Part, ...] = ()
        self._making: Task | None = None
        self._pause = QTimer(self, singleShot=True, interval=TYPING_PAUSE_MS)
        self._pause.timeout.connect(self._make_parts)
        self.saved: Path | None = None
        self.setWindowTitle(tr("Report a problem"))
        self.resize(*SIZE)
        self._make_fields()
        self._arrange()
        self._make_parts()
        background.run(lambda: (versions(), examine()), self._examined)

    def _make_fields(self) -> None:
        self.what = QPlainTextEdit()
        self.what.setPlaceholderText(tr("What did you do, what happened, what did you expect?"))
        self.what.setAccessibleName(tr("What happened"))
        self.what.setTabChangesFocus(True)
        self.what.setFixedHeight(88)
        self.log = _box(tr("The last lines of the log"), True)
        self.document = _box(tr("The graph that is open"), True)
        self.texts = _box(tr("with its prompts, texts and notes"), False)
        self.files = _box(tr("with the names of its files"), False)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("What is inside"))
        self.list.currentRowChanged.connect(self._show)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(mono_font(11))
        self.text.setAccessibleName(tr("All that this part says"))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.button = QPushButton(tr("Save report…"))
        self.button.setProperty("role", "primary")
        self.button.setToolTip(tr("Write these parts into one file; nothing is sent anywhere"))
        self.button.clicked.connect(self._save)
        self.what.textChanged.connect(self._typed)
        for box in (self.log, self.document, self.texts, self.files):
            box.toggled.connect(self._make_parts)

    def _arrange(self) -> None:
        title = QLabel(tr("Report a problem"))
        title.setProperty("role", "title")
        told = QLabel(
            tr(
                "This makes one file that helps to find out what went wrong. Look through it: "
                "passwords, keys and your name are taken out, and nothing is sent anywhere."
            )
        )
        told.setProperty("role", "muted")
        told.setWordWrap(True)
        inside = QLabel(tr("What is inside"))
        inside.setProperty("role", "section")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(MARGIN, MARGIN, MARGIN, 16)
        rows.setSpacing(8)
        for widget in (title, told, self.what):
            rows.addWidget(widget)
        rows.addLayout(self._boxes())
        rows.addSpacing(4)
        rows.addWidget(inside)
        rows.addWidget(self._preview(), 1)
        rows.addLayout(self._buttons())

    def _boxes(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(20)
        for box in (self.log, self.document, self.texts, self.files):
            row.addWidget(box)
        row.addStretch(1)
        return row

    def _preview(self) -> QSplitter:
        both = QSplitter()
        both.addWidget(self.list)
        both.addWidget(self.text)
        both.setSizes([210, 620])
        both.setChildrenCollapsible(False)
        return both

    def _buttons(self) -> QHBoxLayout:
        close = QPushButton(tr("Close"))
        close.setToolTip(tr("Close without saving (Esc)"))
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.note, 1)
        row.addWidget(close)
        row.addWidget(self.button)
        return row

    @property
    def choices(self) -> Choices:
        """What is ticked and written."""
        return Choices(
            what_happened=self.what.toPlainText(),
            with_document=self.document.isChecked(),
            with_texts=self.texts.isChecked(),
            with_files=self.files.isChecked(),
            with_log=self.log.isChecked(),
        )

    @property
    def shown(self) -> Sequence[Part]:
        """The parts as they would be written now."""
        return self._parts

    def _examined(self, facts: tuple[str, str]) -> None:
        self._facts = facts
        self._make_parts()

    def _typed(self) -> None:
        self.button.setEnabled(False)  # what is shown is not what would be written
        self._pause.start()

    def _make_parts(self) -> None:
        waiting = tr("Not finished yet.") + "\n"
        material = self._material(*(self._facts or (waiting, waiting)))
        self.document.setEnabled(material.document is not None)
        for box in (self.texts, self.files):
            box.setEnabled(self.document.isChecked() and material.document is not None)
        if self._making is not None:
            self._making.cancel()
        choices, redaction = self.choices, self._redaction
        self.button.setEnabled(False)
        self._making = self._background.run(
            lambda: parts(material, choices, redaction), self._took, self._failed
        )

    def _took(self, made: tuple[Part, ...]) -> None:
        self._parts = made
        if self._facts is None:
            self._say(tr("The doctor is looking at this computer…"), "muted")
        elif self.note.property("role") == "muted":
            self._say("", "")
        self.button.setEnabled(self._facts is not None)
        self._list_parts()

    def _list_parts(self) -> None:
        here = self.list.currentItem().text() if self.list.currentItem() else ""
        names = [part.title for part in self._parts]
        self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems(names)
        self.list.setCurrentRow(names.index(here) if here in names else 0)
        self.list.blockSignals(False)
        self._show(self.list.currentRow())

    def _show(self, row: int) -> None:
        if 0 <= row < len(self._parts):
            text = self._parts[row].text
            if text != self.text.toPlainText():
                self.text.setPlainText(text)

    def _save(self) -> None:
        path = self._ask_path(self)
        if path is None:
            return
        made = self._parts
        self.button.setEnabled(False)

        def work() -> Path:
            save(made, path)
            return path

        self._background.run(work, self._done, self._failed)

    def _done(self, path: Path) -> None:
        self.saved = path
        self.button.setEnabled(True)
        self._say(tr("Saved as {path}. Send it to whoever helps you.", path=path), "success")

    def _failed(self, error: ReelwrightError) -> None:
        self.button.setEnabled(True)
        self._say(str(error), "danger")

    def _say(self, sentence: str, role: str) -> None:
        self.note.setText(sentence)
        self.note.setProperty("role", role)
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)


def _box(text: str, ticked: bool) -> QCheckBox:
    box = QCheckBox(text)
    box.setChecked(ticked)
    box.setToolTip(tr("Tick to put it into the report"))
    return box


def _ask_path(parent: QWidget) -> Path | None:
    start = str(Path.home() / DEFAULT_NAME)
    chosen, _ = QFileDialog.getSaveFileName(parent, tr("Save report"), start, "ZIP (*.zip)")
    return Path(chosen) if chosen else None
