"""Lays the shipped networks out as the training runs leave them, so that training can go on.

Run: python -m engine.models.starter.training.unpack --start assets/starter --folder FOLDER
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from engine.models.starter.load import load_starter
from engine.models.starter.training.progress import save_tensors


def unpack(start: Path, folder: Path) -> None:
    """Write FOLDER/vae.safetensors, joint.safetensors and, where there is sound,
    audio_vae.safetensors: what `latents` and `export` read.
    """
    starter = load_starter(start)
    for name, network in (("vae", starter.vae), ("audio_vae", starter.audio_vae)):
        if network is not None:
            about = {"config": asdict(network.config), "step": 0}
            save_tensors(folder / f"{name}.safetensors", network.state_dict(), about)
    denoiser = {
        f"{name}.{key}": tensor
        for name, network in (("text", starter.text_encoder), ("dit", starter.dit))
        for key, tensor in network.state_dict().items()
    }
    config = starter.config
    state = {"text": asdict(config.text), "dit": asdict(config.dit), "step": 0}
    save_tensors(
        folder / "joint.safetensors", denoiser, {**state, "words": starter.vocabulary.words}
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    unpack(arguments.start, arguments.folder)
