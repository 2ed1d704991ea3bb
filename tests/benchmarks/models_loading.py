"""How fast weights come from disk: whole networks over reading the same bytes, and adapters.

python -m tests.benchmarks.models_loading
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from engine.models.loading.components import Part, load_components
from engine.models.loading.tensors import read_tensors, stored_tensors
from engine.values import Adapter, VideoModel
from tests.benchmarks._table import row

ROUNDS = 7
PIECE = 64 << 20
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
HALF = torch.bfloat16


def build(folder: Path) -> list[Path]:
    """A Wan of the 1.3B's width with 12 of its 30 layers, and a T5 of 8 layers; random weights."""
    from diffusers import FlowMatchEulerDiscreteScheduler, WanPipeline, WanTransformer3DModel
    from transformers import T5Config, T5EncoderModel

    torch.set_default_dtype(HALF)
    shape = dict(d_model=2048, d_kv=64, d_ff=5120, num_layers=8, num_heads=32, vocab_size=32128)
    text = T5EncoderModel(T5Config(**shape, feed_forward_proj="gated-gelu"))
    denoiser = WanTransformer3DModel(
        num_attention_heads=12, attention_head_dim=128, ffn_dim=8960, num_layers=12, text_dim=2048
    )
    torch.set_default_dtype(torch.float32)
    WanPipeline(
        tokenizer=None,
        text_encoder=text,
        vae=None,
        transformer=denoiser,
        scheduler=FlowMatchEulerDiscreteScheduler(),
    ).save_pretrained(folder, max_shard_size="400MB")
    return sorted(folder.rglob("*.safetensors"))


def read_raw(files: list[Path]) -> list[torch.Tensor]:
    """The same bytes into fresh memory, one file after the other, as a plain program would."""
    held = [torch.empty(file.stat().st_size, dtype=torch.uint8) for file in files]
    for file, tensor in zip(files, held, strict=True):
        buffer = tensor.numpy().data
        with open(file, "rb", buffering=0) as source:
            done = 0
            while done < len(buffer):
                done += source.readinto(buffer[done : done + PIECE]) or 0
    return held


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    held = work()
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    took = time.perf_counter() - start
    del held
    return took


def lora(folder: Path) -> Path:
    """Rank 32 on every attention projection of the denoiser."""
    tensors = {}
    for block in range(12):
        for layer in ("attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0"):
            stem = f"transformer.blocks.{block}.{layer}"
            tensors[f"{stem}.lora_A.weight"] = torch.randn(32, 1536, dtype=HALF)
            tensors[f"{stem}.lora_B.weight"] = torch.randn(1536, 32, dtype=HALF)
    save_file(tensors, folder / "lora.safetensors")
    return folder / "lora.safetensors"


def main() -> None:
    """Print the quickest of rounds in which everything is measured beside everything: what else
    runs on the machine only ever slows down.
    """
    from diffusers import WanTransformer3DModel

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        files = build(folder)
        size = sum(file.stat().st_size for file in files)
        handle = VideoModel("wan", str(folder), "")
        both = [Part("transformer"), Part("text_encoder")]
        denoiser = sorted((folder / "transformer").glob("*.safetensors"))
        works: dict[str, Callable[[], object]] = {
            "raw": lambda: read_raw(files),
            "tensors": lambda: read_tensors(stored_tensors(files).values(), DEVICE),
            "mapped": lambda: [
                {name: t.clone() for name, t in load_file(file, DEVICE).items()} for file in files
            ],
            "model": lambda: load_components(handle, folder, both, device=DEVICE, dtype=HALF),
            "ours": lambda: load_components(handle, folder, both[:1], device=DEVICE, dtype=HALF),
            "raw denoiser": lambda: read_raw(denoiser),
            "theirs": lambda: [
                tensor.to(DEVICE, copy=True)
                for tensor in WanTransformer3DModel.from_pretrained(
                    folder / "transformer", dtype=HALF
                ).parameters()
            ],
        }
        seconds(works["model"])  # imports, and the files into the system's cache
        took: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, work in works.items():
                took[name].append(seconds(work))
        best = {name: min(each) for name, each in took.items()}
        print(f"{size / 1e9:.2f} GB in {len(files)} files, {DEVICE}, {os.cpu_count()} cores")
        row("reading the bytes", f"{size / best['raw'] / 1e9:.2f} GB/s")
        row("tensors, speed over raw", f"{best['raw'] / best['tensors']:.2f}", "0.80")
        row("... mapped and copied, over raw", f"{best['raw'] / best['mapped']:.2f}")
        row("a model's networks, speed over raw", f"{best['raw'] / best['model']:.2f}", "0.80")
        row("the denoiser alone", f"{best['raw denoiser'] / best['ours']:.2f}", "0.80")
        row(
            "... by diffusers, copied out of its mapped files",
            f"{best['raw denoiser'] / best['theirs']:.2f}",
        )
        model = load_components(handle, folder, both[:1], device=DEVICE, dtype=HALF)
        adapter = Adapter(str(lora(Path(place))), "")
        row("a LoRA on 48 layers, on", f"{seconds(lambda: model.adapt((adapter,))):.2f} s")
        row("... and off again", f"{seconds(lambda: model.adapt(())):.2f} s")


if __name__ == "__main__":
    main()
