"""Watching a video for the faces of protected persons while it streams by.

The similarity of two faces is the probability that they are one person's, at even odds, as a
calibration reads the cosine of their embeddings; above its threshold, 0.7 unless it says
otherwise, they count as one person's.  One sampled frame is enough: a face is not made harmless by
being seen briefly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from engine.trust.classifiers import NOT_ASSESSED, Assessment, Calibration, probability
from engine.trust.vision.faces.database import Protected
from engine.trust.vision.faces.models import Face, FaceModels, logits_of
from engine.trust.vision.sampling import Sampler

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIDE: Final = 1280
"""Faces are small: frames are kept larger for them."""

NO_MODELS: Final = Assessment(status="not assessed", why="no face models are set")
NOBODY: Final = Assessment(status="not assessed", why="nobody is protected")
OTHER_MODELS: Final = Assessment(
    status="not assessed", why="the protected persons were added with other face models"
)


@dataclass(frozen=True)
class Likeness:
    """Whom a face resembles most, how much, and where."""

    person: int
    similarity: float
    seconds: float


@dataclass(frozen=True)
class FacesSeen:
    """What was assessed, how many faces were compared, and the greatest likeness."""

    assessment: Assessment
    faces: int = 0
    likeness: Likeness | None = None


class FaceWatch:
    """Sees every frame of a video in turn; at its end it says whom it resembles."""

    def __init__(
        self,
        models: FaceModels | None,
        persons: Sequence[Protected],
        frames: int,
        fps: Fraction,
    ) -> None:
        self._models = models
        self._persons = [] if models is None else comparable(models, persons)
        self._why = _why_not(models, persons, self._persons)
        self._sampler = Sampler(frames, fps, side=_SIDE)

    def see(self, chunk_THWC: NDArray[np.uint8]) -> None:
        """Look at further frames."""
        if self._why is None:
            self._sampler.see(chunk_THWC)

    def end(self) -> FacesSeen:
        """The greatest likeness among all faces of all samples."""
        if self._why is not None or self._models is None:
            return FacesSeen(self._why or NOT_ASSESSED)
        faces = [
            (sample.seconds, face)
            for sample in self._sampler.samples()
            for face in self._models.model.faces(sample.first)
        ]
        likeness = _greatest(faces, self._persons, self._models.calibration)
        return FacesSeen(_judged(likeness, self._models), len(faces), likeness)


def comparable(models: FaceModels, persons: Sequence[Protected]) -> list[Protected]:
    """Those whose embeddings these models made."""
    return [each for each in persons if each.model == models.model.version]


def similarity(one: Face, other: NDArray[np.float32], calibration: Calibration) -> float:
    """The probability that a face and an embedding are one person's."""
    return probability(logits_of(float(one.embedding @ other)), calibration)


def _why_not(
    models: FaceModels | None, persons: Sequence[Protected], comparable: Sequence[Protected]
) -> Assessment | None:
    if models is None:
        return NO_MODELS
    if not persons:
        return NOBODY
    return None if len(comparable) == len(persons) else OTHER_MODELS


def _greatest(
    faces: Sequence[tuple[float, Face]], persons: Sequence[Protected], calibration: Calibration
) -> Likeness | None:
    found = (
        Likeness(person.number, similarity(face, embedding, calibration), seconds)
        for seconds, face in faces
        for person in persons
        for embedding in person.embeddings
    )
    return max(found, key=lambda each: each.similarity, default=None)


def _judged(likeness: Likeness | None, models: FaceModels) -> Assessment:
    score = 0.0 if likeness is None else likeness.similarity
    return Assessment(
        status="flagged" if score > models.calibration.threshold else "passed",
        scores={models.model.name: score},
        versions={models.model.name: models.version},
    )
