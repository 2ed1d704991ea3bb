"""The node that checks a prompt against the policy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from nodes.auditing import require_allowed, require_passed


class CheckPrompt(
    Node,
    type="safety.prompt",
    category="Safety",
    aliases=("policy", "moderation", "filter", "block", "guard"),
):
    """Pass a prompt on if the policy allows it; else stop here, with the reason and a way out.

    Lead the negative prompt, the style and the title in as well: all are judged together.
    """

    text: In[str]
    negative: In[str | None] = None
    style: In[str | None] = None
    title: In[str | None] = None
    policy: str = Param(
        "", widget="open-file", help="A policy file of your own; empty takes the one that ships."
    )
    classifier: str = Param(
        "",
        widget="open-file",
        help="The calibration.json beside a transformers classifier; empty: rules alone.",
    )

    def run(self, ctx: Context) -> str:
        from engine.trust.checkpoints import assess_text
        from engine.trust.policy import Policy, default_policy
        from engine.trust.policy_file import read_policy

        own = Policy(read_policy(Path(self.policy).expanduser())) if self.policy else None
        fields = {
            "prompt": self.text,
            "style": self.style or "",
            "title": self.title or "",
            "negative": self.negative or "",
        }
        policy = own or default_policy()
        decision = policy.judge(fields)
        require_allowed(ctx, policy, decision)
        # What shall not be seen is no harm: the negative prompt is for the rules alone.
        wished = [text for name, text in fields.items() if text and name != "negative"]
        require_passed(ctx, "prompt", "prompt", assess_text(self.classifier, "\n".join(wished)))
        for sentence in decision.warnings:
            ctx.note(sentence)
        return self.text

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """The digest of the policy that ships: a changed one judges every prompt again."""
        from engine.trust.policy_file import default_policy_file

        text = default_policy_file().model_dump_json()
        return hashlib.sha256(text.encode()).hexdigest()
