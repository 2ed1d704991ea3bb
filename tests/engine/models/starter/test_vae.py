"""The causal video autoencoder: streaming equals whole, nothing looks ahead."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from engine.models.starter.config import VaeConfig
from engine.models.starter.vae import StarterVAE, join_groups, split_groups


@pytest.fixture(scope="module")
def vae() -> StarterVAE:
    torch.manual_seed(0)
    model = StarterVAE(VaeConfig(latent_channels=4, fine_width=8, coarse_width=16)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
        model.mean_C.normal_()
        model.deviation_C.uniform_(0.5, 2.0)
    return model.requires_grad_(False)


def random_video(frames: int, height: int = 16, width: int = 24) -> Tensor:
    generator = torch.Generator().manual_seed(frames)
    return torch.rand((2, 3, frames, height, width), generator=generator) * 2 - 1


def test_shapes_are_eight_and_four_times_smaller(vae: StarterVAE) -> None:
    latent = vae.encode(random_video(17))
    assert latent.shape == (2, 4, 5, 2, 3)
    assert vae.decode(latent).shape == (2, 3, 17, 16, 24)


def test_folding_frames_and_pixels_can_be_undone() -> None:
    video = random_video(8)
    for cell in (4, 8):
        assert torch.equal(join_groups(split_groups(video, cell), cell), video)


def test_the_stream_equals_the_whole_chunk_by_chunk(vae: StarterVAE) -> None:
    latent = torch.randn((2, 4, 6, 2, 3), generator=torch.Generator().manual_seed(1))
    raw = latent.transpose(1, 2) * vae.deviation_C.view(-1, 1, 1) + vae.mean_C.view(-1, 1, 1)
    at_once = vae.decode_raw(raw).clamp(-1, 1)
    start = 0
    for index, chunk in enumerate(vae.stream_decode(latent)):
        assert chunk.shape[2] == (4 if index else 1)
        part = at_once[:, :, start : start + chunk.shape[2]]
        assert (chunk - part).abs().max() <= 1e-6
        start += chunk.shape[2]
    assert start == 21
    assert torch.equal(vae.decode(latent), torch.cat(list(vae.stream_decode(latent)), dim=2))


def test_coding_does_not_look_ahead(vae: StarterVAE) -> None:
    video = random_video(17)
    changed = video.clone()
    changed[:, :, 9:] = 0.0
    before, after = vae.encode(video), vae.encode(changed)
    assert torch.allclose(before[:, :, :3], after[:, :, :3], atol=1e-6)
    assert not torch.allclose(before[:, :, 3:], after[:, :, 3:], atol=1e-3)


def test_the_beginning_of_a_clip_is_coded_like_a_shorter_clip(vae: StarterVAE) -> None:
    video = random_video(13)
    assert torch.allclose(vae.encode(video)[:, :, :2], vae.encode(video[:, :, :5]), atol=1e-6)


def test_a_stream_computes_only_what_is_asked_for(vae: StarterVAE) -> None:
    calls = []
    handle = vae.decoder.stem.register_forward_hook(lambda *_: calls.append(1))
    stream = vae.stream_decode(torch.zeros(1, 4, 5, 2, 2))
    next(stream)
    handle.remove()
    assert len(calls) == 1


@pytest.mark.parametrize(("frames", "width", "named"), [(4, 16, "4 frames"), (5, 20, "20x16")])
def test_odd_clips_are_refused_by_name(
    vae: StarterVAE, frames: int, width: int, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        vae.encode(random_video(frames, 16, width))


def test_an_untrained_level_of_detail_changes_nothing_and_a_trained_one_does() -> None:
    config = VaeConfig(latent_channels=4, fine_width=8, coarse_width=16)
    plain, fine = StarterVAE(config), StarterVAE(replace(config, detail_width=4))
    assert not fine.load_state_dict(plain.state_dict(), strict=False).unexpected_keys
    latent = torch.randn(1, 3, 4, 2, 2)
    before = fine.decode_raw(latent)
    assert torch.equal(before, plain.decode_raw(latent))
    assert fine.decoder.detail is not None
    torch.nn.init.normal_(fine.decoder.detail.out[2].weight)
    assert not torch.equal(before, fine.decode_raw(latent))
