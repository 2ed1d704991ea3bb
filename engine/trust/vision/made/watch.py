"""Watching a reference video for signs that a machine made it, while it streams by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput
from engine.trust.checkpoints import called, read_calibration, version_of
from engine.trust.classifiers import Assessment, Calibration, probability, together
from engine.trust.vision.aggregation import score_over_time
from engine.trust.vision.made.encoder import Encoder, encoder_in
from engine.trust.vision.made.statistics import (
    FEWEST,
    METHODS,
    REFERENCE,
    STALL,
    Recordings,
    read_recordings,
    statistics,
)
from engine.trust.vision.made.weak_evidence import WeakEvidence
from engine.trust.vision.sampling import Sample, Sampler

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MATTER: Final = "ai-made"

WINDOWS: Final = 4
LENGTH: Final = 16
SIDE: Final = 320
APART: Final = 0.125
"""Seconds between the frames of a window: both statistics are of frames in a row."""

NO_ENCODER: Final = Assessment(status="not assessed", why="no calibrated encoder is set")
TOO_SHORT: Final = Assessment(status="not assessed", why=f"it has fewer than {FEWEST} frames")


@dataclass(frozen=True)
class Found:
    """What was assessed, and weak evidence in words."""

    assessment: Assessment
    weak: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Detector:
    """A statistic of an encoder's embeddings, with its calibration."""

    name: str
    version: str
    calibration: Calibration
    encoder: Encoder = field(repr=False)
    recordings: Recordings | None = field(default=None, repr=False)

    def score(self, windows: Sequence[Sample]) -> float:
        """The probability that a machine made the video of these windows."""
        return score_over_time(
            [probability(self._statistics(window), self.calibration) for window in windows]
        )

    def _statistics(self, window: Sample) -> Mapping[str, float]:
        return statistics(self.encoder.embeddings(window.frames), self.recordings)


class MadeWatch:
    """Sees every frame of a video in turn; at its end it says what calibrated encoders find.

    Raises InvalidInput and StorageFailed where one that is named cannot be loaded.
    """

    def __init__(self, calibration_files: str, frames: int, fps: Fraction) -> None:
        lines = filter(None, map(str.strip, calibration_files.splitlines()))
        self._detectors = [detector(Path(line).expanduser()) for line in lines]
        self._sampler = windows(frames, fps)
        self._weak = WeakEvidence(frames, fps)

    def see(self, chunk_THWC: NDArray[np.uint8]) -> None:
        """Look at further frames."""
        if self._detectors:
            self._sampler.see(chunk_THWC)
        self._weak.see(chunk_THWC)

    def end(self) -> Found:
        """What all say together."""
        return Found(self._assessment(), self._weak.end())

    def _assessment(self) -> Assessment:
        if not self._detectors:
            return NO_ENCODER
        seen = long_enough(self._sampler.samples())
        if not seen:
            return TOO_SHORT
        return together([(each, each.score(seen)) for each in self._detectors])


def windows(frames: int, fps: Fraction) -> Sampler:
    """What chooses the frames that both statistics are made of."""
    return Sampler(frames, fps, most=WINDOWS, side=SIDE, length=LENGTH, apart=APART)


def long_enough(samples: Sequence[Sample]) -> list[Sample]:
    """The windows that hold frames enough for a statistic."""
    return [sample for sample in samples if len(sample.frames) >= FEWEST]


def detector(calibration_file: Path) -> Detector:
    """The detector beside a calibration.  Raises InvalidInput, StorageFailed."""
    calibration = read_calibration(calibration_file)
    if len(calibration.unsafe) != 1 or calibration.unsafe[0] not in METHODS:
        raise InvalidInput(
            f"The calibration '{calibration_file}', field 'unsafe': it is not one of an encoder.",
            remedy=f"It must be one of {', '.join(METHODS)}; make it with 'reelwright calibrate'.",
        )
    folder = calibration_file.parent
    recordings = read_recordings(folder / REFERENCE) if STALL in calibration.unsafe else None
    return Detector(
        f"{calibration.unsafe[0]} with {called(calibration_file)}",
        version_of(calibration_file),
        calibration,
        encoder_in(folder),
        recordings,
    )
