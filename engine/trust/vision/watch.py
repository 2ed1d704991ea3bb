"""Watching a video for harm while it streams by: classifiers heard on its samples, by matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from engine.trust.classifiers import NOT_ASSESSED, Assessment, probability, together
from engine.trust.vision.aggregation import score_over_time
from engine.trust.vision.sampling import MOST, Sample, Sampler

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.trust.vision.checkpoints import VisualClassifier

MATTERS: Final = ("nsfw", "violence")
"""What is told of every video: assessed, or not assessed."""

_WINDOWS: Final = 8
"""Samples of several frames, each of which costs as much as many single ones."""
_WINDOW_SIDE: Final = 320
_APART: Final = 0.125
"""Seconds between the frames of such a sample: motion, not noise."""


class HarmWatch:
    """Sees every frame of a video in turn; at its end it says what was assessed, by matter."""

    def __init__(
        self,
        classifiers: Sequence[VisualClassifier],
        frames: int,
        fps: Fraction,
        matters: Sequence[str] = MATTERS,
        most: int = MOST,
    ) -> None:
        self._classifiers, self._matters = classifiers, matters
        self._samplers = {
            length: sampler_of(length, frames, fps, most)
            for length in {classifier.length for classifier in classifiers}
        }

    def see(self, chunk_THWC: NDArray[np.uint8]) -> None:
        """Look at further frames."""
        for sampler in self._samplers.values():
            sampler.see(chunk_THWC)

    def end(self) -> dict[str, Assessment]:
        """What all classifiers of each matter say together of the video."""
        samples = {length: sampler.samples() for length, sampler in self._samplers.items()}
        heard: dict[str, list[tuple[VisualClassifier, float]]] = defaultdict(list)
        for classifier in self._classifiers:
            seen = samples[classifier.length]
            if seen:
                about = classifier.calibration.about
                heard[about].append((classifier, _score(classifier, seen)))
        named = dict.fromkeys((*self._matters, *heard))
        return {about: together(heard[about]) if heard[about] else NOT_ASSESSED for about in named}


def sampler_of(length: int, frames: int, fps: Fraction, most: int = MOST) -> Sampler:
    """What chooses samples for classifiers of `length` frames."""
    if length == 1:
        return Sampler(frames, fps, most=most)
    return Sampler(
        frames, fps, most=min(most, _WINDOWS), side=_WINDOW_SIDE, length=length, apart=_APART
    )


def _score(classifier: VisualClassifier, samples: Sequence[Sample]) -> float:
    return score_over_time(
        [
            probability(classifier.logits_of(sample.frames), classifier.calibration)
            for sample in samples
        ]
    )
