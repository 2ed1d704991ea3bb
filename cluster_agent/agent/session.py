"""The agent's conversation with its broker: greeting, registering, beats, and when it was heard.

    apart --Hello--> greeting --Welcome--> registering --Registered--> registered
      ^                 |                       |                          |
      +---- no answer, silence, not known any more, or the connection broke +

The broker counts a lease from when it hears a beat, we count from when we sent it: so whatever
the network does, we stop our work before the broker gives it to somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

from cluster_agent.agent.policy import AgentPolicy
from cluster_agent.protocol.messages import (
    VERSION,
    AgentInfo,
    Beat,
    Beaten,
    Hello,
    Lease,
    Message,
    Refused,
    Register,
    Registered,
    Welcome,
)

Stage: TypeAlias = Literal["apart", "greeting", "registering", "registered"]

_LONG_AGO: Final = float("-inf")


class Session:
    """Says what keeps the conversation going; `say` takes it."""

    def __init__(
        self, info: AgentInfo, policy: AgentPolicy, say: Callable[[Message], None]
    ) -> None:
        self._info = info
        self._policy = policy
        self._say = say
        self._next = self._apart_until = _LONG_AGO
        self._wait = policy.greet
        self._number = 0
        self._asked = 0
        self._sent: dict[int, float] = {}
        self._heard: float | None = None
        self._beat, self._fence = 2.0, 7.0
        self.stage: Stage = "apart"
        self.blobs = ""

    @property
    def due(self) -> float:
        """When it wants to say something next."""
        return self._next

    @property
    def registered(self) -> bool:
        """Whether work can be spoken of."""
        return self.stage == "registered"

    def number(self) -> int:
        """A number that no other message of this agent has."""
        self._number += 1
        return self._number

    def fenced_at(self) -> float:
        """When the work must stop unless the broker is heard before."""
        return float("inf") if self._heard is None else self._heard + self._fence

    def forget(self) -> None:
        """There is nothing left that could be fenced."""
        self._heard = None

    def tick(self, now: float, holding: Sequence[Lease]) -> None:
        """Say what is due."""
        heard = _LONG_AGO if self._heard is None else self._heard
        if self.registered and now - heard >= self._policy.silence:
            self.part(now)
        if now < self._next:
            return
        if self.registered:
            number = self.number()
            self._sent[number] = now
            self._next = now + self._beat
            self._say(Beat(re=number, number=number, holding=tuple(holding)))
        else:
            self._greet(now)

    def part(self, now: float, wait: float = 0.0) -> None:
        """The conversation has to begin anew, after a while."""
        self.stage = "apart"
        self._next = self._apart_until = now + wait
        self._sent.clear()

    def join(self, now: float) -> None:
        """The line stands: a greeting would arrive."""
        if self.stage in ("apart", "greeting"):
            self._next = max(now, self._apart_until)
            self._wait = self._policy.greet

    def welcome(self, message: Welcome, now: float, holding: Sequence[Lease]) -> None:
        """We were greeted: register."""
        if self.stage != "greeting" or message.re != self._asked:
            return
        self.stage, self.blobs = "registering", message.blobs
        self._asked = self.number()
        self._sent = {self._asked: now}
        self._say(Register(re=self._asked, info=self._info, holding=tuple(holding)))

    def admit(self, message: Registered, now: float) -> bool:
        """We are registered; whether that is news."""
        sent = self._sent.pop(message.re, None)
        if self.stage != "registering" or sent is None:
            return False
        self.stage, self._heard, self._wait = "registered", sent, self._policy.greet
        self._beat, self._fence = message.beat, message.fence
        self._next = now + self._beat
        return True

    def beaten(self, message: Beaten) -> bool:
        """A beat was heard; whether it is one of ours that was not answered before."""
        sent = self._sent.get(message.number)
        if not self.registered or sent is None:
            return False
        self._sent = {number: at for number, at in self._sent.items() if number > message.number}
        self._heard = sent
        return True

    def refused(self, message: Refused, now: float) -> str:
        """We were turned down; a sentence if that is worth telling people."""
        if message.code == "unknown" or (message.code == "version" and message.re == 0):
            self.part(now)
            return ""
        if message.re != self._asked and message.re not in self._sent:
            return ""
        self.part(now, self._policy.dismissed)
        return f"The broker refuses this agent: {message.reason}"

    def _greet(self, now: float) -> None:
        self.stage = "greeting"
        self._asked = self.number()
        self._next = now + self._wait
        self._wait = min(2 * self._wait, self._policy.greet_most)
        software = f"reelwright {self._info.software}"[:200]
        self._say(Hello(re=self._asked, versions=(VERSION,), software=software))
