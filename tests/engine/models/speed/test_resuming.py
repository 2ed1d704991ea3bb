"""With a LoRA and a step cache on, another process goes on from any step, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.models.speed.caches import SOUND
from engine.values import Adapter, Speed
from tests.engine.models.conftest import TinyModel
from tests.engine.models.loading.conftest import weights
from tests.engine.models.resumed_elsewhere import Case, keep, told_elsewhere

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array_:DeprecationWarning", "ignore:In CPU autocast"
)
SPEEDS = {
    "first block": Speed("first block", threshold=0.5),
    "magcache": Speed("magcache", threshold=0.5, magnitudes=(1.0, 0.9, 0.95, 0.9, 1.0, 0.9)),
    "taylorseer": Speed("taylorseer", interval=2),
}


def cases(tiny: TinyModel, file: Path) -> Iterator[tuple[str, Case]]:
    """Every family with every cache that is sound for it, and a LoRA."""
    wan = ("dpm++ sde", "unipc", "lcm", "deis")
    plain = [
        *(Case("wan", str(tiny("wan")), 5, solver=solver) for solver in wan),
        Case("wan", str(tiny("wan", kind="ends")), 5, places=(0, -1)),
        Case("wan", str(tiny("wan", kind="experts", scheduler="unipc")), 5),
        Case("wan", str(tiny("wan", kind="small")), 5, places=(0,)),
        Case("wan", str(tiny("wan", kind="guided")), 5, control=True),
        Case("ltx", str(tiny("ltx", layers=2)), 17, places=(0, 5)),
        Case("ltx2", str(tiny("ltx2")), 9),
        Case("cogvideox", str(tiny("cogvideox", scheduler="dpm")), 9),
        Case("mochi", str(tiny("mochi")), 7),
        Case("hunyuan", str(tiny("hunyuan")), 5, unwanted=False),
        Case(
            "hunyuan", str(tiny("hunyuan", image="token_replace")), 5, places=(0,), unwanted=False
        ),
        Case("hunyuan15", str(tiny("hunyuan15")), 5),
        Case("cogvideox", str(tiny("cogvideox", takes_image=True)), 9, places=(0,)),
        Case("wan", str(tiny("wan")), 5, source=True),
    ]
    for index, case in enumerate(plain):
        lora = file.with_name(f"{index}.safetensors")
        write_lora(Path(case.folder) / "transformer", lora)
        for cache in SOUND[denoiser(case)]:
            given = {"speed": SPEEDS[cache], "adapters": (Adapter(str(lora), "", 0.5),)}
            yield f"{index} {cache}", Case(**{**vars(case), **given, "steps": 6})


def denoiser(case: Case) -> str:
    settings = json.loads((Path(case.folder) / "transformer" / "config.json").read_text())
    return settings["_class_name"]


def write_lora(part: Path, file: Path) -> None:
    """A LoRA for all of a denoiser's queries."""
    tensors = {}
    for name, weight in weights(part).items():
        if name.endswith("to_q.weight"):
            stem = f"transformer.{name.removesuffix('.weight')}"
            tensors[f"{stem}.lora_A.weight"] = torch.ones(2, weight.shape[1])
            tensors[f"{stem}.lora_B.weight"] = torch.ones(weight.shape[0], 2) * 0.05
    save_file(tensors, file)


def test_another_process_goes_on_bit_for_bit(tiny_model: TinyModel, tmp_path: Path) -> None:
    folders = []
    for name, case in cases(tiny_model, tmp_path / "lora.safetensors"):
        folders.append(tmp_path / name.replace(" ", "-"))
        assert keep(case, folders[-1]) >= 5
    assert told_elsewhere(folders) == "done"
