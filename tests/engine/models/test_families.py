"""Families are data of the catalog: what it names exists, and nobody else's catalog names code."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.errors import InvalidInput
from engine.models import catalog
from engine.models.families import FamilyEntry, families, family_in, loader


def test_every_family_names_a_function_that_loads_it() -> None:
    for name in families():
        assert list(inspect.signature(loader(name)).parameters) == ["handle", "folder", "device"]


def test_a_pipeline_belongs_to_one_family() -> None:
    claimed = [pipeline for entry in families().values() for pipeline in entry.pipelines]
    assert len(claimed) == len(set(claimed)) > 0


@pytest.mark.parametrize("place", ["os:system", "engine.models:load", "engine.models.wan.family"])
def test_a_family_is_a_function_of_ours(place: str) -> None:
    with pytest.raises(ValidationError, match="loader"):
        FamilyEntry(name="mine", loader=place)


def test_the_users_catalog_cannot_name_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path))
    (tmp_path / "catalog.toml").write_text('[[family]]\nname = "mine"\nloader = "mine:load"\n')
    with pytest.raises(InvalidInput, match=r"catalog.toml stands a \[\[family\]\].* Take it out"):
        catalog.entries()
    assert "mine" not in families()


def test_an_unknown_family_names_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"no model family 'wann'\. Use one of: .*starter, wan"):
        loader("wann")


def test_a_folder_is_known_by_its_marker_or_its_pipeline(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "WanPipeline"}))
    assert family_in(tmp_path) == "wan"
    (tmp_path / "starter.json").touch()
    assert family_in(tmp_path) == "starter"


def test_a_folder_of_another_pipeline_names_the_families(tmp_path: Path) -> None:
    index = {"_class_name": "StableDiffusionPipeline"}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(InvalidInput, match=r"StableDiffusionPipeline, .*starter, wan"):
        family_in(tmp_path)
