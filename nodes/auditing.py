"""What nodes write into the audit log: every export, and everything that was blocked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BlockedByPolicy
from engine.graph.context import Context
from engine.values import Clip, Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.trust.audit.entry import Assessment, Decision
    from engine.trust.classifiers import Assessment as Evidence
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


def require_passed(
    ctx: Context, kind: str, what: str, evidence: Evidence, origin: Origin | None = None
) -> None:
    """Raise BlockedByPolicy if classifiers flag `what`, once that is written down."""
    try:
        evidence.require_passed(what)
    except BlockedByPolicy as error:
        raise block(ctx, error, kind, (evidence.entry(what),), what, origin) from None


def block(
    ctx: Context,
    error: BlockedByPolicy,
    kind: str,
    assessed: tuple[Assessment, ...],
    reason: str,
    origin: Origin | None = None,
) -> BlockedByPolicy:
    """Write down that something was blocked; the answer is the error, to be raised."""
    from engine.trust.audit.entry import Decision

    audit(ctx, Decision.BLOCKED, kind, origin=origin, assessed=assessed, reason=reason)
    return error


def watched(ctx: Context, clip: Clip, see: Callable[[NDArray[np.uint8]], None]) -> None:
    """Show every frame of a clip to a check, in one pass."""
    done = 0
    for chunk_THWC in clip:
        see(chunk_THWC)
        done += len(chunk_THWC)
        ctx.progress(min(done, clip.frames), clip.frames, "frames")


def report_of(
    title: str, found: Mapping[str, Evidence], also: Mapping[str, str] | None = None
) -> Report:
    """What classifiers say of each matter; no figure of what was not assessed."""
    findings: dict[str, str | float | bool] = {}
    for matter, evidence in found.items():
        findings[matter] = evidence.status
        findings |= {f"{matter}, {name}": score for name, score in evidence.scores.items()}
        if evidence.why:
            findings[f"{matter}, why"] = evidence.why
    findings |= also or {}
    return Report(title, all(evidence.assessed for evidence in found.values()), findings)


def named_content(files: object) -> str:
    """The digest of the calibrations that a parameter names, one a line, and of all beside them.

    By size and time of change: weights are large, and a changed one shows in these.
    """
    found = []
    for line in str(files or "").splitlines():
        path = Path(line.strip()).expanduser()
        if line.strip() and path.parent.is_dir():
            beside = [(each.name, each.stat()) for each in sorted(path.parent.iterdir())]
            found.append([(name, stat.st_size, stat.st_mtime_ns) for name, stat in beside])
    return hashlib.sha256(repr(found).encode()).hexdigest() if found else ""


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
