"""What is known of a model before it is loaded: its components, and how small its latents are.

A model whose folder is here says it itself; of one that is not, the catalog and what is published
of its components do.  What nobody says is not guessed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any, Final

from engine.errors import InvalidWeights
from engine.models import catalog
from engine.models.catalog import CatalogEntry
from engine.models.costs.denoisers import DENOISERS
from engine.models.costs.network import Network, Settings
from engine.models.costs.readers import READERS, WORDS
from engine.models.costs.sizes import Sizes
from engine.models.families import family_in
from engine.models.loading.architectures import decoding_of, published
from engine.models.loading.layout import CONFIG, INDEX, read_json, read_layout, weights_of
from engine.models.weights import check_weights
from engine.values import Recommended

FACTORS: Final[Mapping[str, int]] = {"spatial": 8, "temporal": 4}
"""What VAEs that say nothing of it have."""
STARTER: Final = "starter.json"
STARTER_DECODING: Final = (95_776, 23_944)
NAMES: Final[Mapping[str, str]] = {
    "dit": "transformer",
    "dit_2": "transformer_2",
    "text": "text_encoder",
    "text_2": "text_encoder_2",
    "image": "image_encoder",
    "audio": "audio_vae",
}
"""Components by the catalog's names, where folders have others."""


@dataclass(frozen=True)
class Component:
    """A network of a model: its class and settings, '' and {} where they are not known, and the
    number of its weights, 0 where that is not.
    """

    kind: str = ""
    config: Mapping[str, object] = field(default_factory=dict)
    weights: int = 0
    decoding: tuple[int, int] | None = None

    def denoiser(self, sizes: Sizes) -> Network | None:
        """Its work as a denoiser; None where that cannot be counted."""
        count = DENOISERS.get(self.kind)
        return None if count is None else count(self.config, sizes)

    def reader(self, words: int) -> Network | None:
        """Its work as a reader of prompts; None where that cannot be counted."""
        count = READERS.get(self.kind)
        return None if count is None or not words else count(self.config, words)


@dataclass(frozen=True)
class Blueprint:
    """A model; `spatial` and `temporal` are pixels and frames of a latent one."""

    source: str
    family: str
    components: Mapping[str, Component]
    spatial: int
    temporal: int
    channels: int
    recommended: Recommended

    @property
    def denoiser(self) -> Component:
        """The denoiser, of two experts the first."""
        found = (self.components.get(name) for name in ("transformer", "transformer_2"))
        return next((each for each in found if each is not None), Component())

    def words(self, component: str) -> int:
        """How many words a reader is given; 0 where that is not known."""
        return WORDS.get(self.family, {}).get(component, 0)


def blueprint(source: str) -> Blueprint:
    """What is known of a catalog's id, a folder, or the model that a file belongs to.

    Raises InvalidInput for what is none of these, InvalidWeights for a damaged one.
    """
    if os.sep in source and Path(source).is_file():
        return replace(blueprint(_base_of(Path(source))), source=source)
    entry = catalog.by_id().get(source)
    folder = catalog.folder_of(source)
    found = _in_folder(folder)
    if entry is None:
        if not found:
            catalog.place_of(source)
        return _of_folder(source, folder, found)
    told = {
        name: Component(p.kind, p.config, 0, p.decoding) for name, p in published(source).items()
    }
    return Blueprint(
        source,
        entry.family,
        _counted({**told, **found}, entry),
        entry.spatial_factor,
        entry.temporal_factor,
        entry.latent_channels,
        entry.defaults,
    )


def _base_of(file: Path) -> str:
    from engine.models.loading.recognition import base_of

    return base_of(file)


def _counted(components: Mapping[str, Component], entry: CatalogEntry) -> dict[str, Component]:
    """Components with the numbers of weights that the catalog counted; a second expert is as the
    first.
    """
    counted = dict(components)
    for name, number in entry.parameters.items():
        part = NAMES.get(name, name)
        like = counted.get(part) or counted.get(part.removesuffix("_2")) or Component()
        counted[part] = replace(like, weights=number)
    return {name: _weighed(name, each) for name, each in counted.items()}


def _weighed(name: str, component: Component) -> Component:
    """With the number of weights that its settings tell, where nobody counted them."""
    if component.weights:
        return component
    network = component.denoiser(Sizes(1, 2, 2)) or component.reader(1)
    return component if network is None else replace(component, weights=network.weights)


def _of_folder(source: str, folder: Path, components: Mapping[str, Component]) -> Blueprint:
    vae = components.get("vae", Component())
    channels = Settings(vae.config)("z_dim") or Settings(vae.config)("latent_channels", 16)
    spatial, temporal = (_factor(vae, kind, usual) for kind, usual in FACTORS.items())
    return Blueprint(
        source, family_in(folder), components, spatial, temporal, channels, Recommended()
    )


def _factor(vae: Component, kind: str, usual: int) -> int:
    """How much smaller a VAE's latents are, in its own words."""
    told = Settings(vae.config)
    expansions = prod(told.all(f"{kind}_expansions", ()))
    factor = told(f"scale_factor_{kind}") or told(f"{kind}_compression_ratio")
    return factor or (expansions if expansions > 1 else usual)


def _in_folder(folder: Path) -> dict[str, Component]:
    """The components in a model's folder; none where it is no folder of a known layout."""
    if (folder / STARTER).is_file():
        return dict(_starter(read_json(folder / STARTER)))
    if (folder / INDEX).is_file():
        return dict(_diffusers(folder))
    return {}


def _starter(document: Mapping[str, Any]) -> Iterator[tuple[str, Component]]:
    config = document["config"]
    yield "transformer", Component("StarterDiT", config["dit"])
    yield "text_encoder", Component("StarterTextEncoder", config["text"])
    yield "vae", Component("StarterVAE", config["vae"], decoding=STARTER_DECODING)


def _diffusers(folder: Path) -> Iterator[tuple[str, Component]]:
    for name, (_, kind) in read_layout(folder).components.items():
        try:
            files = weights_of(folder / name)
        except InvalidWeights:
            continue  # a tokenizer or scheduler
        settings = folder / name / CONFIG
        config = read_json(settings) if settings.is_file() else {}
        numbers = sum(map(_numbers_in, files))
        yield name, Component(kind, config, numbers, decoding_of(kind, config))


def _numbers_in(file: Path) -> int:
    from safetensors import safe_open

    check_weights(file)
    with safe_open(os.fspath(file), framework="np") as opened:
        names = opened.keys()
        return sum(prod(opened.get_slice(name).get_shape()) for name in names)
