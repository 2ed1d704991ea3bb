"""Puts a distilled denoiser into a folder that ships: what it differs by from the starter.

Run: python -m engine.models.starter.training.export_turbo --folder FOLDER --base assets/starter \\
         --out assets/starter-turbo
FOLDER holds turbo.safetensors, as `distil` leaves it. The base must be what it was distilled from,
and lie beside OUT.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.atomic import replacing
from engine.models.starter.config import SamplingDefaults
from engine.models.starter.difference import difference
from engine.models.starter.load import BASE, SETTINGS, WEIGHTS, load_starter
from engine.models.starter.training.progress import load_tensors, save_tensors
from engine.models.weights import file_digest

STEPS: Final = 4
GUIDANCE: Final = 1.0  # baked in: a step is one pass


def export_turbo(folder: Path, base: Path, out: Path) -> int:
    """Write both files; returns the bytes of the weights."""
    starter = load_starter(base)
    student, state = load_tensors(folder / "turbo.safetensors")
    teacher = {f"dit.{name}": tensor for name, tensor in starter.dit.state_dict().items()}
    sampling = SamplingDefaults(STEPS, GUIDANCE, starter.config.sampling.shift)
    document = {
        BASE: {"folder": base.resolve().name, "sha256": file_digest(base / WEIGHTS)},
        "config": replace(starter.config, sampling=sampling).to_json(),
        "words": starter.vocabulary.words,
    }
    out.mkdir(parents=True, exist_ok=True)
    save_tensors(out / WEIGHTS, difference(student, teacher), {"steps": state["step"]})
    with replacing(out / SETTINGS) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return (out / WEIGHTS).stat().st_size


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--base", type=Path, default=Path("assets/starter"))
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    print(f"{export_turbo(arguments.folder, arguments.base, arguments.out):,} bytes")
