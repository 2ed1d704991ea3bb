"""The temporal attention kernels against plain attention in float64."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from engine.models.attention import (
    ANCHOR_INTERVAL,
    MAX_FAR_ANCHORS,
    TEMPORAL_MODES,
    WINDOW,
    KeyValueCache,
    TemporalMode,
    choose_temporal_mode,
    reference_attention,
    temporal_attention,
    visible_frames,
    window_layout,
)


def random_qkv(frames: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn((2, 3, frames, 16), generator=generator) for _ in range(3))
    return q, k, v


@pytest.mark.parametrize("frames", [1, 2, 9, 16, 17, 31, 32, 33, 100, 417])
@pytest.mark.parametrize("mode", TEMPORAL_MODES)
def test_kernels_equal_the_reference(mode: TemporalMode, frames: int) -> None:
    q, k, v = random_qkv(frames)
    made = temporal_attention(mode, q, k, v)
    expected = reference_attention(q, k, v, visible_frames(mode, frames))
    assert made.shape == q.shape
    assert (made.double() - expected).abs().max() < 1e-5


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ValueError, match="'spiral' is unknown"):
        temporal_attention("spiral", *random_qkv(3))  # type: ignore[arg-type]


def test_the_window_sees_itself_the_frames_before_it_and_anchors() -> None:
    seen = visible_frames("window", 200)
    row = set(torch.nonzero(seen[150]).flatten().tolist())
    assert row == set(range(150 - WINDOW, 151)) | set(range(0, 150, ANCHOR_INTERVAL))
    assert not seen.triu(1).any()


def test_the_first_anchor_stays_and_the_others_are_bounded() -> None:
    last = torch.nonzero(visible_frames("window", 2000)[1999]).flatten().tolist()
    far = [frame for frame in last if frame < 1999 - 2 * WINDOW]
    assert far[0] == 0
    assert len(far) == MAX_FAR_ANCHORS


def test_a_window_query_compares_with_as_many_keys_however_long_the_clip() -> None:
    widths = {frames: window_layout(frames)[0].shape for frames in (640, 1280, 2560)}
    assert [shape[1] for shape in widths.values()] == [2 * WINDOW + MAX_FAR_ANCHORS] * 3
    assert [shape[0] for shape in widths.values()] == [40, 80, 160]


def test_frame_by_frame_equals_the_whole_causal_clip() -> None:
    q, k, v = random_qkv(70)
    cache = KeyValueCache()
    cuts = [0, 1, 2, 10, 33, 34, 70]
    parts = []
    for start, end in pairwise(cuts):
        look = (slice(None), slice(None), slice(start, end))
        parts.append(cache.attend(q[look], k[look], v[look]))
    expected = reference_attention(q, k, v, visible_frames("causal", 70))
    assert (torch.cat(parts, 2).double() - expected).abs().max() < 1e-5
    assert cache.num_frames == 70


def test_a_frame_that_only_looks_leaves_no_trace() -> None:
    q, k, v = random_qkv(5)
    other_q, other_k, other_v = (x[:, :, :1] for x in random_qkv(5, seed=1))
    cache = KeyValueCache()
    cache.attend(q[:, :, :4], k[:, :, :4], v[:, :, :4])
    cache.attend(other_q, other_k, other_v, remember=False)
    last = cache.attend(q[:, :, 4:], k[:, :, 4:], v[:, :, 4:])
    expected = reference_attention(q, k, v, visible_frames("causal", 5))[:, :, 4:]
    assert (last.double() - expected).abs().max() < 1e-5


def test_gradients_flow_through_every_mode() -> None:
    for mode in TEMPORAL_MODES:
        q, k, v = (x.requires_grad_() for x in random_qkv(40))
        temporal_attention(mode, q, k, v).sum().backward()
        assert all(x.grad is not None and x.grad.isfinite().all() for x in (q, k, v))


def test_the_mode_follows_the_length() -> None:
    assert choose_temporal_mode(2.0) == "full"
    assert choose_temporal_mode(31.0) == "window"
    assert choose_temporal_mode(2.0, streaming=True) == "causal"
