"""A video handed out while it is made."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.graph.node import declare
from engine.models.family import Family
from engine.models.starter.streaming import CausalStream
from engine.values import FrameCondition, Image, VideoModel
from nodes.generate.stream_video import StreamVideo
from tests.nodes.recording import RecordingContext

SMALL = {"steps": 2, "width": 32, "height": 16, "frames": 9, "seed": 5}


def node(family: Family, model: VideoModel, **changes: object) -> StreamVideo:
    defaults = {name: param.default for name, param in declare(StreamVideo).params.items()}
    prompt = family.encode_prompt("a red ball moving left")
    links = {"model": model, "positive": prompt, "negative": None}
    values: dict[str, Any] = {**defaults, **links, **SMALL, **changes}
    return StreamVideo(**values)


def test_the_first_frame_comes_before_the_last_are_sampled(
    context: RecordingContext, family: Family, model: VideoModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled: list[int] = []
    sample = CausalStream.sample

    def counted(stream: CausalStream, noise: object, sigmas: object) -> object:
        sampled.append(stream.made)
        return sample(stream, noise, sigmas)  # type: ignore[arg-type]

    monkeypatch.setattr(CausalStream, "sample", counted)
    clip = node(family, model).run(context)
    assert sampled == [], "nothing is made before somebody reads"
    assert len(next(iter(clip))) == 1
    assert sampled == [0]
    frames = np.concatenate([*clip])
    assert frames.shape == (9, 16, 32, 3)
    assert sampled == [0, 1]
    assert (clip.fps, clip.audio, clip.origin.seed) == (Fraction(16), None, 5)


def test_a_picture_that_must_appear_needs_the_whole_clip(
    context: RecordingContext, family: Family, model: VideoModel
) -> None:
    frame = FrameCondition(Image(np.zeros((16, 32, 3), np.uint8)), 0)
    prompt = replace(family.encode_prompt("a ball"), frames=(frame,))
    with pytest.raises(InvalidInput, match="without 'keyframes'"):
        node(family, model, positive=prompt).run(context)


def test_a_size_it_cannot_make_is_said_before_anybody_reads(
    context: RecordingContext, family: Family, model: VideoModel
) -> None:
    with pytest.raises(InvalidInput, match="cannot make 8 frames"):
        node(family, model, frames=8).run(context)
