"""The agent: what the broker says and what happens to workers go in, instructions come out.

Pure: no clock, no process, no socket.  Whatever comes in, the fence is looked at first: an agent
that slept finds out before it believes or says another word, and work that it was late for is
never heard of again.
"""

from __future__ import annotations

from cluster_agent.agent.instructions import Complain, Drop, Fetch, Instruction, Say
from cluster_agent.agent.jobs import STOPPED, Jobs
from cluster_agent.agent.news import Ended, Kept, Measured, News, WorkerDown, WorkerUp
from cluster_agent.agent.policy import AgentPolicy
from cluster_agent.agent.refusals import reason_to_refuse
from cluster_agent.agent.session import Session
from cluster_agent.agent.slots import Slots
from cluster_agent.agent.work import Ending, Work
from cluster_agent.protocol.messages import (
    AgentInfo,
    Assign,
    Beaten,
    Done,
    Lease,
    Message,
    Prefetch,
    Ready,
    Refused,
    Registered,
    Stop,
    Welcome,
)


class Agent:
    """One agent.  Every entry takes the time, in seconds that never run backwards."""

    def __init__(self, info: AgentInfo, policy: AgentPolicy, now: float) -> None:
        self._info = info
        self._out: list[Instruction] = []
        ask = self._out.append
        self._session = Session(info, policy, lambda message: ask(Say(message)))
        self._slots = Slots(len(info.gpus), policy, ask)
        self._jobs = Jobs(policy, self._session, self._slots, ask)
        self._offered: list[str] | None = None
        self._leaving = False
        self._slots.begin(now)

    # What comes out

    def take(self) -> list[Instruction]:
        """Everything since the last time, in order."""
        taken, self._out[:] = list(self._out), []
        return taken

    @property
    def blobs(self) -> str:
        """Where the broker's blob service is; '' while that is not known, or where it has none."""
        return self._session.blobs

    @property
    def gone(self) -> bool:
        """Whether it was told to leave, and nothing is left to do."""
        return self._leaving and not self._jobs

    def due(self) -> float:
        """When `tick` has something to do, if nothing else happens."""
        fence = self._session.fenced_at() if self._jobs else float("inf")
        return min(self._session.due, self._slots.due(), self._jobs.due(), fence)

    # What goes in

    def receive(self, message: Message, now: float) -> None:
        """The broker said something."""
        self._fence(now)
        match message:
            case Welcome():
                self._session.welcome(message, now, self._jobs.leases())
            case Registered():
                if self._session.admit(message, now):
                    self._void(message.void, now)
                    self._offered = None
                    self._jobs.tell_again(now)
            case Beaten():
                if self._session.beaten(message):
                    self._void(message.void, now)
                    self._offered = None if self._offered else self._offered  # it may be lost
            case Refused():
                self._refused(message, now)
            case Done():
                self._jobs.ended(message.re)
            case Assign():
                self._assign(message, now)
            case Stop():
                work = self._jobs.find(message.lease)
                if work is not None and message.reason == "void":
                    self._jobs.abandon(work, now)
                elif work is not None:
                    self._jobs.end_early(work, STOPPED, now)
            case Prefetch():
                self._out.append(Fetch(message.model, message.inputs))
        self._settle(now)

    def hear(self, news: News, now: float) -> None:
        """Something happened to a worker or a transfer."""
        self._fence(now)
        match news:
            case WorkerUp():
                self._slots.came(news.slot)
            case WorkerDown():
                self._jobs.worker_down(news, now)
            case Ended():
                self._jobs.worker_ended(news, now)
            case Measured():
                self._jobs.measured(news)
            case _:
                work = self._jobs.find(news.lease)
                if work is not None:
                    self._jobs.of_work(work, news, now)
                elif isinstance(news, Kept):
                    self._out.append(Drop(news.path))
        self._settle(now)

    def parted(self, now: float) -> None:
        """The connection broke; it is being made anew."""
        self._fence(now)
        self._session.part(now)

    def joined(self, now: float) -> None:
        """The connection stands."""
        self._fence(now)
        self._session.join(now)

    def leave(self, now: float, *, at_once: bool = False) -> None:
        """Take no more work; end when what there is has ended, or (`at_once`) give it back."""
        self._fence(now)
        self._leaving = True
        for work in self._jobs.all() if at_once else []:
            self._jobs.end_early(work, STOPPED, now)
        self._settle(now)

    def tick(self, now: float) -> None:
        """Time passed."""
        self._fence(now)
        self._jobs.tick(now)
        self._slots.tick(now)
        self._session.tick(now, self._jobs.leases())
        self._settle(now)

    # Inside

    def _assign(self, message: Assign, now: float) -> None:
        spec = message.spec
        work = Work(message.lease, spec, message.timeout, message.checkpoints)
        # Without a registration there is no fence: such work could outlive its lease.
        if not self._session.registered or not self._jobs.add(work, now):
            return
        if self._offered is not None:  # the broker counts those GPUs as taken
            for _ in range(min(spec.gpus, len(self._offered))):
                warm = spec.model if spec.model in self._offered else min(self._offered)
                self._offered.remove(warm)
        reason = reason_to_refuse(spec, self._info)
        if reason:
            self._jobs.conclude(work, Ending("refused", reason), now)
        elif self._leaving:
            self._jobs.conclude(work, STOPPED, now)

    def _refused(self, message: Refused, now: float) -> None:
        if message.code in ("stale", "invalid", "forbidden") and self._jobs.ended(message.re):
            return
        sentence = self._session.refused(message, now)
        if sentence:
            self._out.append(Complain(sentence))
        if sentence and message.code == "stale":  # somebody else works under our name
            self._stop_all(now)

    def _void(self, leases: tuple[Lease, ...], now: float) -> None:
        for work in map(self._jobs.find, leases):
            if work is not None:
                self._jobs.abandon(work, now)

    def _fence(self, now: float) -> None:
        """Stop everything that the broker may have given to others by now."""
        if now < self._session.fenced_at():
            return
        if self._jobs:
            silent = "The broker was not heard for too long: all work was stopped."
            self._out.append(Complain(silent))
        self._stop_all(now)
        if self._session.registered:
            self._session.part(now)

    def _stop_all(self, now: float) -> None:
        for work in self._jobs.all():
            self._jobs.abandon(work, now)
        self._session.forget()

    def _settle(self, now: float) -> None:
        """Begin what waits for GPUs, and offer those that are left."""
        self._jobs.begin_waiting(now)
        if not self._session.registered:
            return
        free = () if self._leaving else self._slots.offer()
        if self._offered is None or sorted(self._offered) != sorted(free):
            self._offered = list(free)
            self._out.append(Say(Ready(number=self._session.number(), free=free)))
