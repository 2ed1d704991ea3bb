"""The sound autoencoder's training: from nothing, or on from weights that ship."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.errors import InvalidInput
from engine.models.starter.audio_vae import AudioVAE
from engine.models.starter.config import (
    AudioVaeConfig,
    DitConfig,
    StarterConfig,
    TextConfig,
    VaeConfig,
)
from engine.models.starter.dit import StarterDiT
from engine.models.starter.load import Starter
from engine.models.starter.text import StarterTextEncoder, Vocabulary
from engine.models.starter.training import train_audio_vae
from engine.models.starter.vae import StarterVAE

SMALL = AudioVaeConfig(latent_channels=3, width=16, num_encoder_blocks=1, num_decoder_blocks=1)


def starter(audio_vae: AudioVAE | None) -> Starter:
    words = Vocabulary(("ball", "red"))
    text = StarterTextEncoder(
        TextConfig(vocabulary_size=len(words), width=32, num_layers=1, num_heads=2)
    )
    dit = StarterDiT(DitConfig(width=32, num_layers=1, num_heads=2, text_width=32))
    return Starter(
        StarterConfig(), words, text, dit, StarterVAE(VaeConfig(fine_width=8)), audio_vae
    )


def test_it_goes_on_from_what_was_learned_in_that_size_and_more_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = AudioVAE(SMALL)
    monkeypatch.setattr(train_audio_vae, "load_starter", lambda _: starter(learned))
    run = train_audio_vae.AudioVaeRun(tmp_path, start=tmp_path)
    assert run.config == SMALL
    mine, theirs = run.vae.state_dict(), learned.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in theirs)
    assert run.course.rate == train_audio_vae.LATER_RATE < train_audio_vae.LEARNING_RATE
    anew = train_audio_vae.AudioVaeRun(tmp_path, SMALL)
    assert not torch.equal(anew.vae.stem.weight, learned.stem.weight)
    assert anew.course.rate == train_audio_vae.LEARNING_RATE


def test_weights_without_sound_are_no_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_audio_vae, "load_starter", lambda _: starter(None))
    with pytest.raises(InvalidInput, match="makes no sound"):
        train_audio_vae.AudioVaeRun(tmp_path, start=tmp_path)
