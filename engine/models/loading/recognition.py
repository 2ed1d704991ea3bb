"""What a single file is, and which model has the rest: text encoder, tokenizer, scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.architectures import Architecture, recognise
from engine.models.loading.checkpoint import GGUF, check_kind, section
from engine.models.loading.single_file import gguf_shapes
from engine.models.weights import digest_of
from engine.values import SwappedPart, VideoModel

PARTS: Final = ("transformer", "vae")


def recognised(file: Path) -> dict[str, Architecture]:
    """The components that a file holds, by name.  Raises InvalidInput, InvalidWeights."""
    check_kind(file)
    found: dict[str, Architecture] = {}
    for part in PARTS:
        try:
            shapes = gguf_shapes(file) if file.suffix == GGUF else section(file, part).shapes
        except InvalidWeights:
            if part == PARTS[0]:
                raise
            continue
        known = recognise(shapes, part)
        if known is not None:
            found[part] = known
    return found


def handle_of_file(file: Path, precision: str = "auto") -> VideoModel:
    """The model that a file belongs to, with the file's components in the place of its own.

    Raises InvalidInput where the file is of no known model, or the model is not on this computer.
    """
    from engine.models import catalog

    found = recognised(file)
    base = _base_of(file, found)
    if not catalog.is_here(base):
        raise InvalidInput(
            f"'{file}' holds the denoiser of '{base}'; the model that has its text encoder is not "
            "on this computer.",
            remedy=f"Fetch it with 'reelwright models pull {base}'.",
        )
    digest = digest_of(file)
    model = replace(catalog.handle(base), precision=precision)
    for part in found:
        model = model.with_part(SwappedPart(part, str(file), digest))
    return model


def base_of(file: Path) -> str:
    """The model of the catalog that a file belongs to.  Raises InvalidInput, InvalidWeights."""
    return _base_of(file, recognised(file))


def _base_of(file: Path, found: Mapping[str, Architecture]) -> str:
    if PARTS[0] not in found:
        what = "only a VAE" if found else "a model that is not known"
        raise InvalidInput(
            f"'{file}' holds {what}, not a whole model.",
            remedy="Choose the model that it belongs to, and put the file into it with the node "
            "'Swap a part'.",
        )
    return found[PARTS[0]].model
