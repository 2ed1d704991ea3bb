"""Results rest on disk and come back as they were, without being pickled."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.run.codec import NotStorable, decode, encode, value_digest
from engine.run.tensor_file import DamagedFile, TensorFile, write_tensor_file
from engine.values import (
    Adapter,
    Artifact,
    Audio,
    Clip,
    Conditioning,
    FrameCondition,
    Image,
    Latent,
    Origin,
    Report,
    Speed,
    SwappedPart,
    VideoModel,
)

ORIGIN = Origin(("a.png",), "starter", "0f", "a red ball", 2**63 - 1)
MODEL = VideoModel(
    "starter",
    "starter",
    "0f",
    "bf16",
    (Adapter("a.safetensors", "1a", 0.5, "transformer_2"),),
    (SwappedPart("vae", "/vae", "2b"),),
    speed=Speed("magcache", 0.06, 0, (1.0, 0.98), "flex", compiled=True, decoding="bfloat16"),
)
IMAGE = Image(np.arange(24, dtype=np.uint8).reshape(2, 4, 3), ORIGIN)
AUDIO = Audio(np.linspace(-1, 1, 12, dtype=np.float32).reshape(2, 6), 16000, ORIGIN)
REPORT = Report("Faces", True, {"count": 2.0, "found": True, "who": "nobody"})


def again(folder: Path, value: object) -> object:
    text, arrays = encode({"x": value})
    write_tensor_file(folder / "t", text, arrays)
    return decode(TensorFile(folder / "t"))["x"]


@pytest.mark.parametrize(
    "value",
    [
        "text", "", "\N{SNOWMAN}", 0, -1, 10**30, 1.0, 0.1, float("inf"), True, False, None, [],
        [1, 1.0, True, "1", None, [2]], MODEL, REPORT, ORIGIN, Origin(),
        Artifact(Path("/out/a.mp4"), "video", "0f", True, Path("/out/a.jpg"), (REPORT,)),
    ],
    ids=str,
)  # fmt: skip
def test_plain_values_come_back_in_their_own_type(tmp_path: Path, value: object) -> None:
    back = again(tmp_path, value)
    assert repr(back) == repr(value)


plain = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"))
)


@given(st.recursive(plain, st.lists, max_leaves=8))
def test_whatever_plain_value_comes_back(value: object) -> None:
    text, _ = encode({"x": value})
    assert repr(decode(_Text(text))["x"]) == repr(value)  # type: ignore[arg-type]


class _Text:
    """A tensor file without tensors."""

    def __init__(self, text: str) -> None:
        self.text = text


def test_an_image_and_a_sound_come_back(tmp_path: Path) -> None:
    image, audio = again(tmp_path, IMAGE), again(tmp_path, AUDIO)
    assert isinstance(image, Image)
    assert isinstance(audio, Audio)
    assert np.array_equal(image.pixels_HWC, IMAGE.pixels_HWC)
    assert np.array_equal(audio.samples_CN, AUDIO.samples_CN)
    assert (image.origin, audio.origin, audio.rate) == (ORIGIN, ORIGIN, 16000)


def test_a_latent_comes_back_bit_for_bit_with_its_strides(tmp_path: Path) -> None:
    video = torch.randn(1, 4, 3, 2, 2).to(memory_format=torch.channels_last_3d)
    latent = Latent(video, MODEL, 9, 16, 16, Fraction(24000, 1001), torch.randn(1, 5, 2), ORIGIN)
    back = again(tmp_path, latent)
    assert isinstance(back, Latent)
    assert back.audio_BLD is not None
    assert latent.audio_BLD is not None
    assert torch.equal(back.video_BCTHW, video)
    assert back.video_BCTHW.stride() == video.stride()
    assert torch.equal(back.audio_BLD, latent.audio_BLD)
    assert (back.model, back.frames, back.fps) == (MODEL, 9, Fraction(24000, 1001))
    assert (back.width, back.height, back.origin) == (16, 16, ORIGIN)


def test_a_conditioning_comes_back_with_its_frames(tmp_path: Path) -> None:
    tensors = {"tokens": torch.randn(2, 3), "mask": torch.tensor([True, False])}
    frames = (FrameCondition(IMAGE, -1), FrameCondition(IMAGE, None))
    value = Conditioning("a ball", tensors, frames, ("a word is unknown",))
    back = again(tmp_path, value)
    assert isinstance(back, Conditioning)
    assert all(torch.equal(back.tensors[name], tensors[name]) for name in tensors)
    assert (back.text, back.notes) == ("a ball", value.notes)
    assert [frame.index for frame in back.frames] == [-1, None]
    assert np.array_equal(back.frames[0].image.pixels_HWC, IMAGE.pixels_HWC)


class Frames:
    """A source of frames that counts its passes."""

    def __init__(self) -> None:
        self.passes = 0

    def __call__(self) -> Iterator[NDArray[np.uint8]]:
        self.passes += 1
        for first in (0, 2, 4):
            count = min(2, 5 - first)
            index = np.arange(first, first + count, dtype=np.uint8)
            yield np.broadcast_to(index[:, None, None, None], (count, 2, 4, 3))


def clip(source: Frames) -> Clip:
    return Clip(source, 5, 2, 4, Fraction(24000, 1001), AUDIO, ORIGIN)


def test_a_clip_is_streamed_there_and_back(tmp_path: Path) -> None:
    source = Frames()
    back = again(tmp_path, clip(source))
    assert source.passes == 1
    assert isinstance(back, Clip)
    assert isinstance(back.audio, Audio)
    assert (back.frames, back.height, back.width, back.fps) == (5, 2, 4, Fraction(24000, 1001))
    for _ in range(2):
        frames = np.concatenate(list(back))
        assert np.array_equal(frames[:, 0, 0, 0], np.arange(5))


@pytest.mark.parametrize("value", [object(), {"a": 1}, (1,), [object()], "\ud800"])
def test_what_has_no_stored_form_is_refused(value: object) -> None:
    with pytest.raises(NotStorable):
        encode({"x": value})


@pytest.mark.parametrize("text", ["", "[]", '{"x": {"kind": "pickle"}}', '{"x": 1}'])
def test_a_text_of_another_form_is_damage(text: str) -> None:
    with pytest.raises(DamagedFile):
        decode(_Text(text))  # type: ignore[arg-type]


def test_equal_content_has_an_equal_digest() -> None:
    def latent(seed: int) -> Latent:
        video = torch.randn(1, 1, 1, 2, 2, generator=torch.Generator().manual_seed(seed))
        return Latent(video, MODEL, 1, 2, 2, Fraction(24))

    assert value_digest(latent(1)) == value_digest(latent(1))
    assert value_digest(latent(1)) != value_digest(latent(2))
    assert value_digest(1) != value_digest(1.0)


def test_a_stream_has_no_digest_because_nobody_may_draw_it_for_that() -> None:
    source = Frames()
    assert value_digest(clip(source)) is None
    assert value_digest([clip(source)]) is None
    assert value_digest(object()) is None
    assert source.passes == 0
