"""What makes sampling faster, side by side in one run: step caches, compiled blocks, both.

python -m tests.benchmarks.models_speed

A Wan of random weights on a CPU: it shows what is left out and what that saves of a step, not how
true a cache is, which trained weights alone could tell.  'moved' is how far the latent is from the
uncached one, over its own spread.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import torch

from engine.models.families import loader
from engine.models.family import SampleRequest
from engine.models.speed.blocks import blocks_of
from engine.models.speed.compiled import missing_compiler
from engine.models.speed.magnitudes import MAGNITUDES
from engine.values import Speed, VideoModel
from tests.benchmarks._table import row
from tests.engine.models.tiny import wan as tiny_wan
from tests.engine.models.tiny.text import WIDTH, lively

ROUNDS, STEPS, FRAMES, SIDE, LAYERS = 3, 20, 9, 64, 8
PROMPT: Final = "a red cat jumps over a very long wall"
MEASURED: Final = MAGNITUDES["wan2.1-t2v-1.3b"]
SPEEDS: Final[Mapping[str, Speed]] = {
    **{f"first block, {t:g}": Speed("first block", threshold=t) for t in (0.05, 0.2, 0.4, 0.6)},
    **{
        f"magcache, {t:g}": Speed("magcache", threshold=t, magnitudes=MEASURED)
        for t in (0.03, 0.06, 0.12)
    },
    **{f"taylorseer, {n}": Speed("taylorseer", interval=n) for n in (2, 3, 5)},
}
COMPILED: Final[Mapping[str, Speed]] = {
    "compiled": Speed(compiled=True),
    "compiled and first block, 0.4": Speed("first block", threshold=0.4, compiled=True),
}


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def drawn(folder: Path) -> Any:
    """A Wan of random weights that is wide and deep enough for its blocks to take the time."""
    from diffusers import WanTransformer3DModel

    tiny_wan.build(folder)
    transformer = WanTransformer3DModel(
        num_attention_heads=4, attention_head_dim=64, in_channels=4, out_channels=4,
        text_dim=WIDTH, freq_dim=64, ffn_dim=1024, num_layers=LAYERS, rope_max_seq_len=64,
    )  # fmt: skip
    lively(transformer).save_pretrained(folder / "transformer")
    return loader("wan")(VideoModel("wan", str(folder), "digest"), folder, "cpu")


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        model = drawn(Path(folder))
        request = SampleRequest(
            model.encode_prompt(PROMPT), model.encode_prompt(""), SIDE, SIDE, FRAMES,
            Fraction(16), STEPS, 5.0, 7,
        )  # fmt: skip

        def sampled(speed: Speed) -> torch.Tensor:
            model.adapt(replace(model.handle, speed=speed))
            state = model.begin(request)
            while state.step < state.steps:
                state = model.step(request, state)
            return model.latent_of(state.tensors)

        computed = [0]
        attention = blocks_of(model.parts["transformer"])[-1].attn1

        def count(*_: object) -> None:
            computed[0] += 1

        plain = sampled(Speed())
        for name, speed in SPEEDS.items():
            hook = attention.register_forward_pre_hook(count)
            computed[0] = 0
            made = sampled(speed)
            hook.remove()
            moved = float((made - plain).std() / plain.std())
            ratio = faster(sampled, speed)
            left = f"{computed[0]}/{2 * STEPS} computed, moved {moved:.2f}, {ratio:.2f}x"
            row(f"Wan, {STEPS} steps: {name}", left)
        missing = missing_compiler(torch.device("cpu"))
        for name, speed in {} if missing else COMPILED.items():
            first = seconds(lambda speed=speed: sampled(speed))  # type: ignore[misc]
            moved = float((sampled(speed) - sampled(replace(speed, compiled=False))).abs().max())
            ratio = faster(sampled, speed)
            row(f"Wan, {STEPS} steps: {name}", f"at most {moved:.0e} off, {ratio:.2f}x")
            row(f"  the first time, with what was kept of before: {name}", f"{first:.1f} s")


def faster(sampled: Callable[[Speed], object], speed: Speed) -> float:
    """How many times as fast as without; both in turn, so that they share the computer's moods."""
    pairs = [
        (seconds(lambda: sampled(Speed())), seconds(lambda: sampled(speed))) for _ in range(ROUNDS)
    ]
    return statistics.median(plain / fast for plain, fast in pairs)


if __name__ == "__main__":
    main()
