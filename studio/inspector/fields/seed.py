"""The field of a seed: a number, dice for another, and whether each run takes a new one."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.graph.params import ParamSpec
from studio.inspector.fields.number import NumberField
from studio.inspector.icon_button import IconButton
from studio.inspector.seeds import HIGHEST
from studio.theme import Theme, tr

KEEP: Final = "Each run keeps this seed. Click for a new one at each run."
RENEW: Final = "Each run takes a new seed. Click to keep this one."


class SeedField(NumberField):
    """A seed: drag, type, roll the dice, or let each run take a new one."""

    fresh_changed = Signal(bool)
    """Whether each run takes a new seed."""

    def __init__(
        self,
        spec: ParamSpec,
        theme: Theme,
        parent: QWidget | None = None,
        roll: Callable[[int, int], int] = random.randint,
    ) -> None:
        super().__init__(spec, theme, parent)
        self._roll = roll
        self._fresh = False
        self.dice = IconButton("dice", tr("Roll another seed"), theme, self)
        self.dice.clicked.connect(self._rolled)
        self.lock = IconButton("lock", tr(KEEP), theme, self)
        self.lock.clicked.connect(lambda: self.fresh_changed.emit(not self._fresh))
        self.body.removeWidget(self.box)
        line = QHBoxLayout()
        line.setSpacing(0)
        line.addWidget(self.box, 1)
        line.addSpacing(2)
        line.addWidget(self.dice)
        line.addWidget(self.lock)
        self.body.addLayout(line)

    @property
    def fresh(self) -> bool:
        """Whether each run takes a new seed."""
        return self._fresh

    def set_fresh(self, fresh: bool) -> None:
        """Show whether each run takes a new seed."""
        if fresh != self._fresh:
            self._fresh = fresh
            self.lock.draw(
                "refresh" if fresh else "lock", self.theme.colors.accent if fresh else ""
            )
            self.lock.say(tr(RENEW) if fresh else tr(KEEP))

    def _rolled(self) -> None:
        low = int(self.spec.ge or 0)
        high = HIGHEST if self.spec.le is None else int(min(self.spec.le, HIGHEST))
        self.offer(self._roll(low, high))
        self.finish()
