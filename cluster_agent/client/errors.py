"""What goes wrong between a front end and a cluster."""

from __future__ import annotations

from cluster_agent.protocol.messages import Refused
from engine.errors import InvalidInput, ReelwrightError


class Unreachable(ReelwrightError):
    """The cluster does not answer."""


class RefusedByCluster(ReelwrightError):
    """The cluster answered no; the sentence is its own."""


def refusal(refused: Refused) -> ReelwrightError:
    """The error that a refusal is: the user's, or the cluster's."""
    if refused.code in ("invalid", "unknown"):
        return InvalidInput(refused.reason)
    return RefusedByCluster(refused.reason)
