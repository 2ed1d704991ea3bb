"""Taking a component from elsewhere: only the handle changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.values import VideoModel
from nodes.model.swap_part import SwapPart
from tests.nodes.recording import RecordingContext

MODEL = VideoModel("wan", "wan2.1-t2v-1.3b", "0f")


def test_a_folder_takes_the_place_of_a_component(context: RecordingContext, weights: Path) -> None:
    model = SwapPart(model=MODEL, part="vae", source=str(weights)).run(context)
    swapped = model.part("vae")
    assert swapped is not None
    assert swapped.path == str(weights)
    assert swapped.digest == SwapPart.content({"part": "vae", "source": str(weights)})
    assert model.part("text_encoder") is None
    assert model.identity != MODEL.identity


def test_the_last_of_two_for_one_component_stands(context: RecordingContext, weights) -> None:
    file = next(weights.glob("*.safetensors"))
    model = SwapPart(model=MODEL, part="vae", source=str(weights)).run(context)
    model = SwapPart(model=model, part="vae", source=str(file)).run(context)
    assert [part.path for part in model.parts] == [str(file)]


def test_what_is_not_there_is_named(context: RecordingContext, tmp_path: Path) -> None:
    for source, words in (
        ("", "No model is named"),
        (str(tmp_path / "none"), "does not exist"),
        ("ltx-2", "reelwright models pull ltx-2"),
    ):
        with pytest.raises(InvalidInput, match=words):
            SwapPart(model=MODEL, part="vae", source=source).run(context)
