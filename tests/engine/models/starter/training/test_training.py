"""The training runs: what is drawn, and that a resumed run is the uninterrupted one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.starter.config import DitConfig, SoundConfig, TextConfig, VaeConfig
from engine.models.starter.text import Vocabulary
from engine.models.starter.training import train_dit
from engine.models.starter.training.latents import (
    LatentSet,
    encode_scenes,
    known_state,
    near_impacts,
)
from engine.models.starter.training.progress import load_tensors, save_tensors
from engine.models.starter.training.prompts import all_words
from engine.models.starter.training.scene import draw_scenes
from engine.models.starter.training.train_vae import (
    reconstruction_psnr,
    start_from_principal_components,
)
from engine.models.starter.vae import StarterVAE

WORDS = Vocabulary(tuple(all_words()))
TEXT = TextConfig(vocabulary_size=len(WORDS), width=32, num_layers=1, num_heads=2)
DIT = DitConfig(width=32, num_layers=2, num_heads=2, text_width=32)
SOUND = SoundConfig(latent_channels=3, width=16, num_heads=2)


@pytest.fixture(scope="module")
def data() -> LatentSet:
    scenes = draw_scenes(8, seed=1)
    clips, stills = encode_scenes(StarterVAE(VaeConfig(fine_width=8, coarse_width=16)), scenes)
    sounds = torch.randn(len(scenes), 52, SOUND.latent_channels).half()
    return LatentSet(scenes, clips, stills, *known_state(scenes), sounds, near_impacts(scenes))


def test_noise_levels_lie_between_clean_and_noise_and_lean_to_noise() -> None:
    levels = train_dit.draw_levels(np.random.default_rng(0), 4000)
    assert levels.min() >= 0.0
    assert levels.max() <= 1.0
    assert np.median(levels) > 0.6


def test_some_clips_are_given_frames_and_never_all_of_a_beginning() -> None:
    clean, _ = train_dit.draw_clean_frames(np.random.default_rng(0), 2000, 9)
    given = clean.any(1)
    assert 0.15 < given.mean() < 0.3
    assert clean[given, 0].mean() > 0.6
    single, _ = train_dit.draw_clean_frames(np.random.default_rng(0), 200, 1)
    assert not single.any()


def test_given_frames_are_clean_and_have_level_zero(data: LatentSet) -> None:
    batch = train_dit.draw_batch(data, WORDS, frames=9, batch=64, seed=5)
    assert batch.clean_BK.any()
    assert (batch.levels_BK[batch.clean_BK] == 0).all()
    assert (batch.levels_BK[~batch.clean_BK] > 0).all()


def test_words_are_left_out_more_often_where_pictures_are_given(data: LatentSet) -> None:
    batch = train_dit.draw_batch(data, WORDS, frames=9, batch=2000, seed=6)
    given, unsaid = batch.clean_BK.any(1), ~batch.said_B
    assert 0.2 < unsaid[given].float().mean() < 0.4
    assert 0.05 < unsaid[~given].float().mean() < 0.15
    assert (batch.mask_BL[unsaid].sum(1) < batch.mask_BL[~unsaid].sum(1).float().mean()).all()


def test_a_batch_depends_on_its_seed_only(data: LatentSet) -> None:
    first, second = (train_dit.draw_batch(data, WORDS, 3, 16, seed=9) for _ in range(2))
    assert torch.equal(first.latents_BCKHW, second.latents_BCKHW)
    assert torch.equal(first.tokens_BL, second.tokens_BL)
    assert first.mode == second.mode


def test_the_subject_lies_where_the_simulator_says(data: LatentSet) -> None:
    rows, columns = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    weight = data.subject_NGHW[:, 4].float()
    total = weight.sum((1, 2))
    x = (weight * columns).sum((1, 2)) / total * 8 + 4
    y = (weight * rows).sum((1, 2)) / total * 8 + 4
    middle = data.track_NG42[:, 4, -1] * 32 + 32
    assert (x - middle[:, 0]).abs().max() < 5
    assert (y - middle[:, 1]).abs().max() < 5


def test_a_resumed_run_equals_an_uninterrupted_one(
    data: LatentSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_dit, "pretrain_text", lambda *_, **__: None)
    monkeypatch.setattr(train_dit, "COURSE", ((1.0, 3, 4),))
    whole, first = (tmp_path / name for name in ("whole", "cut"))
    runs = [train_dit.Run(folder, TEXT, DIT, WORDS) for folder in (whole, first)]
    for _ in range(4):
        runs[0].take_step(data, share=0.0)
    for _ in range(2):
        runs[1].take_step(data, share=0.0)
    runs[1].save()
    resumed = train_dit.Run(first, TEXT, DIT, WORDS)
    assert resumed.step == 2
    for _ in range(2):
        resumed.take_step(data, share=0.0)
    for run in (runs[0], resumed):
        run.save()
    expected, _ = load_tensors(whole / "dit_state.safetensors")
    made, _ = load_tensors(first / "dit_state.safetensors")
    assert expected.keys() == made.keys()
    assert all(torch.equal(expected[name], made[name]) for name in expected)


def test_saving_leaves_no_partial_file(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    save_tensors(path, {"x": torch.arange(3.0)}, {"step": 4})
    tensors, state = load_tensors(path)
    assert torch.equal(tensors["x"], torch.arange(3.0))
    assert state == {"step": 4}
    assert [file.name for file in tmp_path.iterdir()] == ["state.safetensors"]


def test_principal_components_start_the_autoencoder_well() -> None:
    torch.manual_seed(0)
    vae = StarterVAE(VaeConfig(fine_width=8, coarse_width=16)).eval()
    with torch.no_grad():
        start_from_principal_components(vae, num_clips=16)
        assert reconstruction_psnr(vae, num_clips=4) > 23.0
