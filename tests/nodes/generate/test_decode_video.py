"""Decoding a latent, as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.models.family import Family
from engine.values import Latent, VideoModel
from nodes.generate.decode_video import DecodeVideo
from tests.nodes.pictures import MADE
from tests.nodes.recording import RecordingContext


@pytest.fixture
def latent(model: VideoModel) -> Latent:
    video = torch.randn((1, 4, 3, 2, 4), generator=torch.Generator().manual_seed(0))
    return Latent(video, model, 9, 16, 32, Fraction(12), origin=MADE)


def pixels(chunks: Iterator[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.concatenate([*chunks])


def test_a_clip_is_what_the_model_decodes(
    context: RecordingContext, latent: Latent, family: Family
) -> None:
    clip = DecodeVideo(latent=latent).run(context)
    assert (clip.frames, clip.height, clip.width, clip.fps) == (9, 16, 32, Fraction(12))
    assert clip.origin == MADE
    assert np.array_equal(pixels(iter(clip)), pixels(family.decode(latent)))


def test_nothing_is_decoded_before_somebody_reads_and_then_once(
    context: RecordingContext, latent: Latent, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    whole = family.decode

    def decode(latent: Latent) -> Iterator[NDArray[np.uint8]]:
        for chunk_THWC in whole(latent):
            decoded.append(len(chunk_THWC))
            yield chunk_THWC

    monkeypatch.setattr(family, "decode", decode)
    clip = DecodeVideo(latent=latent).run(context)
    assert decoded == []
    next(iter(clip))
    assert decoded == [1], "frames come as they are made"
    assert np.array_equal(pixels(iter(clip)), pixels(iter(clip)))
    assert sum(decoded) == 9


def test_a_stream_that_runs_out_of_memory_goes_on_with_the_frame_it_stood_at(
    context: RecordingContext, latent: Latent, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.models.keep_only(latent.model)  # others would be put away first
    expected = pixels(family.decode(latent))
    whole, begun = family.decode, []

    def decode(latent: Latent) -> Iterator[NDArray[np.uint8]]:
        begun.append(latent)
        for number, chunk_THWC in enumerate(whole(latent)):
            if len(begun) == 1 and number == 2:
                raise MemoryError
            yield chunk_THWC

    monkeypatch.setattr(family, "decode", decode)
    monkeypatch.setattr(family, "settle_memory", lambda *_: None, raising=False)
    monkeypatch.setattr(family, "spare_memory", lambda: "in tiles", raising=False)
    assert np.array_equal(pixels(iter(DecodeVideo(latent=latent).run(context))), expected)
    assert len(begun) == 2
    assert context.notes == ["Out of memory, so from here on: in tiles."]


def test_a_latent_that_promises_more_than_it_holds_is_an_error(
    context: RecordingContext, latent: Latent
) -> None:
    with pytest.raises(ValueError, match="promised"):
        pixels(iter(DecodeVideo(latent=replace(latent, frames=13)).run(context)))


def test_the_sound_comes_with_the_frames_and_lasts_as_long(
    context: RecordingContext, latent: Latent
) -> None:
    assert DecodeVideo(latent=latent).run(context).audio is None
    sounding = replace(latent, audio_BLD=torch.zeros(1, 19, 3))
    clip = DecodeVideo(latent=sounding).run(context)
    assert clip.audio is not None
    assert clip.audio.duration == clip.duration
    assert clip.audio.origin == MADE
