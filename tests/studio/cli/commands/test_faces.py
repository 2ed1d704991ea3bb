"""`reelwright faces` and `reelwright calibrate`: each fault is a sentence and a code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.engine.trust.vision import tiny


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.face_models(tmp_path_factory.mktemp("faces"))


def picture(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


WHO = ("--name", "Ada", "--consent", "Ada, in writing", "--reason", "asked")


def test_a_person_is_added_listed_and_removed_and_no_picture_is_kept(
    cli, models: Path, tmp_path: Path
) -> None:
    file = picture(tmp_path / "ada.png", tiny.face(1))
    added = cli("faces", "add", file, "--models", models, *WHO)
    assert added.exit_code == 0, added.output
    assert "person 1: 1 embedding kept" in added.stderr
    (person,) = json.loads(cli("faces", "list", "--json").stdout)
    assert (person["name"], person["consent"], person["embeddings"]) == (
        "Ada", "Ada, in writing", 1,
    )  # fmt: skip
    assert "Ada" in cli("faces", "list").stdout
    assert cli("faces", "remove", 1).exit_code == 0
    assert "Nobody is protected" in cli("faces", "list").stderr
    assert cli("faces", "remove", 1).exit_code == 2


def test_what_is_missing_or_unclear_is_told(cli, models: Path, tmp_path: Path) -> None:
    file = picture(tmp_path / "ada.png", tiny.face(1))
    result = cli("faces", "add", file, "--models", models, "--name", "Ada")
    assert result.exit_code == 2
    assert "'--consent' and '--reason' must be given" in result.stderr
    nobody = picture(tmp_path / "nobody.png", np.zeros((64, 64, 3), np.uint8))
    assert "no face in" in cli("faces", "add", nobody, "--models", models, *WHO).stderr
    crowd = np.concatenate([tiny.face(1), tiny.face(2, at=(48, 64))])
    two = picture(tmp_path / "two.png", crowd)
    assert "are 2 faces in" in cli("faces", "add", two, "--models", models, *WHO).stderr
    assert cli("faces", "add", file, "--models", tmp_path, *WHO).exit_code == 1


def test_likeness_is_calibrated_from_a_folder_for_each_person(
    cli, models: Path, tmp_path: Path
) -> None:
    for person in range(4):
        for noise in range(4):
            place = tmp_path / "known" / str(person) / f"{noise}.png"
            picture(place, tiny.face(person, noise))
    result = cli("faces", "calibrate", tmp_path / "known", "--models", models)
    assert result.exit_code == 0, result.output
    assert "blocks above 0.7" in result.stderr
    assert "of pairs of one person 24/24" in result.stderr
    assert json.loads((models / "calibration.json").read_text())["about"] == "faces"


def test_a_classifier_is_calibrated_from_harmful_and_harmless_files(cli, tmp_path: Path) -> None:
    vit = tiny.picture_checkpoint(tmp_path / "vit")
    for kind, level in (("harmful", 40), ("harmless", 215)):
        for at in range(10):
            even = np.full((32, 32, 3), level + at, np.uint8)
            picture(tmp_path / "examples" / kind / f"{at}.png", even)
    result = cli("calibrate", vit, tmp_path / "examples", "--unsafe", "bad", "--about", "nsfw")
    assert result.exit_code == 0, result.output
    assert "of the harmless" in result.stderr
    assert json.loads((vit / "calibration.json").read_text())["about"] == "nsfw"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--method", "d4"), "There is no method 'd4'"),
        (("--name", "../x.json"), "is no name for a calibration"),
        (("--unsafe", "worse"), "has no label 'worse'"),
        ((), "needs to know which labels mean harm"),
    ],
)
def test_what_cannot_be_calibrated_is_told(cli, tmp_path: Path, options, told: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "vit", "id2label": {"0": "good", "1": "bad"}}
    (folder / "config.json").write_text(json.dumps(config))
    result = cli("calibrate", folder, tmp_path, *options)
    assert result.exit_code == 2
    assert told in result.stderr
