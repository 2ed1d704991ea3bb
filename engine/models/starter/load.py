"""Reads the starter model from a folder: starter.safetensors and starter.json, and nothing else.

Where starter.json names a model that this one went on from, the weights are what it differs by from
those in the folder of that name beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.errors import InvalidWeights
from engine.models.starter.audio_vae import AudioVAE
from engine.models.starter.config import StarterConfig
from engine.models.starter.difference import with_difference
from engine.models.starter.dit import StarterDiT
from engine.models.starter.text import StarterTextEncoder, Vocabulary
from engine.models.starter.vae import StarterVAE
from engine.models.weights import check_weights, file_digest

WEIGHTS: Final = "starter.safetensors"
SETTINGS: Final = "starter.json"
BASE: Final = "goes_on_from"
"""What starter.json calls the folder, and the sha256 of the weights, that it went on from."""
_REMEDY: Final = "Restore the folder from where it came, or install Reelwright again."


@dataclass(frozen=True, eq=False)
class Starter:
    """The loaded starter model: its networks, the words it knows, and its settings.

    `audio_vae` is None for a model without sound.
    """

    config: StarterConfig
    vocabulary: Vocabulary
    text_encoder: StarterTextEncoder
    dit: StarterDiT
    vae: StarterVAE
    audio_vae: AudioVAE | None = None

    @property
    def networks(self) -> dict[str, nn.Module]:
        """All that are there, by the names of their weights."""
        nets = {
            "text": self.text_encoder, "dit": self.dit, "vae": self.vae,
            "audio": self.audio_vae,
        }  # fmt: skip
        return {name: net for name, net in nets.items() if net is not None}


def load_starter(folder: Path, device: str = "cpu", dtype: torch.dtype = torch.float32) -> Starter:
    """Load the model for inference.  Weights rest in bfloat16 and are widened to `dtype`.

    Raises InvalidWeights where a file is missing, cut off, a pickle, or does not fit the settings.
    """
    document = _read_settings(folder / SETTINGS)
    config, vocabulary = _settings_in(document, folder / SETTINGS)
    tensors = _read_tensors(folder / WEIGHTS)
    if (base := document.get(BASE)) is not None:
        tensors = _on_base(folder, base, tensors)
    starter = Starter(
        config,
        vocabulary,
        StarterTextEncoder(config.text),
        StarterDiT(config.dit),
        StarterVAE(config.vae),
        None if config.audio is None else AudioVAE(config.audio),
    )
    for name, network in starter.networks.items():
        mine = {key: value for key, value in tensors.items() if key.startswith(f"{name}.")}
        _fill(network, {key[len(name) + 1 :]: value for key, value in mine.items()}, name)
        network.to(device=device, dtype=dtype).eval().requires_grad_(False)
    return starter


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidWeights(
            f"'{path}' cannot be read: {error.strerror}.", remedy=_REMEDY
        ) from None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise _damaged(path)
    return document


def _settings_in(document: dict[str, Any], path: Path) -> tuple[StarterConfig, Vocabulary]:
    try:
        words = tuple(str(word) for word in document["words"])
        config = StarterConfig.from_json(document["config"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(path) from None
    return config, Vocabulary(words, config.text.max_words)


def _on_base(folder: Path, base: object, told: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights that `told` changes, changed."""
    try:
        name, digest = base["folder"], base["sha256"]  # type: ignore[index]
        place = folder.resolve().parent / Path(name).name
    except (KeyError, TypeError):
        raise _damaged(folder / SETTINGS) from None
    if file_digest(place / WEIGHTS) != digest:
        raise InvalidWeights(
            f"The weights in '{folder}' go on from others than those that lie in '{place}'.",
            remedy=_REMEDY,
        )
    try:
        return with_difference(_read_tensors(place / WEIGHTS), told)
    except (KeyError, RuntimeError):
        raise _damaged(folder / WEIGHTS) from None


def _damaged(path: Path) -> InvalidWeights:
    return InvalidWeights(f"'{path}' is damaged.", remedy=_REMEDY)


def _read_tensors(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    check_weights(path)
    # safetensors hands out unaligned memory, in which CPU kernels round differently: copy.
    return {name: tensor.float().clone() for name, tensor in load_file(str(path)).items()}


def _fill(network: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    try:
        network.load_state_dict(tensors)
    except RuntimeError:
        raise InvalidWeights(
            f"The starter model's '{name}' weights do not fit its settings.", remedy=_REMEDY
        ) from None
