"""The node that checks a picture together with the prompt that shall move it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import Image, Report
from nodes.auditing import named_content, report_of, require_allowed, require_passed
from nodes.watching import CLASSIFIERS_HELP

_TEXT_HELP = "The calibration.json beside a transformers classifier; empty: not assessed."


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
    picture_classifier: str = Param("", widget="text", help=CLASSIFIERS_HELP)
    text_classifier: str = Param("", widget="open-file", help=_TEXT_HELP)

    def run(self, ctx: Context) -> CheckedPicture:
        from engine.trust.checkpoints import assess_text
        from engine.trust.policy import PICTURE_GIVEN, Policy, default_policy
        from engine.trust.policy_file import read_policy
        from engine.trust.vision.checkpoints import assess_picture

        own = Policy(read_policy(Path(self.policy).expanduser())) if self.policy else None
        fields = {"prompt": self.text, "picture": PICTURE_GIVEN, "negative": self.negative or ""}
        judge = own or default_policy()
        decision = judge.judge(fields)
        require_allowed(ctx, judge, decision)
        picture = assess_picture(self.picture_classifier, self.image.pixels_HWC)
        prompt = assess_text(self.text_classifier, self.text)
        for what, assessment in (("picture", picture), ("prompt", prompt)):
            require_passed(ctx, "image" if what == "picture" else "prompt", what, assessment)
            if not assessment.assessed:
                ctx.note(f"The {what} was not assessed: {assessment.why}.")
        for sentence in decision.warnings:
            ctx.note(sentence)
        found = {"picture": picture, "prompt": prompt}
        report = report_of("Picture and prompt", found, {"policy": "passed"})
        return CheckedPicture(self.image, self.text, report)

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """The digest of the policy that ships, and of the classifiers: changed ones judge again."""
        from engine.trust.policy_file import default_policy_file

        text = default_policy_file().model_dump_json()
        text += named_content(params.get("picture_classifier"))
        return hashlib.sha256(text.encode()).hexdigest()
