"""Classifiers from a checkpoint's folder through transformers, with the calibration beside it."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from engine.errors import InvalidInput
from engine.trust.classifiers import NOT_ASSESSED, Assessment, Calibration, assess
from engine.trust.files import content_of

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

CALIBRATION = "calibration.json"
_MAX_TOKENS = 512
# What transformers assumes, and therefore does not write down.
_DEFAULT_LABELS = {"0": "LABEL_0", "1": "LABEL_1"}
SHIELDGEMMA = "shieldgemma2"
"""Asked about policies instead of trained on labels."""
POLICIES = ("dangerous", "sexual", "violence")
_LABELS_OF = {SHIELDGEMMA: POLICIES}
_WEIGHTS = (".safetensors", ".onnx")


class Answer(Protocol):
    logits: torch.Tensor


class Config(Protocol):
    id2label: dict[int, str]


class Model(Protocol):
    config: Config

    def __call__(self, **inputs: torch.Tensor) -> Answer: ...


class Processor(Protocol):
    def __call__(self, *args: object, **options: object) -> Mapping[str, torch.Tensor]: ...


@dataclass(frozen=True)
class Described:
    """A classifier in a folder: its calibration, its kind as transformers names it, its labels."""

    calibration: Calibration
    folder: Path
    kind: str
    labels: tuple[str, ...]
    name: str
    version: str


class Checkpoint:
    """A transformers classifier; what it is given differs by kind."""

    def __init__(self, described: Described, processor: str, model: str) -> None:
        self.name, self.version = described.name, described.version
        self.calibration = described.calibration
        transformers = transformers_module()
        self._processor: Processor = load(getattr(transformers, processor), described.folder)
        self._model: Model = load(
            getattr(transformers, model), described.folder, use_safetensors=True
        )


class TextCheckpoint(Checkpoint):
    """A classifier of sequences: DeBERTa, BERT and their like."""

    def __init__(self, described: Described) -> None:
        super().__init__(described, "AutoTokenizer", "AutoModelForSequenceClassification")

    def logits(self, subject: str) -> dict[str, float]:
        inputs = self._processor(
            subject, truncation=True, max_length=_MAX_TOKENS, return_tensors="pt"
        )
        return labelled(self._model, inputs)


class PictureCheckpoint(Checkpoint):
    """A classifier of pictures: ViT, SigLIP and their like; pixels as uint8 RGB (H, W, 3)."""

    def __init__(self, described: Described) -> None:
        super().__init__(described, "AutoImageProcessor", "AutoModelForImageClassification")

    def logits(self, subject: NDArray[np.uint8]) -> dict[str, float]:
        return labelled(self._model, self._processor(images=subject, return_tensors="pt"))


def assess_text(calibration_file: str, text: str) -> Assessment:
    """What the classifier beside a calibration says of a text; "" for none: not assessed."""
    if not calibration_file:
        return NOT_ASSESSED
    path = Path(calibration_file).expanduser()
    return assess(text, [_text_checkpoint(path, state_of(path))])


@lru_cache(maxsize=1)
def _text_checkpoint(path: Path, state: tuple[int, ...]) -> TextCheckpoint:
    return TextCheckpoint(described(path))


def state_of(path: Path) -> tuple[int, ...]:
    """Changes when a file of the checkpoint does, so that a changed one is loaded again."""
    return tuple(each.stat().st_mtime_ns for each in sorted(path.parent.glob("*")))


def read_calibration(path: Path) -> Calibration:
    """The calibration in a file; InvalidInput naming the field for a mistake in it."""
    content = content_of(path, "The calibration", "Check the path.")
    try:
        return Calibration.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise InvalidInput(
            f"The calibration '{path}', field '{field}': {first['msg']}.",
            remedy="Correct it there.",
        ) from error


def described(calibration_file: Path) -> Described:
    """The classifier beside a calibration, whose labels must be those that it names."""
    calibration = read_calibration(calibration_file)
    kind, labels = kind_and_labels(calibration_file.parent)
    unknown = [label for label in calibration.unsafe if label not in labels]
    if unknown:
        raise InvalidInput(
            f"The calibration '{calibration_file}', field 'unsafe': the {kind} classifier has no "
            f"label '{unknown[0]}'.",
            remedy=f"It has: {', '.join(sorted(labels))}.",
        )
    name = called(calibration_file)
    version = version_of(calibration_file)
    return Described(calibration, calibration_file.parent, kind, labels, name, version)


def kind_and_labels(folder: Path) -> tuple[str, tuple[str, ...]]:
    """What transformers calls the kind of model in a folder, and the labels that it gives."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        kind = config["model_type"]
        labels = _LABELS_OF.get(kind) or tuple(config.get("id2label", _DEFAULT_LABELS).values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"'{folder}' holds no classifier: its config.json is missing or names no labels.",
            remedy=f"Put {CALIBRATION} into the folder of a transformers classifier.",
        ) from error
    return kind, tuple(map(str, labels))


def called(calibration_file: Path) -> str:
    """What reports name it by: its folder, and which of several calibrations there."""
    folder = calibration_file.parent.name
    return folder if calibration_file.name == CALIBRATION else f"{folder} {calibration_file.stem}"


def version_of(calibration_file: Path) -> str:
    """Twelve hex digits that change with the weights, the configuration and the calibration."""
    folder = calibration_file.parent
    weights = [path for ending in _WEIGHTS for path in sorted(folder.glob(f"*{ending}"))]
    return digest_of([calibration_file, folder / "config.json", *weights])


def digest_of(files: Sequence[Path]) -> str:
    """Twelve hex digits that change with what is in any of the files."""
    whole = hashlib.sha256()
    for path in files:
        if path.is_file():
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:12]


def transformers_module() -> ModuleType:
    """The package that runs classifiers.  Raises InvalidInput where it is not installed."""
    try:
        return importlib.import_module("transformers")
    except ImportError as error:
        raise InvalidInput(
            "A classifier is set, and the package transformers, which would run it, is missing.",
            remedy="Install it with 'pip install transformers', or leave the classifier out.",
        ) from error


def load(loader: Any, folder: Path, **options: bool) -> Any:
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


def labelled(model: Model, inputs: Mapping[str, torch.Tensor]) -> dict[str, float]:
    """What a model says of one subject, by label."""
    import torch

    with torch.inference_mode():
        values = model(**inputs).logits[0].float().tolist()
    return {model.config.id2label[number]: float(value) for number, value in enumerate(values)}
