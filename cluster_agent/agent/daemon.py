"""The agent's shell: one thread that hears the broker and the workers, and does what is decided.

Nothing heavy is loaded here: the workers compute, and are started without any model.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, Protocol

from cluster_agent.agent.errands import Errands
from cluster_agent.agent.instructions import (
    Cancel,
    Complain,
    Deliver,
    Drop,
    Fetch,
    Forget,
    Instruction,
    Kill,
    Prepare,
    Push,
    Run,
    Say,
    Start,
)
from cluster_agent.agent.machine import Agent
from cluster_agent.agent.news import News, Told, WorkerDown
from cluster_agent.agent.pipe import RunJob
from cluster_agent.agent.supervisor import Supervisor
from cluster_agent.protocol.messages import Lease
from cluster_agent.protocol.wire import TO_AGENT, Malformed, decode, encode
from engine.errors import InvalidInput, ReelwrightError
from engine.run.events import Wrote, from_json

BATCH: Final = 256
LONGEST_WAIT: Final = 1.0
CALL_AGAIN: Final = 2.0
CALLING_WAIT: Final = 0.05
"""Seconds between looks whether a line that was called stands."""
_WROTE: Final = f'{{"kind":"{Wrote.kind}",'

_log = logging.getLogger(__name__)


def clock() -> float:
    """Seconds that go on while the machine sleeps: a lease does not wait for it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Line(Protocol):
    """What is needed of `transport.Connection`."""

    @property
    def broken(self) -> bool: ...
    @property
    def turned_away(self) -> bool: ...
    def ready(self, timeout_s: float) -> bool: ...
    def poll(self, timeout_s: float) -> bool: ...
    def receive(self, most: int) -> list[bytes]: ...
    def send(self, frame: bytes) -> bool: ...
    def reconnect(self) -> None: ...
    def wake(self) -> None: ...


class Daemon:
    """Runs a machine between a line to its broker and the workers of this computer."""

    def __init__(
        self,
        line: Line,
        machine: Agent,
        supervisor: Supervisor,
        errands: Errands,
        inbox: SimpleQueue[News],
        now: Callable[[], float] = clock,
    ) -> None:
        self._line = line
        self._machine = machine
        self._supervisor = supervisor
        self._errands = errands
        self._inbox = inbox
        self._now = now
        self._wrote: dict[Lease, dict[str, tuple[str, bool]]] = {}
        self._asked_to_end = 0
        self._aborted = False
        self._call_at = now()
        self._stands = False

    def end(self) -> None:
        """Take no more work; a second time: give back what there is.  For signal handlers."""
        self._asked_to_end += 1
        self._line.wake()

    def abort(self) -> None:
        """End without a word: the broker is gone.  Any thread may call it."""
        self._aborted = True
        self._line.wake()

    def run(self) -> None:
        """Until it was asked to end, and nothing is left to do."""
        heeded = 0
        while not self._machine.gone and not self._aborted:
            wait = LONGEST_WAIT if self._stands else CALLING_WAIT
            self._line.poll(max(0.0, min(wait, self._machine.due() - self._now())))
            self.turn()
            if heeded < self._asked_to_end:
                heeded = self._asked_to_end
                self._machine.leave(self._now(), at_once=heeded > 1)
                self._carry_out()

    def turn(self) -> None:
        """Hear what has come, and do what follows from it."""
        self._machine.tick(self._now())  # whoever slept finds out first
        self._keep_line()
        self._carry_out()
        for frame in self._line.receive(BATCH):
            try:
                message = decode(frame, TO_AGENT)
            except Malformed as error:
                _log.warning("The broker said what is not understood. %s", error)
                continue
            self._machine.receive(message, self._now())
        with suppress(Empty):
            for _ in range(BATCH):
                self._hear(self._inbox.get_nowait())
        self._carry_out()

    def _keep_line(self) -> None:
        """Greet when the line stands, and call again when it broke."""
        stood, self._stands = self._stands, self._line.ready(0.0)
        now = self._now()
        if self._stands:
            if not stood:
                self._machine.joined(now)
        elif (self._line.broken or self._line.turned_away) and now >= self._call_at:
            self._call_at = now + CALL_AGAIN
            if self._line.turned_away:
                _log.error("The broker does not know this agent's key.  Trust it as an agent.")
            self._line.reconnect()
            self._machine.parted(now)

    def _hear(self, news: News) -> None:
        if isinstance(news, Told):
            self._note_file(news)
        self._machine.hear(news, self._now())

    def _note_file(self, told: Told) -> None:
        """Remember which node wrote a file: the results are named after it."""
        if not told.event.startswith(_WROTE):
            return
        with suppress(InvalidInput):
            event = from_json(told.event)
            if isinstance(event, Wrote):
                files = self._wrote.setdefault(told.lease, {})
                files[Path(event.path).name] = (event.node, event.signed)

    def _carry_out(self) -> None:
        while instructions := self._machine.take():
            for instruction in instructions:
                self._do(instruction)

    def _do(self, instruction: Instruction) -> None:
        match instruction:
            case Say(message):
                if not self._line.send(encode(message)):
                    _log.debug("Not sent, because the line is down: %s", message.kind)
            case Complain(sentence):
                _log.warning("%s", sentence)
            case Start(slot):
                self._start(slot)
            case Prepare():
                self._errands.prepare(instruction)
            case Run():
                self._run(instruction)
            case Cancel(lease, slots):
                for slot in slots:
                    self._supervisor.cancel(slot, lease)
            case Kill(slots):
                for slot in slots:
                    self._supervisor.kill(slot)
            case Push():
                self._errands.push(instruction)
            case Drop(path):
                with suppress(OSError):
                    path.unlink()
            case Deliver(lease):
                self._errands.deliver(instruction, self._wrote.pop(lease, {}))
            case Forget(lease):
                self._wrote.pop(lease, None)
                self._errands.forget(lease)
                shutil.rmtree(self._supervisor.meeting(lease), ignore_errors=True)
            case Fetch():
                self._errands.fetch(instruction)
                if instruction.model:
                    self._supervisor.warm(instruction.model)

    def _start(self, slot: int) -> None:
        try:
            self._supervisor.start(slot)
        except ReelwrightError as error:
            self._inbox.put(WorkerDown(slot, "storage", str(error), 0))

    def _run(self, order: Run) -> None:
        spec, size = order.spec, len(order.slots)
        meeting = self._supervisor.meeting(order.lease)
        if size > 1:
            meeting.mkdir(parents=True, exist_ok=True)
        for rank, slot in enumerate(order.slots):
            self._supervisor.run(
                slot,
                RunJob(
                    lease=order.lease,
                    outputs=spec.outputs,
                    previews=spec.previews,
                    fresh=spec.fresh,
                    resumed=order.resumed,
                    rank=rank,
                    size=size,
                    meeting=str(meeting),
                ),
            )
