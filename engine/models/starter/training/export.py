"""Puts the trained networks into the folder that ships: starter.safetensors and starter.json.

Run: python -m engine.models.starter.training.export --folder FOLDER --out assets/starter
FOLDER holds vae.safetensors (or decoder.safetensors, the same with a polished decoder),
audio_vae.safetensors and joint.safetensors, as the training runs leave them.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch

from engine.models.starter.config import (
    AudioVaeConfig,
    DitConfig,
    SamplingDefaults,
    StarterConfig,
    TextConfig,
    VaeConfig,
)
from engine.models.starter.load import SETTINGS, WEIGHTS
from engine.models.starter.training.progress import load_tensors, save_tensors


def export(folder: Path, out: Path, sampling: SamplingDefaults) -> int:
    """Write both files; returns the bytes of the weights.

    All rest in bfloat16, in which they were trained to compute, but the video's decoder, which
    draws every pixel: it rests in float32.
    """
    polished = folder / "decoder.safetensors"
    vae, vae_state = load_tensors(polished if polished.exists() else folder / "vae.safetensors")
    rest, state = load_tensors(folder / "joint.safetensors")
    audio, audio_state = load_tensors(folder / "audio_vae.safetensors")
    rest |= {f"audio.{name}": tensor for name, tensor in audio.items()}
    tensors = {
        f"vae.{name}": tensor.to(torch.bfloat16 if name.startswith("encoder.") else torch.float32)
        for name, tensor in vae.items()
    }
    tensors |= {name: tensor.to(torch.bfloat16) for name, tensor in rest.items()}
    config = StarterConfig(
        vae=VaeConfig(**vae_state["config"]),
        text=TextConfig(**state["text"]),
        dit=DitConfig.from_json(state["dit"]),
        sampling=sampling,
        audio=AudioVaeConfig(**audio_state["config"]),
    )
    out.mkdir(parents=True, exist_ok=True)
    save_tensors(out / WEIGHTS, dict(sorted(tensors.items())), {"steps": state["step"]})
    beside = out / "starter.partial"
    document = {"config": config.to_json(), "words": state["words"]}
    beside.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    os.replace(beside, out / SETTINGS)
    return (out / WEIGHTS).stat().st_size


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=SamplingDefaults.steps)
    parser.add_argument("--guidance", type=float, default=SamplingDefaults.guidance)
    parser.add_argument("--shift", type=float, default=SamplingDefaults.shift)
    arguments = parser.parse_args()
    chosen = SamplingDefaults(arguments.steps, arguments.guidance, arguments.shift)
    print(f"{export(arguments.folder, arguments.out, chosen):,} bytes")
