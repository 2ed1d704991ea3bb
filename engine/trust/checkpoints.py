"""Classifiers from a checkpoint's folder through transformers, with the calibration beside it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from engine.errors import InvalidInput, StorageFailed
from engine.trust.classifiers import NOT_ASSESSED, Assessment, Calibration, assess

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

CALIBRATION = "calibration.json"
_MAX_TOKENS = 512
# What transformers assumes, and therefore does not write down.
_DEFAULT_LABELS = {"0": "LABEL_0", "1": "LABEL_1"}


class _Answer(Protocol):
    logits: torch.Tensor


class _Config(Protocol):
    id2label: dict[int, str]


class _Model(Protocol):
    config: _Config

    def __call__(self, **inputs: torch.Tensor) -> _Answer: ...


class _Processor(Protocol):
    def __call__(self, *args: object, **options: object) -> Mapping[str, torch.Tensor]: ...


class TextCheckpoint:
    """A classifier of sequences: DeBERTa, BERT and their like."""

    def __init__(self, calibration_file: Path) -> None:
        self.calibration, folder = _described(calibration_file)
        self.name = folder.name
        transformers = _transformers()
        self._processor: _Processor = _load(transformers.AutoTokenizer, folder)
        model = transformers.AutoModelForSequenceClassification
        self._model: _Model = _load(model, folder, use_safetensors=True)

    def logits(self, subject: str) -> dict[str, float]:
        inputs = self._processor(
            subject, truncation=True, max_length=_MAX_TOKENS, return_tensors="pt"
        )
        return _labelled(self._model, inputs)


class PictureCheckpoint:
    """A classifier of pictures: ViT, SigLIP and their like; pixels as uint8 RGB (H, W, 3)."""

    def __init__(self, calibration_file: Path) -> None:
        self.calibration, folder = _described(calibration_file)
        self.name = folder.name
        transformers = _transformers()
        self._processor: _Processor = _load(transformers.AutoImageProcessor, folder)
        model = transformers.AutoModelForImageClassification
        self._model: _Model = _load(model, folder, use_safetensors=True)

    def logits(self, subject: NDArray[np.uint8]) -> dict[str, float]:
        return _labelled(self._model, self._processor(images=subject, return_tensors="pt"))


def assess_text(calibration_file: str, text: str) -> Assessment:
    """What the classifier beside a calibration says of a text; "" for none: not assessed."""
    if not calibration_file:
        return NOT_ASSESSED
    path = Path(calibration_file).expanduser()
    return assess(text, [_text_checkpoint(path, _state_of(path))])


def assess_picture(calibration_file: str, pixels_HWC: NDArray[np.uint8]) -> Assessment:
    """What the classifier beside a calibration says of a picture; "" for none: not assessed."""
    if not calibration_file:
        return NOT_ASSESSED
    path = Path(calibration_file).expanduser()
    return assess(pixels_HWC, [_picture_checkpoint(path, _state_of(path))])


@lru_cache(maxsize=1)
def _text_checkpoint(path: Path, state: tuple[int, ...]) -> TextCheckpoint:
    return TextCheckpoint(path)


@lru_cache(maxsize=1)
def _picture_checkpoint(path: Path, state: tuple[int, ...]) -> PictureCheckpoint:
    return PictureCheckpoint(path)


def _state_of(path: Path) -> tuple[int, ...]:
    """Changes when a file of the checkpoint does, so that a changed one is loaded again."""
    return tuple(each.stat().st_mtime_ns for each in sorted(path.parent.glob("*")))


def read_calibration(path: Path) -> Calibration:
    """The calibration in a file; InvalidInput naming the field for a mistake in it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageFailed(
            f"The calibration '{path}' cannot be read: {error.strerror}.", remedy="Check the path."
        ) from error
    try:
        return Calibration.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise InvalidInput(
            f"The calibration '{path}', field '{field}': {first['msg']}.",
            remedy="Correct it there.",
        ) from error


def _described(calibration_file: Path) -> tuple[Calibration, Path]:
    """The calibration, and the folder of the checkpoint, whose labels must be those it names."""
    calibration = read_calibration(calibration_file)
    folder = calibration_file.parent
    try:
        config = json.loads((folder / "config.json").read_bytes())
        kind, labels = config["model_type"], config.get("id2label", _DEFAULT_LABELS).values()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"'{folder}' holds no classifier: its config.json is missing or names no labels.",
            remedy=f"Put {CALIBRATION} into the folder of a transformers classifier.",
        ) from error
    unknown = [label for label in calibration.unsafe if label not in labels]
    if unknown:
        raise InvalidInput(
            f"The calibration '{calibration_file}', field 'unsafe': the {kind} classifier has no "
            f"label '{unknown[0]}'.",
            remedy=f"It has: {', '.join(sorted(map(str, labels)))}.",
        )
    return calibration, folder


def _transformers() -> ModuleType:
    try:
        return importlib.import_module("transformers")
    except ImportError as error:
        raise InvalidInput(
            "A classifier is set, and the package transformers, which would run it, is missing.",
            remedy="Install it with 'pip install transformers', or leave the classifier out.",
        ) from error


def _load(loader: Any, folder: Path, **options: bool) -> Any:
    """What a transformers class makes of a folder: no network, no code of strangers."""
    from safetensors import SafetensorError

    try:
        return loader.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, **options
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        first = str(error).partition("\n")[0]
        raise InvalidInput(
            f"The classifier in '{folder}' cannot be loaded: {first}",
            remedy="Its weights must be safetensors, and its processor beside them.",
        ) from error


def _labelled(model: _Model, inputs: Mapping[str, torch.Tensor]) -> dict[str, float]:
    import torch

    with torch.inference_mode():
        values = model(**inputs).logits[0].float().tolist()
    return {model.config.id2label[number]: float(value) for number, value in enumerate(values)}
