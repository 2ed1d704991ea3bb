"""The node that checks a picture together with the prompt that shall move it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import Image, Report
from nodes.auditing import require_allowed

if TYPE_CHECKING:
    from engine.trust.classifiers import Assessment

_CLASSIFIER_HELP = "The calibration.json beside a transformers classifier; empty: not assessed."


class CheckedPicture(NamedTuple):
    """The picture and the prompt as they came, and what was and was not assessed."""

    image: Image
    text: str
    report: Report


class CheckPicture(
    Node,
    type="safety.picture",
    category="Safety",
    aliases=("policy", "moderation", "nsfw", "image", "reference", "guard"),
):
    """Pass a picture and its prompt on if both together are allowed; say what was not assessed.

    The policy judges the prompt knowing that there is a picture; classifiers of your own judge
    the picture and the prompt, where they are set.
    """

    image: In[Image]
    text: In[str]
    negative: In[str | None] = None
    policy: str = Param(
        "", widget="open-file", help="A policy file of your own; empty takes the one that ships."
    )
    picture_classifier: str = Param("", widget="open-file", help=_CLASSIFIER_HELP)
    text_classifier: str = Param("", widget="open-file", help=_CLASSIFIER_HELP)

    def run(self, ctx: Context) -> CheckedPicture:
        from engine.trust.checkpoints import assess_picture, assess_text
        from engine.trust.policy import PICTURE_GIVEN, Policy, default_policy
        from engine.trust.policy_file import read_policy

        own = Policy(read_policy(Path(self.policy).expanduser())) if self.policy else None
        fields = {"prompt": self.text, "picture": PICTURE_GIVEN, "negative": self.negative or ""}
        judge = own or default_policy()
        decision = judge.judge(fields)
        require_allowed(ctx, judge, decision)
        picture = assess_picture(self.picture_classifier, self.image.pixels_HWC)
        prompt = assess_text(self.text_classifier, self.text)
        for what, assessment in (("picture", picture), ("prompt", prompt)):
            assessment.require_passed(what)
            if not assessment.assessed:
                ctx.note(f"The {what} was not assessed: {assessment.why}.")
        for sentence in decision.warnings:
            ctx.note(sentence)
        return CheckedPicture(self.image, self.text, _report(picture, prompt))

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """The digest of the policy that ships: a changed one judges every picture again."""
        from engine.trust.policy_file import default_policy_file

        text = default_policy_file().model_dump_json()
        return hashlib.sha256(text.encode()).hexdigest()


def _report(picture: Assessment, prompt: Assessment) -> Report:
    findings: dict[str, str | float | bool] = {"policy": "passed"}
    for what, assessment in (("picture", picture), ("prompt", prompt)):
        findings[what] = assessment.status
        findings |= {f"{what}, {name}": score for name, score in assessment.scores.items()}
        if assessment.why:
            findings[f"{what}, why"] = assessment.why
    return Report("Picture and prompt", picture.assessed and prompt.assessed, findings)
