"""Several workers of one machine at one job: the first runs the graph, the others help it sample.

The first one leads.  Before each step it says to the others which model, which request, and which
state, and then all take the step together: whatever the family computes through
`engine.models.parallel` is shared among them, the rest is done by each.  Only the leader's result
counts, and only the leader writes, keeps checkpoints and is cancelled; a follower waits for the
next word, so no two ranks can ever disagree on what they are at.  Within a step, too, only the
leader is asked whether to go on, and all hear the answer.  Where memory runs out, or a worker is
lost, the others wait at an exchange that never comes: the job is ended then, with a sentence.

What is said is numbers and tensors by `broadcast`, and the request as a file at the meeting
place, in the engine's own form.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import torch
import torch.distributed as dist
from torch import Tensor

from engine.errors import Cancelled, ReelwrightError
from engine.models.family import Family, SampleRequest, SampleState
from engine.models.interruption import Check, asked, interruptible
from engine.models.memory.plan import NARROWER
from engine.models.memory.relief import Sparing
from engine.models.parallel import Team, together
from engine.models.residency import Residency
from engine.run.codec import decode, encode
from engine.run.failures import is_out_of_memory
from engine.run.tensor_file import TensorFile, write_tensor_file
from engine.values import VideoModel

_END, _STEP, _LEAVE = 0, 1, 2
_DOOR: Final = "door"
_PATIENCE: Final = timedelta(days=1)
"""A follower waits as long as its leader decodes or encodes; leases declare death, not this."""
_HANDLE: Final = " model"
_SHORT: Final = "short-of-memory"
"""A file at the meeting place, by which a follower tells why it left a step."""


@contextmanager
def meeting(folder: Path, rank: int, size: int) -> Iterator[Team]:
    """The ranks of a job, once all have come to the meeting place: a folder of their own."""
    cuda = torch.cuda.is_available()
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # all are on this machine
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if cuda else "gloo",
        init_method=f"file://{folder / _DOOR}",
        rank=rank,
        world_size=size,
        timeout=_PATIENCE,
    )
    try:
        yield Team(None, rank, size)
    finally:
        dist.destroy_process_group()


class Leader:
    """The first rank's voice."""

    def __init__(self, team: Team, folder: Path) -> None:
        self.team = team
        self._folder = folder
        self._request: SampleRequest | None = None
        self._number = 0
        self._in_step = False

    def step(self, family: Family, request: SampleRequest, state: SampleState) -> SampleState:
        """Take a step with all others.

        Raises ReelwrightError where it cannot be taken to its end; after that there are no more.
        """
        self._in_step = True
        if request is not self._request:
            self._number += 1
            _write_request(self._folder / str(self._number), family.handle, request)
            self._request = request
        try:
            _say(_STEP, self._number)
            _send_state(state)
            with together(self.team), interruptible(partial(self._agree, asked())):
                made = family.step(request, state)
        except (MemoryError, RuntimeError) as error:
            if is_out_of_memory(error) or (self._folder / _SHORT).exists():
                raise _no_room() from MemoryError()
            if not _is_parted(error):
                raise
            raise ReelwrightError(
                "One of the workers that take this step together was lost.",
                remedy="Run it again: it goes on from its last checkpoint.",
            ) from error
        self._in_step = False
        return made

    def _agree(self, check: Check) -> None:
        """Ask whether to go on with a step; if not, all others hear it, and leave it too."""
        try:
            check()
        except ReelwrightError:
            _say(_LEAVE, self._number)
            self._in_step = False
            raise
        _say(_STEP, self._number)

    def end(self) -> None:
        """There will be no more steps.  After one that failed nobody listens: they are stopped."""
        if not self._in_step:
            _say(_END, 0)


def follow(team: Team, folder: Path, models: Residency) -> None:
    """Help with every step that the leader takes, until it says that there are no more.

    Raises ReelwrightError where memory runs out.  A rank that is gone ends it quietly: that one
    tells why, or is found dead.
    """
    try:
        _help(team, folder, models)
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            (folder / _SHORT).touch()
            raise _no_room() from MemoryError()
        if not _is_parted(error):
            raise


def _help(team: Team, folder: Path, models: Residency) -> None:
    family, request, known = None, None, 0
    while True:
        what, number = _hear()
        if what == _END:
            return
        heard = _receive_state()
        if number != known:
            handle, request = _read_request(folder / str(number))
            family, known = models.get(handle), number
            if isinstance(family, Sparing):
                with together(team):
                    family.settle_memory(request, heard)
        assert family is not None
        assert request is not None
        state = family.restore(request, heard)
        with suppress(Cancelled), together(team), interruptible(_leave_with_the_leader):
            family.step(request, state)


