"""What a user is told when a node raises: one sentence; the trace goes to the log."""

from __future__ import annotations

import errno
import logging
import sys
import traceback

from engine.errors import BlockedByPolicy, NodeFailed, ReelwrightError

_log = logging.getLogger(__name__)


def explain(node: str, error: Exception) -> ReelwrightError:
    """The error to report for what a node raised; a policy's veto stays one."""
    if isinstance(error, BlockedByPolicy):
        return error
    if isinstance(error, ReelwrightError):
        failure = NodeFailed(node, error.what, remedy=error.remedy)
    else:
        _log.error("Node '%s' raised.", node, exc_info=error)
        failure = NodeFailed(node, _sentence(error), remedy=_remedy(error))
    failure.__cause__ = error
    _release_frames(error)
    return failure


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether memory ran out, of the machine or of an accelerator."""
    torch = sys.modules.get("torch")
    if isinstance(error, MemoryError):
        return True
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def _release_frames(error: BaseException | None) -> None:
    """Let go of the local variables: they would keep every tensor alive that the node held."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _sentence(error: Exception) -> str:
    if is_out_of_memory(error):
        return "memory ran out."
    if isinstance(error, OSError) and error.strerror:
        place = f"'{error.filename}': " if error.filename else ""
        return f"{place}{error.strerror}."
    lines = str(error).strip().splitlines()
    return (
        f"{type(error).__name__}: {lines[0].rstrip('.')}." if lines else f"{type(error).__name__}."
    )


def _remedy(error: Exception) -> str:
    if is_out_of_memory(error):
        return "Make the video smaller or shorter, or close other programs."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "Free some space there, or choose another folder."
    return "The log has the details."
