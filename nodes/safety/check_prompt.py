"""The node that checks a prompt against the policy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
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

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """The digest of the policy that ships: a changed one judges every prompt again."""
        from engine.trust.policy_file import default_policy_file

        text = default_policy_file().model_dump_json()
        return hashlib.sha256(text.encode()).hexdigest()
