"""An agent's machine with a clock that only moves when told, and a broker made of words."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from cluster_agent.agent import instructions as do
from cluster_agent.agent import news
from cluster_agent.agent.machine import Agent
from cluster_agent.agent.policy import AgentPolicy
from cluster_agent.protocol.job_spec import JobSpec, ResultFile
from cluster_agent.protocol.messages import (
    AgentInfo,
    Assign,
    Beat,
    Beaten,
    Checkpoint,
    Gpu,
    Hello,
    Lease,
    Message,
    Register,
    Registered,
    Stop,
    Welcome,
)

GIB = 1 << 30
POLICY = AgentPolicy(memory=4 * GIB, disk=2 * GIB)
FINGERPRINT = "f" * 64
RESULT = ResultFile(path="video.mp4", node="save", digest="a" * 64, size=7)

Said = TypeVar("Said", bound=Message)


def info(gpus: int = 1) -> AgentInfo:
    return AgentInfo(
        name="shed", host="shed", software="1", gpus=(Gpu(name="cpu", memory=8 * GIB),) * gpus,
        cpus=2, memory=16 * GIB, packs={"core": "1.2"}, models=("starter", "other"),
    )  # fmt: skip


def lease(number: int = 1, epoch: int = 1) -> Lease:
    return Lease(job=f"j{number}", epoch=epoch)


def spec(**wishes: object) -> JobSpec:
    return JobSpec.model_validate({"key": "k", "graph": b"{}", **wishes})


def checkpoint(step: int = 10) -> Checkpoint:
    return Checkpoint(fingerprint=FINGERPRINT, step=step, digest="c" * 64, size=3)


class Desk:
    """Talks to one machine; what it wants done comes back from each call."""

    def __init__(self, gpus: int = 1, policy: AgentPolicy = POLICY) -> None:
        self.now = 1000.0
        self.agent = Agent(info(gpus), policy, self.now)
        self.gpus = gpus

    def take(self) -> list[do.Instruction]:
        taken = self.agent.take()
        for hello in all_said(taken, Hello):
            self.greeting = hello
        return taken

    def hears(self, message: Message) -> list[do.Instruction]:
        self.agent.receive(message, self.now)
        return self.take()

    def learns(self, told: news.News) -> list[do.Instruction]:
        self.agent.hear(told, self.now)
        return self.take()

    def after(self, seconds: float) -> list[do.Instruction]:
        self.now += seconds
        self.agent.tick(self.now)
        return self.take()

    def wait(self, seconds: float) -> list[do.Instruction]:
        """Time passes with a broker that answers every beat."""
        found: list[do.Instruction] = []
        until = self.now + seconds
        while self.now < until:
            step = self.after(min(max(self.agent.due() - self.now, 0.01), until - self.now))
            for each in step:
                found.append(each)
                if isinstance(each, do.Say) and isinstance(each.message, Beat):
                    found += self.hears(Beaten(number=each.message.number))
        return found

    # Beginnings

    def register(self, void: tuple[Lease, ...] = ()) -> list[do.Instruction]:
        """Answer the newest greeting, and the registration; what follows from that."""
        self.after(0.0)
        (register,) = all_said(self.hears(welcome(self)), Register)
        return self.hears(Registered(re=register.re, beat=2, fence=7, lease=10, void=void))

    def start(self) -> Desk:
        """Registered, with all workers waiting."""
        self.register()
        for slot in range(self.gpus):
            self.learns(news.WorkerUp(slot))
        self.take()
        return self

    def assign(
        self, number: int = 1, epoch: int = 1, *, timeout: float = 3600.0,
        checkpoints: tuple[Checkpoint, ...] = (), **wishes: object,
    ) -> list[do.Instruction]:  # fmt: skip
        return self.hears(
            Assign(
                lease=lease(number, epoch), spec=spec(**wishes), user="ann", ready=1,
                timeout=timeout, checkpoints=checkpoints,
            )
        )  # fmt: skip

    def run(self, number: int = 1, epoch: int = 1, **wishes: object) -> Desk:
        """A job that is computing."""
        self.assign(number, epoch, **wishes)  # type: ignore[arg-type]
        self.learns(news.Prepared(lease(number, epoch)))
        self.learns(news.Began(lease(number, epoch)))
        self.learns(told("node", node="sample", number=number, epoch=epoch))
        return self

    def stop(self, reason: str, number: int = 1) -> list[do.Instruction]:
        return self.hears(Stop.model_validate({"lease": lease(number), "reason": reason}))


def welcome(desk: Desk) -> Welcome:
    """The answer to its newest greeting."""
    return Welcome(
        re=desk.greeting.re, version=1, broker="b", user="u", roles=("agent",),
        blobs="tcp://b:1", largest=1 << 20,
    )  # fmt: skip


def told(event: str, topic: str = "", number: int = 1, epoch: int = 1, **more: object) -> news.Told:
    return news.Told(lease(number, epoch), event, topic, **more)  # type: ignore[arg-type]


def kept(step: int) -> news.Kept:
    return news.Kept(lease(), FINGERPRINT, step, Path(f"/outbox/{step}"))


def all_said(instructions: list[do.Instruction], kind: type[Said]) -> list[Said]:
    messages = [each.message for each in instructions if isinstance(each, do.Say)]
    return [message for message in messages if isinstance(message, kind)]


def said(instructions: list[do.Instruction], kind: type[Said]) -> Said:
    (message,) = all_said(instructions, kind)
    return message


def without_words(instructions: list[do.Instruction]) -> list[do.Instruction]:
    """What is to be done, apart from what is said."""
    return [each for each in instructions if not isinstance(each, do.Say | do.Complain)]
