"""Polishing the decoder: what grows changes nothing at first, and the encoder stays as it is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from engine.models.starter.config import VaeConfig
from engine.models.starter.training import train_decoder
from engine.models.starter.training.latents import (
    LatentSet,
    encode_scenes,
    known_state,
    load_vae,
    near_impacts,
)
from engine.models.starter.training.progress import save_tensors
from engine.models.starter.training.scene import draw_scenes
from engine.models.starter.training.train_vae import start_from_principal_components
from engine.models.starter.vae import StarterVAE

SIZES = {"num_decoder_blocks": 2, "num_fine_blocks": 2, "detail_width": 4}


@pytest.fixture
def learned(tmp_path: Path) -> StarterVAE:
    """What `train_vae` leaves behind."""
    torch.manual_seed(0)
    config = VaeConfig(
        fine_width=8, coarse_width=16, num_encoder_blocks=1, num_decoder_blocks=1, num_fine_blocks=1
    )
    vae = StarterVAE(config)
    start_from_principal_components(vae, num_clips=4)
    save_tensors(
        tmp_path / "vae.safetensors", vae.state_dict(), {"config": asdict(config), "step": 0}
    )
    return vae


@pytest.fixture
def data(learned: StarterVAE) -> LatentSet:
    scenes = draw_scenes(6, seed=1)
    clips, stills = encode_scenes(learned, scenes)
    sounds = torch.zeros(len(scenes), 52, 3).half()
    return LatentSet(scenes, clips, stills, *known_state(scenes), sounds, near_impacts(scenes))


def test_what_grows_changes_nothing_until_it_learns_and_then_the_decoder_alone(
    learned: StarterVAE, data: LatentSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_decoder, "BATCH", 2)
    monkeypatch.setattr(train_decoder, "reconstruction_psnr", lambda *_, **__: 0.0)
    run = train_decoder.DecoderRun(tmp_path, 12, **SIZES)
    latent = torch.randn(1, 2, 8, 2, 2)
    assert torch.equal(run.vae.decode_raw(latent), learned.decode_raw(latent))
    before = run.loss_of(data, 0).item()
    run.train(data)
    assert run.loss_of(data, 0).item() < before
    made = load_vae(tmp_path / "decoder.safetensors")
    assert made.config.detail_width == 4
    kept, known = made.encoder.state_dict(), learned.encoder.state_dict()
    assert all(torch.equal(kept[name], known[name]) for name in known)
    resumed = train_decoder.DecoderRun(tmp_path, 12, **SIZES)
    assert resumed.course.step == 12
    assert torch.equal(resumed.vae.decode_raw(latent), run.vae.decode_raw(latent))


def test_a_decoder_that_would_shrink_is_refused(learned: StarterVAE, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keep what the autoencoder has learned"):
        train_decoder.DecoderRun(tmp_path, 12, num_decoder_blocks=0)


def test_what_has_learned_already_takes_smaller_steps(learned: StarterVAE, tmp_path: Path) -> None:
    """And a short course is averaged over fewer of them."""
    further = train_decoder.DecoderRun(tmp_path, 300).course
    growing = train_decoder.DecoderRun(tmp_path, 3000, **SIZES).course
    assert further.rate < growing.rate
    assert (further.average.decay, growing.average.decay) == pytest.approx((0.98, 0.998))
