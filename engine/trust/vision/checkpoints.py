"""Classifiers of pictures and of motion from their folders, each by its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from engine.trust.checkpoints import (
    POLICIES,
    SHIELDGEMMA,
    Checkpoint,
    Described,
    PictureCheckpoint,
    described,
    labelled,
    state_of,
)
from engine.trust.classifiers import Assessment, Judge, assess

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]

VIDEO_KINDS: Final = ("videomae", "vivit", "timesformer", "vjepa2")
"""What transformers calls the classifiers of motion."""


class VisualClassifier(Judge, Protocol):
    """A classifier of samples of `length` frames."""

    @property
    def length(self) -> int: ...

    def logits_of(self, frames: Sequence[Frame]) -> Mapping[str, float]: ...


class FrameClassifier:
    """A classifier of pictures, asked about a sample of one frame."""

    length = 1

    def __init__(self, checkpoint: PictureCheckpoint | PolicyCheckpoint) -> None:
        self.name, self.version = checkpoint.name, checkpoint.version
        self.calibration = checkpoint.calibration
        self._checkpoint = checkpoint

    def logits_of(self, frames: Sequence[Frame]) -> dict[str, float]:
        return self._checkpoint.logits(frames[0])

    def logits(self, subject: Frame) -> dict[str, float]:
        return self._checkpoint.logits(subject)


class MotionCheckpoint(Checkpoint):
    """A classifier of several frames in a row: VideoMAE and its like."""

    def __init__(self, described: Described) -> None:
        super().__init__(described, "AutoImageProcessor", "AutoModelForVideoClassification")
        self.length = int(getattr(self._model.config, "num_frames", 16))

    def logits_of(self, frames: Sequence[Frame]) -> dict[str, float]:
        # The last frame stands on where the video ends within a sample.
        whole = [*frames, *[frames[-1]] * (self.length - len(frames))]
        return labelled(self._model, self._processor(images=whole, return_tensors="pt"))


class PolicyCheckpoint(Checkpoint):
    """A model that is asked whether a picture violates a policy: ShieldGemma 2.

    The logit of a policy is that of 'yes' less that of 'no'; several may be violated at once.
    """

    def __init__(self, described: Described) -> None:
        super().__init__(described, "AutoProcessor", "AutoModelForImageClassification")

    def logits(self, subject: Frame) -> dict[str, float]:
        import torch

        inputs = self._processor(images=[subject], policies=list(POLICIES), return_tensors="pt")
        with torch.inference_mode():
            answers = self._model(**inputs).logits.float().tolist()
        return {policy: yes - no for policy, (yes, no) in zip(POLICIES, answers, strict=True)}


def visual_classifiers(calibration_files: str) -> list[FrameClassifier | MotionCheckpoint]:
    """The classifiers beside the calibrations that are named, one a line; none for ""."""
    paths = [Path(line.strip()).expanduser() for line in calibration_files.splitlines()]
    return [_loaded(path, state_of(path)) for path in paths if path.name]


def assess_picture(calibration_files: str, pixels_HWC: Frame) -> Assessment:
    """What the classifiers of pictures that are named say of one; "" for none: not assessed."""
    named = visual_classifiers(calibration_files)
    return assess(pixels_HWC, [each for each in named if isinstance(each, FrameClassifier)])


@lru_cache(maxsize=4)
def _loaded(path: Path, state: tuple[int, ...]) -> FrameClassifier | MotionCheckpoint:
    return visual_classifier(described(path))


def visual_classifier(of: Described) -> FrameClassifier | MotionCheckpoint:
    """The classifier that a folder describes, loaded."""
    if of.kind in VIDEO_KINDS:
        return MotionCheckpoint(of)
    return FrameClassifier(
        PolicyCheckpoint(of) if of.kind == SHIELDGEMMA else PictureCheckpoint(of)
    )
