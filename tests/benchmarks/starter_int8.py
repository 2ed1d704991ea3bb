"""The starter in 8 bits, products and all, beside float32: error, what clips show, time.

python -m tests.benchmarks.starter_int8 [PROMPTS]

Clips are made as the product makes them, of held-out prompts, and looked at by the independent
checker; both precisions get the same prompts and seeds. With 0 prompts only time and errors.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from engine.models.family import SampleRequest
from engine.models.loading.int8_linear import Int8Linear, cpu_computes_int8
from engine.models.loading.scaled import narrowed
from engine.models.starter.family import StarterFamily, load
from engine.models.starter.training.checker import check_clip
from engine.models.starter.training.evaluate import wilson_interval
from engine.models.starter.training.prompts import write_prompt
from engine.models.starter.training.scene import draw_scenes
from engine.values import VideoModel
from tests.benchmarks._clock import cpu_seconds
from tests.benchmarks._table import row

PROMPTS, STEPS, ROUNDS, SEED = 64, 8, 5, 20_251
PRECISIONS: Final = ("float32", "int8")
SIZES: Final = ((288, 192, 768), (16_384, 192, 768), (16_384, 1536, 1536))


def request_of(model: StarterFamily, prompt: str, seed: int) -> SampleRequest:
    return SampleRequest(
        model.encode_prompt(prompt), None, width=64, height=64, frames=33, fps=Fraction(16),
        steps=STEPS, guidance=model.capabilities.guidance, seed=seed,
    )  # fmt: skip


def clip_of(model: StarterFamily, request: SampleRequest) -> np.ndarray:
    state = model.begin(request)
    for _ in range(request.steps):
        state = model.step(request, state)
    return np.concatenate(list(model.decode(model.finish(request, state))))


def passes(models: dict[str, StarterFamily]) -> None:
    """Error and time of one step with guidance."""
    moved, took = {}, {}
    for name, model in models.items():
        request = request_of(model, "a red ball moving left over the sea", 1)
        begun = model.begin(request)
        made = model.step(request, begun)
        moved[name] = [made.tensors[k] - begun.tensors[k] for k in ("latent", "audio")]
        took[name] = cpu_seconds(partial(model.step, request, begun), ROUNDS)
    for what, exact, found in zip(("picture", "sound"), *moved.values(), strict=True):
        off = ((found - exact).norm() / exact.norm()).item()
        row(f"error of a step from noise, {what}", f"{100 * off:.2f} %")
    row("time of a step, int8 over float32", f"{took['int8'] / took['float32']:.2f}")


def layers() -> None:
    """Time of single linear layers, tokens x inputs x outputs."""
    for tokens, inputs, outputs in SIZES:
        layer = nn.Linear(inputs, outputs).requires_grad_(False)
        narrow = Int8Linear(layer, *narrowed(layer.weight, torch.int8))
        x = torch.randn(tokens, inputs)
        took, exact = (cpu_seconds(partial(each, x), ROUNDS) for each in (narrow, layer))
        row(f"a layer of {tokens:,} x {inputs} x {outputs}, over float32", f"{took / exact:.2f}")


def shown(models: dict[str, StarterFamily], count: int) -> None:
    """What the clips show of their prompts, by attribute."""
    scenes = draw_scenes(count, SEED, held_out=True)
    rng = np.random.default_rng(SEED)
    prompts = [write_prompt(scene, rng, complete=True) for scene in scenes]
    found = {
        name: [
            check_clip(clip_of(model, request_of(model, prompt, seed))).agrees(scene)
            for seed, (prompt, scene) in enumerate(zip(prompts, scenes, strict=True))
        ]
        for name, model in models.items()
    }
    for attribute in (*found["int8"][0], "all"):
        cells = []
        for name in PRECISIONS:
            hits = [all(r.values()) if attribute == "all" else r[attribute] for r in found[name]]
            low, high = wilson_interval(sum(hits), count)
            cells.append(f"{100 * sum(hits) / count:.1f} [{100 * low:.1f}, {100 * high:.1f}]")
        row(f"{attribute}, n = {count}, float32 / int8", " / ".join(cells))


def main() -> None:
    """Print errors, ratios and scores."""
    torch.set_num_threads(1)
    folder = Path("assets/starter")
    models = {
        name: load(VideoModel("starter", "starter", "", name), folder, "cpu") for name in PRECISIONS
    }
    print(f"8-bit instructions of this CPU: {'yes' if cpu_computes_int8() else 'no'}")
    with torch.inference_mode():
        row("memory, int8 over float32", f"{models['int8'].nbytes / models['float32'].nbytes:.2f}")
        passes(models)
        layers()
        if count := int(sys.argv[1]) if len(sys.argv) > 1 else PROMPTS:
            shown(models, count)


if __name__ == "__main__":
    main()
