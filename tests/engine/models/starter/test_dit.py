"""The denoiser: streaming equals causal, each frame has its noise level, padding is not seen."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.models.attention import KeyValueCache
from engine.models.starter.config import DitConfig
from engine.models.starter.dit import StarterDiT
from engine.models.starter.rotary import rotate, space_rotation, time_rotation, unit_rotate

CONFIG = DitConfig(latent_channels=4, width=32, num_layers=2, num_heads=2, text_width=16)


@pytest.fixture(scope="module")
def dit() -> StarterDiT:
    torch.manual_seed(0)
    model = StarterDiT(CONFIG).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model.requires_grad_(False)


def inputs(frames: int, batch: int = 2, side: int = 4) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(frames)
    return (
        torch.randn((batch, 4, frames, side, side), generator=generator),
        torch.rand((batch, frames), generator=generator),
        torch.randn((batch, 5, 16), generator=generator),
        torch.tensor([[True] * 5, [True] * 3 + [False] * 2])[:batch],
        torch.randn((batch, 16), generator=generator),
    )


def test_a_new_model_predicts_nothing() -> None:
    assert StarterDiT(CONFIG)(*inputs(3)).abs().max() == 0


@pytest.mark.parametrize("mode", ["full", "causal", "window"])
def test_velocity_has_the_latents_shape_at_any_size_and_length(dit: StarterDiT, mode: str) -> None:
    latent = torch.randn(1, 4, 7, 6, 4)
    _, t, *text = inputs(7, batch=1)
    assert dit(latent, t, *text, mode).shape == latent.shape


def test_frame_by_frame_with_a_cache_equals_the_whole_causal_clip(dit: StarterDiT) -> None:
    latent, t, *text = inputs(6)
    whole = dit(latent, t, *text, "causal")
    caches = [KeyValueCache() for _ in range(CONFIG.num_layers)]
    for frame in range(6):
        here = slice(frame, frame + 1)
        share = torch.full((2, 1), frame / 5)
        place = torch.tensor([frame])
        noisy = torch.randn(2, 4, 1, 4, 4)
        dit(noisy, t[:, here], *text, share_BT=share, position_T=place, caches=caches)
        made = dit(
            latent[:, :, here], t[:, here], *text,
            share_BT=share, position_T=place, caches=caches, remember=True,
        )  # fmt: skip
        assert (made - whole[:, :, here]).abs().max() < 1e-5


def test_causal_frames_do_not_see_later_ones_and_full_frames_do(dit: StarterDiT) -> None:
    latent, t, *text = inputs(5)
    changed = latent.clone()
    changed[:, :, 3:] = 0
    for mode, expected in (("causal", True), ("window", True), ("full", False)):
        before, after = dit(latent, t, *text, mode), dit(changed, t, *text, mode)
        assert torch.allclose(before[:, :, :3], after[:, :, :3], atol=1e-6) == expected


def test_the_window_equals_causal_while_it_reaches_to_the_start(dit: StarterDiT) -> None:
    given = inputs(17)
    assert torch.allclose(dit(*given, "window"), dit(*given, "causal"), atol=1e-5)


def test_each_frame_has_its_own_noise_level(dit: StarterDiT) -> None:
    latent, t, *text = inputs(4)
    other = t.clone()
    other[:, 3] = 0.0
    before, after = dit(latent, t, *text, "causal"), dit(latent, other, *text, "causal")
    assert torch.allclose(before[:, :, :3], after[:, :, :3], atol=1e-6)
    assert not torch.allclose(before[:, :, 3], after[:, :, 3], atol=1e-3)


def test_padding_words_are_not_seen(dit: StarterDiT) -> None:
    latent, t, words, mask, pooled = inputs(3)
    other = torch.where(mask[..., None], words, torch.full_like(words, 7.0))
    before, after = dit(latent, t, words, mask, pooled), dit(latent, t, other, mask, pooled)
    assert torch.allclose(before, after, atol=1e-6)


def test_words_and_sentence_both_matter(dit: StarterDiT) -> None:
    latent, t, words, mask, pooled = inputs(3)
    plain = dit(latent, t, words, mask, pooled)
    assert not torch.allclose(plain, dit(latent, t, words.flip(0), mask, pooled), atol=1e-3)
    assert not torch.allclose(plain, dit(latent, t, words, mask, pooled.flip(0)), atol=1e-3)


def test_a_clip_comes_out_the_same_alone_and_in_a_batch(dit: StarterDiT) -> None:
    given = inputs(4)
    alone = dit(*(part[:1] for part in given))
    assert torch.allclose(alone, dit(*given)[:1], atol=1e-5)


def test_rotation_makes_products_depend_on_distance_only() -> None:
    q, k = torch.randn(1, 8), torch.randn(1, 8)
    products = []
    for start in (0, 5):
        cos, sin = time_rotation(torch.tensor([start, start + 3]), 8)
        turned = rotate(torch.cat([q, k]), cos, sin)
        products.append(turned[0] @ turned[1])
    assert torch.allclose(products[0], products[1], atol=1e-5)


def test_rows_and_columns_turn_different_pairs() -> None:
    cos, sin = space_rotation(2, 3, 8, torch.device("cpu"))
    assert cos.shape == (6, 4)
    assert torch.equal(sin[1, :2], torch.zeros(2))
    assert torch.equal(sin[3, 2:], torch.zeros(2))


def test_the_short_gradient_is_the_true_gradient() -> None:
    torch.manual_seed(0)
    x = torch.randn(5, 2, 3, 8, dtype=torch.float64, requires_grad=True)
    cos, sin = (table[:, None, None] for table in time_rotation(torch.arange(5), 8))
    gain = torch.rand(2, 1, 4, dtype=torch.float64) + 0.5
    cos, sin = cos * gain, sin * gain
    unit = x / (torch.linalg.vector_norm(x, dim=-1, keepdim=True) + 1e-5)
    weight = torch.randn(5, 2, 3, 8, dtype=torch.float64)
    expected = torch.autograd.grad((rotate(unit, cos, sin) * weight).sum(), x)[0]
    made = torch.autograd.grad((unit_rotate(x, cos, sin) * weight).sum(), x)[0]
    assert torch.allclose(made, expected, atol=1e-4)
