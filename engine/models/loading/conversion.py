"""From the names that a model's makers gave its weights to those of its class in diffusers.

diffusers knows the names of every architecture that it can read from a single file; its table is
used as it is, so that a file and a folder of the same model make the same network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.layout import Json


def converted(
    kind: Any, config: Json, tensors: Mapping[str, Tensor], expected: set[str], where: str
) -> dict[str, Tensor]:
    """The weights under the names of the class `kind`; those that have them already stay.

    Raises InvalidInput for a class whose original names are not known, InvalidWeights for weights
    that are not of this class.
    """
    if expected <= tensors.keys():
        return dict(tensors)
    convert = _converter(kind, where)
    try:
        found: dict[str, Tensor] = convert(config=config, checkpoint=_prefixed(kind, tensors))
    except (KeyError, IndexError, RuntimeError) as error:
        raise InvalidWeights(
            f"{where} does not hold the weights of a {kind.__name__}: it lacks {error}.",
            remedy="Choose the file and the component that belong together.",
        ) from error
    return found


def _converter(kind: Any, where: str) -> Any:
    from diffusers.loaders import single_file_model

    known: dict[str, Any] = single_file_model.SINGLE_FILE_LOADABLE_CLASSES
    for base in kind.__mro__:
        if base.__name__ in known:
            return known[base.__name__]["checkpoint_mapping_fn"]
    raise InvalidInput(
        f"{where} does not name its weights as a {kind.__name__} does, and no other names of it "
        "are known.",
        remedy="Use the model's folder in the diffusers layout.",
    )


def _prefixed(kind: Any, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Under the prefix without which diffusers would take a VAE of LTX-Video for nothing."""
    prefix = "vae." if kind.__name__ == "AutoencoderKLLTXVideo" else ""
    return {prefix + name: tensor for name, tensor in tensors.items()}


def rename_one(kind: Any, name: str, tensor: Tensor) -> dict[str, Tensor]:
    """What one original weight is called in the class `kind`, cut where it becomes several.

    {} where the class' original names are not known, or this is none of them.
    """
    try:
        found: dict[str, Tensor] = _converter(kind, "")(config={}, checkpoint={name: tensor})
    except (InvalidInput, KeyError, IndexError, RuntimeError, ValueError):
        return {}
    return found
