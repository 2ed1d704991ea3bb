"""An autoencoder that is given more to learn with: at first it does as it did."""

from __future__ import annotations

import argparse

import pytest
import torch

from engine.models.starter.config import VaeConfig
from engine.models.starter.training.train_vae import (
    add_sizes,
    grown,
    sizes_of,
    start_from_principal_components,
)
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
