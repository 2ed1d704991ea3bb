"""Fetching weights from a hub in a folder: whole or not at all, resumed, told, refused."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from engine.errors import InvalidInput, InvalidWeights, StorageFailed
from engine.models import catalog
from engine.models.pull import Pulled, partial_folder, pull, size_of

FAKE_HUB = Path(__file__).parents[2] / "fake_hub"


def weights(size: int) -> bytes:
    """A safetensors file with one tensor of so many bytes."""
    tensor = {"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}
    header = json.dumps(tensor).encode()
    return struct.pack("<Q", len(header)) + header + bytes(size)


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's folder of the model 'far', which the catalog names."""
    monkeypatch.syspath_prepend(str(FAKE_HUB))
    monkeypatch.setenv("FAKE_HUB", str(tmp_path / "hub"))
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path))
    monkeypatch.setenv("REELWRIGHT_MODELS", str(tmp_path / "models"))
    (tmp_path / "catalog.toml").write_text(
        '[[model]]\nid = "far"\nfamily = "starter"\ntitle = "Far"\nlicence = "CC0"\n'
        'source = "hub:someone/far"\n'
    )
    folder = tmp_path / "hub" / "someone" / "far"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(weights(5000))
    (folder / "config.json").write_text("{}")
    (folder / "evil.bin").write_bytes(b"pickle")
    return folder


def test_what_is_here_is_not_fetched() -> None:
    assert pull("starter") == catalog.folder_of("starter")


def test_a_model_is_fetched_whole_without_what_could_run(repository: Path) -> None:
    told: list[Pulled] = []
    folder = pull("far", told.append)
    assert folder == catalog.folder_of("far")
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert not partial_folder("far").exists()
    assert told[-1] == Pulled(size_of(folder), size_of(folder))
    assert told[0].done == 0


def test_what_was_stopped_goes_on(repository: Path) -> None:
    begun = partial_folder("far") / ".cache" / "model.safetensors.incomplete"
    begun.parent.mkdir(parents=True)
    begun.write_bytes((repository / "model.safetensors").read_bytes()[:2000])
    told: list[Pulled] = []
    folder = pull("far", told.append)
    assert told[0].done == 2000
    whole = (repository / "model.safetensors").read_bytes()
    assert (folder / "model.safetensors").read_bytes() == whole


def test_no_network_is_one_sentence_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_HUB_STOPS", "offline")
    with pytest.raises(InvalidInput, match="fetching it again goes on") as caught:
        pull("far")
    assert "\n" not in str(caught.value)


def test_damaged_weights_never_take_their_place_and_are_fetched_anew(repository: Path) -> None:
    (repository / "model.safetensors").write_bytes(weights(5000)[:-1])
    with pytest.raises(InvalidWeights, match="cut off"):
        pull("far")
    assert not catalog.folder_of("far").exists()
    (repository / "model.safetensors").write_bytes(weights(5000))
    assert pull("far").is_dir()


def test_too_little_room_is_said_before_anything_is_fetched(monkeypatch) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "free")
    monkeypatch.setattr("engine.models.pull.shutil.disk_usage", lambda path: usage(1000))
    with pytest.raises(StorageFailed, match=r"GB free; .* GB are needed"):
        pull("far")
    assert list(partial_folder("far").iterdir()) == []


def test_without_the_client_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(InvalidInput, match=r"reelwright\[models\]"):
        pull("far")
