"""Single files as they are passed around: which component's weights one holds, under which names.

A file may hold one component, or several under prefixes; fp8 files hold a scale beside each weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.tensors import StoredTensor, stored_tensors
from engine.models.weights import ACCEPTED, refuse_pickle

GGUF: Final = ".gguf"
PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "transformer": ("model.diffusion_model.", "diffusion_model."),
    "vae": ("vae.", "first_stage_model."),
    "audio_vae": ("audio_vae.",),
    "vocoder": ("vocoder.",),
    "text_encoder": (
        "text_encoders.umt5xxl.transformer.", "text_encoders.t5xxl.transformer.", "text_encoders.",
        "cond_stage_model.", "text_encoder.",
    ),
}  # fmt: skip
SCALES: Final = (".scale_weight", ".weight_scale")
MARKERS: Final = (
    "scaled_fp8", "spiece_model", ".scale_input", ".input_scale", ".comfy_quant",
)  # fmt: skip
"""What ComfyUI writes beside weights and nothing here needs."""


@dataclass(frozen=True)
class Section:
    """One component's weights in a file, by their names without the prefix."""

    file: Path
    weights: dict[str, StoredTensor]
    scales: dict[str, StoredTensor]
    """By the name of the weight that they belong to."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: each.shape for name, each in self.weights.items()}


def section(file: Path, part: str) -> Section:
    """The weights of one component in a safetensors file.

    Raises InvalidInput for a file of another kind, InvalidWeights for one that is damaged or holds
    nothing of it.
    """
    check_kind(file)
    held = stored_tensors([file])
    found = _stripped(held, part)
    scales = {
        name.removesuffix(suffix) + ".weight": each
        for name, each in found.items()
        for suffix in SCALES
        if name.endswith(suffix)
    }
    weights = {name: each for name, each in found.items() if not name.endswith((*SCALES, *MARKERS))}
    if not weights:
        raise InvalidWeights(
            f"'{file}' holds no weights of a component '{part}'.",
            remedy="Choose the component that the file is for.",
        )
    return Section(file, weights, scales)


def check_kind(file: Path) -> None:
    """Raises InvalidInput for a file that is neither safetensors nor GGUF, or is not there."""
    refuse_pickle(file)
    if not file.is_file():
        raise InvalidWeights(f"'{file}' does not exist.", remedy="Check the path.")
    if file.suffix not in (ACCEPTED, GGUF):
        raise InvalidInput(
            f"'{file}' is no weight file that is known.",
            remedy=f"Use a {ACCEPTED} or {GGUF} file, or a model's folder.",
        )


def _stripped(held: Mapping[str, StoredTensor], part: str) -> dict[str, StoredTensor]:
    for prefix in PREFIXES.get(part.removesuffix("_2"), ()):
        found = {n.removeprefix(prefix): each for n, each in held.items() if n.startswith(prefix)}
        if found:
            return found
    others = tuple(prefix for each in PREFIXES.values() for prefix in each)
    return {name: each for name, each in held.items() if not name.startswith(others)}
