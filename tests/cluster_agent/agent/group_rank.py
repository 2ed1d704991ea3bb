"""One rank of a group that samples with a small family made for it.

`python -m tests.cluster_agent.agent.group_rank RANK SIZE FOLDER [FAULT FAILING_RANK]`

The leader leaves its first sample in the midst of a step, and then makes two to their ends.  With a
fault, a rank fails in its last step; what the leader says then is in FOLDER/error.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cluster_agent.agent.group import GroupModels, Leader, follow, meeting
from engine.errors import Cancelled, InvalidInput, ReelwrightError
from engine.models.attention import full_attention
from engine.models.family import Family, SampleRequest, SampleState
from engine.models.interruption import asked, interruptible
from engine.models.memory.relief import Sparing
from engine.models.parallel import attend, share, team, whole
from engine.models.residency import Residency
from engine.values import Conditioning, FrameCondition, Image, VideoModel

PLACES, STEPS = 11, 4
HANDLE = VideoModel("attentive", "attentive", "digest")


class Attentive:
    """A family whose step is one attention over all places, of which each rank has its share."""

    handle, nbytes = HANDLE, 0

    def __init__(self, fault: str = "", failing_rank: int = 0) -> None:
        self.teams: list[int] = []
        self.settled: list[int] = []
        self._fault = fault
        self._failing_rank = failing_rank

    def settle_memory(self, request: SampleRequest, begun: SampleState | None = None) -> str | None:
        now = team()
        self.settled.append(1 if now is None else now.size)
        return None

    def spare_memory(self) -> str | None:
        return None

    def begin(self, request: SampleRequest) -> SampleState:
        chance = torch.Generator().manual_seed(request.seed)
        return SampleState(
            0,
            request.steps,
            {
                "x": torch.randn(2, 4, PLACES, 8, generator=chance),
                "generator": chance.get_state(),
                "half": torch.full((), 0.5, dtype=torch.bfloat16),
            },
            {"sigma": [1.0, 0.5]},
        )

    def restore(self, request: SampleRequest, state: SampleState) -> SampleState:
        assert state.scalars == {"sigma": [1.0, 0.5]}
        assert state.tensors["half"] == 0.5
        return state

    def step(self, request: SampleRequest, state: SampleState) -> SampleState:
        now = team()
        self.teams.append(1 if now is None else now.size)
        asked()()
        if state.step == STEPS - 1 and now is not None and now.rank == self._failing_rank:
            self._fail()
        x = share(state.tensors["x"], dim=2)
        shift = float(request.positive.tensors["shift"]) + request.keyframes[0].index
        seen = attend(full_attention, x, x + shift, x, PLACES)
        made: Tensor = whole(seen, dim=2, length=PLACES) * request.guidance
        tensors = {**state.tensors, "x": made}
        return SampleState(state.step + 1, state.steps, tensors, state.scalars)

    def _fail(self) -> None:
        match self._fault:
            case "fails":
                raise InvalidInput("A rank fails where the others still work.")
            case "memory":
                raise MemoryError
            case "dies":
                os.kill(os.getpid(), signal.SIGKILL)


class OneModel(Residency):
    def __init__(self, family: Family) -> None:
        super().__init__(device="cpu")
        self.family = family

    def get(self, handle: VideoModel) -> Family:
        assert handle == HANDLE
        return self.family


def request(seed: int) -> SampleRequest:
    shift = {"shift": torch.tensor(0.25)}
    picture = FrameCondition(Image(np.zeros((2, 2, 3), np.uint8)), 3)
    return SampleRequest(
        Conditioning("words", shift), None, 16, 16, 1, Fraction(24000, 1001), STEPS, 1.5, seed,
        keyframes=(picture,),
    )  # fmt: skip


def sample(models: Residency, seed: int) -> Tensor:
    asked, family = request(seed), models.get(HANDLE)
    assert isinstance(family, Sparing)
    family.settle_memory(asked)
    state = family.begin(asked)
    while state.step < state.steps:
        state = family.step(asked, state)
    return state.tensors["x"]


def lead(models: Residency, folder: Path) -> None:
    answers = iter([None, None, Cancelled()])

    def stop_in_the_third_step() -> None:
        if (answer := next(answers)) is not None:
            raise answer

    with suppress(Cancelled), interruptible(stop_in_the_third_step):
        sample(models, 1)
    for seed in (1, 2):
        np.save(folder / f"{seed}.npy", sample(models, seed).numpy())


def main(rank: int, size: int, folder: Path, fault: str = "", failing_rank: int = 0) -> None:
    torch.set_num_threads(1)
    family = Attentive(fault, failing_rank)
    models = OneModel(family)  # type: ignore[arg-type]
    place = folder / "meeting"
    place.mkdir(exist_ok=True)
    with meeting(place, rank, size) as ranks:
        if rank > 0:
            follow(ranks, place, models)
        else:
            leader = Leader(ranks, place)
            try:
                lead(GroupModels(models, leader), folder)
            except ReelwrightError as error:
                (folder / "error").write_text(str(error))
                raise
            finally:
                leader.end()
    assert family.teams == [size] * (3 + 2 * STEPS)
    assert family.settled == [size] * 3


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        int(sys.argv[2]),
        Path(sys.argv[3]),
        *sys.argv[4:5],
        *map(int, sys.argv[5:]),
    )
