"""The agent: what the broker says and what happens to workers go in, instructions come out.

Pure: no clock, no process, no socket.  Whatever comes in, the fence is looked at first: an agent
that slept finds out before it believes or says another word, and work that it was late for is
never heard of again.
"""

from __future__ import annotations

from cluster_agent.agent.instructions import (
    Complain,
    Deliver,
    Drop,
    Fetch,
    Forget,
    Instruction,
    Prepare,
    Push,
    Run,
    Say,
)
from cluster_agent.agent.news import (
    Began,
    Delivered,
    Ended,
    Kept,
    Measured,
    News,
    Prepared,
    Pushed,
    Told,
    Undelivered,
    Unprepared,
    Unpushed,
    WorkerDown,
    WorkerUp,
)
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
    Fault,
    Lease,
    Message,
    Prefetch,
    Ready,
    Refused,
    Registered,
    Started,
    Stop,
    Welcome,
)

STOPPED = Ending()


class Agent:
    """One agent.  Every entry takes the time, in seconds that never run backwards."""

    def __init__(self, info: AgentInfo, policy: AgentPolicy, now: float) -> None:
        self._info = info
        self._policy = policy
        self._out: list[Instruction] = []
        self._session = Session(info, policy, lambda message: self._out.append(Say(message)))
        self._slots = Slots(len(info.gpus), policy, self._out.append)
        self._works: dict[str, Work] = {}
        self._offered: list[str] | None = None
        self._leaving = False
        self._slots.begin(now)

    # What comes out

    def take(self) -> list[Instruction]:
        """Everything since the last time."""
        taken, self._out[:] = list(self._out), []
        return taken

    @property
    def blobs(self) -> str:
        """Where the broker's blob service is, '' while that is not known."""
        return self._session.blobs

    @property
    def gone(self) -> bool:
        """Whether it was told to leave, and nothing is left to do."""
        return self._leaving and not self._works

    def due(self) -> float:
        """When `tick` has something to do, if nothing else happens."""
        moments = [self._session.due, self._slots.due()]
        if self._works:
            moments.append(self._session.fenced_at())
        for work in self._works.values():
            moments.append(work.give_up_at)
            if work.unreported and self._session.registered:
                moments.append(work.reported_at + self._policy.report)
            if work.stage == "running" and work.stopping is None:
                moments += [work.taken + work.timeout, work.heard + self._policy.hang]
        return min(moments)

    # What goes in

    def receive(self, message: Message, now: float) -> None:
        """The broker said something."""
        self._fence(now)
        match message:
            case Welcome():
                self._session.welcome(message, now, self._leases())
            case Registered():
                self._registered(message, now)
            case Beaten():
                if self._session.beaten(message):
                    self._void(message.void, now)
            case Refused():
                self._refused(message, now)
            case Done():
                self._heard(message.re)
            case Assign():
                self._assign(message, now)
            case Stop():
                self._stop(message, now)
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
                self._worker_down(news, now)
            case Ended():
                self._ended(news, now)
            case Measured():
                self._measured(news, now)
            case _:
                work = self._works.get(news.lease.job)
                if work is not None and work.lease == news.lease:
                    self._of_work(work, news, now)
        self._settle(now)

    def parted(self, now: float) -> None:
        """The connection broke; it is being made anew."""
        self._fence(now)
        self._session.part(now)
        self._settle(now)

    def leave(self, now: float, *, at_once: bool = False) -> None:
        """Take no more work; end when what there is has ended, or (`at_once`) give it back."""
        self._fence(now)
        self._leaving = True
        for work in list(self._works.values()) if at_once else []:
            self._end_early(work, STOPPED, now)
        self._settle(now)

    def tick(self, now: float) -> None:
        """Time passed."""
        self._fence(now)
        for work in list(self._works.values()):
            if work.give_up_at <= now:
                self._finish(work)
            if work.stage == "running" and work.stopping is None:
                self._look_after(work, now)
            if work.unreported and now - work.reported_at >= self._policy.report:
                self._report(work, now)
        self._slots.tick(now)
        self._session.tick(now, self._leases())
        self._settle(now)

    # The broker's words

    def _registered(self, message: Registered, now: float) -> None:
        if not self._session.admit(message, now):
            return
        self._void(message.void, now)
        self._offered = None
        for work in self._works.values():
            for checkpoint in work.saved.values():
                self._out.append(Say(work.report(now, checkpoint)))
            if work.stage == "telling":
                self._out.append(Say(work.last_word(self._session.number)))

    def _refused(self, message: Refused, now: float) -> None:
        if self._heard(message.re):
            return
        sentence = self._session.refused(message, now)
        if sentence:
            self._out.append(Complain(sentence))
        if sentence and message.code == "stale":  # somebody else works under our name
            for work in list(self._works.values()):
                self._abandon(work, now)

    def _heard(self, re: int) -> bool:
        """The broker knows how some work ended, or does not want to: whether re was about that."""
        told = [work for work in self._works.values() if work.stage == "telling"]
        work = next((work for work in told if work.asked == re), None)
        if work is not None:
            del self._works[work.lease.job]
        return work is not None

    def _assign(self, message: Assign, now: float) -> None:
        lease = message.lease
        held = self._works.get(lease.job)
        if held is not None:
            if held.lease.epoch >= lease.epoch:
                return
            self._abandon(held, now)
        work = Work(lease, message.spec, message.timeout, message.checkpoints, taken=now)
        self._works[lease.job] = work
        if self._offered is not None:
            for _ in range(min(message.spec.gpus, len(self._offered))):
                warm = message.spec.model
                self._offered.remove(warm if warm in self._offered else min(self._offered))
        reason = reason_to_refuse(message.spec, self._info)
        if reason:
            self._conclude(work, Ending("refused", reason), now)
        elif self._leaving:
            self._conclude(work, STOPPED, now)
        else:
            self._begin(work, now)

    def _stop(self, message: Stop, now: float) -> None:
        work = self._works.get(message.lease.job)
        if work is None or work.lease != message.lease:
            return
        if message.reason == "void":
            self._abandon(work, now)
        else:
            self._end_early(work, STOPPED, now)

    def _void(self, leases: tuple[Lease, ...], now: float) -> None:
        for lease in leases:
            work = self._works.get(lease.job)
            if work is not None and work.lease == lease:
                self._abandon(work, now)

    # Work begins

    def _begin(self, work: Work, now: float) -> None:
        """Start work if there are GPUs for it; otherwise it waits for them."""
        if not self._slots.take(work):
            return
        work.taken = work.heard = now
        work.stage = "preparing"
        self._out.append(Prepare(work.lease, work.slots, work.spec, work.checkpoints))

    # Workers' words

    def _of_work(self, work: Work, news: News, now: float) -> None:
        work.heard = now
        match news:
            case Prepared() if work.stage == "preparing":
                work.stage = "running"
                resumed = bool(work.checkpoints)
                self._out.append(Run(work.lease, work.slots, work.spec, resumed))
            case Unprepared() if work.stage == "preparing":
                self._slots.release(work)
                self._conclude(work, Ending(news.fault, news.error), now)
            case Began() if work.stage == "running":
                if self._session.registered:
                    self._out.append(Say(Started(lease=work.lease)))
            case Told() if work.stage == "running":
                if work.note(news) or now - work.reported_at >= self._policy.report:
                    self._report(work, now)
            case Kept():
                self._push(work, news)
            case Pushed():
                work.saved[news.checkpoint.fingerprint] = news.checkpoint
                if self._session.registered and work.ending is None or work.stage == "closing":
                    self._out.append(Say(work.report(now, news.checkpoint)))
                self._pushed(work)
            case Unpushed():
                self._out.append(Complain(news.error))
                self._pushed(work)
            case Delivered() if work.stage == "delivering":
                work.ending = Ending(results=news.results)
                self._tell(work)
            case Undelivered() if work.stage == "delivering":
                work.ending = Ending(news.fault, news.error)
                self._tell(work)

    def _ended(self, news: Ended, now: float) -> None:
        slot = self._slots[news.slot]
        work, speaks = slot.work, slot.work is not None and slot.number == slot.work.slots[0]
        self._slots.done(news.slot, news.warm)
        if work is None or work.ending is not None or not self._live(work):
            return
        work.peak = max(work.peak, news.peak)
        if work.stopping is not None and (news.cancelled or news.fault is not None):
            self._conclude(work, work.stopping, now)
        elif news.fault is not None:
            self._conclude(work, Ending(news.fault, news.error, work.peak), now)
        elif news.cancelled:
            error = "The worker stopped without being told to."
            self._conclude(work, Ending("failed", error, work.peak), now)
        elif speaks:
            self._deliver(work, news.slot, now)

    def _worker_down(self, news: WorkerDown, now: float) -> None:
        work = self._slots.went(news.slot, now)
        if work is None:
            if not self._leaving:
                self._out.append(Complain(f"The worker of slot {news.slot} ended: {news.error}"))
            return
        if work.ending is not None or not self._live(work):
            return
        work.peak = max(work.peak, news.peak)
        where = f"Node '{work.node}': " if work.node else ""
        ending = work.stopping or Ending(news.fault, where + news.error)
        peak = 0 if ending is STOPPED else work.peak
        self._conclude(work, ending._replace(peak=peak), now)

    def _measured(self, news: Measured, now: float) -> None:
        work = self._slots[news.slot].work
        if work is None or work.stage != "running" or not self._live(work):
            return
        work.peak = max(work.peak, news.memory)
        policy = self._policy
        if work.stopping is not None:
            return
        if policy.memory and news.memory > policy.memory:
            most = f"at most {policy.memory >> 20} MiB are allowed here"
            error = f"the worker took {news.memory >> 20} MiB of memory; {most}."
            self._end_at_once(work, "out_of_memory", error)
        elif policy.disk and news.disk > policy.disk:
            most = f"at most {policy.disk >> 20} MiB are allowed here"
            error = f"the job wrote {news.disk >> 20} MiB to the disk; {most}."
            self._end_at_once(work, "storage", error)

    def _look_after(self, work: Work, now: float) -> None:
        """End work that takes too long, or of which nothing is heard any more."""
        if now - work.taken >= work.timeout:
            error = f"{_where(work)}the job was not done within its {work.timeout:.0f} s."
            self._end_early(work, Ending("timed_out", error), now)
        elif now - work.heard >= self._policy.hang:
            error = f"nothing was heard of the worker for {self._policy.hang:.0f} s."
            self._end_at_once(work, "hung", error)

    # Work ends

    def _end_early(self, work: Work, ending: Ending, now: float) -> None:
        """Let work stop at its next step; what has ended anyway stays as it is."""
        if work.stage == "running":
            if work.stopping is None:
                work.stopping = ending
                self._slots.stop(work, now + self._policy.stop_grace)
        elif work.stage in ("waiting", "preparing"):
            self._out.append(Forget(work.lease))
            self._slots.release(work)
            self._conclude(work, ending, now)

    def _end_at_once(self, work: Work, fault: Fault, error: str) -> None:
        work.stopping = Ending(fault, _where(work) + error)
        self._slots.kill(work)

    def _abandon(self, work: Work, now: float) -> None:
        """The lease is lost: stop, and say nothing more of it."""
        del self._works[work.lease.job]
        if work.stage == "running":
            self._slots.stop(work, now + self._policy.fence_grace)
        else:
            self._slots.release(work)
        self._out.append(Forget(work.lease))

    def _deliver(self, work: Work, slot: int, now: float) -> None:
        """It went well: bring away what it wrote, while its GPUs do other work."""
        work.seconds = work.used(now)
        work.stage, work.phase = "delivering", "UPLOADING"
        self._slots.stop(work, now + self._policy.fence_grace)
        self._report(work, now)
        self._out.append(Deliver(work.lease, slot))

    def _conclude(self, work: Work, ending: Ending, now: float) -> None:
        """Its workers have stopped: tell how it ended, once its last checkpoint is safe."""
        work.seconds = work.used(now)
        work.ending, work.stage = ending, "closing"
        work.give_up_at = now + self._policy.push_grace
        self._slots.kill(work)
        if work.unreported:
            self._report(work, now)
        if not work.pushing:
            self._tell(work)

    def _finish(self, work: Work) -> None:
        """The checkpoint takes too long: tell the end without it."""
        work.give_up_at = float("inf")
        if work.stage == "closing":
            self._tell(work)

    def _tell(self, work: Work) -> None:
        work.stage, work.give_up_at = "telling", float("inf")
        if self._session.registered:
            self._out.append(Say(work.last_word(self._session.number)))
        self._out.append(Forget(work.lease))

    # Checkpoints: one at a time goes to the store, and the newest is next

    def _push(self, work: Work, kept: Kept) -> None:
        if work.stage == "telling":
            self._out.append(Drop(kept.path))
        elif not work.pushing:
            work.pushing = True
            self._out.append(Push(work.lease, kept.fingerprint, kept.step, kept.path))
        else:
            if work.overtaken is not None:
                self._out.append(Drop(work.overtaken.path))
            work.overtaken = kept

    def _pushed(self, work: Work) -> None:
        work.pushing, kept, work.overtaken = False, work.overtaken, None
        if kept is not None:
            self._push(work, kept)
        elif work.stage == "closing":
            self._tell(work)

    # Always

    def _report(self, work: Work, now: float) -> None:
        if self._session.registered:
            self._out.append(Say(work.report(now)))

    def _fence(self, now: float) -> None:
        """Stop everything that the broker may have given to others by now."""
        if now < self._session.fenced_at():
            return
        if self._works:
            silent = "The broker was not heard for too long: all work was stopped."
            self._out.append(Complain(silent))
        for work in list(self._works.values()):
            self._abandon(work, now)
        self._session.forget()
        self._session.part(now)

    def _settle(self, now: float) -> None:
        """Begin what waits for GPUs, and offer those that are left."""
        for work in self._works.values():
            if work.stage == "waiting":
                self._begin(work, now)
        if not self._session.registered:
            return
        free = () if self._leaving else self._slots.offer()
        if self._offered is None or sorted(self._offered) != sorted(free):
            self._offered = list(free)
            self._out.append(Say(Ready(number=self._session.number(), free=free)))

    def _leases(self) -> tuple[Lease, ...]:
        return tuple(work.lease for work in self._works.values())

    def _live(self, work: Work) -> bool:
        return self._works.get(work.lease.job) is work


def _where(work: Work) -> str:
    return f"Node '{work.node}': " if work.node else ""
