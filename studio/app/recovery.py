"""After a crash: which documents can be had back, and what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio.project.recovery import Offer
from studio.theme import Theme, icon_pixmap, tr
from studio.times import ago

Answer = Literal["recover", "later", "discard"]

WIDTH: Final = 560
MARGIN: Final = 24
TALLEST_LIST: Final = 340


class OfferRow(QFrame):
    """One document: what it is, when it was copied, what it has over its file."""

    def __init__(self, offer: Offer, now: float) -> None:
        super().__init__()
        self.offer = offer
        self.setProperty("role", "card")
        self.box = QCheckBox(offer.name)
        self.box.setChecked(True)
        self.box.setStyleSheet("font-weight: 600;")
        self.box.setToolTip(tr("Open this document again"))
        place = QLabel(str(offer.path) if offer.path else tr("Not saved to a file yet"))
        place.setProperty("role", "small")
        place.setWordWrap(True)
        moment = QLabel(ago(now - offer.time))
        moment.setProperty("role", "small")
        what = QLabel(offer.difference)
        what.setProperty("role", "small")
        top = QHBoxLayout()
        top.addWidget(self.box, 1)
        top.addWidget(moment)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 10, 12, 10)
        rows.setSpacing(2)
        rows.addLayout(top)
        for label in (place, what):
            label.setIndent(22)
            rows.addWidget(label)


class RecoveryDialog(QDialog):
    """The offers of a `Recovery`.  After `exec`: `answer`, and `chosen` for 'recover'."""

    def __init__(
        self,
        offers: Sequence[Offer],
        problems: Sequence[str],
        theme: Theme,
        confirm: Callable[[int], bool] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`confirm` asks whether so many documents are really to be discarded."""
        super().__init__(parent)
        self.answer: Answer = "later"
        self._confirm = confirm or self._really
        self.setWindowTitle(tr("Unsaved work was found"))
        self.setFixedWidth(WIDTH)
        now = time.time()
        self.rows = [OfferRow(offer, now) for offer in offers]
        for row in self.rows:
            row.box.toggled.connect(self._tell)
        self.recover = QPushButton()
        self.recover.setProperty("role", "primary")
        self.recover.setDefault(True)
        self.recover.clicked.connect(lambda: self._end("recover"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, 16)
        layout.setSpacing(8)
        layout.addLayout(self._header(theme))
        layout.addSpacing(8)
        layout.addWidget(self._list())
        for problem in problems:
            layout.addWidget(self._problem(problem))
        layout.addSpacing(8)
        layout.addLayout(self._buttons())
        self._tell()

    @property
    def chosen(self) -> tuple[Offer, ...]:
        """The offers that are ticked."""
        return tuple(row.offer for row in self.rows if row.box.isChecked())

    def _header(self, theme: Theme) -> QHBoxLayout:
        mark = QLabel()
        mark.setPixmap(icon_pixmap("history", theme.colors.accent, 28, self.devicePixelRatioF()))
        title = QLabel(tr("Your work is still here"))
        title.setProperty("role", "title")
        told = QLabel(
            tr("Reelwright ended unexpectedly. These documents hold changes that no file has yet.")
        )
        told.setProperty("role", "muted")
        told.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(told)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row

    def _list(self) -> QScrollArea:
        inner = QWidget()
        rows = QVBoxLayout(inner)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        for row in self.rows:
            rows.addWidget(row)
        rows.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setStyleSheet("QScrollArea { background: transparent; }")
        area.setFixedHeight(min(inner.sizeHint().height(), TALLEST_LIST))
        return area

    def _problem(self, sentence: str) -> QLabel:
        label = QLabel(sentence)
        label.setProperty("role", "warning")
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _buttons(self) -> QHBoxLayout:
        discard = QPushButton(tr("Discard all…"))
        discard.setProperty("role", "danger")
        discard.setToolTip(tr("Remove these copies for good; the files stay as they are"))
        discard.clicked.connect(self._discard)
        later = QPushButton(tr("Not now"))
        later.setToolTip(tr("Keep the copies, and ask at the next start (Esc)"))
        later.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(discard)
        row.addStretch(1)
        row.addWidget(later)
        row.addWidget(self.recover)
        return row

    def _tell(self) -> None:
        count, total = len(self.chosen), len(self.rows)
        text = (
            tr("Recover")
            if total == 1
            else tr("Recover {count} of {total}", count=count, total=total)
        )
        self.recover.setText(text)
        self.recover.setEnabled(count > 0)
        self.recover.setToolTip(tr("Open them as they were; nothing is written until you save"))

    def _discard(self) -> None:
        if self._confirm(len(self.rows)):
            self._end("discard")

    def _end(self, answer: Answer) -> None:
        self.answer = answer
        self.accept()

    def _really(self, count: int) -> bool:
        asked = tr("Remove {count} unsaved copies for good?", count=count)
        if count == 1:
            asked = tr("Remove this unsaved copy for good?")
        button = QMessageBox.StandardButton
        chosen = QMessageBox.warning(
            self, self.windowTitle(), asked, button.Discard | button.Cancel, button.Cancel
        )
        return chosen == button.Discard
