"""How much a model will read, parts from elsewhere included."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.models.catalog import folder_of
from engine.models.loading.sizes import stored_bytes
from engine.values import SwappedPart, VideoModel
from tests.engine.models.loading.conftest import Load

MODEL = VideoModel("wan", "", "")


def below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


def test_all_components_count_in_one_precision(wan: Path) -> None:
    assert stored_bytes(MODEL, wan) == below(wan)
    assert stored_bytes(VideoModel("starter", "", ""), folder_of("starter")) > 10e6


def test_a_part_from_elsewhere_counts_instead(wan: Path, tmp_path: Path) -> None:
    file = tmp_path / "small.safetensors"
    file.write_bytes(bytes(1000))
    swapped = MODEL.with_part(SwappedPart("transformer", str(file), ""))
    assert stored_bytes(swapped, wan) == below(wan) - below(wan / "transformer") + 1000
    both = swapped.with_part(SwappedPart("vae", str(file), ""))
    assert stored_bytes(both, wan) == stored_bytes(swapped, wan) - below(wan / "vae")
    other = MODEL.with_part(SwappedPart("vae", str(wan), ""))
    assert stored_bytes(other, wan) == below(wan)


def test_what_is_to_be_narrowed_counts_as_it_will_be(wan: Path, load: Load) -> None:
    """The rest is a few kilobytes of biases and tables in the tiny model."""
    stored = stored_bytes(replace(MODEL, precision="int8"), wan)
    assert stored == pytest.approx(load(precision="int8").nbytes, rel=0.15)
    assert stored < 0.7 * stored_bytes(MODEL, wan)
