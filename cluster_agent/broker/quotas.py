"""How much a user may ask for: messages a second, and jobs that wait."""

from __future__ import annotations

from dataclasses import dataclass

from cluster_agent.broker.policy import BrokerPolicy

MOST_BUCKETS = 10_000


@dataclass(slots=True)
class Bucket:
    """Tokens of a user at a time; `rate` of them come back each second, up to `burst`."""

    tokens: float
    at: float


class Quotas:
    """Token buckets by user, and other limits than the usual by tier and user."""

    def __init__(self, policy: BrokerPolicy) -> None:
        self._rate, self._burst, self._usual = policy.rate, policy.burst, policy.queued
        self._buckets: dict[str, Bucket] = {}
        self.limits: dict[tuple[str, str], int] = {}

    def spend(self, user: str, tokens: int, now: float) -> bool:
        """Whether a user may send this much more now.

        Who has any token left may spend more than that, and waits the longer for it.
        """
        bucket = self._buckets.get(user)
        if bucket is None:
            if len(self._buckets) >= MOST_BUCKETS:
                self._forget(now)
            bucket = self._buckets[user] = Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.tokens <= 0:
            return False
        bucket.tokens -= tokens
        return True

    def queued(self, tier: str, user: str) -> int:
        """How many jobs of a user may wait in a tier."""
        return self.limits.get((tier, user), self._usual)

    def _forget(self, now: float) -> None:
        """Forget the buckets that are full again."""
        full = self._burst
        self._buckets = {
            user: bucket
            for user, bucket in self._buckets.items()
            if bucket.tokens + (now - bucket.at) * self._rate < full
        }
