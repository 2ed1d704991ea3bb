"""The stream of sound beside the video: in time, causal where asked, silent before it is
trained.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from engine.models.starter.config import DitConfig, SoundConfig
from engine.models.starter.dit import StarterDiT
from engine.models.starter.sound_stream import (
    SoundInput,
    aligned_attention,
    frame_seconds,
    frames_heard,
    latent_seconds,
)

SOUND = SoundConfig(latent_channels=3, width=16, num_heads=2)
CONFIG = DitConfig(
    latent_channels=4, width=32, num_layers=2, num_heads=2, text_width=16, sound=SOUND
)
FRAMES, COUNT = 9, 52
LEVELS = torch.linspace(0.1, 0.9, FRAMES)[None]
TEXT = (
    torch.randn(1, 5, 16, generator=torch.Generator().manual_seed(1)),
    torch.ones(1, 5, dtype=torch.bool),
    torch.randn(1, 16, generator=torch.Generator().manual_seed(2)),
)


@pytest.fixture(scope="module")
def dit() -> StarterDiT:
    torch.manual_seed(0)
    model = StarterDiT(CONFIG).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def video() -> Tensor:
    return torch.randn(1, 4, FRAMES, 4, 4, generator=torch.Generator().manual_seed(3))


def sound() -> SoundInput:
    latent = torch.randn(1, COUNT, 3, generator=torch.Generator().manual_seed(4))
    return SoundInput(latent, torch.full((1, COUNT), 0.5), 16.0)


def test_an_untrained_stream_says_nothing_and_leaves_the_video_as_it_was() -> None:
    torch.manual_seed(0)
    model = StarterDiT(CONFIG)
    for name, parameter in model.named_parameters():
        if not name.startswith("sound."):
            parameter.data.add_(torch.randn_like(parameter) * 0.1)
    alone = model(video(), LEVELS, *TEXT)
    together, heard = model.joint(video(), LEVELS, TEXT, sound())
    assert torch.equal(alone, together)
    assert heard.abs().max() == 0.0


def test_a_model_without_the_stream_says_so() -> None:
    silent = StarterDiT(replace(CONFIG, sound=None))
    with pytest.raises(ValueError, match="no stream of sound"):
        silent.joint(video(), LEVELS, TEXT, sound())


def test_latents_of_sound_belong_to_the_frames_on_the_screen() -> None:
    device = torch.device("cpu")
    frames = frames_heard(COUNT, 16.0, device)
    assert frames[0] == 0
    assert frames[-1] == FRAMES - 1
    middle = frame_seconds(torch.arange(FRAMES), 16.0)[frames]
    assert (middle - latent_seconds(COUNT, device)).abs().max() < 2.5 / 16 + 0.02


@pytest.mark.parametrize(("mode", "blind"), [("full", False), ("causal", True), ("window", True)])
def test_what_is_past_does_not_hear_or_see_what_comes(
    dit: StarterDiT, mode: str, blind: bool
) -> None:
    given = sound()
    later_sound = replace(given, latent_BAC=given.latent_BAC.clone())
    later_sound.latent_BAC[:, 40:] = 0.0
    later_video = video()
    later_video[:, :, 7:] = 0.0
    usual = dit.joint(video(), LEVELS, TEXT, given, mode)
    for changed in (
        dit.joint(video(), LEVELS, TEXT, later_sound, mode),
        dit.joint(later_video, LEVELS, TEXT, given, mode),
    ):
        assert torch.allclose(changed[0][:, :, :6], usual[0][:, :, :6], atol=1e-5) == blind
        assert torch.allclose(changed[1][:, :30], usual[1][:, :30], atol=1e-5) == blind
        assert not torch.allclose(changed[1][:, 45:], usual[1][:, 45:], atol=1e-4)


def test_windows_equal_causal_attention_while_they_reach_back_to_the_start() -> None:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(1, 2, n, 8, generator=generator) for n in (40, 60, 60))
    frame_of_n, frame_of_m = torch.arange(40) * 17 // 40, torch.arange(60) * 17 // 60
    whole = aligned_attention(q, k, v, frame_of_n, frame_of_m, "causal")
    assert torch.allclose(
        aligned_attention(q, k, v, frame_of_n, frame_of_m, "window"), whole, atol=1e-6
    )
