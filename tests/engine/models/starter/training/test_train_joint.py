"""Adding sound to a trained video model: what is drawn, what is kept, and resuming."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.models.starter.config import (
    DitConfig,
    SoundConfig,
    StarterConfig,
    TextConfig,
    VaeConfig,
)
from engine.models.starter.dit import StarterDiT
from engine.models.starter.layers import HIGHEST_LEVEL, wave_frequencies
from engine.models.starter.load import Starter
from engine.models.starter.text import StarterTextEncoder, Vocabulary
from engine.models.starter.training import train_joint
from engine.models.starter.training.latents import (
    LatentSet,
    encode_scenes,
    known_state,
    near_impacts,
)
from engine.models.starter.training.progress import load_tensors
from engine.models.starter.training.prompts import all_words
from engine.models.starter.training.scene import draw_scenes
from engine.models.starter.training.slow_levels import FASTEST
from engine.models.starter.training.train_dit import StarterTrainee, draw_batch
from engine.models.starter.vae import StarterVAE

WORDS = Vocabulary(tuple(all_words()))
TEXT = TextConfig(vocabulary_size=len(WORDS), width=32, num_layers=1, num_heads=2)
SOUND = SoundConfig(latent_channels=3, width=16, num_heads=2)
DIT = DitConfig(width=32, num_layers=2, num_heads=2, text_width=32, sound=SOUND)


@pytest.fixture(scope="module")
def data() -> LatentSet:
    scenes = draw_scenes(12, seed=1)
    clips, stills = encode_scenes(StarterVAE(VaeConfig(fine_width=8, coarse_width=16)), scenes)
    sounds = torch.randn(len(scenes), 52, 3, generator=torch.Generator().manual_seed(0)).half()
    return LatentSet(scenes, clips, stills, *known_state(scenes), sounds, near_impacts(scenes))


@pytest.fixture
def start() -> Starter:
    """A video model that knows fewer words and no sound."""
    torch.manual_seed(3)
    words = Vocabulary(("ball", "red"))
    text = TextConfig(vocabulary_size=len(words), width=32, num_layers=1, num_heads=2)
    dit = DitConfig(width=32, num_layers=2, num_heads=2, text_width=32)
    nets = StarterTextEncoder(text), StarterDiT(dit), StarterVAE(VaeConfig(fine_width=8))
    return Starter(StarterConfig(), words, *nets)


def test_some_videos_and_some_sounds_are_given_and_count_for_nothing(data: LatentSet) -> None:
    batch, sound = train_joint.add_sound(data, draw_batch(data, WORDS, 9, 400, seed=2), seed=2)
    watched = batch.clean_BK.all(1)
    assert 0.2 < watched.float().mean() < 0.3
    assert (batch.levels_BK[watched] == 0).all()
    given = sound.levels_B == 0
    assert 0.05 < given.float().mean() < 0.15
    assert (sound.weight_BA[given] == 0).all()
    assert (sound.weight_BA[~given] >= 1).all()
    assert not (watched & given).any()


def test_words_of_the_video_model_keep_their_meaning(start: Starter) -> None:
    model = StarterTrainee(TEXT, DIT)
    train_joint.begin_with(model, WORDS, start)
    mine, theirs = model.text.words.weight, start.text_encoder.words.weight
    for word in ("ball", "red"):
        known, given = WORDS.words.index(word), start.vocabulary.words.index(word)
        assert torch.equal(mine[3 + known], theirs[3 + given])
    assert torch.equal(model.dit.patch_in.weight, start.dit.patch_in.weight)


@pytest.fixture(autouse=True)
def few_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_joint, "NEW_WORDS_STEPS", 2)


def test_new_words_are_learned_from_sentences_before_the_course_begins(
    start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_joint, "load_starter", lambda _: start)
    run = train_joint.JointRun(tmp_path / "new", TEXT, DIT, WORDS, tmp_path)
    given = start.text_encoder.words.weight[3 + start.vocabulary.words.index("red")]
    assert not torch.equal(run.model.text.words.weight[3 + WORDS.words.index("red")], given)
    text = TextConfig(vocabulary_size=5, width=32, num_layers=1, num_heads=2)
    same = train_joint.JointRun(tmp_path / "same", text, DIT, start.vocabulary, tmp_path)
    assert torch.equal(same.model.text.words.weight, start.text_encoder.words.weight)


def test_a_resumed_run_equals_an_uninterrupted_one(
    data: LatentSet, start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_joint, "load_starter", lambda _: start)
    monkeypatch.setattr(train_joint, "BATCH", 4)
    runs = [
        train_joint.JointRun(tmp_path / name, TEXT, DIT, WORDS, tmp_path)
        for name in ("whole", "cut")
    ]
    for _ in range(4):
        runs[0].joint_step(data, share=0.0)
    for _ in range(2):
        runs[1].joint_step(data, share=0.0)
    runs[1].save()
    resumed = train_joint.JointRun(tmp_path / "cut", TEXT, DIT, WORDS, tmp_path)
    for _ in range(2):
        resumed.joint_step(data, share=0.0)
    for run in (runs[0], resumed):
        run.save()
    expected, _ = load_tensors(tmp_path / "whole" / "joint_state.safetensors")
    made, _ = load_tensors(tmp_path / "cut" / "joint_state.safetensors")
    assert expected.keys() == made.keys()
    assert all(torch.equal(expected[name], made[name]) for name in expected)


def test_fast_waves_of_the_level_are_never_learned(
    data: LatentSet, start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_joint, "load_starter", lambda _: start)
    monkeypatch.setattr(train_joint, "BATCH", 4)
    fast_W = (wave_frequencies(HIGHEST_LEVEL) > FASTEST).repeat(2)
    for _ in range(2):  # begun, and taken up again
        run = train_joint.JointRun(tmp_path, TEXT, DIT, WORDS, tmp_path)
        run.joint_step(data, share=0.0)
        run.save()
    assert run.step == 2
    assert run.model.dit.sound is not None
    for layer in (run.model.dit.level_in, run.model.dit.sound.level_in):
        assert (layer.weight[:, fast_W] == 0).all()
        assert (layer.weight[:, ~fast_W] != 0).any()
