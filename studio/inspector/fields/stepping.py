"""How a number's field steps, scrubs and shows its values, from the declaration; knows no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias

from engine.graph.params import ParamSpec
from studio.inspector.fields.arithmetic import Number

Pace: TypeAlias = Literal["fine", "normal", "coarse"]

PIXELS_PER_STEP: Final = 4
"""How far the mouse goes for one step where no range gives the scale."""

FACTORS: Final[dict[Pace, float]] = {"fine": 0.1, "normal": 1.0, "coarse": 10.0}
NARROW: Final = 1000
"""A range of so many steps at most is shown as a slider."""


@dataclass(frozen=True)
class Stepping:
    """The steps of one parameter."""

    spec: ParamSpec

    @property
    def whole(self) -> bool:
        return self.spec.type is int

    @cached_property
    def step(self) -> float:
        """The declared step, else one that suits the range."""
        if self.spec.step:
            return self.spec.step
        if self.whole:
            return 1
        if self._span is None:
            return 0.1
        return float(10.0 ** math.floor(math.log10(max(self._span, 1e-9) / 30)))

    @cached_property
    def slides(self) -> bool:
        """Whether the range is narrow enough for a slider."""
        if self._span is None:
            return False
        return self.spec.widget == "slider" or self._span / self.step <= NARROW

    def stepped(self, value: Number, steps: int, pace: Pace = "normal") -> Number:
        """So many steps on, kept inside the range."""
        return self.fitted(value + steps * self._paced(pace), pace)

    def dragged(self, start: Number, pixels: int, width: int, pace: Pace = "normal") -> Number:
        """Where a drag of so many pixels leads; a slider's whole width is its whole range."""
        if self.slides and self._span is not None and pace != "coarse":
            share = pixels * FACTORS[pace] / max(1, width)
            return self.fitted(start + share * self._span, pace)
        # Whole steps only: big numbers (seeds) would lose digits as floats.
        return self.stepped(start, round(pixels / PIXELS_PER_STEP), pace)

    def fitted(self, value: Number, pace: Pace = "normal") -> Number:
        """The nearest value on the grid of steps and inside the range."""
        grid = self._paced(pace)
        if self.whole:
            value = value if isinstance(value, int) and grid == 1 else self._on_grid(value, grid)
            return int(self._inside(round(value)))
        return float(self._inside(round(self._on_grid(value, grid), self._decimals(grid))))

    def share(self, value: Number) -> float:
        """Where a value lies in the range, 0 to 1."""
        if not self._span or self.spec.ge is None:
            return 0.0
        return min(1.0, max(0.0, (value - self.spec.ge) / self._span))

    def text(self, value: Number) -> str:
        """How a value is shown: no more digits than it has, or the word for it."""
        word = self.spec.word_for(value)
        if word:
            return word
        return str(value) if isinstance(value, int) else f"{value:.10g}"

    @property
    def _span(self) -> float | None:
        low, high = self.spec.ge, self.spec.le
        return None if low is None or high is None else high - low

    def _paced(self, pace: Pace) -> float:
        """The step at a pace; whole numbers go by 1 at the least, and by their step normally."""
        paced = self.step * FACTORS[pace]
        return max(1, round(paced)) if self.whole else paced

    def _on_grid(self, value: Number, grid: float) -> Number:
        return round(value / grid) * grid

    def _inside(self, value: Number) -> Number:
        low, high = self.spec.ge, self.spec.le
        if low is not None and value < low:
            return low
        return high if high is not None and value > high else value

    @staticmethod
    def _decimals(grid: float) -> int:
        return max(0, 2 - math.floor(math.log10(grid)))
