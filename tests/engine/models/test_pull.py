"""Fetching weights from a hub in a folder: whole or not at all, resumed, told, refused."""

from __future__ import annotations

import json
import struct
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from engine.errors import InvalidInput, InvalidWeights, StorageFailed
from engine.models import catalog
from engine.models.consent import accept
from engine.models.fetched import (
    MANIFEST,
    partial_folder,
    read_manifest,
    remove,
    size_of,
    verify,
)
from engine.models.pull import Pulled, model_files, pull

FAKE_HUB = Path(__file__).parents[2] / "fake_hub" / "huggingface_hub" / "__init__.py"


def weights(size: int) -> bytes:
    """A safetensors file with one tensor of so many bytes."""
    tensor = {"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}
    header = json.dumps(tensor).encode()
    return struct.pack("<Q", len(header)) + header + bytes(size)


def fake_hub() -> ModuleType:
    """The hub in a folder, whether or not the real client was imported before."""
    spec = spec_from_file_location("huggingface_hub", FAKE_HUB)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's folder of the model 'far', which the catalog names."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", fake_hub())
    monkeypatch.setenv("FAKE_HUB", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
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


def test_of_a_repository_without_an_index_the_catalog_names_the_models_files(
    repository: Path, tmp_path: Path
) -> None:
    with (tmp_path / "catalog.toml").open("a") as file:
        file.write('files = ["model.safetensors", "reader/*"]\n')
    (repository / "of another licence.safetensors").write_bytes(weights(10))
    (repository / "reader").mkdir()
    (repository / "reader" / "model.safetensors").write_bytes(weights(10))
    (repository / "reader" / "evil.bin").write_bytes(b"pickle")
    folder = pull("far")
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        "model.safetensors",
        "reader/model.safetensors",
        MANIFEST,
    ]


def test_a_model_is_fetched_whole_without_what_could_run(repository: Path) -> None:
    told: list[Pulled] = []
    folder = pull("far", told.append)
    assert folder == catalog.folder_of("far")
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "model.safetensors",
        MANIFEST,
    ]
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


def test_the_revision_it_began_with_is_the_one_it_goes_on_with(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "model.digest").write_text("0" * 64)
    monkeypatch.setenv("FAKE_HUB_HEAD", "first")
    with pytest.raises(InvalidWeights, match="another digest than the hub states"):
        pull("far")
    (repository / "model.digest").unlink()
    monkeypatch.setenv("FAKE_HUB_HEAD", "second")
    manifest = read_manifest(pull("far"))
    assert manifest is not None
    assert (manifest.repository, manifest.revision) == ("someone/far", "first")


def test_a_pinned_revision_is_asked_for(tmp_path: Path) -> None:
    entry = tmp_path / "catalog.toml"
    entry.write_text(entry.read_text() + 'revision = "abc123"\n')
    manifest = read_manifest(pull("far"))
    assert manifest is not None
    assert manifest.revision == "abc123"


def test_offline_mode_is_honoured_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InvalidInput, match="HF_HUB_OFFLINE forbids to fetch it") as caught:
        pull("far")
    assert "copy the model's folder here" in str(caught.value)
    assert not partial_folder("far").exists()


def test_a_gated_repository_says_where_its_terms_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_HUB_STOPS", "gated")
    with pytest.raises(InvalidInput, match="HF_TOKEN") as caught:
        pull("far")
    assert "Accept them at https://huggingface.co/someone/far" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_licence_with_conditions_is_accepted_first_and_once(tmp_path: Path) -> None:
    entry = tmp_path / "catalog.toml"
    entry.write_text(entry.read_text().replace("CC0", "House Licence"))
    with pytest.raises(InvalidInput, match=r"under the House Licence.*--accept-licence"):
        pull("far")
    assert not partial_folder("far").exists()
    accept("House Licence")
    assert pull("far").is_dir()
    remove("far")
    assert pull("far").is_dir()


def test_what_was_fetched_is_verified_against_what_the_hub_states() -> None:
    folder = pull("far")
    named: list[str] = []
    assert verify("far", named.append) == 1
    assert named == ["model.safetensors"]
    (folder / "model.safetensors").write_bytes(weights(4999) + b"x")
    with pytest.raises(InvalidWeights, match=r"is not what was published.*models remove far"):
        verify("far")
    (folder / "model.safetensors").rename(folder / "other.safetensors")
    with pytest.raises(InvalidWeights, match=r"model\.safetensors' is missing"):
        verify("far")


def test_a_model_that_was_not_fetched_is_looked_at_only_for_damage() -> None:
    assert verify("starter") == 0
    with pytest.raises(InvalidInput, match="not on this computer"):
        verify("far")


def test_removing_takes_what_was_fetched_and_what_was_begun(repository: Path) -> None:
    pull("far")
    partial_folder("far").mkdir()
    remove("far")
    assert not catalog.folder_of("far").exists()
    assert not partial_folder("far").exists()
    with pytest.raises(InvalidInput, match="was not fetched"):
        remove("starter")


MODEL = {
    "transformer": ["diffusion_pytorch_model{}.safetensors", "config.json"],
    "vae": ["diffusion_pytorch_model.safetensors", "config.json"],
    "text_encoder": [
        "model{}-00001-of-00002.safetensors",
        "model.safetensors.index{}.json",
        "config.json",
    ],
    "tokenizer": ["tokenizer.json", "special_tokens_map.json"],
}


def test_of_a_repository_only_the_model_in_one_precision_is_fetched() -> None:
    index = json.dumps({name: ["library", "Class"] for name in MODEL} | {"shift": 3.0})
    names = ["model_index.json", "LICENSE.txt", "dit.safetensors", "upscaler/x.safetensors"]
    for component, files in MODEL.items():
        names += [f"{component}/{file.format('')}" for file in files]
    plain = set(names) - {"dit.safetensors", "upscaler/x.safetensors"}
    marked = [
        f"{component}/{file.format('.bf16')}"
        for component, files in MODEL.items()
        for file in files
        if "{}" in file
    ]
    assert set(model_files([*names, *marked], index, "")) == plain
    half = set(model_files([*names, *marked], index, "bf16"))
    assert half - plain == set(marked)
    assert plain - half == {name.replace(".bf16", "") for name in marked}
    assert "vae/diffusion_pytorch_model.safetensors" in half, "it comes in no other precision"


def test_a_repository_with_an_index_is_fetched_by_it(repository: Path) -> None:
    (repository / "model.safetensors").rename(repository / "checkpoint.safetensors")
    (repository / "model_index.json").write_text('{"vae": ["diffusers", "AutoencoderKLWan"]}')
    (repository / "vae").mkdir()
    (repository / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(weights(100))
    told: list[Pulled] = []
    folder = pull("far", told.append)
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.safetensors")] == [
        "vae/diffusion_pytorch_model.safetensors"
    ]
    assert told[-1].total == size_of(folder)
