"""Watching what is written for harm and for protected faces, while it streams by.

Like `screening.py`, so that an export is decoded once: wrap the clip, write it, and ask what was
assessed.  Whoever reads the wrapped clip meets BlockedByPolicy at its end, before anything of it
is in its place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import BlockedByPolicy
from engine.values import Clip

if TYPE_CHECKING:
    from engine.trust.audit.entry import Assessment as Entry
    from engine.trust.classifiers import Assessment
    from engine.trust.vision.checkpoints import VisualClassifier
    from engine.trust.vision.faces.watch import FacesSeen
    from nodes.streams import Chunks

CLASSIFIERS_HELP = (
    "The calibration.json files beside transformers classifiers, one a line; those about one "
    "matter are heard together. Empty: not assessed."
)
FACES_HELP = (
    "The calibration.json beside detector.onnx and recogniser.onnx; see 'reelwright faces'. "
    "Empty: not assessed."
)


class Watching:
    """Classifiers and face models over one clip.

    Raises InvalidInput and StorageFailed where one that is named cannot be loaded.
    """

    def __init__(self, classifiers: str = "", faces: str = "") -> None:
        from engine.trust.vision.checkpoints import visual_classifiers
        from engine.trust.vision.faces.models import face_models

        self._classifiers: list[VisualClassifier] = [*visual_classifiers(classifiers)]
        self._faces = face_models(faces)
        self.harm: dict[str, Assessment] = {}
        self.seen: FacesSeen | None = None

    def clip(self, clip: Clip) -> Clip:
        """The same clip, whose reader meets BlockedByPolicy at the end of what is flagged."""
        return replace(clip, stream=lambda: self._watched(clip))

    def assessed(self) -> tuple[Entry, ...]:
        """For the audit log and the manifest: what was and what was not assessed."""
        found = [assessment.entry(matter) for matter, assessment in self.harm.items()]
        if self.seen is not None:
            found.append(self.seen.assessment.entry("faces"))
        return tuple(found)

    def _watched(self, clip: Clip) -> Chunks:
        from engine.trust.vision.faces.database import FaceDatabase
        from engine.trust.vision.faces.watch import FaceWatch
        from engine.trust.vision.watch import HarmWatch

        harm = HarmWatch(self._classifiers, clip.frames, clip.fps)
        persons = FaceDatabase().persons() if self._faces is not None else []
        faces = FaceWatch(self._faces, persons, clip.frames, clip.fps)
        for chunk_THWC in clip:
            harm.see(chunk_THWC)
            faces.see(chunk_THWC)
            yield chunk_THWC
        self.harm, self.seen = harm.end(), faces.end()
        for matter, assessment in self.harm.items():
            if assessment.flagged:
                raise flagged(matter, assessment)
        if self.seen.assessment.flagged:
            raise resembling(self.seen)


def flagged(matter: str, assessment: Assessment) -> BlockedByPolicy:
    """The error for a video that classifiers flag."""
    scores = ", ".join(f"{name} {score:.2f}" for name, score in assessment.scores.items())
    return BlockedByPolicy(
        f"The video is blocked: classifiers find {matter} in it ({scores}).",
        remedy="Change the prompt or the seed and make another.",
    )


def resembling(seen: FacesSeen) -> BlockedByPolicy:
    """The error for a video that shows a protected person; it names a number, never a name."""
    likeness = seen.likeness
    assert likeness is not None
    return BlockedByPolicy(
        f"The video is blocked: a face at second {likeness.seconds:.1f} resembles protected person "
        f"{likeness.person} (similarity {likeness.similarity:.2f}).",
        remedy="Make another without this face; 'reelwright faces list' says who is protected.",
    )
