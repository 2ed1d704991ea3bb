"""All checks of what is exported, in the one pass that writes it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from engine.values import Clip, Image
from nodes.screening import Screening
from nodes.watching import Watching

if TYPE_CHECKING:
    from engine.trust.audit.entry import Assessment


class Checks:
    """Takedown register, classifiers and faces over one export.

    `classifiers` and `faces` name calibrations, as in `watching.py`; without them it is told that
    nothing was assessed.  Whoever reads meets BlockedByPolicy where something must not be shown.
    Raises StorageFailed for a damaged register, InvalidInput for a calibration that is none.
    """

    def __init__(self, classifiers: str = "", faces: str = "") -> None:
        self._screening, self._watching = Screening(), Watching(classifiers, faces)

    def clip(self, clip: Clip) -> Clip:
        """The same clip, checked while it is read."""
        return self._watching.clip(self._screening.clip(clip))

    def image(self, image: Image) -> Image:
        """The same picture, checked."""
        pixels_HWC = self._screening.image(image).pixels_HWC
        still = Clip(lambda: iter([pixels_HWC[None]]), 1, image.height, image.width, Fraction(1))
        for _ in self._watching.clip(still):
            pass
        return image

    def assessed(self) -> tuple[Assessment, ...]:
        """What was and what was not assessed, once all is written."""
        return self._screening.assessed() + self._watching.assessed()
