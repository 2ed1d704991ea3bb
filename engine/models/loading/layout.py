"""How a diffusers folder is laid out: what it names, and which files hold a component's weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput, InvalidWeights
from engine.models.weights import ACCEPTED, REFUSED

INDEX: Final = "model_index.json"
CONFIG: Final = "config.json"
STEMS: Final = ("diffusion_pytorch_model", "model")
"""How diffusers and transformers name their weights."""

Json = dict[str, object]


@dataclass(frozen=True)
class Layout:
    """What `model_index.json` says: the pipeline, its components' classes, and plain settings."""

    folder: Path
    pipeline: str
    components: dict[str, tuple[str, str]]
    """Library and class by component; those that are absent are left out."""
    settings: Json


def read_layout(folder: Path) -> Layout:
    """Read a folder's index.  Raises InvalidInput where it is none, or damaged."""
    if not (folder / INDEX).is_file():
        raise InvalidInput(
            f"'{folder}' is no model's folder: it has no '{INDEX}'.",
            remedy="Point to the folder that holds it, beside 'transformer' and 'vae'.",
        )
    index = read_json(folder / INDEX)
    components: dict[str, tuple[str, str]] = {}
    settings: Json = {}
    for name, value in index.items():
        if isinstance(value, list) and len(value) == 2:
            if value[0] is not None and value[1] is not None:
                components[name] = (str(value[0]), str(value[1]))
        elif not name.startswith("_"):
            settings[name] = value
    return Layout(folder, str(index.get("_class_name", "")), components, settings)


def read_json(path: Path) -> Json:
    """A JSON object from a file.  Raises InvalidWeights where it is missing or damaged."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidWeights(
            f"'{path}' cannot be read: {error.strerror}.", remedy="Fetch the model again."
        ) from None
    except (ValueError, RecursionError):
        raise InvalidWeights(f"'{path}' is damaged.", remedy="Fetch the model again.") from None
    if not isinstance(found, dict):
        raise InvalidWeights(f"'{path}' is damaged.", remedy="Fetch the model again.")
    return found


def weights_of(folder: Path, variant: str = "") -> tuple[Path, ...]:
    """The files with a component's weights: one, or the shards that an index names.

    The variant that is asked for is taken if it is there, else the one without a name, else the
    only one.  Raises InvalidWeights where none is whole.
    """
    if not folder.is_dir():
        raise InvalidWeights(
            f"The component '{folder.name}' is missing from '{folder.parent}'.",
            remedy="Fetch the model again, or put the component's folder back.",
        )
    sets = dict(_sets(folder))
    if not sets:
        raise _no_weights(folder)
    if variant not in sets and "" not in sets and len(sets) > 1:
        raise InvalidWeights(
            f"'{folder}' holds its weights only as {', '.join(sorted(sets))}.",
            remedy="Choose the precision of one of these.",
        )
    main = sets.get(variant) or sets.get("") or next(iter(sets.values()))
    return _shards(main) if main.suffix == ".json" else (main,)


def _sets(folder: Path) -> Iterator[tuple[str, Path]]:
    """Sets of weights by variant, as the file that stands for each."""
    for path in sorted(folder.iterdir()):
        stem, *between = path.name.split(".")
        if stem not in STEMS or "-of-" in path.name:
            continue
        if (path.name.endswith(".json") and "index" in between) or path.suffix == ACCEPTED:
            yield _variant(between), path


def _variant(between: list[str]) -> str:
    return ".".join(part for part in between if part not in ("safetensors", "index", "json"))


def _shards(index: Path) -> tuple[Path, ...]:
    names = read_json(index).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise InvalidWeights(f"'{index}' is damaged.", remedy="Fetch the model again.")
    shards = tuple(index.parent / str(name) for name in dict.fromkeys(names.values()))
    for shard in shards:
        if shard.parent != index.parent or shard.suffix != ACCEPTED:
            raise InvalidWeights(
                f"'{index}' names '{shard.name}', which is no {ACCEPTED} file beside it.",
                remedy="Convert the weights to safetensors, or fetch the model again.",
            )
        if not shard.is_file():
            raise InvalidWeights(
                f"The shard '{shard.name}' is missing from '{index.parent}'.",
                remedy="Fetch the model again; what is here is not fetched twice.",
            )
    return shards


def _no_weights(folder: Path) -> InvalidWeights:
    pickles = [path.name for path in sorted(folder.iterdir()) if path.suffix in REFUSED]
    if pickles:
        return InvalidWeights(
            f"'{pickles[0]}' in '{folder}' is a pickle, which can run code when it is opened.",
            remedy=f"Convert it with 'reelwright models convert {folder / pickles[0]}'.",
        )
    return InvalidWeights(
        f"'{folder}' holds no {ACCEPTED} file.",
        remedy="Fetch the model again, or put its weights back.",
    )
