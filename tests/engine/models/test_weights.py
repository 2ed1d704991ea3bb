"""Weight files: what is accepted, refused, and what identifies their content."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.errors import InvalidWeights
from engine.models.weights import check_weights, digest_of, weight_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_file({"w": torch.arange(12.0).reshape(3, 4)}, tmp_path / "model.safetensors")
    return tmp_path


def test_whole_weights_pass(folder: Path) -> None:
    check_weights(folder / "model.safetensors")
    assert weight_files(folder) == (folder / "model.safetensors",)


@pytest.mark.parametrize("keep", [0, 4, 8, 20, -1])
def test_truncated_weights_are_named(folder: Path, keep: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InvalidWeights, match=r"model\.safetensors"):
        check_weights(path)


def test_a_file_with_bytes_too_many_is_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(InvalidWeights, match="cut off or has been changed"):
        check_weights(path)


def test_a_pickle_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"\x80\x04.")
    with pytest.raises(InvalidWeights, match=r"pickle.*Convert the weights"):
        weight_files(tmp_path)


def test_a_pickle_in_disguise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\x80\x04" + bytes(100))
    with pytest.raises(InvalidWeights, match="pickle in disguise"):
        check_weights(path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidWeights, match="nowhere"):
        weight_files(tmp_path / "nowhere")


def test_a_changed_weight_changes_the_digest(folder: Path) -> None:
    before = digest_of(folder)
    assert digest_of(folder) == before
    save_file({"w": torch.arange(12.0).reshape(3, 4) + 1}, folder / "model.safetensors")
    os.utime(folder / "model.safetensors", ns=(1, 1))
    assert digest_of(folder) != before


def test_changed_settings_change_the_digest(folder: Path) -> None:
    (folder / "model.json").write_text('{"words": ["red"]}')
    before = digest_of(folder)
    (folder / "model.json").write_text('{"words": ["blue"]}')
    assert digest_of(folder) != before
