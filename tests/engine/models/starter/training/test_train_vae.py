"""An autoencoder that is given more to learn with: at first it does as it did."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from engine.models.starter.config import VaeConfig
from engine.models.starter.training import train_vae
from engine.models.starter.training.latents import load_vae
from engine.models.starter.training.scene import PLAIN, VARIED, WIDER, Scene, draw_scenes
from engine.models.starter.training.train_vae import (
    Clips,
    Kept,
    VaeRun,
    add_sizes,
    grown,
    sizes_of,
    start_from_principal_components,
    weighed,
)
from engine.models.starter.training.world import render_batch, to_model_range
from engine.models.starter.vae import StarterVAE

SMALL = VaeConfig(
    fine_width=8, coarse_width=16, num_encoder_blocks=1, num_decoder_blocks=1, num_fine_blocks=1,
    detail_width=4, num_detail_blocks=1,
)  # fmt: skip


@pytest.fixture
def learned() -> StarterVAE:
    torch.manual_seed(0)
    vae = StarterVAE(SMALL)
    start_from_principal_components(vae, num_clips=4)
    return vae.eval()


@torch.no_grad()
def test_what_is_added_to_either_side_changes_nothing_at_first(learned: StarterVAE) -> None:
    torch.manual_seed(1)
    for layer in (learned.encoder.out[2], learned.decoder.out[2]):
        torch.nn.init.normal_(layer.weight, std=0.1)
    larger = grown(learned, num_encoder_blocks=3, num_fine_blocks=2, num_detail_blocks=2).eval()
    assert len(larger.encoder.blocks) == 3
    video = torch.rand(1, 3, 5, 16, 16) * 2 - 1
    assert torch.equal(larger.encode(video), learned.encode(video))
    latent = torch.randn(1, 8, 3, 2, 2)
    assert torch.equal(larger.decode(latent), learned.decode(latent))


def test_what_was_learned_is_never_dropped(learned: StarterVAE) -> None:
    with pytest.raises(ValueError, match="num_encoder_blocks"):
        grown(learned, num_encoder_blocks=0)


def test_sizes_are_those_that_were_asked_for() -> None:
    parser = argparse.ArgumentParser()
    add_sizes(parser)
    assert sizes_of(parser.parse_args([])) == {}
    asked = parser.parse_args(["--encoder-blocks", "3", "--detail", "24"])
    assert sizes_of(asked) == {"num_encoder_blocks": 3, "detail_width": 24}


def clips_of(scenes: list[Scene]) -> Clips:
    part = slice(0, 5)
    return weighed(to_model_range(render_batch(scenes, part=part)), scenes, part)


@pytest.fixture(scope="module")
def two() -> tuple[Clips, Clips]:
    """Clips of a world, and of one in which the camera moves."""
    plain = draw_scenes(2, seed=4, extent=PLAIN)
    return clips_of(plain), clips_of([replace(scene, camera="zoom in") for scene in plain])


@torch.no_grad()
def test_only_the_latents_of_the_world_that_is_kept_may_not_move(
    learned: StarterVAE, two: tuple[Clips, Clips]
) -> None:
    kept, deviation = Kept(learned, VARIED), learned.deviation_C.view(-1, 1, 1)
    for clips, weight in zip(two, (1.0, 0.0), strict=True):
        latent = learned.encode_raw(clips.video_BCTHW)
        assert float(kept.loss(latent, clips)) < 1e-4  # bfloat16 is not quite what float32 is
        moved = kept.loss(latent + 0.5 * deviation, clips)
        assert float(moved) == pytest.approx(0.25 * weight, abs=0.01)


def test_what_turns_and_what_the_camera_moves_past_counts_for_more(
    two: tuple[Clips, Clips],
) -> None:
    still, zoomed = (clips.weight_BCTHW for clips in two)
    assert still.min() == 1.0
    assert zoomed.min() == 1.0 + train_vae.MOVING_CAMERA_WEIGHT
    spinning = [replace(scene, motion="spin", travel=0.0) for scene in two[0].scenes]
    assert clips_of(spinning).weight_BCTHW.max() > still.max()


def test_an_extent_knows_its_scenes() -> None:
    assert all(VARIED.draws(scene) for scene in draw_scenes(50, seed=1, extent=VARIED))
    wider = draw_scenes(200, seed=1, extent=WIDER)
    beyond = [scene for scene in wider if not VARIED.draws(scene)]
    assert {scene.camera for scene in beyond} > {"pan left", "zoom out"}
    assert {scene.motion for scene in beyond} > {"spin", "roll left"}
    assert "wood" in {scene.material for scene in beyond}


def test_a_course_that_keeps_latents_keeps_their_scale(
    learned: StarterVAE, two: tuple[Clips, Clips], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned.mean_C.fill_(0.3)
    monkeypatch.setattr(train_vae, "load_starter", lambda _: SimpleNamespace(vae=learned))
    monkeypatch.setattr(train_vae, "reconstruction_psnr", lambda *_, **__: 30.0)
    for name, keep in (("kept", VARIED), ("free", None)):
        run = VaeRun(tmp_path / name, tmp_path, keep)
        run.train(SimpleNamespace(batch=lambda _: two[0]), steps=2)  # type: ignore[arg-type]
        scale = load_vae(tmp_path / name / "vae.safetensors").mean_C
        assert torch.equal(scale, learned.mean_C) == (keep is not None)
