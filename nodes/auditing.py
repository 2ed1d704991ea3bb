"""What nodes write into the audit log: every export, and everything that was blocked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.graph.context import Context

if TYPE_CHECKING:
    from engine.trust.audit.entry import Assessment, Decision
    from engine.trust.policy import Decision as PolicyDecision
    from engine.trust.policy import Policy
    from engine.values import Origin


def require_allowed(ctx: Context, policy: Policy, decision: PolicyDecision) -> None:
    """Raise BlockedByPolicy if a policy blocks a prompt, once that is written down."""
    from engine.trust.audit.entry import Assessment, Decision

    if decision.blocked:
        judge = Assessment(what="prompt", by=f"policy '{policy.name}'", outcome="blocked")
        categories = ", ".join(finding.category for finding in decision.findings)
        audit(ctx, Decision.BLOCKED, "prompt", assessed=(judge,), reason=categories)
    decision.require_allowed()


def audit(
    ctx: Context,
    decision: Decision,
    kind: str,
    *,
    origin: Origin | None = None,
    file: str = "",
    signed: bool = False,
    assessed: tuple[Assessment, ...] = (),
    reason: str = "",
) -> None:
    """Append an entry about this node's work; `file` is the digest of what it wrote.

    Raises StorageFailed where the audit log cannot be written.
    """
    from engine.trust.audit.entry import Event
    from engine.trust.audit.recording import record, text_digest
    from nodes import product_version

    event = Event(
        decision=decision,
        graph=text_digest(ctx.document),
        node=ctx.node,
        kind=kind,
        file=file,
        signed=signed,
        model="" if origin is None else origin.model,
        model_digest="" if origin is None else origin.model_digest,
        program=product_version(),
        assessed=assessed,
        reason=reason,
    )
    record(event)
