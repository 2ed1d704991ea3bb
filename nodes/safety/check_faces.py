"""The node that keeps protected persons out of finished videos."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import Clip, Report
from nodes.safety.check_video import CheckedVideo
from nodes.watching import FACES_HELP


class CheckFaces(
    Node,
    type="safety.faces",
    category="Safety",
    aliases=("impersonation", "identity", "likeness", "deepfake", "person", "block"),
):
    """Pass a video on unless a face in it resembles a protected person.

    Protected persons are those of 'reelwright faces'.  A similarity above the calibration's
    threshold blocks: 0.7, the probability at even odds that two faces are one person's.
    """

    clip: In[Clip]
    models: str = Param("", widget="open-file", help=FACES_HELP)

    def run(self, ctx: Context) -> CheckedVideo:
        from engine.trust.vision.faces.database import FaceDatabase
        from engine.trust.vision.faces.models import face_models
        from engine.trust.vision.faces.watch import FaceWatch
        from nodes.auditing import block, watched
        from nodes.watching import resembling

        clip, models = self.clip, face_models(self.models)
        persons = [] if models is None else FaceDatabase().persons()
        watch = FaceWatch(models, persons, clip.frames, clip.fps)
        if models is not None and persons:
            watched(ctx, clip, watch.see)
        seen = watch.end()
        if seen.assessment.flagged:
            entries = (seen.assessment.entry("faces"),)
            raise block(ctx, resembling(seen), "video", entries, "faces", clip.origin)
        findings: dict[str, str | float | bool] = {"faces": seen.assessment.status}
        if seen.assessment.assessed:
            findings |= {"faces compared": float(seen.faces)}
            findings |= {"greatest similarity": max(seen.assessment.scores.values())}
        else:
            findings["why"] = seen.assessment.why
            ctx.note(f"Faces were not assessed: {seen.assessment.why}.")
        return CheckedVideo(clip, Report("Faces", seen.assessment.assessed, findings))

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """The digest of the database: who is protected since is looked for again."""
        from engine.trust.vision.faces.database import FaceDatabase
        from nodes.auditing import named_content

        known = FaceDatabase().digest() if params.get("models") else ""
        named = named_content(params.get("models"))
        return hashlib.sha256(f"{known} {named}".encode()).hexdigest()
