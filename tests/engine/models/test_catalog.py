"""The catalog as data, the user's own entries, and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput, InvalidWeights
from engine.models import catalog
from engine.models.families import families

OWN = """
[[model]]
id = "mine"
family = "starter"
title = "Mine"
licence = "CC0"
source = "{folder}"
"""


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path))
    monkeypatch.setenv("REELWRIGHT_MODELS", str(tmp_path / "models"))
    return tmp_path


def test_the_starter_is_always_there() -> None:
    entry = catalog.find("starter")
    assert entry.licence == "Apache-2.0"
    assert catalog.folder_of("starter").name == "starter"


def test_the_users_entries_stand_beside_ours(configuration: Path) -> None:
    (configuration / "catalog.toml").write_text(OWN.format(folder="/weights"))
    ids = [entry.id for entry in catalog.entries()]
    assert ids[0] == "starter"
    assert ids[-1] == "mine"
    assert catalog.folder_of("mine") == Path("/weights")


def test_an_unknown_model_names_what_there_is() -> None:
    meant = r"no model 'strater'\. Did you mean 'starter' or 'starter-turbo'\?"
    with pytest.raises(InvalidInput, match=meant):
        catalog.find("strater")


@pytest.mark.parametrize(
    ("text", "words"),
    [("[[model", "no valid TOML"), ("[[model]]\nid = 'x'", "field 'family'")],
)
def test_a_faulty_catalog_names_file_and_field(configuration: Path, text: str, words: str) -> None:
    (configuration / "catalog.toml").write_text(text)
    with pytest.raises(InvalidInput, match=words) as caught:
        catalog.entries()
    assert "catalog.toml" in str(caught.value)


def test_weights_not_yet_fetched_say_how_to_fetch_them(configuration: Path) -> None:
    (configuration / "catalog.toml").write_text(OWN.format(folder="hub:someone/model"))
    with pytest.raises(InvalidInput, match="reelwright models pull mine"):
        catalog.handle("mine")


def test_published_models_are_named_with_licence_sizes_and_needs() -> None:
    published = [entry for entry in catalog.entries() if entry.repository]
    assert len(published) >= 20
    for entry in published:
        assert entry.repository.count("/") == 1
        assert entry.licence
        assert entry.sizes
        width, height, frames = entry.sizes[0]
        assert width % entry.spatial_factor == height % entry.spatial_factor == 0, entry.id
        assert (frames - 1) % entry.temporal_factor == 0, entry.id
        likes = entry.defaults
        assert all((likes.width, likes.height, likes.frames, likes.fps, likes.steps)), entry.id


def test_every_published_model_can_be_run() -> None:
    assert {entry.family for entry in catalog.entries()} <= families().keys()


def test_memory_is_parameters_times_bytes() -> None:
    entry = catalog.find("wan2.2-t2v-a14b")
    half, eighth = entry.memory("bfloat16"), entry.memory("fp8")
    assert half["dit"] == 2 * entry.parameters["dit"]
    assert eighth["dit_2"] == entry.parameters["dit_2"]
    assert eighth["text"] == half["text"]
    assert sum(entry.memory("float32").values()) == 2 * sum(half.values())


def test_only_licences_with_conditions_are_asked_about() -> None:
    assert not catalog.find("starter").needs_consent
    assert not catalog.find("wan2.1-t2v-1.3b").needs_consent
    assert catalog.find("hunyuan-video").needs_consent


def test_a_place_is_a_models_folder_or_a_path(configuration: Path) -> None:
    assert catalog.place_of("starter").name == "starter"
    file = configuration / "x.safetensors"
    file.touch()
    assert catalog.place_of(str(file)) == file
    for source, words in (
        ("", "No model is named"),
        (str(configuration / "no"), "does not exist"),
        ("mochi-1-preview", "models pull mochi-1-preview"),
    ):
        with pytest.raises(InvalidInput, match=words):
            catalog.place_of(source)


def test_a_folder_without_weights_is_refused(configuration: Path) -> None:
    (configuration / "starter.json").write_text("{}")
    with pytest.raises(InvalidWeights, match="holds no"):
        catalog.handle(str(configuration))


def test_a_folder_that_names_no_family_is_refused(configuration: Path) -> None:
    with pytest.raises(InvalidInput, match="which model family"):
        catalog.handle(str(configuration))
