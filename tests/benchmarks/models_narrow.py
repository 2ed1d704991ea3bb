"""Denoisers in 8 bits: memory, how close a pass comes, what reading and computing take.

python -m tests.benchmarks.models_narrow
"""

from __future__ import annotations

import ctypes
import gc
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import torch
from torch import Tensor, nn

from engine.models.loading.architectures import architectures
from engine.models.loading.classes import find_class
from engine.models.loading.components import Part, load_components
from engine.models.loading.modules import empty_network
from engine.models.loading.narrowing import narrow_bytes
from engine.models.loading.sizes import memory_of
from engine.values import VideoModel
from tests.benchmarks._table import row

LAYERS = 4
ROUNDS = 3
HALF = torch.bfloat16
BARS = {"fp8": "<= 4 %", "int8": "<= 1 %"}


def build(folder: Path) -> None:
    """A Wan of the 1.3B's width with 4 of its 30 layers, in float32; weights are normal, as those
    of a trained one nearly are, so that rows have the greatest numbers that rows have.
    """
    from diffusers import FlowMatchEulerDiscreteScheduler, WanPipeline, WanTransformer3DModel

    denoiser = WanTransformer3DModel(num_layers=LAYERS, num_attention_heads=12, ffn_dim=8960)
    generator = torch.Generator().manual_seed(0)
    for module in denoiser.modules():
        if isinstance(module, nn.Linear):
            module.weight.data.normal_(std=module.in_features**-0.5, generator=generator)
    WanPipeline(
        tokenizer=None,
        text_encoder=None,
        vae=None,
        transformer=denoiser,
        scheduler=FlowMatchEulerDiscreteScheduler(),
    ).save_pretrained(folder)


class MostHeld:
    """The most memory of this process that no file stands behind, above what it was before."""

    def __enter__(self) -> MostHeld:
        self.before = self.most = _anonymous()
        self._stop = Event()
        self._thread = Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def nbytes(self) -> int:
        return self.most - self.before

    def _watch(self) -> None:
        while not self._stop.wait(0.002):
            self.most = max(self.most, _anonymous())


def _anonymous() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def one_pass(denoiser: Any, side: int) -> Tensor:
    """Of one latent frame of `side` latents each way, with 512 words."""
    generator = torch.Generator().manual_seed(1)
    dtype = denoiser.dtype
    latent = torch.randn(1, 16, 1, side, side, generator=generator).to(dtype)
    words = torch.randn(1, 512, 4096, generator=generator).to(dtype)
    with torch.inference_mode():
        given = denoiser(latent, torch.tensor([500]), words, return_dict=False)[0]
    return given.float()


def quickest(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took)


def denoiser_of(folder: Path, precision: str, dtype: torch.dtype) -> Any:
    handle = VideoModel("wan", str(folder), "", precision)
    return load_components(handle, folder, [Part("transformer")], dtype=dtype)["transformer"]


def measured(folder: Path, precision: str, exact: Tensor, whole: int) -> float:
    """Print what a precision makes of the denoiser; seconds of a pass over 1,024 tokens."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was held before is given back, and asked for again
    start = time.perf_counter()
    with MostHeld() as held:
        denoiser = denoiser_of(folder, precision, HALF)
    read = time.perf_counter() - start
    took = quickest(lambda: one_pass(denoiser, 64))
    size = memory_of(denoiser)
    both = off(one_pass(denoiser, 32), exact)
    row(f"{precision}, memory of the denoiser over bfloat16", f"{size / whole:.3f}")
    row("... most memory while reading, over what is held", f"{held.nbytes / size:.2f}")
    row("... reading from the system's cache", f"{read:.2f} s")
    row("... error of a pass, computed in bfloat16", f"{100 * both:.2f} %")
    if precision in BARS:
        alone = off(one_pass(denoiser_of(folder, precision, torch.float32), 32), exact)
        row(
            "... of the weights alone, computed in float32", f"{100 * alone:.2f} %", BARS[precision]
        )
    return took


def off(found: Tensor, exact: Tensor) -> float:
    return ((found - exact).norm() / exact.norm()).item()


def published() -> None:
    """By the settings of the published models; nothing is loaded."""
    for known in architectures():
        if known.part != "transformer":
            continue
        network = empty_network(find_class(known.kind, where=""), known.config, HALF)
        whole = sum(weight.nbytes for weight in network.parameters())
        left = (whole - narrow_bytes(network)) / whole
        row(f"{known.model}, memory over bfloat16", f"{left:.3f}", "<= 0.55")


def main() -> None:
    """On a CPU, with random weights: nothing is said of how videos look."""
    torch.set_num_threads(os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        build(folder)
        wide = denoiser_of(folder, "float32", torch.float32)
        exact = one_pass(wide, 32)
        whole = memory_of(wide) // 2
        del wide
        print(f"A Wan of 1536 with {LAYERS} layers, {whole / 1e6:.0f} MB in bfloat16, on a CPU")
        times = {name: measured(folder, name, exact, whole) for name in ("bfloat16", *BARS)}
        for name in BARS:
            over = times[name] / times["bfloat16"]
            row(f"time of a pass of 1,024 tokens, {name} over bfloat16", f"{over:.2f}")
        print("Published denoisers in 8 bits")
        published()


if __name__ == "__main__":
    main()
