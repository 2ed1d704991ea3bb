"""A simulated user: submits jobs until they are acknowledged, and now and then meddles."""

from __future__ import annotations

from random import Random
from typing import Final

from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.messages import (
    VERSION,
    Cancel,
    Hello,
    Message,
    Move,
    Pause,
    Ping,
    Refused,
    Resume,
    Submit,
    Submitted,
)
from cluster_agent.protocol.wire import TO_CLIENT, Malformed, decode, encode
from cluster_agent.simulation.clock import Clock
from cluster_agent.simulation.network import Line, Network

AGAIN: Final = 2.0
"""Seconds after which what was not answered is said again, on a new connection."""

NONSENSE: Final = 0.05
"""The part of a flood that nobody can understand."""


class Person:
    """One user with a list of jobs.

    `acknowledged` are job ids by key, as the broker gave them; `contradicted` are keys for which
    it gave two.  `turned_away` counts how often it was too busy for this user.
    """

    def __init__(
        self, clock: Clock, chance: Random, network: Network, key: str, specs: list[JobSpec]
    ) -> None:
        self._clock, self._chance, self._network, self._key = clock, chance, network, key
        self._specs = {spec.key: spec for spec in specs}
        self._asked: dict[int, Message] = {}
        self._submits: dict[int, Submit] = {}
        self._wanted: list[JobSpec] = []
        self._number = 0
        self._line: Line = network.connect(key, self)
        self.acknowledged: dict[str, str] = {}
        self.contradicted: list[str] = []
        self.turned_away = 0
        self._greet()

    def want(self, key: str) -> None:
        """Submit a job, once those that it comes after are acknowledged."""
        self._wanted.append(self._specs[key])
        self._submit()

    def meddle(self) -> None:
        """Cancel, pause, resume or move some job."""
        if not self.acknowledged:
            return
        job = (self._chance.choice(sorted(self.acknowledged.values())),)
        cancel, pause, resume = Cancel(jobs=job), Pause(jobs=job), Resume(jobs=job)
        self._ask(self._chance.choice((cancel, pause, resume, resume, Move(jobs=job, index=0))))

    def flood(self, messages: int) -> None:
        """Say far too much, and some nonsense."""
        ping = encode(Ping())
        for _ in range(messages):
            self._line.send(b"nonsense" if self._chance.random() < NONSENSE else ping)

    def resume_all(self) -> None:
        """Let nothing stay paused."""
        if self.acknowledged:
            self._ask(Resume(jobs=tuple(sorted(self.acknowledged.values()))))

    @property
    def content(self) -> bool:
        """Whether all that was wanted was asked, and is answered."""
        return not self._asked and not self._wanted

    def hear(self, frame: bytes) -> None:
        """The broker said something."""
        try:
            message = decode(frame, TO_CLIENT)
        except Malformed:
            return
        if isinstance(message, Refused) and message.code in ("version", "busy"):
            self.turned_away += message.code == "busy"
            return
        self._asked.pop(message.re, None)
        if isinstance(message, Submitted) and message.re in self._submits:
            self._acknowledge(self._submits[message.re], message)

    def _submit(self) -> None:
        ready = [spec for spec in self._wanted if self.acknowledged.keys() >= {*spec.after}]
        for spec in ready:
            self._wanted.remove(spec)
            submit = Submit(jobs=(spec,))
            self._submits[self._ask(submit)] = submit

    def _acknowledge(self, asked: Submit, answer: Submitted) -> None:
        for spec, job in zip(asked.jobs, answer.jobs, strict=True):
            if self.acknowledged.setdefault(spec.key, job) != job:
                self.contradicted.append(spec.key)
        self._submit()

    def _ask(self, message: Message) -> int:
        """Say something until it is answered; its number."""
        self._number += 1
        message = message.model_copy(update={"re": self._number})
        self._asked[self._number] = message
        self._line.send(encode(message))
        self._clock.after(AGAIN, lambda: self._again(message.re))
        return message.re

    def _again(self, number: int) -> None:
        if number not in self._asked:
            return
        if self._chance.random() < 0.5:
            self._network.close(self._line)
            self._line = self._network.connect(self._key, self)
            self._greet()
        self._line.send(encode(self._asked[number]))
        self._clock.after(AGAIN, lambda: self._again(number))

    def _greet(self) -> None:
        self._line.send(encode(Hello(versions=(VERSION,), software="simulated")))
