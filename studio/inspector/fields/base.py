"""What every field of a parameter has in common: a value in, values out, and why not."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.graph.params import ParamSpec, ParamValue
from studio.theme import Theme, tr


class Field(QWidget):
    """Edits one parameter's value; never says a value that its declaration does not allow.

    Derived classes build their widgets into `self.body`, show a value in `_show`, and hand what
    the user does to `offer`.
    """

    value_changed = Signal(object)
    """A good value, while the user drags or types; not sent for what `set_value` shows."""
    editing_finished = Signal()
    """The user is done: the next change is another step of the history."""
    complained = Signal(str)
    """Why what stands there is no value; '' once it is."""

    wide = False
    """Whether it wants the full width of the panel, with its label above."""

    def __init__(self, spec: ParamSpec, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.theme = theme
        self._value: ParamValue = spec.default
        self._before: ParamValue | None = None
        self.mixed = False
        self._help = ""
        self._faulty = False
        self._complaint: QLabel | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(4)
        self._column.addLayout(self.body)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    # What the panel says

    @property
    def value(self) -> ParamValue:
        """The last good value."""
        return self._value

    def set_value(self, value: ParamValue, *, mixed: bool = False) -> None:
        """Show a value; `mixed` shows that several nodes differ."""
        if self.complaint and value == self._value and mixed == self.mixed:
            return  # what stands there is no value yet, and the user is at it
        if value != self._value:
            self.complain("")
        self._value = value
        self.mixed = mixed
        self._show(value)

    def forget(self) -> None:
        """Drop what the user was at: the field is about to show another node's value."""
        self._before = None
        self.complain("")

    def set_enabled_reason(self, reason: str) -> None:
        """Switch the field off and say why, or on again with ''."""
        self.setEnabled(not reason)
        self.setToolTip(reason or self._help)

    def set_help(self, sentence: str) -> None:
        """What its tooltip tells: what the parameter does, then how it is handled."""
        self._help = "\n".join(part for part in (sentence, self.hint()) if part)
        self.setToolTip(self._help)

    def set_fault(self, clause: str) -> None:
        """Say why the value that the document holds is not allowed; '' if it is."""
        if clause or self._faulty:
            self.complain(clause)
        self._faulty = bool(clause)

    def hint(self) -> str:
        """How the field is handled, where that cannot be seen."""
        return ""

    def set_accessible(self, name: str, description: str) -> None:
        """How screen readers call it."""
        self.setAccessibleName(name)
        self.setAccessibleDescription(description)
        target = self.focusProxy()
        if target is not None:
            target.setAccessibleName(name)
            target.setAccessibleDescription(description)

    def set_notes(self, notes: tuple[str, ...]) -> None:
        """What the last run noted about the value; most fields have nothing to show of it."""

    # What derived classes do

    def _show(self, value: ParamValue) -> None:
        """Show a value without telling of a change."""
        raise NotImplementedError

    def begin(self) -> None:
        """Remember the value that Escape goes back to."""
        if self._before is None:
            self._before = self._value

    def offer(self, candidate: object) -> bool:
        """Take what the user made if it is allowed, else complain.  Whether it was taken."""
        self.begin()
        try:
            value = self.spec.check(candidate)
        except ValueError as error:
            self.complain(str(error))
            return False
        self.complain("")
        if value != self._value or self.mixed:
            self._value = value
            self.mixed = False
            self.value_changed.emit(value)
        return True

    def finish(self) -> None:
        """The user is done with this change."""
        if self._before is not None:
            self._before = None
            self.editing_finished.emit()

    def restore(self) -> None:
        """Back to the value from before this change; undo still knows what was typed."""
        before, self._before = self._before, None
        self.complain("")
        if before is not None and before != self._value:
            self.editing_finished.emit()
            self._value = before
            self.value_changed.emit(before)
            self.editing_finished.emit()
        self._show(self._value)

    def complain(self, clause: str) -> None:
        """Show why a value is not taken, in one sentence; '' takes the sentence away."""
        if not clause and self._complaint is None:
            return
        label = self._complaint or self._made_complaint()
        sentence = f"{clause[:1].upper()}{clause[1:]}." if clause else ""
        if sentence == label.text():
            return
        label.setText(sentence)
        label.setVisible(bool(sentence))
        self._mark(bool(sentence))
        self.complained.emit(sentence)

    @property
    def complaint(self) -> str:
        """The sentence that is shown, or ''."""
        return self._complaint.text() if self._complaint else ""

    def _mark(self, bad: bool) -> None:
        """Draw the field as bad or good; derived classes know what to draw."""

    def _made_complaint(self) -> QLabel:
        label = QLabel(self)
        label.setProperty("role", "danger")
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAccessibleName(tr("What is wrong with the value"))
        label.hide()
        self._column.addWidget(label)
        self._complaint = label
        return label

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes this change back."""
        if event.key() == Qt.Key.Key_Escape and self._before is not None:
            self.restore()
        else:
            super().keyPressEvent(event)
