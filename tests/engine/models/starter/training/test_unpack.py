"""Training goes on from what ships."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.models.starter.config import SamplingDefaults
from engine.models.starter.load import WEIGHTS
from engine.models.starter.training.export import export
from engine.models.starter.training.latents import FINE_SHARE, SHARD_CLIPS, shard_scenes
from engine.models.starter.training.progress import load_tensors
from engine.models.starter.training.scene import is_fine
from engine.models.starter.training.unpack import unpack

SHIPPED = Path(__file__).parents[5] / "assets" / "starter"


def test_what_is_unpacked_and_exported_again_is_what_ships(tmp_path: Path) -> None:
    unpack(SHIPPED, tmp_path)
    export(tmp_path, tmp_path / "out", SamplingDefaults())
    before, _ = load_tensors(SHIPPED / WEIGHTS)
    after, _ = load_tensors(tmp_path / "out" / WEIGHTS)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_fine_outlines_come_as_often_as_asked() -> None:
    scenes = shard_scenes(0)
    assert len(scenes) == SHARD_CLIPS
    assert sum(map(is_fine, scenes)) == round(FINE_SHARE * SHARD_CLIPS)
    assert sum(map(is_fine, scenes[:500])) > 0.25 * 500, "mixed, not one after the other"
