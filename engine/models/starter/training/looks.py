"""What one clip and its sound show, looked at once: all that rows of a report are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.models.starter.training.checker import Finding, Subject, check_clip, find_subject
from engine.models.starter.training.sync import heard_onsets, seen_impacts
from engine.models.starter.training.world import FRAME_RATE

Clip = NDArray[np.uint8]  # [T, H, W, 3]
Sound = NDArray[np.float32]  # [N]

_SEEN = 0.7  # of the frames: a subject that is seen in fewer has no path


@dataclass(frozen=True, eq=False)
class Look:
    """What a clip shows, where its subject's centre is ((y, x) in pixels) in the frames it is
    `seen` in, when it bounces and when a sound begins (both in seconds).
    """

    finding: Finding
    frames: int
    seen_N: NDArray[np.int64]
    centres_N2: NDArray[np.float64]
    impacts: NDArray[np.float64]
    onsets: NDArray[np.float64] | None

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return (self.frames - 1) / FRAME_RATE


def look_at(video_THW3: Clip, sound_N: Sound | None = None, subject: Subject | None = None) -> Look:
    """Look at a clip, and listen; `subject` where it was found already."""
    subject = find_subject(video_THW3) if subject is None else subject
    return Look(
        finding=check_clip(video_THW3, subject),
        frames=len(video_THW3),
        seen_N=np.array(subject.seen, dtype=np.int64),
        centres_N2=subject.centres,
        impacts=seen_impacts(subject),
        onsets=None if sound_N is None else heard_onsets(sound_N),
    )


def path_distance(one: Look, other: Look, first: int = 0) -> float:
    """How far apart the subjects' centres are, in pixels, in the mean of the frames from `first` on
    in which both are seen; infinite where those are too few.
    """
    both, mine, theirs = np.intersect1d(one.seen_N, other.seen_N, return_indices=True)
    late = both >= first
    if late.sum() < _SEEN * (one.frames - first):
        return float("inf")
    apart = one.centres_N2[mine[late]] - other.centres_N2[theirs[late]]
    return float(np.hypot(apart[:, 0], apart[:, 1]).mean())
