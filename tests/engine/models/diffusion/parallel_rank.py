"""One rank of several that sample together, each family and mode after the other.

`python -m tests.engine.models.diffusion.parallel_rank RANK SIZE FOLDER` reads cases.json there and
writes RANK.json: of each case how many tokens this rank's blocks made, together and alone,
and how far from the sample made alone are the one made together, and two that were gone on with.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from safetensors.torch import load, save
from torch import Tensor, nn

from engine.models.family import SampleRequest, SampleState
from engine.models.memory.plan import WAYS, Placement
from engine.models.parallel import Team, together
from tests.engine.models.resumed_elsewhere import Case
from tests.engine.models.sampling_runs import SIDE, loaded, states_of


@dataclass(frozen=True)
class SharedCase(Case):
    """A case of a size of its own; `in_blocks` lets blocks come to the device one by one."""

    side: int = SIDE
    in_blocks: bool = False

    def request(self, model: Any) -> SampleRequest:
        return replace(super().request(model), width=self.side, height=self.side)


def count_tokens(model: Any) -> list[int]:
    """How many of the video's tokens every block makes from here on."""
    counts: list[int] = []

    def count(block: nn.Module, given: Any, made: Any) -> None:
        tokens = made if isinstance(made, Tensor) else made[0]
        # Words before the tokens, where they are one sequence, are no rank's share.
        words = getattr(given[-1], "num_words", 0) if given and tokens is made else 0
        counts.append(tokens.shape[1] - words)

    for name, network in model.placed.networks.items():
        for blocks in network.children() if name.startswith("transformer") else ():
            for block in blocks if isinstance(blocks, nn.ModuleList) else ():
                block.register_forward_hook(count)
    return counts


def apart(one: SampleState, other: SampleState) -> float:
    """The greatest difference of anything that two states hold, as a part of the greatest value
    beside it, where that is above 1.
    """
    assert one.tensors.keys() == other.tensors.keys()
    pairs = ((one.tensors[name].double(), other.tensors[name].double()) for name in one.tensors)
    return max(
        float((a - b).abs().max() / b.abs().max().clamp(min=1)) for a, b in pairs if a.numel()
    )


def gone_on(model: Any, request: SampleRequest, state: SampleState) -> SampleState:
    """The end of a sample from a state that rested in a file."""
    resting = save({name: tensor.contiguous() for name, tensor in state.tensors.items()})
    saved = SampleState(state.step, state.steps, load(resting), state.scalars)
    state = model.restore(request, saved)
    while state.step < state.steps:
        state = model.step(request, state)
    return state


def sampled(case: SharedCase, team: Team) -> dict[str, Any]:
    model = loaded(case.family, Path(case.folder))
    if case.in_blocks:
        model.placed.change(Placement(WAYS[-1], 0))
    request, counts = case.request(model), count_tokens(model)
    with together(team):
        shared = states_of(model, request)
    mine = sum(counts)
    counts.clear()
    alone = states_of(model, request)
    all_tokens = sum(counts)
    with together(team):
        taken_up = gone_on(model, request, alone[1])
    left_alone = gone_on(model, request, shared[1])
    return {
        "mine": mine,
        "all": all_tokens,
        "together": apart(shared[-1], alone[-1]),
        "taken up by all": apart(taken_up, alone[-1]),
        "taken up by one": apart(left_alone, alone[-1]),
    }


def main(rank: int, size: int, folder: Path) -> None:
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=size,
        timeout=timedelta(minutes=2),
    )  # fmt: skip
    cases = json.loads((folder / "cases.json").read_text())
    told = {
        name: sampled(
            SharedCase(**{**case, "places": tuple(case["places"])}), Team(None, rank, size)
        )
        for name, case in cases.items()
    }
    (folder / f"{rank}.json").write_text(json.dumps(told))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
