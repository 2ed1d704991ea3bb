"""Our loop over diffusers' own, 50 steps of a tiny Wan: what checkpoints at any step cost.

python -m tests.benchmarks.models_loop
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import torch

from engine.models.families import loader
from engine.models.family import SampleRequest
from engine.values import VideoModel
from tests.benchmarks._table import row
from tests.engine.models.tiny import wan as tiny_wan

ROUNDS, STEPS, FRAMES, SIDE = 9, 50, 9, 64
PROMPT = "a red cat jumps over a very long wall"


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    from diffusers import WanPipeline

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for solver in ("euler", "unipc"):
            path = Path(folder) / solver
            tiny_wan.build(path, scheduler=solver)
            model = loader("wan")(VideoModel("wan", str(path), "digest"), path, "cpu")
            theirs = WanPipeline.from_pretrained(path)
            theirs.set_progress_bar_config(disable=True)
            request = SampleRequest(
                model.encode_prompt(PROMPT), model.encode_prompt(""), SIDE, SIDE, FRAMES,
                Fraction(16), STEPS, 5.0, 7,
            )  # fmt: skip

            def ours(model=model, request=request) -> None:  # type: ignore[no-untyped-def]
                state = model.begin(request)
                while state.step < state.steps:
                    state = model.step(request, state)

            def upstream(theirs=theirs, request=request) -> None:  # type: ignore[no-untyped-def]
                theirs(
                    prompt_embeds=request.positive.tensors["words"][None],
                    negative_prompt_embeds=request.negative.tensors["words"][None],
                    height=SIDE, width=SIDE, num_frames=FRAMES, num_inference_steps=STEPS,
                    generator=torch.Generator().manual_seed(7), output_type="latent",
                )  # fmt: skip

            pairs = [(seconds(ours), seconds(upstream)) for _ in range(ROUNDS)]
            mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
            ratio = statistics.median(a / b for a, b in pairs)
            times = f"{mine * 1000:.0f} / {other * 1000:.0f} ms = {ratio:.3f}"
            row(f"Wan, {STEPS} steps, {solver}: ours over theirs", times, "<= 1.02")


if __name__ == "__main__":
    main()
