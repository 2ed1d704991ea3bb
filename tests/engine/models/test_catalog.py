"""The catalog as data, the user's own entries, and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput, InvalidWeights
from engine.models import catalog

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
    assert [entry.id for entry in catalog.entries()] == ["starter", "mine"]
    assert catalog.folder_of("mine") == Path("/weights")


def test_an_unknown_model_names_what_there_is() -> None:
    with pytest.raises(InvalidInput, match=r"no model 'strater'.*starter"):
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


def test_a_folder_without_weights_is_refused(configuration: Path) -> None:
    (configuration / "starter.json").write_text("{}")
    with pytest.raises(InvalidWeights, match="holds no"):
        catalog.handle(str(configuration))


def test_a_folder_that_names_no_family_is_refused(configuration: Path) -> None:
    with pytest.raises(InvalidInput, match="which model family"):
        catalog.handle(str(configuration))
