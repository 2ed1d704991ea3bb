"""Clips that are kept on disk or cut, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import StorageFailed
from nodes.streams import cut, frame_at, kept
from tests.nodes.pictures import clip, levels, tone


@pytest.mark.parametrize(("first", "frames"), [(0, 9), (0, 1), (3, 2), (4, 4), (8, 1), (2, 7)])
def test_a_cut_holds_exactly_the_frames_asked_for(first: int, frames: int) -> None:
    part = cut(clip(9, chunk=4), first, frames)
    expected = [20 * index for index in range(first, first + frames)]
    assert levels(part) == expected
    assert levels(part) == expected, "it can be read again"
    assert part.frames == frames


def test_a_cut_takes_its_share_of_the_sound() -> None:
    whole = replace(clip(16), audio=tone(seconds=1.0, rate=16_000))
    part = cut(whole, 4, 8)
    assert part.audio is not None
    assert part.audio.samples_CN.shape == (1, 8_000)
    assert part.audio.samples_CN[0, 0] == pytest.approx(0.25, abs=1e-3)


def test_a_cut_reads_no_further_than_it_must() -> None:
    read: list[int] = []

    def stream() -> Iterator[NDArray[np.uint8]]:
        for chunk_THWC in clip(9, chunk=1):
            read.append(1)
            yield chunk_THWC

    assert levels(cut(replace(clip(9), stream=stream), 2, 2)) == [40, 60]
    assert len(read) == 4


def test_a_frame_is_a_picture_that_knows_where_it_came_from() -> None:
    image = frame_at(clip(9), 5)
    assert image.pixels_HWC[0, 0, 0] == 100
    assert image.origin == clip(9).origin


def test_what_is_kept_is_made_once(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> Iterator[NDArray[np.uint8]]:
        made.append(1)
        yield from clip(9)

    stream = kept(make, frames=9, height=32, width=48, folder=tmp_path)
    assert made == [], "nothing is made before somebody reads"
    whole = replace(clip(9), stream=stream)
    assert levels(whole) == levels(whole) == levels(clip(9))
    assert made == [1]


def test_a_pass_that_failed_does_not_spoil_the_next(tmp_path: Path) -> None:
    full = [True]

    def make() -> Iterator[NDArray[np.uint8]]:
        for index, chunk_THWC in enumerate(clip(9)):
            if full[0] and index == 1:
                raise StorageFailed("The disk is full.")
            yield chunk_THWC

    whole = replace(clip(9), stream=kept(make, frames=9, height=32, width=48, folder=tmp_path))
    for _ in range(2):
        with pytest.raises(StorageFailed, match="full"):
            levels(whole)
    full[0] = False
    assert levels(whole) == levels(clip(9))
