"""The node that checks a prompt against the policy."""

from __future__ import annotations

from pathlib import Path

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In


class CheckPrompt(
    Node,
    type="safety.prompt",
    category="Safety",
    aliases=("policy", "moderation", "filter", "block", "guard"),
):
    """Pass a prompt on if the policy allows it; else stop here, with the reason and a way out."""

    text: In[str]
    policy: str = Param(
        "", widget="open-file", help="A policy file of your own; empty takes the one that ships."
    )

    def run(self, ctx: Context) -> str:
        from engine.trust.policy import Policy, default_policy
        from engine.trust.policy_file import read_policy

        own = Policy(read_policy(Path(self.policy).expanduser())) if self.policy else None
        decision = (own or default_policy()).judge(self.text)
        decision.require_allowed()
        for sentence in decision.warnings:
            ctx.note(sentence)
        return self.text
