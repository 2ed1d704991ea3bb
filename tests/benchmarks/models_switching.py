"""Two families in turn, kept under a memory budget or loaded again: memory and seconds a switch.

python -m tests.benchmarks.models_switching
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import torch

from engine.models.loading.sizes import stored_bytes
from engine.models.residency import Residency
from engine.values import VideoModel
from tests.benchmarks._table import row
from tests.engine.models.tiny import ltx as tiny_ltx
from tests.engine.models.tiny import wan as tiny_wan
from tests.engine.models.tiny.text import WIDTH

SWITCHES, LAYERS = 10, 4
HALF = torch.bfloat16
MIB = 1 << 20


def build(folder: Path) -> list[VideoModel]:
    """A Wan of the 1.3B's width and an LTX of the 2B's, with few layers and random weights."""
    from diffusers import LTXVideoTransformer3DModel, WanTransformer3DModel

    tiny_wan.build(folder / "wan")
    tiny_ltx.build(folder / "ltx")
    torch.set_default_dtype(HALF)
    wan = WanTransformer3DModel(
        num_attention_heads=12,
        attention_head_dim=128,
        in_channels=4,
        out_channels=4,
        ffn_dim=8960,
        num_layers=LAYERS,
        text_dim=WIDTH,
    )
    ltx = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=32,
        attention_head_dim=64,
        cross_attention_dim=2048,
        num_layers=LAYERS,
        caption_channels=WIDTH,
    )
    torch.set_default_dtype(torch.float32)
    for name, denoiser in (("wan", wan), ("ltx", ltx)):
        for old in (folder / name / "transformer").iterdir():
            old.unlink()
        denoiser.save_pretrained(folder / name / "transformer")
    return [VideoModel(name, str(folder / name), "digest", "bfloat16") for name in ("wan", "ltx")]


def resident() -> float:
    """MiB of memory that this process holds."""
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in line
    )
    return int(line.split()[1]) / 1024


def switched(handles: list[VideoModel], budget: int) -> tuple[list[float], list[float]]:
    """Seconds of each switch after the first two, and MiB that the process held after it."""
    residency = Residency(device="cpu", budget=budget)
    seconds, memory = [], []
    for turn in range(SWITCHES + 2):
        begun = time.perf_counter()
        residency.get(handles[turn % 2])
        seconds.append(time.perf_counter() - begun)
        memory.append(resident())
    return seconds[2:], memory[2:]


def main() -> None:
    """Print seconds and memory with room for both and with room for one."""
    with tempfile.TemporaryDirectory() as folder:
        handles = build(Path(folder))
        sizes = [stored_bytes(handle, Path(handle.source)) for handle in handles]
        print(f"{sizes[0] / MIB:.0f} and {sizes[1] / MIB:.0f} MiB of weights")
        for room, budget in (("both", sum(sizes)), ("one", max(sizes))):
            seconds, memory = switched(handles, budget)
            row(f"a switch with room for {room}", f"{statistics.median(seconds):.6f} s")
            row("... MiB held after each", " ".join(f"{each:.0f}" for each in memory))
            growth = min(memory[-2:]) / min(memory[:2])
            row("... memory after the last two over the first two", f"{growth:.3f}", "<= 1.05")


if __name__ == "__main__":
    main()
