from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_model(tmp_path: Path) -> Path:
    """A model of the user's own in the catalog, its folder without weights."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "catalog.toml").write_text(
        f'[[model]]\nid = "mine"\nfamily = "starter"\ntitle = "My model"\nlicence = "none"\n'
        f'source = "{folder}"\nparameters = {{ dit = 1_300_000_000 }}\n'
    )
    return folder


def test_models_are_listed_with_what_is_here(cli, own_model) -> None:
    lines = cli("models", "list").stdout.splitlines()
    assert lines[0].split() == ["Id", "Model", "Parameters", "Licence", "Weights"]
    assert next(line for line in lines if line.startswith("mine")).endswith("to fetch")
    (own_model / "weights.safetensors").touch()
    lines = cli("models", "list").stdout.splitlines()
    assert next(line for line in lines if line.startswith("mine")).endswith("here")


def test_a_model_is_described(cli) -> None:
    shown = cli("models", "info", "mine").stdout
    assert shown.startswith("My model\n")
    assert "Parameters  dit 1.3 B" in shown
    assert "Weights     not on this computer" in shown
    facts = json.loads(cli("models", "info", "mine", "--json").stdout)
    assert (facts["id"], facts["here"]) == ("mine", False)


def test_the_folder_of_weights_is_told_once_they_are_there(cli, own_model) -> None:
    result = cli("models", "path", "mine")
    assert result.exit_code == 2
    assert "Fetch them with 'reelwright models pull mine'." in result.stderr
    (own_model / "weights.safetensors").touch()
    assert cli("models", "path", "mine").stdout == f"{own_model}\n"
    assert cli("models", "path").stdout.endswith("/models\n")


def test_pulling_what_is_here_fetches_nothing(cli, own_model) -> None:
    (own_model / "weights.safetensors").touch()
    result = cli("models", "pull", "mine")
    assert result.stdout == f"{own_model}\n"
    assert "on this computer already" in result.stderr


@pytest.mark.parametrize("command", ["info", "pull", "path"])
def test_an_unknown_model_is_answered_with_those_there_are(cli, command: str) -> None:
    result = cli("models", command, "statrer")
    assert result.exit_code == 2
    assert "There is no model 'statrer'. Use one of starter, mine" in result.stderr


def test_a_broken_catalog_names_its_file(cli, tmp_path) -> None:
    (tmp_path / "config" / "catalog.toml").write_text("[[model]\n")
    result = cli("models", "list")
    assert result.exit_code == 2
    assert "catalog.toml" in result.stderr
