"""The rule on both levels: which tier and which of its users is served, and who pays what.

The rule itself and its bound are told at the top of fair_queue.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from cluster_agent.scheduling.flows import Fits, Terms, Tier, User
from cluster_agent.scheduling.jobs import Job
from engine.errors import InvalidInput

SHARES: Mapping[str, float] = {"premium": 8.0, "standard": 3.0, "free": 1.0}
_by_tag = attrgetter("tag", "order")


@dataclass(frozen=True, slots=True)
class Policy:
    """The tiers with their weights, the affinity slack in seconds, and a user's usual terms."""

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    slack: float = 60.0
    terms: Terms = field(default_factory=Terms)

    def __post_init__(self) -> None:
        bad = [tier for tier, weight in self.shares.items() if not 0 < weight < float("inf")]
        if bad or not self.shares or self.slack < 0:
            raise InvalidInput(
                f"The policy's shares {dict(self.shares)} and slack {self.slack} cannot be used.",
                remedy="Give at least one tier, positive weights, and a slack of 0 or more.",
            )


class Standing(NamedTuple):
    """What outlives a restart of a user's flow, or of a tier's where `user` is ''.

    `tag` and `served` are without reservations, which do not outlive it.  `last` is, for a tier,
    the tag that was served last in it.
    """

    tier: str
    user: str
    tag: float
    served: float
    paused: bool
    terms: Terms
    last: float = 0.0


class Levels:
    """The tiers and their users.  `last` is the tag of the tier that was served last."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.tiers = {
            name: Tier(name, order, weight, slack=policy.slack)
            for order, (name, weight) in enumerate(policy.shares.items())
        }
        self.last = 0.0
        self._ranked = list(self.tiers.values())
        self._arrivals = 0

    def tier(self, name: str) -> Tier:
        """The tier of this name.  Raises InvalidInput where there is none."""
        found = self.tiers.get(name)
        if found is None:
            raise InvalidInput(
                f"There is no tier '{name}'.", remedy=f"Tiers are {', '.join(self.tiers)}."
            )
        return found

    def user(self, tier: Tier, name: str) -> User:
        """The flow of a user, made when first heard of."""
        user = tier.users.get(name)
        if user is None:
            terms = self.policy.terms
            user = User(name, self._arrivals, terms.weight, tier=tier, terms=terms)
            tier.users[name] = user
            self._arrivals += 1
        return user

    def stand(self, standing: Standing) -> None:
        """Put a flow where it stood."""
        tier = self.tier(standing.tier)
        flow = self.user(tier, standing.user) if standing.user else tier
        flow.tag, flow.served, flow.paused = standing.tag, standing.served, standing.paused
        if isinstance(flow, User):
            flow.terms, flow.weight = standing.terms, standing.terms.weight
        else:
            tier.last = standing.last

    def choose(self, model: str | None, fits: Fits | None) -> User | None:
        """The user to serve: the least tier, or within the slack of it one with the warm model."""
        least: User | None = None
        limit = 0.0
        self._ranked.sort(key=_by_tag)
        for tier in self._ranked:
            if not tier.backlogged or tier.paused:
                continue
            if least is not None and tier.tag > limit:
                break
            user = tier.choose(model, fits)
            if user is None or user.ready is None:
                continue
            if model is None or user.ready.model == model:
                return user
            if least is None:
                least, limit = user, tier.tag + self.policy.slack
        return least

    def serve(self, user: User, job: Job) -> None:
        """Charge the head of a user's line, and let the user's next job come forward."""
        tier = user.tier
        self.last, tier.last = tier.tag, user.tag
        user.line.pop()
        user.held_slots += job.gpus
        self.charge(user, job.cost)
        self.refresh(user)

    def charge(self, user: User, cost: float) -> None:
        """Count what a user's work costs, on both levels; negative to refund."""
        user.charge(cost)
        user.tier.charge(cost)
        user.held_cost += cost

    def refresh(self, user: User) -> None:
        """Bring a user's place among the backlogged up to date; whoever joins them is woken."""
        ready = user.candidate()
        if user.ready is None and ready is not None:
            user.wake(user.tier.virtual_time())
            if not user.tier.active:
                user.tier.wake(self.virtual_time())
        self._set_ready(user, ready)

    def come_forward(self) -> None:
        """List every user whose next job could be dispatched, with the tags as they are."""
        for tier in self._ranked:
            for user in tier.users.values():
                self._set_ready(user, user.candidate())

    def virtual_time(self) -> float:
        """The least tag of the backlogged tiers, else the last one dispatched."""
        return min((tier.tag for tier in self._ranked if tier.active), default=self.last)

    def prune(self) -> int:
        """Forget users who have nothing here and no debt; says how many."""
        return sum(tier.prune(self.policy.terms) for tier in self._ranked)

    @staticmethod
    def _set_ready(user: User, ready: Job | None) -> None:
        user.tier.backlogged += (ready is not None) - (user.ready is not None)
        user.ready = ready
        user.tier.offer(user)
