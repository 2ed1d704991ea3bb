"""Classifiers from a folder: what is wrong is told; the real path runs where transformers is."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.trust.checkpoints import CALIBRATION, assess_text, read_calibration
from engine.trust.vision.checkpoints import assess_picture

GOOD = {"unsafe": ["LABEL_1"], "threshold": 0.5, "measured_on": "nothing: random weights"}
TINY = {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "intermediate_size": 8,
}
PIXELS = np.zeros((30, 30, 3), np.uint8)


def described(folder: Path, **changes: object) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / CALIBRATION
    path.write_text(json.dumps({**GOOD, **changes}), "utf-8")
    return str(path)


def test_without_a_checkpoint_nothing_is_assessed() -> None:
    assert assess_text("", "a cat").status == "not assessed"
    assert assess_picture("", PIXELS).status == "not assessed"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"threshold": 2}, "threshold"), ({"treshold": 0.5}, "treshold"), ({"unsafe": []}, "unsafe")],
)
def test_a_mistake_in_a_calibration_is_told_with_its_field(
    tmp_path: Path, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput, match=f"field '{field}'"):
        read_calibration(Path(described(tmp_path, **changes)))


def test_a_calibration_that_is_missing_or_no_json_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="cannot be read"):
        assess_text(str(tmp_path / CALIBRATION), "a cat")
    (tmp_path / CALIBRATION).write_bytes(b"\xff{")
    with pytest.raises(InvalidInput, match="the whole"):
        assess_text(str(tmp_path / CALIBRATION), "a cat")


@pytest.mark.parametrize("config", [None, "[]", "{}", '{"model_type": "vit", "id2label": 3}', "{"])
def test_a_folder_without_a_classifier_is_told(tmp_path: Path, config: str | None) -> None:
    path = described(tmp_path)
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(InvalidInput, match="holds no classifier"):
        assess_text(path, "a cat")


def test_a_label_that_the_classifier_lacks_is_told(tmp_path: Path) -> None:
    path = described(tmp_path, unsafe=["nsfw"])
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    with pytest.raises(InvalidInput, match=r"label 'nsfw'.*LABEL_0, LABEL_1"):
        assess_text(path, "a cat")


def test_a_classifier_that_cannot_run_stops_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    path = described(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    with pytest.raises(InvalidInput, match="transformers"):
        assess_text(path, "a cat")


def test_a_tiny_random_text_classifier_gives_a_score(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    config = transformers.BertConfig(**TINY, vocab_size=len(words))
    transformers.BertForSequenceClassification(config).save_pretrained(tmp_path)
    with warnings.catch_warnings(action="ignore"):
        assessment = assess_text(described(tmp_path), "a cat")
    assert assessment.assessed
    assert 0 < assessment.scores[tmp_path.name] < 1


def test_a_tiny_random_picture_classifier_gives_a_score(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(**TINY, image_size=32)
    transformers.ViTForImageClassification(config).save_pretrained(tmp_path)
    size = {"height": 32, "width": 32}
    transformers.ViTImageProcessor(size=size).save_pretrained(tmp_path)
    with warnings.catch_warnings(action="ignore"):
        assessment = assess_picture(described(tmp_path), PIXELS)
    assert assessment.assessed
    assert 0 < assessment.scores[tmp_path.name] < 1


def test_weights_that_are_damaged_are_told(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(**TINY, image_size=32)
    config.architectures = ["ViTForImageClassification"]
    config.save_pretrained(tmp_path)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(InvalidInput, match="cannot be loaded"):
        assess_picture(described(tmp_path), PIXELS)
