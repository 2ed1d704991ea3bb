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


@pytest.mark.parametrize("command", ["info", "pull", "path", "verify", "remove"])
def test_an_unknown_model_is_answered_with_those_there_are(cli, command: str) -> None:
    result = cli("models", command, "statrer")
    assert result.exit_code == 2
    assert (
        "There is no model 'statrer'. Did you mean 'starter' or 'starter-turbo'?" in result.stderr
    )


def test_a_broken_catalog_names_its_file(cli, tmp_path) -> None:
    (tmp_path / "config" / "catalog.toml").write_text("[[model]\n")
    result = cli("models", "list")
    assert result.exit_code == 2
    assert "catalog.toml" in result.stderr


def test_needs_and_sizes_of_a_published_model_are_shown(cli) -> None:
    shown = " ".join(cli("models", "info", "wan2.1-t2v-1.3b").stdout.split())
    assert "Can do text, video" in shown
    assert "832 x 480, 81 frames" in shown
    assert "bfloat16 13 GiB" in shown
    assert "Revision the newest when it is fetched" in shown


def test_a_licence_is_shown_and_refused_without_consent(cli) -> None:
    result = cli("models", "pull", "hunyuan-video")
    assert result.exit_code == 2
    assert "https://huggingface.co/hunyuanvideo-community/HunyuanVideo" in result.stderr
    assert "accept it with 'reelwright models pull hunyuan-video --accept-licence'" in " ".join(
        result.stderr.split()
    )


def test_consent_is_remembered_before_anything_is_fetched(cli, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    result = cli("models", "pull", "hunyuan-video", "--accept-licence")
    assert "HF_HUB_OFFLINE forbids" in result.stderr
    assert "HF_HUB_OFFLINE forbids" in cli("models", "pull", "hunyuan-video").stderr


def test_the_shipped_model_is_whole_and_stays(cli) -> None:
    assert "The weights are whole" in cli("models", "verify", "starter").stdout
    assert "was not fetched" in cli("models", "remove", "starter").stderr


def test_only_pickles_are_converted(cli, tmp_path) -> None:
    result = cli("models", "convert", str(tmp_path / "none.pt"))
    assert result.exit_code == 2
    assert "does not exist" in result.stderr
