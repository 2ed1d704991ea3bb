"""The jobs of an agent: how each begins, is looked after, and ends, on the slots that it takes."""

from __future__ import annotations

from cluster_agent.agent.instructions import (
    Complain,
    Deliver,
    Drop,
    Forget,
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
    Prepared,
    Pushed,
    Told,
    Undelivered,
    Unprepared,
    Unpushed,
    WorkerDown,
)
from cluster_agent.agent.policy import AgentPolicy
from cluster_agent.agent.session import Session
from cluster_agent.agent.slots import Ask, Slots
from cluster_agent.agent.work import NEVER, Ending, Work
from cluster_agent.protocol.messages import Fault, Lease, Started

STOPPED = Ending()
OfWork = Prepared | Unprepared | Began | Told | Kept | Pushed | Unpushed | Delivered | Undelivered


class Jobs:
    """Work by job, from its assignment until the broker knows its end."""

    def __init__(self, policy: AgentPolicy, session: Session, slots: Slots, ask: Ask) -> None:
        self._policy = policy
        self._session = session
        self._slots = slots
        self._ask = ask
        self._works: dict[str, Work] = {}

    def __bool__(self) -> bool:
        return bool(self._works)

    def all(self) -> list[Work]:
        """All work, in the order in which it came."""
        return list(self._works.values())

    def leases(self) -> tuple[Lease, ...]:
        """What the broker is to be told that we hold."""
        return tuple(work.lease for work in self._works.values())

    def find(self, lease: Lease) -> Work | None:
        """The work of exactly this lease."""
        work = self._works.get(lease.job)
        return work if work is not None and work.lease == lease else None

    # Beginning

    def add(self, work: Work, now: float) -> bool:
        """Take work up, in place of the same job's of an older lease; False if it is known."""
        held = self._works.get(work.lease.job)
        if held is not None and held.lease.epoch >= work.lease.epoch:
            return False
        if held is not None:
            self.abandon(held, now)
        self._works[work.lease.job] = work
        return True

    def begin_waiting(self, now: float) -> None:
        """Start what waits for GPUs as far as there are any."""
        for work in self._works.values():
            if work.stage == "waiting" and self._slots.take(work):
                work.taken = work.heard = now
                work.stage = "preparing"
                self._ask(Prepare(work.lease, work.slots, work.spec, work.checkpoints))

    # What is told of workers and transfers

    def of_work(self, work: Work, news: OfWork, now: float) -> None:
        """Something about one lease."""
        match news:
            case Prepared() if work.stage == "preparing":
                work.stage, work.heard = "running", now
                self._ask(Run(work.lease, work.slots, work.spec, bool(work.checkpoints)))
            case Unprepared() if work.stage == "preparing":
                self._slots.release(work)
                self.conclude(work, Ending(news.fault, news.error), now)
            case Began() if work.stage == "running":
                work.heard = now
                if self._session.registered:
                    self._ask(Say(Started(lease=work.lease)))
            case Told() if work.stage == "running":
                work.heard = now
                if work.note(news) or now - work.reported_at >= self._policy.report:
                    self.report(work, now)
            case Kept():
                work.heard = now
                self._push(work, news)
            case Pushed():
                self._pushed(work, news, now)
            case Unpushed():
                self._ask(Complain(news.error))
                self._push_next(work, now)
            case Delivered() if work.stage == "delivering":
                work.ending = Ending(results=news.results)
                self._tell(work, now)
            case Undelivered() if work.stage == "delivering":
                work.ending = Ending(news.fault, news.error)
                self._tell(work, now)

    def worker_ended(self, news: Ended, now: float) -> None:
        """A worker is done with its job.  Of several that work together the first one speaks."""
        work = self._slots[news.slot].work
        self._slots.done(news.slot, news.warm)
        if work is None or not self._open(work):
            return
        work.peak = max(work.peak, news.peak)
        speaks = news.slot == work.slots[0]
        if work.stopping is not None and speaks and (news.cancelled or news.fault is not None):
            self.conclude(work, work.stopping, now)
        elif news.fault is not None:
            self.conclude(work, Ending(news.fault, news.error, work.peak), now)
        elif news.cancelled and speaks:
            error = f"{_where(work)}the worker stopped without being told to."
            self.conclude(work, Ending("failed", error, work.peak), now)
        elif speaks:
            self._deliver(work, news.slot, now)

    def worker_down(self, news: WorkerDown, now: float) -> None:
        """A worker's process ended."""
        work = self._slots.went(news.slot, now)
        if work is None:
            self._ask(Complain(f"The idle worker of slot {news.slot} ended: {news.error}"))
        elif self._open(work):
            work.peak = max(work.peak, news.peak)
            ending = Ending(news.fault, _where(work) + news.error)
            if work.stopping is not None:
                ending = work.stopping
            if ending.fault is not None:
                ending = ending._replace(peak=work.peak)
            self.conclude(work, ending, now)

    def measured(self, news: Measured) -> None:
        """What a worker takes of memory and disk: work that takes too much is ended."""
        work, policy = self._slots[news.slot].work, self._policy
        if work is None or work.stage != "running" or not self._open(work):
            return
        work.peak = max(work.peak, news.memory)
        if policy.memory and news.memory > policy.memory:
            took, most = news.memory >> 20, policy.memory >> 20
            error = f"the worker took {took} MiB of memory; at most {most} are allowed here."
            self._end_at_once(work, "out_of_memory", error)
        elif policy.disk and news.disk > policy.disk:
            took, most = news.disk >> 20, policy.disk >> 20
            error = f"the job wrote {took} MiB to the disk; at most {most} are allowed here."
            self._end_at_once(work, "storage", error)

    # Time passes

    def tick(self, now: float) -> None:
        """Look after all work: report it, bound it, tell its end again if nobody answers."""
        for work in self.all():
            if work.due_at <= now and work.stage == "closing":
                self._tell(work, now)
            elif work.due_at <= now and work.stage == "telling" and self._session.registered:
                self._say_last_word(work, now)
            elif work.computing and work.stopping is None:
                self._bound(work, now)
            if work.unreported and now - work.reported_at >= self._policy.report:
                self.report(work, now)

    def due(self) -> float:
        """When there is something to look after."""
        moments = [NEVER]
        registered = self._session.registered
        for work in self._works.values():
            if work.stage == "closing" or registered:
                moments.append(work.due_at)
            if work.unreported and registered:
                moments.append(work.reported_at + self._policy.report)
            if work.computing and work.stopping is None:
                moments.append(work.taken + work.timeout)
            if work.stage == "running" and work.stopping is None:
                moments.append(work.heard + self._policy.hang)
        return min(moments)

    def _bound(self, work: Work, now: float) -> None:
        """End work that takes too long, or of which nothing is heard any more."""
        if now - work.taken >= work.timeout:
            error = f"{_where(work)}the job was not done within its {work.timeout:.0f} s."
            self.end_early(work, Ending("timed_out", error), now)
        elif work.stage == "running" and now - work.heard >= self._policy.hang:
            error = f"nothing was heard of the worker for {self._policy.hang:.0f} s."
            self._end_at_once(work, "hung", error)

    # Ending

    def end_early(self, work: Work, ending: Ending, now: float) -> None:
        """Let work stop at its next step; what has ended anyway stays as it is."""
        if work.stage == "running":
            if work.stopping is None:
                work.stopping = ending
                self._slots.stop(work, now + self._policy.stop_grace)
        elif work.stage in ("waiting", "preparing"):
            self._slots.release(work)
            self.conclude(work, ending, now)

    def abandon(self, work: Work, now: float) -> None:
        """The lease is lost: stop, and say nothing more of it."""
        del self._works[work.lease.job]
        if work.stage == "preparing":
            self._slots.release(work)
        if work.overtaken is not None:
            self._ask(Drop(work.overtaken.path))
        self._slots.stop(work, now + self._policy.fence_grace)
        self._ask(Forget(work.lease))

    def conclude(self, work: Work, ending: Ending, now: float) -> None:
        """Its workers have stopped: tell how it ended, once its last checkpoint is safe."""
        work.seconds = work.used(now)
        work.ending, work.stage = ending, "closing"
        work.due_at = now + self._policy.push_grace
        self._slots.kill(work)
        if work.unreported:
            self.report(work, now)
        if not work.pushing:
            self._tell(work, now)

    def ended(self, re: int) -> bool:
        """The broker knows the end of some work, or does not want to: whether `re` told of one."""
        told = (work for work in self._works.values() if work.stage == "telling")
        work = next((work for work in told if work.asked == re), None)
        if work is not None:
            del self._works[work.lease.job]
        return work is not None

    def tell_again(self, now: float) -> None:
        """We are registered anew: what was said last may not have been heard."""
        for work in self._works.values():
            for checkpoint in work.saved.values():
                self._ask(Say(work.report(now, checkpoint)))
            if work.stage == "telling":
                self._say_last_word(work, now)

    def report(self, work: Work, now: float) -> None:
        """Tell how far work is, if anybody listens."""
        if self._session.registered:
            self._ask(Say(work.report(now)))

    def _end_at_once(self, work: Work, fault: Fault, error: str) -> None:
        work.stopping = Ending(fault, _where(work) + error)
        self._slots.kill(work)

    def _deliver(self, work: Work, slot: int, now: float) -> None:
        """It went well: bring away what it wrote, while its GPUs do other work."""
        work.seconds = work.used(now)
        work.stage, work.phase = "delivering", "UPLOADING"
        self._slots.stop(work, now + self._policy.fence_grace)
        self.report(work, now)
        self._ask(Deliver(work.lease, slot))

    def _tell(self, work: Work, now: float) -> None:
        work.stage = "telling"
        if self._session.registered:
            self._say_last_word(work, now)
        self._ask(Forget(work.lease))

    def _say_last_word(self, work: Work, now: float) -> None:
        work.due_at = now + self._policy.silence
        self._ask(Say(work.last_word(self._session.number())))

    # Checkpoints: one at a time goes to the store, and the newest is next

    def _push(self, work: Work, kept: Kept) -> None:
        if work.stage == "telling":
            self._ask(Drop(kept.path))
        elif not work.pushing:
            work.pushing = True
            self._ask(Push(work.lease, kept.fingerprint, kept.step, kept.path))
        else:
            if work.overtaken is not None:
                self._ask(Drop(work.overtaken.path))
            work.overtaken = kept

    def _pushed(self, work: Work, news: Pushed, now: float) -> None:
        work.saved[news.checkpoint.fingerprint] = news.checkpoint
        if work.stage != "telling" and self._session.registered:
            self._ask(Say(work.report(now, news.checkpoint)))
        self._push_next(work, now)

    def _push_next(self, work: Work, now: float) -> None:
        work.pushing, kept, work.overtaken = False, work.overtaken, None
        if kept is not None:
            self._push(work, kept)
        elif work.stage == "closing":
            self._tell(work, now)

    def _open(self, work: Work) -> bool:
        """Whether its lease is ours, and how it ends is not known yet."""
        return work.ending is None and self._works.get(work.lease.job) is work


def _where(work: Work) -> str:
    return f"Node '{work.node}': " if work.node else ""
