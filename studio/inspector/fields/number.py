"""The field of a number with a fraction, and what it shares with that of whole numbers."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.graph.params import ParamSpec, ParamValue
from studio.inspector.fields.arithmetic import Number, number_meant
from studio.inspector.fields.base import Field
from studio.inspector.fields.scrub_box import ScrubBox
from studio.inspector.fields.stepping import Stepping
from studio.theme import Theme, tr


class NumberField(Field):
    """A number to drag, step or type, sums included."""

    def __init__(self, spec: ParamSpec, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(spec, theme, parent)
        self.stepping = Stepping(spec)
        self.box = ScrubBox(self.stepping, theme, self)
        self.box.scrubbed.connect(self.offer)
        self.box.typed.connect(self._typed)
        self.box.finished.connect(self.finish)
        self.box.escaped.connect(self.restore)
        self.setFocusProxy(self.box)
        self.body.addWidget(self.box)
        self._show(spec.default)

    def offer(self, candidate: object) -> bool:
        taken = super().offer(candidate)
        if taken:
            self._show(self._value)
        return taken

    def hint(self) -> str:
        return tr("Drag sideways, or type a number or a sum. Shift is finer, Ctrl coarser.")

    def forget(self) -> None:
        self.box.close_editor()
        super().forget()

    def _show(self, value: ParamValue) -> None:
        self.box.show_number(number_in(value), tr("mixed") if self.mixed else None)

    def _mark(self, bad: bool) -> None:
        self.box.mark(bad)

    def _typed(self, text: str) -> None:
        try:
            value = number_meant(self.spec, text, number_in(self._value))
        except ValueError as error:
            self.complain(str(error))
        else:
            self.offer(value)
        self.finish()


def number_in(value: ParamValue) -> Number:
    """A value as a number; documents may hold others, which then count as 0."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0
