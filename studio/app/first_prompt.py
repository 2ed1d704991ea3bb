"""One field for a prompt, with which of its words the model knows, and a button that makes it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout

from studio.app.template_card import Playing
from studio.project.first_video import EXAMPLES, TRY, understood
from studio.theme import TEXT_SIZE, Theme, icon, tr, ui_font

FIELD_HEIGHT: Final = 40
PICTURE_SIZE: Final = 176
LONGEST_PROMPT: Final = 2000


class FirstPrompt(QFrame):
    """The card 'Make a first video'."""

    make_requested = Signal(str)
    """The prompt."""

    def __init__(self, theme: Theme, first: bool, motion: bool = True) -> None:
        super().__init__()
        self._theme = theme
        self._example = 0
        self.setProperty("role", "card")
        self.picture = Playing(theme, motion)
        self.picture.setFixedSize(PICTURE_SIZE, PICTURE_SIZE)
        self.field = self._make_field()
        self.make = QPushButton(tr("Make the video"))
        self.make.setProperty("role", "primary")
        self.make.setStyleSheet(f"min-height: {FIELD_HEIGHT - 14}px; padding: 4px 16px;")
        self.make.setToolTip(tr("Make a video from these words, on this computer (Enter)"))
        self.make.clicked.connect(self._make)
        self.another = QPushButton(tr("Another example"))
        self.another.setProperty("role", "quiet")
        self.another.setToolTip(tr("Put other words into the field"))
        self.another.clicked.connect(self._next_example)
        self._known = QLabel()
        self._known.setWordWrap(True)
        self._known.setTextFormat(Qt.TextFormat.RichText)
        title = QLabel(tr("Make a first video") if first else tr("Make a video"))
        title.setProperty("role", "title")
        promise = QLabel(
            tr(
                "Say what it shows. The small model that comes with Reelwright makes it here, "
                "in seconds: nothing to download, no graphics card needed."
            )
        )
        promise.setProperty("role", "muted")
        promise.setWordWrap(True)
        self._arrange(title, promise)
        self.set_theme(theme)
        self._tell()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.picture.set_theme(theme)
        self.make.setIcon(icon("run", theme, theme.colors.on_accent))
        self.another.setIcon(icon("dice", theme))
        self._tell()

    def _make_field(self) -> QLineEdit:
        field = QLineEdit(EXAMPLES[0])
        field.setStyleSheet(f"min-height: {FIELD_HEIGHT - 10}px; padding: 4px 10px;")
        field.setFont(ui_font(TEXT_SIZE + 2))
        field.setMaxLength(LONGEST_PROMPT)
        field.setPlaceholderText(tr("Say what the video shows"))
        field.setAccessibleName(tr("What the video shows"))
        field.setToolTip(tr("What the video shows; Enter makes it"))
        field.textChanged.connect(self._tell)
        field.returnPressed.connect(self._make)
        return field

    def _arrange(self, title: QLabel, promise: QLabel) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.make)
        buttons.addWidget(self.another)
        buttons.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(title)
        words.addSpacing(4)
        words.addWidget(promise)
        words.addSpacing(12)
        words.addWidget(self.field)
        words.addSpacing(8)
        words.addWidget(self._known)
        words.addStretch(1)
        words.addSpacing(8)
        words.addLayout(buttons)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(24, 20, 20, 20)
        columns.setSpacing(24)
        columns.addLayout(words, 1)
        columns.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)

    def _tell(self) -> None:
        """Which words the model knows, each with what it says."""
        prompt = self.field.text()
        self.make.setEnabled(bool(prompt.strip()))
        known = understood(prompt)
        muted, text = self._theme.colors.muted, self._theme.colors.text
        said = " &nbsp;·&nbsp; ".join(
            f'<span style="color:{muted}">{kind}</span> '
            f'<span style="color:{text};font-weight:600">{word}</span>'
            for word, kind in known
        )
        if known:
            self._known.setText(said)
        else:
            hint = tr("The small model knows none of these words yet. Try “{words}”.", words=TRY)
            self._known.setText(f'<span style="color:{self._theme.colors.warning}">{hint}</span>')

    def _next_example(self) -> None:
        self._example = (self._example + 1) % len(EXAMPLES)
        self.field.setText(EXAMPLES[self._example])

    def _make(self) -> None:
        if self.field.text().strip():
            self.make_requested.emit(self.field.text().strip())
