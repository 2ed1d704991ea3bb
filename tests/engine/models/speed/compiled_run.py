"""A process that samples a tiny Wan with compiled blocks, and prints what it measured as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch._dynamo.utils import counters

from engine.values import Speed
from tests.engine.models.sampling_runs import loaded, request_of, states_of


def measured(folder: Path) -> dict[str, Any]:
    model = loaded("wan", folder)
    request = request_of(model, 5)
    other = request_of(model, 5, positive=model.encode_prompt("a green dog sleeps"))

    def sped_up(**speed: Any) -> list[Any]:
        model.adapt(replace(model.handle, speed=Speed(**speed)))
        return states_of(model, request)

    plain, cached = sped_up(), sped_up(cache="first block", threshold=0.5)
    states = sped_up(compiled=True)
    told: dict[str, Any] = {
        "latent": sha256(latent(states).numpy().tobytes()).hexdigest(),
        "difference": between(states, plain),
        "graphs": graphs(),
        "found": counters["inductor"]["fxgraph_cache_hit"],
        "made": counters["inductor"]["fxgraph_cache_miss"],
    }
    states_of(model, other)
    told["graphs after another prompt"] = graphs()
    again = model.step(request, model.restore(request, states[1]))
    told["resumed"] = torch.equal(again.tensors["latent"], states[2].tensors["latent"])
    both = sped_up(cache="first block", threshold=0.5, compiled=True)
    told["with a cache"] = between(both, cached)
    while model.spare_memory() is not None:
        pass
    told["block by block"] = between(sped_up(compiled=True), plain)
    told["off again"] = between(sped_up(), plain)
    return told


def latent(states: list[Any]) -> Tensor:
    return states[-1].tensors["latent"]


def between(one: list[Any], other: list[Any]) -> float:
    return float((latent(one) - latent(other)).abs().max())


def graphs() -> int:
    return counters["stats"]["unique_graphs"]


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(measured(Path(sys.argv[1]))), flush=True)