def _leave_with_the_leader() -> None:
    if _hear()[0] == _LEAVE:
        raise Cancelled


def _is_parted(error: Exception) -> bool:
    """Whether an exchange failed because a rank is gone; gloo has no class for it."""
    return isinstance(error, dist.DistError) or "gloo" in str(error)


def _no_room() -> ReelwrightError:
    return ReelwrightError(
        "Memory ran out on one of the workers that take this step together.",
        remedy=f"Make fewer frames or a smaller picture, or {NARROWER}.",
    )


class GroupModels(Residency):
    """The models of a worker, whose steps are taken by the whole group."""

    def __init__(self, models: Residency, leader: Leader) -> None:
        super().__init__(device=models.device)
        self._models = models
        self._leader = leader

    @property
    def loaded(self) -> tuple[VideoModel, ...]:
        """What is loaded now, least recently used first."""
        return self._models.loaded

    def get(self, handle: VideoModel) -> Family:
        """The loaded model, as one of several."""
        return _one_of_several(self._models.get(handle), self._leader)

    def release(self, handle: VideoModel | None = None) -> None:
        """Forget one model, or all of them."""
        self._models.release(handle)

    def keep_only(self, handle: VideoModel) -> tuple[VideoModel, ...]:
        """Forget all models but one; followers make room for themselves."""
        return self._models.keep_only(handle)


def _one_of_several(family: Family, leader: Leader) -> Family:
    """A family whose steps are taken by a group; everything else it does here alone.

    It has whatever the family has, and so is of every protocol that the family is of.
    """

    def step(this: object, request: SampleRequest, state: SampleState) -> SampleState:
        return leader.step(family, request, state)

    def settle_memory(
        this: object, request: SampleRequest, begun: SampleState | None = None
    ) -> str | None:
        with together(leader.team):
            return cast(Sparing, family).settle_memory(request, begun)

    def passed_on(name: str) -> property:
        return property(lambda this: getattr(family, name))

    has: dict[str, Any] = {n: passed_on(n) for n in dir(family) if not n.startswith("_")}
    if isinstance(family, Sparing):
        has["settle_memory"] = settle_memory
    return cast(Family, type("OneOfSeveral", (), {**has, "step": step})())


# What is said


def _say(what: int, number: int) -> None:
    dist.broadcast(torch.tensor([what, number]), src=0)


def _hear() -> tuple[int, int]:
    said = torch.zeros(2, dtype=torch.int64)
    dist.broadcast(said, src=0)
    return int(said[0]), int(said[1])


def _send_state(state: SampleState) -> None:
    layout = {
        name: [str(tensor.dtype).removeprefix("torch."), list(tensor.shape)]
        for name, tensor in state.tensors.items()
    }
    plain = {"step": state.step, "steps": state.steps, "scalars": state.scalars, "tensors": layout}
    text = torch.frombuffer(bytearray(json.dumps(plain).encode()), dtype=torch.uint8)
    dist.broadcast(torch.tensor([len(text)]), src=0)
    dist.broadcast(text, src=0)
    for tensor in state.tensors.values():
        dist.broadcast(_as_bytes(tensor.detach().cpu()), src=0)


def _receive_state() -> SampleState:
    length = torch.zeros(1, dtype=torch.int64)
    dist.broadcast(length, src=0)
    text = torch.empty(int(length), dtype=torch.uint8)
    dist.broadcast(text, src=0)
    plain = json.loads(bytes(text.tolist()))
    tensors: dict[str, Tensor] = {}
    for name, (dtype, shape) in plain["tensors"].items():
        tensors[name] = torch.empty(shape, dtype=getattr(torch, dtype))
        dist.broadcast(_as_bytes(tensors[name]), src=0)
    return SampleState(plain["step"], plain["steps"], tensors, plain["scalars"])


def _as_bytes(tensor: Tensor) -> Tensor:
    """A tensor's memory; every dtype travels so."""
    return tensor.contiguous().view(-1).view(torch.uint8)


# The request, as a file


def _write_request(path: Path, handle: VideoModel, request: SampleRequest) -> None:
    values = {field.name: getattr(request, field.name) for field in fields(request)}
    listed = {name: list(value) for name, value in values.items() if isinstance(value, tuple)}
    text, arrays = encode({**values, **listed, "fps": str(request.fps), _HANDLE: handle})
    write_tensor_file(path, text, arrays)


def _read_request(path: Path) -> tuple[VideoModel, SampleRequest]:
    held = cast("dict[str, Any]", decode(TensorFile(path)))
    handle = cast(VideoModel, held.pop(_HANDLE))
    listed = {name: tuple(value) for name, value in held.items() if isinstance(value, list)}
    return handle, SampleRequest(**{**held, **listed, "fps": Fraction(held["fps"])})
