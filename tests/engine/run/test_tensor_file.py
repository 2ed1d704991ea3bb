"""Tensor files: whole and exactly what was written, or an error that names the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from engine.errors import StorageFailed
from engine.run.tensor_file import (
    Blob,
    DamagedFile,
    TensorFile,
    TensorLayout,
    array_blob,
    tensor_blob,
    write_tensor_file,
)

DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64, torch.int64,
    torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool, torch.float8_e4m3fn,
]  # fmt: skip


def kept(path: Path, tensor: torch.Tensor) -> torch.Tensor:
    write_tensor_file(path, "", {"x": tensor_blob(tensor)})
    return TensorLayout(name="x", stride=tensor.stride()).restore(TensorFile(path))


def same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    def bits(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.contiguous().reshape(-1).view(torch.uint8)

    return one.dtype == other.dtype and torch.equal(bits(one), bits(other))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_kind_of_number_comes_back_bit_for_bit(tmp_path: Path, dtype: torch.dtype) -> None:
    tensor = (torch.rand(3, 5) * 4).to(dtype)
    assert same_bits(kept(tmp_path / "t", tensor), tensor)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1,), (2, 3, 4, 5, 6)], ids=str)
def test_every_shape_comes_back(tmp_path: Path, shape: tuple[int, ...]) -> None:
    assert kept(tmp_path / "t", torch.ones(shape)).shape == shape


@pytest.mark.parametrize(
    "tensor",
    [
        torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last),
        torch.rand(4, 6).t(),
        torch.rand(4, 6)[:, ::2],
    ],
)
def test_strides_come_back(tmp_path: Path, tensor: torch.Tensor) -> None:
    again = kept(tmp_path / "t", tensor)
    assert again.stride() == tensor.stride()
    assert torch.equal(again, tensor)


def test_an_expanded_tensor_comes_back_written_out(tmp_path: Path) -> None:
    tensor = torch.rand(1, 4).expand(3, 4)
    assert torch.equal(kept(tmp_path / "t", tensor), tensor)


def test_what_comes_back_is_aligned(tmp_path: Path) -> None:
    blobs = {"odd": tensor_blob(torch.ones(3, dtype=torch.uint8)), "x": tensor_blob(torch.rand(9))}
    write_tensor_file(tmp_path / "t", "", blobs)
    assert TensorFile(tmp_path / "t").tensor("x").data_ptr() % 64 == 0


def test_any_safetensors_reader_opens_it(tmp_path: Path) -> None:
    tensor = torch.rand(2, 3)
    write_tensor_file(tmp_path / "t", "some text", {"x": tensor_blob(tensor)})
    with safe_open(tmp_path / "t", "pt") as file:
        assert file.metadata()["reelwright"] == "some text"
        assert torch.equal(file.get_tensor("x"), tensor)


def test_rows_are_streamed(tmp_path: Path) -> None:
    frames = np.arange(5 * 2 * 3, dtype=np.uint8).reshape(5, 2, 3)
    write_tensor_file(tmp_path / "t", "", {"x": array_blob(frames)})
    chunks = list(TensorFile(tmp_path / "t").rows("x", 2))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert np.array_equal(np.concatenate(chunks), frames)


def test_an_open_file_outlives_its_name(tmp_path: Path) -> None:
    write_tensor_file(tmp_path / "t", "", {"x": tensor_blob(torch.ones(4))})
    file = TensorFile(tmp_path / "t")
    (tmp_path / "t").unlink()
    assert file.tensor("x").sum() == 4


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "t.safetensors"
    write_tensor_file(path, "text", {"x": tensor_blob(torch.arange(64))})
    return path


def test_a_changed_byte_is_noticed_wherever_it_is(written: Path) -> None:
    good = written.read_bytes()
    for place in range(0, len(good), 5):
        written.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        with pytest.raises(DamagedFile, match=r"t\.safetensors' is damaged"):
            TensorFile(written)


def test_a_truncated_file_names_itself(written: Path) -> None:
    good = written.read_bytes()
    for length in range(0, len(good), 7):
        written.write_bytes(good[:length])
        with pytest.raises(DamagedFile, match=r"t\.safetensors' is damaged"):
            TensorFile(written)


def test_a_header_that_claims_to_be_huge_is_not_read(written: Path) -> None:
    written.write_bytes((2**62).to_bytes(8, "little") + b"{}")
    with pytest.raises(DamagedFile):
        TensorFile(written)


def test_a_missing_array_is_told(written: Path) -> None:
    with pytest.raises(DamagedFile, match="it lacks 'y'"):
        TensorFile(written).tensor("y")


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(written: Path) -> None:
    def fails() -> list[bytes]:
        raise OSError(28, "No space left on device")

    before = written.read_bytes()
    with pytest.raises(StorageFailed, match="no room left"):
        write_tensor_file(written, "", {"x": Blob("U8", (1,), fails)})
    assert written.read_bytes() == before
    assert list(written.parent.iterdir()) == [written]


def test_a_stream_that_gives_too_little_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="2 bytes where 3 were promised"):
        write_tensor_file(tmp_path / "t", "", {"x": Blob("U8", (3,), lambda: [b"ab"])})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="cannot be written"):
        write_tensor_file(tmp_path / "file" / "t", "", {})
