"""The field of a long text: an editor that grows, counts, and marks words a model does not know."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextDocument,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QSizePolicy, QWidget

from engine.graph.params import ParamSpec, ParamValue
from studio.inspector.fields.base import Field
from studio.inspector.fields.unknown_words import places_of, unknown_words
from studio.inspector.role import set_role
from studio.theme import RADIUS, Theme, tr

FEWEST_LINES: Final = 3
MOST_LINES: Final = 14
FRAME: Final = 10
"""What the style sheet adds to the lines, until it can be measured."""

NAMED_WORDS: Final = 6
NEARLY_FULL: Final = 0.9


class PromptField(Field):
    """Several lines of text."""

    wide = True

    def __init__(self, spec: ParamSpec, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(spec, theme, parent)
        self.sheet = Sheet(theme, self)
        self.sheet.textChanged.connect(self._edited)
        self.sheet.left.connect(self.finish)
        self.marks = _Marks(self.sheet.document(), theme)
        self._words: tuple[str, ...] = ()
        self._text = ""
        self._showing = False
        self.unknown = QLabel(self)
        self.unknown.setProperty("role", "warning")
        self.unknown.setWordWrap(True)
        self.unknown.setTextFormat(Qt.TextFormat.PlainText)
        self.unknown.hide()
        self.count = QLabel(self)
        self.count.setProperty("role", "small")
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self.setFocusProxy(self.sheet)
        self.body.addWidget(self.sheet)
        foot = QHBoxLayout()
        foot.addWidget(self.unknown, 1)
        foot.addStretch()
        foot.addWidget(self.count)
        self.body.addLayout(foot)
        self._show(spec.default)
        self._count()

    def set_notes(self, notes: tuple[str, ...]) -> None:
        words = unknown_words(notes)
        if words != self._words:
            self._words = words
            self.marks.mark(words)
            self._name_unknown()

    def _edited(self) -> None:
        text = self.sheet.toPlainText()
        if text == self._text:
            return  # only the marks have changed
        self._text = text
        self._count()
        self._name_unknown()
        if not self._showing:
            self.offer(text)

    def _show(self, value: ParamValue) -> None:
        shown = "" if self.mixed else str(value)
        self.sheet.setPlaceholderText(tr("mixed") if self.mixed else "")
        if self.sheet.toPlainText() == shown:
            return
        self._showing = True
        self.sheet.setPlainText(shown)
        self._showing = False

    def _mark(self, bad: bool) -> None:
        set_role(self.sheet, bad, "invalid")

    def _count(self) -> None:
        length, most = len(self.sheet.toPlainText()), self.spec.max_length
        self.count.setText(f"{length:,}" if most is None else f"{length:,} / {most:,}")
        full = most is not None and length > most * NEARLY_FULL
        set_role(self.count, "warning" if full else "small")
        self.count.setAccessibleName(tr("Length of the text"))

    def _name_unknown(self) -> None:
        """Name the marked words that still stand there."""
        text = self.sheet.toPlainText()
        found = dict.fromkeys(
            text[start : start + length].lower() for start, length in places_of(self._words, text)
        )
        named = ", ".join(f"'{word}'" for word in list(found)[:NAMED_WORDS])
        more = tr(" and more") if len(found) > NAMED_WORDS else ""
        sentence = tr("The model does not know {words}.", words=named + more) if found else ""
        if sentence != self.unknown.text():
            self.unknown.setText(sentence)
            self.unknown.setVisible(bool(sentence))


class Sheet(QPlainTextEdit):
    """A plain text editor as high as its text, within bounds."""

    left = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStyleSheet(_framed(theme))
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self.fewest, self.most = FEWEST_LINES, MOST_LINES
        self._grow()

    def sizeHint(self) -> QSize:
        return QSize(160, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 40)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._grow()

    def _grow(self) -> None:
        lines = self.document().documentLayout().documentSize().height()
        shown = min(max(lines, self.fewest), self.most)
        frame = self.height() - self.viewport().height() if self.isVisible() else FRAME
        edges = 2 if lines <= self.most else 1  # what goes on below ends with a whole line
        margin = round(self.document().documentMargin()) * edges
        height = round(shown * self.fontMetrics().lineSpacing()) + frame + margin
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)


def _framed(theme: Theme) -> str:
    """An editor in a panel looks like a line, not like the scroll areas that it derives from."""
    colors, kind = theme.colors, "QPlainTextEdit"
    return (
        f"{kind} {{ background: {colors.field}; border: 1px solid {colors.outline};"
        f" border-radius: {RADIUS}px; padding: 4px; }}"
        f"{kind}:hover {{ border-color: {colors.outline_strong}; }}"
        f"{kind}:focus {{ border-color: {colors.accent}; }}"
        f"{kind}[invalid=true] {{ border-color: {colors.danger}; }}"
        f"{kind}:disabled {{ background: {colors.panel}; color: {colors.disabled}; }}"
    )


class _Marks(QSyntaxHighlighter):
    """Underlines words as a spell checker does."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._words: tuple[str, ...] = ()
        self._format = QTextCharFormat()
        self._format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SpellCheckUnderline)
        self._format.setUnderlineColor(QColor(theme.colors.warning))

    def mark(self, words: tuple[str, ...]) -> None:
        """Mark these words and no others."""
        self._words = words
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        for start, length in places_of(self._words, text):
            self.setFormat(start, length, self._format)
