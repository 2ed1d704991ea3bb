"""Weight files: what is accepted, refused, and what identifies their content."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.errors import InvalidWeights
from engine.models import weights
from engine.models.weights import check_weights, digest_of, file_digest, weight_files


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
    with pytest.raises(InvalidWeights, match=r"pickle.*models convert '?.*model\.pt"):
        weight_files(tmp_path)


def test_a_pickle_in_disguise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\x80\x04" + bytes(100))
    with pytest.raises(InvalidWeights, match="pickle in disguise"):
        check_weights(path)


@pytest.mark.parametrize("length", [640, 896, 1152, 1408])
def test_a_header_whose_length_looks_like_a_pickle_is_none(tmp_path: Path, length: int) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"w": torch.zeros(1)}, path, {"note": "x" * (length - 88)})
    assert path.read_bytes()[:2] == length.to_bytes(2, "little")
    check_weights(path)


def test_large_files_are_hashed_once_for_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWRIGHT_STATE", str(tmp_path / "state"))
    path = tmp_path / "model.safetensors"
    save_file({"w": torch.zeros(1 << 18)}, path)
    before = file_digest(path)
    hashed: list[str] = []
    monkeypatch.setattr(weights, "_hash", lambda path: hashed.append(path) or "another")
    weights._remembered_digest.cache_clear()  # as in another process
    assert file_digest(path) == before
    assert hashed == []
    os.utime(path, ns=(1, 1))
    assert file_digest(path) == "another"


def test_a_damaged_memory_of_digests_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWRIGHT_STATE", str(tmp_path / "state"))
    path = tmp_path / "model.safetensors"
    save_file({"w": torch.zeros(1 << 18)}, path)
    before = file_digest(path)
    (note,) = (tmp_path / "state" / "digests").iterdir()
    note.write_text("{")
    weights._remembered_digest.cache_clear()
    assert file_digest(path) == before


def test_a_single_file_is_identified_by_its_content(folder: Path) -> None:
    assert digest_of(folder / "model.safetensors") == file_digest(folder / "model.safetensors")
    (folder / "model.ckpt").write_bytes(b"")
    with pytest.raises(InvalidWeights, match=r"reelwright models convert .*model\.ckpt"):
        digest_of(folder / "model.ckpt")


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
